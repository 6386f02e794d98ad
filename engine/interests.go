package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An Interest is something that a person's likes are about, found by grouping
// them: see grouped. Its ID stays while likes come and go: see identify.
type Interest struct {
	ID     string
	Name   string   // as the person named it, or its first terms
	Named  bool     // by the person
	Terms  []string // what tells it from the rest of the corpus, the most telling first; at most 8
	Muted  bool
	Weight float64 // what its likes count, times 1
	Share  float64 // of all that is liked, by weight and age; in [0, 1]
	Likes  int
	Papers []Paper // those liked that are nearest to its middle; at most 3
}

// Limits of what a person says of an interest.
const (
	MaxInterestName   = 100 // bytes
	MaxInterestWeight = 10.0
)

// Interests lists what user's likes are about, the weightiest first.
func (e *Engine) Interests(ctx context.Context, user string) ([]Interest, error) {
	out, err := e.current.Load().listInterests(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("interests of %s: %w", user, err)
	}
	return out, nil
}

// everything is what a person likes, with interests, muted ones too; nil if
// there are no likes.
func (e *serving) everything(ctx context.Context, user string) (*profile, error) {
	if err := CheckUser(user); err != nil {
		return nil, err
	}
	s, err := e.state(ctx, user)
	if err != nil {
		return nil, err
	}
	r, err := e.ranker(ctx, e.version())
	if err != nil {
		return nil, err
	}
	clock := e.now()
	t := s.at(clock).tastes(clock)
	said := t.said
	muted := map[string]bool{}
	t.said = nil
	for _, x := range said {
		muted[x.ID] = x.Muted
		x.Muted = false // so that there is a profile where all are muted
		t.said = append(t.said, x)
	}
	shared := r.profile(t)
	if shared == nil {
		return nil, nil
	}
	p := *shared
	p.interests = slices.Clone(p.interests)
	for i := range p.interests {
		p.interests[i].muted = muted[p.interests[i].id]
	}
	return &p, nil
}

func (e *serving) listInterests(ctx context.Context, user string) ([]Interest, error) {
	p, err := e.everything(ctx, user)
	if err != nil || p == nil {
		return nil, err
	}
	out := make([]Interest, len(p.interests))
	var all float64
	for _, x := range p.interests {
		all += x.weight
	}
	for i, x := range p.interests {
		x.model = p.back.model(p.back.ofPerson(), x.examples) // with words
		central := x.central(maxSpelled)
		papers, err := e.store.GetPapers(ctx, central)
		if err != nil {
			return nil, err
		}
		out[i] = Interest{ID: x.id, Name: x.name, Named: x.name != "", Muted: x.muted, Weight: x.boost, Share: x.weight / all, Likes: len(x.examples)}
		var parts [][]string
		for _, k := range central {
			q, ok := papers[k]
			if !ok {
				continue
			}
			parts = append(parts, []string{q.Title, q.Abstract})
			if len(out[i].Papers) < 3 {
				out[i].Papers = append(out[i].Papers, q)
			}
		}
		out[i].Terms = x.telling(parts)
		if out[i].Name == "" {
			out[i].Name = strings.Join(out[i].Terms[:min(3, len(out[i].Terms))], ", ")
		}
		if out[i].Name == "" && len(out[i].Papers) > 0 { // no lexicon
			out[i].Name = out[i].Papers[0].Title
		}
	}
	return out, nil
}

const (
	maxSpelled = 20 // papers of an interest that its terms are taken from
	maxTelling = 8
)

// central returns the keys of the likes nearest to the middle of the interest.
func (x *interest) central(n int) []Key {
	near := slices.Clone(x.examples)
	score := map[Key]float64{}
	for _, ex := range near {
		score[ex.key] = x.meaning(ex.vector)
	}
	slices.SortFunc(near, func(a, b example) int {
		return cmp.Or(cmp.Compare(score[b.key], score[a.key]), cmp.Compare(a.key, b.key))
	})
	out := make([]Key, min(n, len(near)))
	for i := range out {
		out[i] = near[i].key
	}
	return out
}

