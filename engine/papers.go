package engine

import (
	"context"
	"fmt"
	"slices"
)

// Paper returns the paper that id names, in any form that ParseID takes.
// Somebody looks at it: if it has no vector yet, it is the next to get one.
func (e *Engine) Paper(ctx context.Context, id string) (Paper, error) {
	key, err := e.key(ctx, id)
	if err != nil {
		return Paper{}, err
	}
	found, err := e.store.GetPapers(ctx, []Key{key})
	if err != nil {
		return Paper{}, fmt.Errorf("paper %s: %w", id, err)
	}
	p, ok := found[key]
	if !ok {
		return Paper{}, fmt.Errorf("paper %s: %w (it was removed)", id, ErrNotFound)
	}
	e.want(key)
	return p, nil
}

// key returns the key of the paper that id names, removed or not.
func (e *Engine) key(ctx context.Context, id string) (Key, error) {
	keys, err := e.keys(ctx, []string{id})
	if err != nil {
		return "", err
	}
	return keys[0], nil
}

// keys is key for several ids. The first that names nothing is the error.
func (e *Engine) keys(ctx context.Context, ids []string) ([]Key, error) {
	parsed := make([]ID, len(ids))
	for i, s := range ids {
		id, _, err := ParseID(s)
		if err != nil {
			return nil, err
		}
		parsed[i] = id
	}
	keys, err := e.store.Resolve(ctx, parsed)
	if err != nil {
		return nil, fmt.Errorf("resolve %d ids: %w", len(ids), err)
	}
	for i, k := range keys {
		if k == "" {
			return nil, fmt.Errorf("paper %s: %w", parsed[i], ErrNotFound)
		}
	}
	return keys, nil
}

// PutPapers stores papers under a source name; see Papers.PutPapers. They are
// searchable once they are embedded.
func (e *Engine) PutPapers(ctx context.Context, source string, papers []Paper) ([]Outcome, error) {
	out, err := e.store.PutPapers(ctx, Batch{Source: source, Papers: papers}, e.now())
	if err != nil {
		return nil, fmt.Errorf("put %d papers: %w", len(papers), err)
	}
	e.poke()
	return out, nil
}

// readingSource is the Paper.Sources entry of AddReading.
const readingSource = "reading"

// AddReading stores the one paper that a person reads, as a page describes it,
// and returns the stored one. A page is not to be trusted with what is stored
// already: of a paper that is there, by an id or by its whole title, nothing is
// replaced, and only what is lacking is filled in; ids too, where a title was
// all that named it.
func (e *Engine) AddReading(ctx context.Context, p Paper) (Paper, error) {
	if err := p.Clean(); err != nil {
		return Paper{}, err
	}
	d := Described{Title: p.Title}
	for _, id := range p.IDs {
		d.IDs = append(d.IDs, string(id))
	}
	found, err := e.match(ctx, []Described{d})
	if err != nil {
		return Paper{}, fmt.Errorf("add %s: %w", p.IDs[0], err)
	}
	if stored := found[0].paper; stored != nil {
		p = stored.lacking(p)
	}
	out, err := e.PutPapers(ctx, readingSource, []Paper{p})
	if err != nil {
		return Paper{}, err
	}
	if out[0].Err != nil {
		return Paper{}, out[0].Err
	}
	return e.Paper(ctx, string(out[0].Key))
}

// lacking returns what p lacks and more has, to be put under the name of p.
func (p *Paper) lacking(more Paper) Paper {
	out := Paper{IDs: []ID{ID(p.Key)}, Title: p.Title}
	if p.Abstract == "" {
		out.Abstract = more.Abstract
	}
	if len(p.Authors) == 0 {
		out.Authors = more.Authors
	}
	if p.Published.Precision() == 0 {
		out.Published = more.Published
	}
	if len(p.URLs) == 0 {
		out.URLs = more.URLs
	}
	if !slices.ContainsFunc(p.IDs, func(id ID) bool { return id.Scheme() != "title" }) {
		out.IDs = append(out.IDs, more.IDs[:min(len(more.IDs), MaxIDs-1)]...)
	}
	return out
}

// Remove takes a paper away. What people did to it stays in their logs, and
// counts again if the paper is put again.
func (e *Engine) Remove(ctx context.Context, id string) error {
	key, err := e.key(ctx, id)
	if err != nil {
		return err
	}
	if err := e.store.RemovePaper(ctx, key); err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	e.poke()
	return nil
}

// list makes items of hits, in their order, leaving out papers that are gone.
func (e *serving) list(ctx context.Context, hits []Hit) (List, error) {
	l := List{Items: []Item{}, Space: e.space}
	keys := make([]Key, len(hits))
	for i, h := range hits {
		keys[i] = h.Key
	}
	found, err := e.store.GetPapers(ctx, keys)
	if err != nil {
		return List{}, fmt.Errorf("read %d papers: %w", len(keys), err)
	}
	for _, h := range hits {
		if p, ok := found[h.Key]; ok {
			l.Items = append(l.Items, Item{Paper: p, Score: h.Score, Reasons: []Reason{}})
		}
	}
	return l, nil
}

// LatestOptions narrows Latest.
type LatestOptions struct {
	Category string // papers with this category; "" is all
	Limit    int    // see checkLimit
	Cursor   string // List.Next of the page before
}

// Latest lists papers by date, newest first, then by key. Papers that arrive
// after the first page do not disturb the pages that follow.
func (e *Engine) Latest(ctx context.Context, o LatestOptions) (List, error) {
	limit, err := checkLimit(o.Limit)
	if err != nil {
		return List{}, err
	}
	c := cursor{Of: "latest", Options: o.Category}
	if o.Cursor == "" {
		if c.Change, err = e.store.Head(ctx); err != nil {
			return List{}, fmt.Errorf("latest: %w", err)
		}
	} else if c, err = e.openCursor(o.Cursor, c); err != nil {
		return List{}, err
	}
	q := NewestQuery{Limit: limit + 1, Category: o.Category, AsOf: c.Change, After: c.After}
	dated, err := e.store.Newest(ctx, q)
	if err != nil {
		return List{}, fmt.Errorf("latest: %w", err)
	}
	next := ""
	if len(dated) > limit {
		dated = dated[:limit]
		c.After = &dated[limit-1]
		next = e.sealCursor(c)
	}
	hits := make([]Hit, len(dated))
	for i, d := range dated {
		hits[i] = Hit{Key: d.Key}
	}
	l, err := e.current.Load().list(ctx, hits)
	l.Next = next
	return l, err
}

// sortedKeys returns the keys of m, ascending.
func sortedKeys[V any](m map[Key]V) []Key {
	keys := make([]Key, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
