package importer

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"kindred/engine"
)

// arxivRecord is what we read of a line of arXiv's metadata snapshot.
type arxivRecord struct {
	ID            text       `json:"id"`
	Title         string     `json:"title"`
	Abstract      string     `json:"abstract"`
	Authors       string     `json:"authors"`
	AuthorsParsed [][]string `json:"authors_parsed"` // last, first, suffix, affiliations
	Categories    words      `json:"categories"`
	DOI           text       `json:"doi"`
	UpdateDate    text       `json:"update_date"`
	Versions      []version  `json:"versions"`
}

type version struct {
	Created string `json:"created"` // "Mon, 2 Apr 2007 19:18:42 GMT"
}

// ArXiv reads the metadata snapshot that arXiv publishes
// (arxiv-metadata-oai-snapshot.json): JSON Lines in spite of its name. The
// first version gives the day of publication, update_date that of the update,
// and "doi" further ids. Line breaks in titles and abstracts become blanks.
// Withdrawn papers are papers. Errors are as [Parser] says; a record without an
// arXiv id is malformed, also one whose id was written as a number, because a
// number has lost the zeros of its ends.
func ArXiv(r io.Reader) iter.Seq2[engine.Paper, error] {
	return parse(objects(r), func(data []byte) (engine.Paper, error) {
		var rec arxivRecord
		if err := decode(data, &rec); err != nil {
			return engine.Paper{}, err
		}
		return rec.paper()
	})
}

func (r *arxivRecord) paper() (engine.Paper, error) {
	p := engine.Paper{
		Title:    r.Title,
		Abstract: strings.Join(strings.Fields(r.Abstract), " "),
	}
	addForm(&p, string(r.ID), "arxiv")
	if len(p.IDs) != 1 {
		return p, fmt.Errorf("id %.80q is not an arXiv id", string(r.ID))
	}
	addForm(&p, string(r.DOI), "doi", "arxiv")
	for _, c := range r.Categories {
		p.Categories = append(p.Categories, string(c))
	}
	for _, name := range r.AuthorsParsed { // first last suffix
		var parts [3]string
		copy(parts[:], name)
		p.Authors = append(p.Authors, strings.Join(trimAll([]string{parts[1], parts[0], parts[2]}), " "))
	}
	if len(r.AuthorsParsed) == 0 {
		p.Authors = splitAuthors(r.Authors)
	}
	if len(r.Versions) > 0 && r.Versions[0].Created != "" {
		at, err := time.Parse("Mon, 2 Jan 2006 15:04:05 MST", r.Versions[0].Created)
		if err != nil {
			return p, fmt.Errorf("date of the first version: %w", err)
		}
		p.Published = engine.DateOf(at)
	}
	var err error
	p.Updated, err = date(r.UpdateDate)
	return p, err
}