// telling returns the terms that weigh most in the interest and are in a fair
// part of the given texts, a word left out beside a pair that holds it.
func (x *interest) telling(texts [][]string) []string {
	spelled, in := map[Term]string{}, map[Term]int{}
	for _, parts := range texts {
		for t, s := range Spellings(parts...) {
			in[t]++
			if old, ok := spelled[t]; !ok || s < old { // one way for all orders of texts
				spelled[t] = s
			}
		}
	}
	least := min(len(texts), max(2, len(texts)/4))
	type told struct {
		text   string
		weight float64
	}
	var all []told
	for _, t := range x.terms {
		if n := in[t.Term]; n >= least {
			all = append(all, told{spelled[t.Term], float64(t.Weight) * float64(n)})
		}
	}
	slices.SortStableFunc(all, func(a, b told) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.text, b.text)) })
	var out []string
	for _, t := range all {
		if len(out) == maxTelling {
			break
		}
		padded := " " + strings.ToLower(t.text) + " "
		i := slices.IndexFunc(out, func(o string) bool {
			o = " " + strings.ToLower(o) + " "
			return strings.Contains(o, padded) || strings.Contains(padded, o)
		})
		switch {
		case i < 0:
			out = append(out, t.text)
		case len(t.text) > len(out[i]): // the pair says more
			out[i] = t.text
		}
	}
	return out
}

// An InterestChange is what a person says of an interest. Nil changes nothing.
type InterestChange struct {
	Name   *string // "" goes back to its terms
	Muted  *bool   // its papers and likes are left out of the feed
	Weight *float64
}

// ShapeInterest records what user says of an interest, and returns it as it is
// then. ErrNotFound if there is none of that id.
func (e *Engine) ShapeInterest(ctx context.Context, user, id string, c InterestChange) (Interest, error) {
	fail := func(err error) (Interest, error) {
		return Interest{}, fmt.Errorf("interest %s of %s: %w", id, user, err)
	}
	s := e.current.Load()
	p, err := s.everything(ctx, user)
	if err != nil {
		return fail(err)
	}
	if p == nil {
		return fail(ErrNotFound)
	}
	i := slices.IndexFunc(p.interests, func(x interest) bool { return x.id == id })
	if i < 0 {
		return fail(ErrNotFound)
	}
	x := &p.interests[i]
	said := shaping{Name: x.name, Muted: x.muted, Weight: x.boost}
	if c.Name != nil {
		said.Name = squeeze(*c.Name)
		if len(said.Name) > MaxInterestName || !utf8.ValidString(said.Name) {
			return fail(fmt.Errorf("%w: a name of %d bytes, at most %d, of UTF-8", ErrInvalid, len(said.Name), MaxInterestName))
		}
	}
	if c.Muted != nil {
		said.Muted = *c.Muted
	}
	if c.Weight != nil {
		if said.Weight = *c.Weight; !(said.Weight >= 0.1 && said.Weight <= MaxInterestWeight) {
			return fail(fmt.Errorf("%w: weight %v: want 0.1 to %v; mute it to leave it out", ErrInvalid, said.Weight, MaxInterestWeight))
		}
	}
	said.Members = x.central(maxMembers)
	if _, err := e.say(ctx, Event{User: user, Act: Shape, About: interestPrefix + id, Detail: encoded(said), At: time.Time{}}); err != nil {
		return fail(err)
	}
	all, err := e.Interests(ctx, user)
	if err != nil {
		return Interest{}, err
	}
	for _, x := range all {
		if x.ID == id {
			return x, nil
		}
	}
	return fail(ErrNotFound)
}

// maxMembers is how many likes a shaping remembers its interest by.
const maxMembers = 50
