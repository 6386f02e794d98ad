package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	p := Paper{
		IDs:        []ID{"arxiv:2503.11731", "doi:10.1000/182", "arxiv:2503.11731"},
		Title:      "  Two\n lines\tand \u00a0blanks\x07 ",
		Abstract:   "\r\n one\r\n\ttwo\x1b \n",
		Authors:    []string{" Ada  Lovelace ", "", "Wei Li", "Wei Li"},
		Categories: []string{"cs.LG", " cs.LG", "stat.ML"},
		URLs:       []string{"https://example.org/a", "HTTP://example.org/b", "https://example.org/a"},
		Published:  Date{2025, 3, 0},
	}
	want := Paper{
		IDs:        []ID{"arxiv:2503.11731", "doi:10.1000/182"},
		Title:      "Two lines and blanks",
		Abstract:   "one\n two",
		Authors:    []string{"Ada Lovelace", "Wei Li", "Wei Li"},
		Categories: []string{"cs.LG", "stat.ML"},
		URLs:       []string{"https://example.org/a", "HTTP://example.org/b"},
		Published:  Date{2025, 3, 0},
	}
	if err := p.Clean(); err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, %v\nwant %+v", p, err, want)
	}
	bare := Paper{Title: "A title of its own"}
	if err := bare.Clean(); err != nil || !slices.Equal(bare.IDs, []ID{TitleID(&bare)}) {
		t.Errorf("got ids %v, %v; want the TitleID", bare.IDs, err)
	}
}

func TestCleanRefuses(t *testing.T) {
	many := func(n int) []string {
		s := make([]string, n)
		for i := range s {
			s[i] = fmt.Sprint("https://", i)
		}
		return s
	}
	ids := make([]ID, MaxIDs+1)
	for i := range ids {
		ids[i] = ID(fmt.Sprint("x:", i))
	}
	for name, p := range map[string]Paper{
		"no title":          {},
		"blank title":       {Title: " \n\x07"},
		"long title":        {Title: strings.Repeat("x", MaxTitle+1)},
		"NUL in title":      {Title: "a\x00b"},
		"broken title":      {Title: "a\xff"},
		"long abstract":     {Title: "x", Abstract: strings.Repeat("x", 10<<20)},
		"NUL in abstract":   {Title: "x", Abstract: "\x00"},
		"broken abstract":   {Title: "x", Abstract: "\xc3"},
		"broken author":     {Title: "x", Authors: []string{"\xff"}},
		"NUL in category":   {Title: "x", Categories: []string{"\x00"}},
		"long author":       {Title: "x", Authors: []string{strings.Repeat("x", MaxAuthor+1)}},
		"many authors":      {Title: "x", Authors: many(MaxAuthors + 1)},
		"many categories":   {Title: "x", Categories: many(MaxCategories + 1)},
		"many urls":         {Title: "x", URLs: many(MaxURLs + 1)},
		"script url":        {Title: "x", URLs: []string{"javascript:alert(1)"}},
		"url with blanks":   {Title: "x", URLs: []string{"https://a b"}},
		"many ids":          {Title: "x", IDs: ids},
		"id without scheme": {Title: "x", IDs: []ID{"12"}},
		"no such day":       {Title: "x", Published: Date{2025, 2, 30}},
		"day without month": {Title: "x", Updated: Date{2025, 0, 3}},
	} {
		if err := p.Clean(); !errors.Is(err, ErrInvalid) || len(err.Error()) > 300 {
			t.Errorf("%s: %v, want a short ErrInvalid", name, err)
		}
	}
	edge := Paper{Title: strings.Repeat("x", MaxTitle), Abstract: strings.Repeat("x", MaxAbstract), URLs: many(MaxURLs), IDs: ids[1:]}
	if err := edge.Clean(); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestOrder(t *testing.T) {
	added := time.Date(2026, 5, 6, 23, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		published Date
		want      string
	}{{Date{}, "2026-05-06"}, {Date{2025, 0, 0}, "2025-01-01"}, {Date{2025, 3, 0}, "2025-03-01"}, {Date{2025, 3, 14}, "2025-03-14"}} {
		p := Paper{Published: test.published, Added: added}
		if got := p.Order().Time().Format(time.DateOnly); got != test.want {
			t.Errorf("%v orders by %s, want %s", test.published, got, test.want)
		}
	}
}

func TestPaperLinks(t *testing.T) {
	p := Paper{IDs: []ID{"title:0123456789abcdef", "doi:10.1000/182", "arxiv:2503.11731"}, URLs: []string{"https://example.org", "https://doi.org/10.1000/182"}}
	want := []Link{{"doi", "https://doi.org/10.1000/182"}, {"abstract", "https://arxiv.org/abs/2503.11731"}, {"pdf", "https://arxiv.org/pdf/2503.11731"}, {"page", "https://example.org"}}
	if got := p.Links(); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("A title", "An abstract", "Ada\nBob", "cs.LG", "https://example.org", "arxiv:2503.11731", 2025, 3, 14)
	f.Add("\x00", "\r\n\r", "\x85", " ", "ftp://x", "x", 0, 0, 1)
	f.Fuzz(func(t *testing.T, title, abstract, authors, category, url, id string, y, m, d int) {
		p := Paper{Title: title, Abstract: abstract, Authors: strings.Split(authors, "\n"), Categories: []string{category, category}, Published: Date{y, m, d}}
		if url != "" {
			p.URLs = []string{url}
		}
		if id != "" {
			p.IDs = []ID{ID(id), ID(id)}
		}
		if err := p.Clean(); err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if len(p.IDs) != 1 || p.IDs[0].Check() != nil {
			t.Fatalf("ids %q", p.IDs)
		}
		if p.Title == "" || strings.ContainsFunc(p.Title, unicode.IsControl) || !utf8.ValidString(p.Title+p.Abstract) {
			t.Fatalf("title %q, abstract %q", p.Title, p.Abstract)
		}
		once := p
		once.IDs, once.Authors, once.Categories, once.URLs = slices.Clone(p.IDs), slices.Clone(p.Authors), slices.Clone(p.Categories), slices.Clone(p.URLs)
		if err := p.Clean(); err != nil || !reflect.DeepEqual(p, once) {
			t.Fatalf("cleaned twice: %+v, %v\nonce: %+v", p, err, once)
		}
	})
}
