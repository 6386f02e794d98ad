package sqlite

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"kindred/engine"
)

// A row is a paper as the tables papers and records hold it, while a batch is
// merged into it.
type row struct {
	engine.Paper
	id       int64
	removed  bool
	addedSeq int64
	text     string     // digest of what is embedded
	day      engine.Day // Paper.Order

	was     *row        // what is in the tables; nil for a new paper
	changed bool        // differs from was
	newIDs  []engine.ID // not in the table ids yet
}

// finish brings what is derived from the paper up to date with it.
func (r *row) finish() {
	r.day = r.Order()
	if r.was == nil || r.was.removed || r.was.Title != r.Title || r.was.Abstract != r.Abstract {
		r.text = digest(&r.Paper)
	}
}

// digest is the opaque Pending.Text of a paper.
func digest(p *engine.Paper) string {
	h := sha256.Sum256([]byte(p.Text()))
	return hex.EncodeToString(h[:16])
}

// named is the papers that a batch is about, by all their ids.
type named map[engine.ID]*row

// put merges a clean paper into the one that its first known id names, or
// makes a new one.
func (n named) put(given engine.Paper, source string, now time.Time) (*row, engine.Result) {
	var r *row
	for _, id := range given.IDs {
		if r = n[id]; r != nil {
			break
		}
	}
	result := engine.Updated
	if r == nil {
		r = &row{}
		r.Key = engine.Key(given.IDs[0])
		r.Added = now
		result = engine.Added
	} else if r.removed {
		r.removed = false
		r.Added = now
		result = engine.Added
	}
	var fresh []engine.ID
	for _, id := range given.IDs {
		if n[id] == nil {
			n[id] = r
			fresh = append(fresh, id)
		}
	}
	old := r.Paper
	r.newIDs = append(r.newIDs, fresh...)
	r.IDs = append(slices.Clip(r.IDs), fresh...)
	merge(&r.Paper, &given)
	r.Sources = note(r.Sources, source, now)
	if result == engine.Updated && same(&old, &r.Paper) {
		result = engine.Unchanged
	}
	return r, result
}

// merge puts the fields that are given over those that are stored.
func merge(p, given *engine.Paper) {
	p.Title = given.Title
	if given.Abstract != "" {
		p.Abstract = given.Abstract
	}
	if len(given.Authors) > 0 {
		p.Authors = given.Authors
	}
	if len(given.Categories) > 0 {
		p.Categories = given.Categories
	}
	if len(given.URLs) > 0 {
		p.URLs = given.URLs
	}
	p.Published = moreExact(p.Published, given.Published)
	p.Updated = moreExact(p.Updated, given.Updated)
}

// moreExact returns the given date, but the old one if that names a part of
// the given period: 2025-03-14 stands against 2025-03 and 2025, not against
// 2025-04.
func moreExact(old, given engine.Date) engine.Date {
	cut := old
	switch given.Precision() {
	case 0:
		return old
	case 1:
		cut.Month, cut.D = 0, 0
	case 2:
		cut.D = 0
	}
	if cut == given {
		return old
	}
	return given
}

// note adds a source unless it is there.
func note(sources []engine.Source, name string, now time.Time) []engine.Source {
	if name == "" || slices.ContainsFunc(sources, func(s engine.Source) bool { return s.Name == name }) {
		return sources
	}
	return append(slices.Clip(sources), engine.Source{Name: name, At: now})
}

// same reports whether nothing that PutPapers can change differs.
func same(a, b *engine.Paper) bool {
	return a.Title == b.Title && a.Abstract == b.Abstract && a.Published == b.Published && a.Updated == b.Updated &&
		len(a.IDs) == len(b.IDs) && len(a.Sources) == len(b.Sources) && // they only grow
		slices.Equal(a.Authors, b.Authors) && slices.Equal(a.Categories, b.Categories) && slices.Equal(a.URLs, b.URLs)
}
