package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kindred/embed"
)

// A Subject is what similar papers are wanted for: a text, or what is known of
// a paper, which need not be stored: ids in any form, title and abstract.
type Subject struct {
	ID              string // one more of IDs
	IDs             []string
	Text            string // nothing else goes with it
	Title, Abstract string
}

// Similar returns the papers nearest to the subject, itself left out: every
// paper that one of its ids names, or that has its title. Scores are cosines.
func (e *Engine) Similar(ctx context.Context, of Subject, limit int) (List, error) {
	return e.current.Load().similar(ctx, of, limit)
}

func (e *serving) similar(ctx context.Context, of Subject, limit int) (List, error) {
	limit, err := checkLimit(limit)
	if err != nil {
		return List{}, err
	}
	v, self, err := e.locate(ctx, of)
	if err != nil {
		return List{}, fmt.Errorf("similar: %w", err)
	}
	hits, err := e.search(ctx, Query{Vector: v, K: limit, Exclude: self})
	if err != nil {
		return List{}, fmt.Errorf("similar: %w", err)
	}
	return e.list(ctx, hits)
}

// locate returns where the subject is in the space, and the papers it is. The
// vector of a stored paper is the stored one.
func (e *serving) locate(ctx context.Context, of Subject) (embed.Vector, []Key, error) {
	d := Described{of.IDs, of.Title, of.Abstract}
	if of.ID != "" {
		d.IDs = append([]string{of.ID}, d.IDs...)
	}
	hasText, hasPaper := of.Text != "", len(d.IDs) > 0 || strings.TrimSpace(of.Title+of.Abstract) != ""
	if hasText == hasPaper {
		return nil, nil, fmt.Errorf("%w: give an id, or a title with its abstract, or both; or a text alone", ErrInvalid)
	}
	if hasText {
		v, err := e.embedOne(ctx, embed.Query, of.Text)
		return v, nil, err
	}
	found, err := e.match(ctx, []Described{d})
	if err != nil {
		return nil, nil, err
	}
	m := found[0]
	switch {
	case m.paper != nil:
		v, err := e.vector(ctx, *m.paper)
		return v, m.self, err
	case m.text == "" && len(m.ids) == 0:
		return nil, nil, m.bad
	case m.text == "":
		return nil, nil, fmt.Errorf("paper %s: %w", m.ids[0], ErrNotFound)
	}
	v, err := e.embedOne(ctx, embed.Document, m.text)
	return v, m.self, err
}

