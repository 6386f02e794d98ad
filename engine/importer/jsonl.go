package importer

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"kindred/engine"
)

// jsonRecord is a paper as JSON. Where files differ in how they call or write a
// thing, each way that is read has its field. Names match in any case.
type jsonRecord struct {
	ID         text   `json:"id"`
	IDs        texts  `json:"ids"`
	ArXivID    text   `json:"arxiv_id"`
	DOI        text   `json:"doi"`
	URL        text   `json:"url"`
	URLs       texts  `json:"urls"`
	Title      string `json:"title"`
	Abstract   string `json:"abstract"`
	Authors    names  `json:"authors"`
	Published  text   `json:"published"`
	Date       text   `json:"date"`
	Year       text   `json:"year"`
	Updated    text   `json:"updated"`
	Categories words  `json:"categories"`
	Links      []link `json:"links"`
}

type link struct { // as our API writes it
	Rel string `json:"rel"`
	URL string `json:"url"`
}

// JSONL reads JSON Lines: one object a line,
//
//	{"id": "arxiv:2503.11731", "title": "…", "abstract": "…", "authors": ["…"], "date": "2025-03-14", "categories": ["cs.LG"]}
//
// or the same objects in one JSON array. Only the title is required. The
// format that our API writes papers in is read as well:
//
//   - ids: "id", "ids", "arxiv_id", "doi", and "url" or "urls" where
//     engine.ParseID knows the address; other addresses are kept as pages. The
//     first becomes the key. An id without a scheme that ParseID does not know,
//     such as 17, becomes "id:17": give ids of your own a scheme, so that those
//     of two files do not meet. A number is taken as it is written. A local
//     part that says nothing is there ("cvpr2016:None") is no id.
//   - authors: a list of strings or of objects with "name", or one string
//   - date: "published", else "date", else "year"; and "updated"
//   - categories: a list, or one string with blanks between them
//
// Repeated keys count once, the last; other keys are ignored. Errors are as
// [Parser] says; a record of more than 1 MiB, one that is not valid UTF-8, and
// one that Paper.Clean refuses is malformed. Blank lines are none.
func JSONL(r io.Reader) iter.Seq2[engine.Paper, error] {
	return parse(objects(r), func(data []byte) (engine.Paper, error) {
		var rec jsonRecord
		if err := decode(data, &rec); err != nil {
			return engine.Paper{}, err
		}
		return rec.paper()
	})
}

// parse makes a paper of each record and cleans it.
func parse(records iter.Seq2[record, error], paper func([]byte) (engine.Paper, error)) iter.Seq2[engine.Paper, error] {
	return func(yield func(engine.Paper, error) bool) {
		for rec, err := range records {
			var p engine.Paper
			if err == nil {
				p, err = paper(rec.data)
				if err == nil {
					err = p.Clean()
				}
				if err != nil {
					p, err = engine.Paper{}, &LineError{rec.line, err}
				}
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func (r *jsonRecord) paper() (engine.Paper, error) {
	p := engine.Paper{Title: r.Title, Abstract: r.Abstract, Authors: r.Authors}
	for _, s := range append(texts{r.ID}, r.IDs...) {
		if err := addID(&p, string(s)); err != nil {
			return p, err
		}
	}
	addForm(&p, string(r.ArXivID), "arxiv")
	addForm(&p, string(r.DOI), "doi", "arxiv")
	for _, u := range append(texts{r.URL}, r.URLs...) {
		addURL(&p, string(u))
	}
	for _, l := range r.Links {
		if l.Rel == "page" { // the others follow from the ids
			addURL(&p, l.URL)
		}
	}
	for _, c := range r.Categories {
		p.Categories = append(p.Categories, string(c))
	}
	var err error
	if p.Published, err = date(cmp.Or(r.Published, r.Date, r.Year)); err != nil {
		return p, err
	}
	p.Updated, err = date(r.Updated)
	return p, err
}

// addID adds what a file calls the id of a paper.
func addID(p *engine.Paper, s string) error {
	s = strings.TrimSpace(s)
	if isNothing(s) {
		return nil
	}
	id, _, err := engine.ParseID(s)
	if err != nil {
		id = engine.ID("id:" + s)
		if id.Check() != nil {
			return fmt.Errorf("id %.80q: %w: white space, control characters, or more than 500 bytes", s, engine.ErrInvalid)
		}
	}
	if !isNothing(id.Local()) {
		p.IDs = append(p.IDs, id)
	}
	return nil
}

// isNothing reports whether s is what programs write for a value they lack.
func isNothing(s string) bool {
	switch strings.ToLower(s) {
	case "", "none", "null", "nil", "nan", "n/a", "na", "undefined", "-":
		return true
	}
	return false
}

// addForm adds the ids among the words of s that are of the form of one of the
// schemes, "arxiv" and "doi", and passes over all else: in files such fields
// hold "pending", "n/a" and two DOIs at once.
func addForm(p *engine.Paper, s string, schemes ...string) {
	for _, word := range strings.Fields(s) {
		id, _, err := engine.ParseID(strings.Trim(word, ",;"))
		if err != nil || !slices.Contains(schemes, id.Scheme()) {
			continue
		}
		if bare, _, err := engine.ParseID(id.Local()); err == nil && bare == id { // the local part alone would do
			p.IDs = append(p.IDs, id)
		}
	}
}

// addURL adds a page about p: as an id if it is known to name one.
func addURL(p *engine.Paper, s string) {
	s = strings.TrimSpace(s)
	if !engine.IsURL(s) {
		return
	}
	if id, _, err := engine.ParseID(s); err == nil {
		p.IDs = append(p.IDs, id)
		return
	}
	p.URLs = append(p.URLs, strings.ReplaceAll(s, " ", "%20"))
}
