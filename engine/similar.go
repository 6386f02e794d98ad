package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// Similar returns the papers most like the subject, in meaning and in words,
// itself left out: every paper that one of its ids names, or that has its title.
// A score of 0 is a paper like any other, 1 one that means the same; see model.
func (e *Engine) Similar(ctx context.Context, of Subject, limit int) (List, error) {
	return e.current.Load().similar(ctx, of, limit)
}

func (e *serving) similar(ctx context.Context, of Subject, limit int) (List, error) {
	limit, err := checkLimit(limit)
	if err != nil {
		return List{}, err
	}
	x, self, err := e.locate(ctx, of)
	if err != nil {
		return List{}, fmt.Errorf("similar: %w", err)
	}
	l, err := e.alike(ctx, x, Among{Exclude: self}, limit)
	if err != nil {
		return List{}, fmt.Errorf("similar: %w", err)
	}
	return l, nil
}

// alike lists the papers most like an example, with reasons.
func (e *serving) alike(ctx context.Context, x example, among Among, limit int) (List, error) {
	r, err := e.ranker(ctx, e.version())
	if err != nil {
		return List{}, err
	}
	if r.Lexicon == nil && x.vector == nil {
		return List{}, fmt.Errorf("%w: neither meaning nor words can be looked for now", embed.ErrUnavailable)
	}
	b := r.background()
	m, found, err := r.like(ctx, &b, []example{x}, among, limit)
	if err != nil {
		return List{}, err
	}
	l, err := e.list(ctx, hitsOf(found))
	if err != nil {
		return List{}, err
	}
	vectors := map[Key]embed.Vector{}
	for _, c := range found {
		vectors[c.Key] = c.vector
	}
	why := m.explainer(&b, "meaning")
	each(len(l.Items), func(i int) {
		p := &l.Items[i].Paper
		bag, spelled := spelledBag(why.by, p.Title, p.Abstract)
		all := finish(why.reasons(vectors[p.Key], bag, spelled), nil, false)
		for n := range all {
			all[n].Key = "" // of what was asked
		}
		l.Items[i].Reasons = strongest(all)
	})
	return l, nil
}

// locate returns what is known of the subject, and the papers it is. The
// vector of a stored paper is the stored one.
func (e *serving) locate(ctx context.Context, of Subject) (example, []Key, error) {
	known := func(v embed.Vector, title, abstract string) example {
		return example{vector: v, bag: BagOf(title, abstract), weight: 1}
	}
	d := Described{of.IDs, of.Title, of.Abstract}
	if of.ID != "" {
		d.IDs = append([]string{of.ID}, d.IDs...)
	}
	hasText, hasPaper := of.Text != "", len(d.IDs) > 0 || strings.TrimSpace(of.Title+of.Abstract) != ""
	if hasText == hasPaper {
		return example{}, nil, fmt.Errorf("%w: give an id, or a title with its abstract, or both; or a text alone", ErrInvalid)
	}
	if hasText {
		v, err := e.embedOne(ctx, embed.Query, of.Text)
		return known(v, of.Text, ""), nil, err
	}
	found, err := e.matchByID(ctx, []Described{d})
	if err != nil {
		return example{}, nil, err
	}
	m := &found[0]
	byID, bag := m.paper, Bag{}
	each(2, func(i int) { // the one waits for the store
		if i == 0 {
			err = e.matchTitle(ctx, m, d.Title)
		} else if byID != nil {
			bag = BagOf(byID.Title, byID.Abstract)
		}
	})
	if err != nil {
		return example{}, nil, err
	}
	switch {
	case byID != nil:
		v, err := e.vector(ctx, *byID)
		return example{vector: v, bag: bag, weight: 1}, m.self, err
	case m.paper != nil:
		v, err := e.vector(ctx, *m.paper)
		return known(v, m.paper.Title, m.paper.Abstract), m.self, err
	case m.text == "" && len(m.ids) == 0:
		return example{}, nil, m.bad
	case m.text == "":
		return example{}, nil, fmt.Errorf("paper %s: %w", m.ids[0], ErrNotFound)
	}
	v, err := e.embedOne(ctx, embed.Document, m.text)
	return known(v, m.title, m.abstract), m.self, err
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
	if err != nil && len(named) == 0 && (e.words() == nil || !errors.Is(err, embed.ErrUnavailable)) {
		return List{}, fmt.Errorf("search: %w", err) // nothing can be found without the embedder
	}
	l := List{Items: []Item{}, Space: e.space}
	if limit > len(named) && (err == nil || e.words() != nil) {
		if l, err = e.alike(ctx, example{vector: v, bag: BagOf(q, ""), weight: 1}, Among{Exclude: named}, limit-len(named)); err != nil {
			return List{}, fmt.Errorf("search: %w", err)
		}
	}
	first := make([]Hit, len(named))
	for i, k := range named {
		first[i] = Hit{k, 1}
	}
	top, err := e.list(ctx, first)
	if err != nil {
		return List{}, err
	}
	l.Items = append(top.Items, l.Items...)
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
	likes, err := e.liked(ctx, positive)
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	dislikes, err := e.liked(ctx, negative)
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	r, err := e.ranker(ctx, e.version())
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	var among Among
	for _, x := range append(likes, dislikes...) {
		among.Exclude = append(among.Exclude, x.Key)
	}
	p := r.profile(tastes{likes: likes, dislikes: dislikes})
	if p == nil {
		return List{}, fmt.Errorf("recommend: %w: none of the positive papers is embedded yet; try again soon", embed.ErrUnavailable)
	}
	all, err := r.candidates(ctx, p, among, limit+poolSlack)
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	l, err := e.explained(ctx, p, p.compose(nil, all, dials{}, limit, 0))
	if err != nil {
		return List{}, fmt.Errorf("recommend: %w", err)
	}
	return l, nil
}

// liked returns the stored papers that ids name, once each, with weight 1 and
// in the order of keys. Those without a vector are the next to get one.
func (e *serving) liked(ctx context.Context, ids []string) ([]Liked, error) {
	keys, err := e.keys(ctx, ids)
	if err != nil {
		return nil, err
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	out := make([]Liked, len(keys))
	for i, v := range e.index.Vectors(keys, 0) {
		if v == nil {
			e.want(keys[i])
		}
		out[i] = Liked{Key: keys[i], Weight: 1}
	}
	return out, nil
}