// embedOne embeds a text that a person is waiting for. A text that cannot be
// embedded wraps ErrInvalid.
func (e *serving) embedOne(ctx context.Context, kind embed.Kind, text string) (embed.Vector, error) {
	if len(text) > embed.MaxText {
		return nil, fmt.Errorf("%w: text of %d bytes, at most %d", ErrInvalid, len(text), embed.MaxText)
	}
	vectors, err := e.embed(ctx, kind, []string{text})
	var bad *embed.TextError
	if errors.As(err, &bad) {
		return nil, fmt.Errorf("%w: %v", ErrInvalid, bad.Err)
	}
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

func (e *serving) search(ctx context.Context, q Query) ([]Hit, error) {
	hits, _, err := e.index.Search(ctx, []Query{q})
	if err != nil {
		return nil, err
	}
	return hits[0], nil
}

// Search answers what a person typed. A paper that q names by id, URL or full
// title comes first, with score 1 and a reason saying so; then the papers
// nearest in meaning.
func (e *Engine) Search(ctx context.Context, q string, limit int) (List, error) {
	return e.current.Load().find(ctx, q, limit)
}

func (e *serving) find(ctx context.Context, q string, limit int) (List, error) {
	limit, err := checkLimit(limit)
	if err != nil {
		return List{}, err
	}
	if q = strings.TrimSpace(q); q == "" {
		return List{}, fmt.Errorf("%w: search for what? q is empty", ErrInvalid)
	}
	named, why, err := e.named(ctx, q)
	if err != nil {
		return List{}, fmt.Errorf("search: %w", err)
	}
	named = named[:min(len(named), limit)]
	v, err := e.embedOne(ctx, embed.Query, q)
	var hits []Hit
	switch {
	case err == nil:
		if limit > len(named) {
			hits, err = e.search(ctx, Query{Vector: v, K: limit - len(named), Exclude: named})
		}
		if err != nil {
			return List{}, fmt.Errorf("search: %w", err)
		}
	case len(named) == 0: // nothing can be found without the embedder
		return List{}, fmt.Errorf("search: %w", err)
	}
	all := make([]Hit, 0, limit)
	for _, k := range named {
		all = append(all, Hit{k, 1})
	}
	l, err := e.list(ctx, append(all, hits...))
	if err != nil {
		return List{}, err
	}
	byName := map[Key]bool{}
	for _, k := range named {
		byName[k] = true
	}
	for i := range l.Items {
		if byName[l.Items[i].Paper.Key] {
			l.Items[i].Reasons = []Reason{{Type: why}}
		}
	}
	return l, nil
}

// named returns the papers that q names, and whether it does so by "id" or by
// "title".
func (e *Engine) named(ctx context.Context, q string) ([]Key, string, error) {
	if id, _, err := ParseID(q); err == nil {
		keys, err := e.store.Resolve(ctx, []ID{id})
		if err != nil {
			return nil, "", err
		}
		if keys[0] != "" {
			return keys, "id", nil
		}
	}
	keys, err := e.store.WithTitle(ctx, NormalTitle(q), MaxLimit)
	return keys, "title", err
}

// maxExamples is how many papers Recommend takes on each side.
const maxExamples = 500

// Recommend ranks papers by their nearness to the positive papers, each as
// good as the other, and away from the negative ones. Neither is among the
// answers. Reasons name the positive papers.
func (e *Engine) Recommend(ctx context.Context, positive, negative []string, limit int) (List, error) {
	return e.current.Load().recommend(ctx, positive, negative, limit)
}

func (e *serving) recommend(ctx context.Context, positive, negative []string, limit int) (List, error) {
	limit, err := checkLimit(limit)
	if err != nil {
		return List{}, err
	}
	if len(positive) == 0 || len(positive) > maxExamples || len(negative) > maxExamples {
		return List{}, fmt.Errorf("%w: %d positive and %d negative ids: want 1 to %d and 0 to %d",
			ErrInvalid, len(positive), len(negative), maxExamples, maxExamples)
	}
	likes, err := e.examples(ctx, positive)
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	dislikes, err := e.examples(ctx, negative)
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	if len(likes) == 0 {
		return List{}, fmt.Errorf("recommend: %w: none of the positive papers is embedded yet; try again soon", embed.ErrUnavailable)
	}
	r := ranking{likes: likes, dislikes: dislikes, depth: limit, pool: limit + poolSlack}
	for _, set := range [][]example{likes, dislikes} {
		for _, x := range set {
			r.exclude = append(r.exclude, x.key)
		}
	}
	ranked, err := e.rank(ctx, r)
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	return e.explained(ctx, ranked)
}

// examples returns the stored papers that ids name, once each, with weight 1
// and in the order of keys. Papers without a vector are left out, and are the
// next to get one.
func (e *serving) examples(ctx context.Context, ids []string) ([]example, error) {
	keys, err := e.keys(ctx, ids)
	if err != nil {
		return nil, err
	}
	set := map[Key]bool{}
	for _, k := range keys {
		set[k] = true
	}
	keys = sortedKeys(set)
	vectors := e.index.Vectors(keys, 0)
	var out []example
	for i, k := range keys {
		if vectors[i] == nil {
			e.want(k)
			continue
		}
		out = append(out, example{key: k, vector: vectors[i], weight: 1})
	}
	return out, nil
}
