package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Described paper is what a page tells of one, which may be stored or not.
type Described struct {
	IDs             []string // in any form that ParseID takes; what it does not take is passed over
	Title, Abstract string
}

// A match is what the corpus has of a described paper.
type match struct {
	paper           *Paper   // the stored paper that it is; nil if there is none
	self            []Key    // every stored paper that it may be: named by an id, or of the same title
	text            string   // what is to be embedded for it, as if it were stored; "" without a title
	title, abstract string   // that text is made of
	ids             []ID     // the readable ones
	bad             error    // why another was passed over
	named           []string // titles, normalised, by which the rest of self is found
}

// match finds described papers in the corpus: by the first id that names a
// stored one; else by the whole title, if that has three words and no other id
// contradicts. A title or abstract that Clean would refuse is the error.
func (e *Engine) match(ctx context.Context, described []Described) ([]match, error) {
	out, err := e.matchByID(ctx, described)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if err := e.matchTitle(ctx, &out[i], described[i].Title); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// matchByID is match as far as ids go: matchTitle is still to be called.
func (e *Engine) matchByID(ctx context.Context, described []Described) ([]match, error) {
	out := make([]match, len(described))
	var ids []ID
	for i, d := range described {
		m := &out[i]
		if err := m.read(d); err != nil {
			if len(described) > 1 {
				err = fmt.Errorf("paper %d of %d: %w", i+1, len(described), err)
			}
			return nil, err
		}
		ids = append(ids, m.ids...)
	}
	if err := e.matchIDs(ctx, out, ids); err != nil {
		return nil, fmt.Errorf("look for %d papers by id: %w", len(out), err)
	}
	return out, nil
}

// read takes in what is told of a paper, if it keeps the rules of stored ones.
func (m *match) read(d Described) error {
	if len(d.IDs) > MaxIDs {
		return fmt.Errorf("%w: %d ids of one paper, at most %d", ErrInvalid, len(d.IDs), MaxIDs)
	}
	switch p := (Paper{Title: d.Title, Abstract: d.Abstract}); {
	case strings.TrimSpace(d.Title) != "":
		if err := p.Clean(); err != nil {
			return err
		}
		m.title, m.abstract = p.Title, p.Abstract
		m.text, m.named = p.Text(), []string{NormalTitle(p.Title)}
	case strings.TrimSpace(d.Abstract) != "":
		return fmt.Errorf("%w: an abstract needs its title; send it as text otherwise", ErrInvalid)
	}
	for _, s := range d.IDs {
		if id, _, err := ParseID(s); err != nil {
			m.bad = err
		} else {
			m.ids = append(m.ids, id)
		}
	}
	return nil
}

// matchIDs finds papers by id; ids are those of all matches, in order.
func (e *Engine) matchIDs(ctx context.Context, all []match, ids []ID) error {
	keys, err := e.store.Resolve(ctx, ids)
	if err != nil {
		return err
	}
	papers, err := e.store.GetPapers(ctx, slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k == "" }))
	if err != nil {
		return err
	}
	for i := range all {
		m := &all[i]
		for _, k := range keys[:len(m.ids)] {
			p, ok := papers[k]
			if !ok {
				continue
			}
			m.self = append(m.self, k)
			if m.paper == nil {
				m.paper = &p
				m.named = append(m.named, NormalTitle(p.Title))
			}
		}
		keys = keys[len(m.ids):]
	}
	return nil
}

// matchTitle adds the papers of the same title, and where no id named one,
// takes the first that is not another by its ids.
func (e *Engine) matchTitle(ctx context.Context, m *match, title string) error {
	var same []Key
	for _, name := range slices.Compact(m.named) {
		if name == "" { // of signs alone
			continue
		}
		keys, err := e.store.WithTitle(ctx, name, MaxLimit)
		if err != nil {
			return fmt.Errorf("look for a paper by title: %w", err)
		}
		same = append(same, keys...)
	}
	if m.paper == nil && len(same) > 0 && !vague(title) {
		papers, err := e.store.GetPapers(ctx, same)
		if err != nil {
			return fmt.Errorf("look for a paper by title: %w", err)
		}
		for _, k := range same {
			if p, ok := papers[k]; ok && !contradicts(p.IDs, m.ids) {
				m.paper = &p
				break
			}
		}
	}
	m.self = append(m.self, same...)
	slices.Sort(m.self)
	m.self = slices.Compact(m.self)
	return nil
}

// contradicts reports whether two papers that share no id are told apart by
// one: each has its own of some scheme.
func contradicts(a, b []ID) bool {
	for _, x := range a {
		if slices.ContainsFunc(b, func(y ID) bool { return x.Scheme() == y.Scheme() }) {
			return true
		}
	}
	return false
}
