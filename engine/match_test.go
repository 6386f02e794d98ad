package engine_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kindred/engine"
)

// A paper is not like itself, whatever it is called.
func TestSimilarToAPaperByAllItsNames(t *testing.T) {
	w := newWorld(t)
	w.add(append(papers("speech", 20), papers("fluid", 20)...)...)
	twin := papers("speech", 4)[3]
	twin.IDs, twin.Abstract = []engine.ID{"arxiv:2503.11731", "doi:10.1145/twin"}, "another abstract"
	other := engine.Paper{IDs: []engine.ID{"arxiv:2001.00001"}, Title: "Notes", Abstract: "speech audio"}
	w.add(twin, other)
	three, both := engine.Key("test:speech-003"), []engine.Key{"test:speech-003", "arxiv:2503.11731"}
	for name, tc := range map[string]struct {
		of   engine.Subject
		self []engine.Key
		same engine.Subject // has the same answer
	}{
		"id":                {engine.Subject{ID: string(three)}, both, engine.Subject{IDs: []string{string(three)}}},
		"second id":         {engine.Subject{IDs: []string{"pmid:1", string(three)}}, both, engine.Subject{ID: string(three)}},
		"id beats text":     {engine.Subject{IDs: []string{string(three)}, Title: "Vortex", Abstract: "fluid flow"}, both, engine.Subject{ID: string(three)}},
		"alias":             {engine.Subject{IDs: []string{"https://doi.org/10.1145/TWIN"}}, both, engine.Subject{ID: "2503.11731"}},
		"title, other id":   {engine.Subject{IDs: []string{"pmid:1"}, Title: "Speech: study, NUMBER 3"}, both, engine.Subject{ID: "2503.11731"}},
		"title, refuted id": {engine.Subject{IDs: []string{"arxiv:2001.99999"}, Title: "speech study number 3", Abstract: "voice"}, both, engine.Subject{ID: string(three)}},
		"unknown":           {engine.Subject{IDs: []string{"arxiv:2001.99999", "n/a"}, Title: "fluid waves", Abstract: "vortex flow"}, nil, engine.Subject{Title: "fluid waves", Abstract: "vortex flow"}},
		"a title of one word": {engine.Subject{IDs: []string{"pmid:1"}, Title: "Notes", Abstract: "fluid flow"}, []engine.Key{"arxiv:2001.00001"},
			engine.Subject{Title: "Notes", Abstract: "fluid flow"}},
	} {
		got, err := w.Similar(t.Context(), tc.of, 30)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same, err := w.Similar(t.Context(), tc.same, 30)
		if err != nil || !reflect.DeepEqual(got.Items, same.Items) {
			t.Errorf("%s: %v\nof %+v: %v, %v", name, keysOf(got.Items), tc.same, keysOf(same.Items), err)
		}
		for _, k := range tc.self {
			if slices.Contains(keysOf(got.Items), k) {
				t.Errorf("%s: %s is among the answers", name, k)
			}
		}
	}
	for name, tc := range map[string]struct {
		of   engine.Subject
		want error
	}{
		"unknown ids":     {engine.Subject{IDs: []string{"a:b", "no id"}}, engine.ErrNotFound},
		"no ids":          {engine.Subject{IDs: []string{"no id"}}, engine.ErrInvalid},
		"ids and text":    {engine.Subject{IDs: []string{"test:speech-003"}, Text: "x"}, engine.ErrInvalid},
		"blank title":     {engine.Subject{Title: " "}, engine.ErrInvalid},
		"title, too long": {engine.Subject{Title: strings.Repeat("x", engine.MaxTitle+1)}, engine.ErrInvalid},
	} {
		if _, err := w.Similar(t.Context(), tc.of, 3); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// What a page says of a paper adds it, and never replaces what is stored.
func TestAddReading(t *testing.T) {
	w := newWorld(t)
	add := func(p engine.Paper) engine.Paper {
		t.Helper()
		got, err := w.AddReading(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	page := engine.Paper{
		IDs: []engine.ID{"arxiv:2503.11731", "doi:10.1/x"}, Title: "Learning to separate speech", Abstract: "We do.",
		Authors: []string{"A. One"}, Published: engine.Date{Year: 2025}, URLs: []string{"https://example.org/a"},
	}
	first := add(page)
	if first.Key != "arxiv:2503.11731" || first.Abstract != "We do." || len(first.IDs) != 2 || first.Sources[0].Name != "reading" {
		t.Errorf("%+v", first)
	}
	evil := engine.Paper{
		IDs: []engine.ID{"arxiv:2503.11731", "doi:10.1/victim"}, Title: "Buy my book", Abstract: "Now.", Authors: []string{"Mallory"},
		Published: engine.Date{Year: 1999}, URLs: []string{"https://evil.example"},
	}
	if got := add(evil); !reflect.DeepEqual(got, first) {
		t.Errorf("replaced:\n%+v\n%+v", got, first)
	}
	if _, err := w.Paper(t.Context(), "doi:10.1/victim"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an id was taken: %v", err)
	}
	bare := engine.Paper{Title: "Speech of many speakers"}
	w.add(bare, engine.Paper{IDs: []engine.ID{"doi:10.1/other"}, Title: "Speech of few speakers", Abstract: "Kept."})
	page.IDs, page.Title = []engine.ID{"arxiv:2503.11732"}, "Speech of many speakers"
	got := add(page)
	if got.Key == "arxiv:2503.11732" || len(got.IDs) != 2 || got.IDs[1] != "arxiv:2503.11732" || got.Abstract != "We do." || got.Published.Year != 2025 || len(got.Authors) != 1 || len(got.URLs) != 1 {
		t.Errorf("what was lacking: %+v", got)
	}
	page.IDs, page.Title = []engine.ID{"arxiv:2503.11733"}, "Speech of few speakers"
	if got := add(page); got.Key != "doi:10.1/other" || len(got.IDs) != 1 || got.Abstract != "Kept." {
		t.Errorf("found by its title: %+v", got)
	}
	page.IDs = []engine.ID{"doi:10.1/third"}
	if got := add(page); got.Key != "doi:10.1/third" {
		t.Errorf("another paper of that title: %+v", got)
	}
	if err := w.Remove(t.Context(), "doi:10.1/third"); err != nil {
		t.Fatal(err)
	}
	if got := add(page); got.Key != "doi:10.1/third" || got.Abstract != "We do." {
		t.Errorf("after it was removed: %+v", got)
	}
	if _, err := w.AddReading(t.Context(), engine.Paper{IDs: page.IDs}); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("no title: %v", err)
	}
}
