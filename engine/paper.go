package engine

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kindred/embed"
)

// A Key names a stored paper for ever: the first id under which it was given,
// in canonical spelling. Likes, vectors, cursors and orderings hold keys;
// other ids of the same paper are aliases of it.
type Key string

// A Paper is one record of the corpus.
type Paper struct {
	Key        Key      // "" until the Store has seen it
	IDs        []ID     // every id, the one that is the Key first; never empty once stored
	Title      string   // plain text, may hold LaTeX; never empty once stored
	Abstract   string   // plain text, may hold LaTeX; may be empty
	Authors    []string // as printed, in order
	Published  Date     // first publication; may be zero
	Updated    Date     // newest version; may be zero
	Categories []string // such as "cs.LG"; the first is the primary one
	URLs       []string // pages about the paper that its ids do not give; see Links
	Sources    []Source // where it came from, oldest first
	Added      time.Time
	Change     int64 // number of its newest change in the change sequence
}

// A Source says who told us about a paper, and when it first did.
type Source struct {
	Name string // such as "sample" or "jsonl:arxiv-2025.jsonl.gz"
	At   time.Time
}

// Limits that a paper must keep. They are generous: the longest real abstract
// seen is 16 kB and the longest author list about 5,500.
const (
	MaxTitle      = 4 << 10   // bytes
	MaxAbstract   = 128 << 10 // bytes
	MaxAuthors    = 10_000
	MaxAuthor     = 1 << 10 // bytes, of one name
	MaxCategories = 100
	MaxCategory   = 512 // bytes, of one category; arXiv prints lists of ACM and MSC classes as one, of 153 so far
	MaxURLs       = 20
	MaxURL        = 2 << 10 // bytes
	MaxIDs        = 20
)

// Text returns what is embedded for the paper; see embed.Join.
func (p *Paper) Text() string { return embed.Join(p.Title, p.Abstract) }

// Order returns the day that the paper sorts by: the first day of its period
// of publication, or the day it was added if that is not known.
func (p *Paper) Order() Day {
	if p.Published.Precision() != 0 {
		return p.Published.Day()
	}
	return DayOf(p.Added)
}

// Clean makes p fit to be stored, in place: white space trimmed and runs of
// it made one blank in the title, names and categories, control characters
// made blanks, ids and categories without repeats, and, where there is no id,
// the TitleID. It returns an error wrapping ErrInvalid, and leaves nothing to
// store, if the title is empty, a field is not valid UTF-8, holds a NUL, or is
// over its limit.
func (p *Paper) Clean() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
	}
	check := func(field, s string, limit int) error {
		switch {
		case len(s) > limit:
			return bad("%s of %d bytes, at most %d", field, len(s), limit)
		case !utf8.ValidString(s):
			return bad("%s is not valid UTF-8", field)
		case strings.IndexByte(s, 0) >= 0:
			return bad("%s holds a NUL character", field)
		}
		return nil
	}
	if err := cmp.Or(check("title", p.Title, MaxTitle), check("abstract", p.Abstract, MaxAbstract)); err != nil {
		return err
	}
	p.Title = squeeze(p.Title)
	if p.Title == "" {
		return bad("no title")
	}
	p.Abstract = tidy(p.Abstract)
	lists := []struct {
		name        string
		items       *[]string
		limit, each int
	}{
		{"authors", &p.Authors, MaxAuthors, MaxAuthor},
		{"categories", &p.Categories, MaxCategories, MaxCategory},
		{"urls", &p.URLs, MaxURLs, MaxURL},
	}
	for _, l := range lists {
		if len(*l.items) > l.limit {
			return bad("%d %s, at most %d", len(*l.items), l.name, l.limit)
		}
		kept := make([]string, 0, len(*l.items))
		seen := map[string]bool{}
		for _, s := range *l.items {
			if err := check("one of the "+l.name, s, l.each); err != nil {
				return err
			}
			s = squeeze(s)
			if s == "" || l.name != "authors" && seen[s] { // two authors may share a name
				continue
			}
			seen[s] = true
			kept = append(kept, s)
		}
		*l.items = kept
	}
	for _, u := range p.URLs {
		if !IsURL(u) || strings.Contains(u, " ") {
			return bad("url %s is not an address of http or https", quoted(u))
		}
	}
	if len(p.IDs) > MaxIDs {
		return bad("%d ids, at most %d", len(p.IDs), MaxIDs)
	}
	ids := make([]ID, 0, max(len(p.IDs), 1))
	seen := map[ID]bool{}
	for _, id := range p.IDs {
		if err := id.Check(); err != nil {
			return err
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		ids = append(ids, TitleID(p))
	}
	p.IDs = ids
	if err := cmp.Or(p.Published.check(), p.Updated.check()); err != nil {
		return bad("%v", err)
	}
	return nil
}

// squeeze trims s and makes every run of white space and control characters
// one blank.
func squeeze(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// tidy trims s and makes control characters other than line breaks blanks.
func tidy(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// A Link is a page about a paper.
type Link struct {
	Rel string // "abstract", "pdf", "doi", "page"
	URL string
}

// Links returns the pages that the paper's ids and URLs lead to, in the order
// of its ids, without repeats. Nothing is fetched to find them.
func (p *Paper) Links() []Link {
	var out []Link
	seen := map[string]bool{}
	add := func(rel, url string) {
		if !seen[url] {
			seen[url] = true
			out = append(out, Link{rel, url})
		}
	}
	for _, id := range p.IDs {
		for _, l := range id.links() {
			add(l.Rel, l.URL)
		}
	}
	for _, u := range p.URLs {
		add("page", u)
	}
	return out
}

// Errors that callers branch on.
var (
	// ErrNotFound is wrapped when a paper, user or token does not exist.
	ErrNotFound = errors.New("not found")
	// ErrInvalid is wrapped when an argument breaks a rule; the message says which.
	ErrInvalid = errors.New("invalid")
	// ErrGone is wrapped when a cursor's space has been dropped.
	ErrGone = errors.New("gone")
)
