package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"kindred/engine"
)

// FlatLexicon is the oracle for every other engine.Lexicon, as Flat is for
// indexes. It never forgets.
type FlatLexicon struct {
	mu      sync.RWMutex
	version int64
	past    map[engine.Key][]textState // every change made, in order
}

// A textState is what a paper was from a change on.
type textState struct {
	engine.TextChange
	bag engine.Bag
}

var _ engine.Lexicon = (*FlatLexicon)(nil)

// NewFlatLexicon returns an empty FlatLexicon at version 0.
func NewFlatLexicon() *FlatLexicon {
	return &FlatLexicon{past: map[engine.Key][]textState{}}
}

// Apply implements engine.Lexicon.
func (f *FlatLexicon) Apply(changes []engine.TextChange, upTo int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, c := range changes {
		switch {
		case c.Seq <= f.version:
			continue
		case c.Key == "":
			errs = append(errs, fmt.Errorf("flat: refused: %w: change %d has no key", engine.ErrInvalid, c.Seq))
			continue
		}
		c.Facets, c.Categories = slices.Clone(c.Facets), slices.Clone(c.Categories)
		f.past[c.Key] = append(f.past[c.Key], textState{c, engine.BagOf(c.Title, c.Abstract)})
	}
	f.version = max(f.version, upTo)
	return errors.Join(errs...)
}

// at returns what a paper was at a change number; false if there was none.
func (f *FlatLexicon) at(key engine.Key, asOf int64) (state textState, ok bool) {
	for _, s := range f.past[key] {
		if s.Seq <= asOf {
			state, ok = s, !s.Gone
		}
	}
	return state, ok
}

func (f *FlatLexicon) number(asOf int64) int64 {
	if asOf == 0 {
		return f.version
	}
	return min(asOf, f.version)
}

// count returns how many papers there were at a change number, and the mean of
// their Bag.Length; 0 if there were none.
func (f *FlatLexicon) count(asOf int64) (papers int, mean float64) {
	length := 0
	for key := range f.past {
		if state, ok := f.at(key, asOf); ok {
			papers++
			length += state.bag.Length
		}
	}
	if papers == 0 {
		return 0, 0
	}
	return papers, float64(length) / float64(papers)
}

// n returns how often a term occurs in a paper.
func (s textState) n(t engine.Term) int {
	if n := s.bag.N(t); n > 0 || !slices.Contains(s.Facets, t) {
		return n
	}
	return 1
}

func (s textState) score(q engine.TermQuery, mean float64) (score float32) {
	for _, t := range q.Terms {
		if n := s.n(t.Term); n > 0 {
			score += float32(t.Weight * engine.Saturation(n, s.bag.Length, mean))
		}
	}
	return score
}

// Search implements engine.Lexicon.
func (f *FlatLexicon) Search(ctx context.Context, queries []engine.TermQuery) ([][]engine.Hit, int64, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, q := range queries {
		if err := q.Check(); err != nil {
			return nil, 0, fmt.Errorf("flat: %w", err)
		}
	}
	out := make([][]engine.Hit, len(queries))
	for i, q := range queries {
		if ctx.Err() != nil {
			break
		}
		asOf := f.number(q.AsOf)
		_, mean := f.count(asOf)
		for key := range f.past {
			state, ok := f.at(key, asOf)
			if !ok || slices.Contains(q.Exclude, key) || !textPasses(q, state) {
				continue
			}
			if score := state.score(q, mean); score > 0 {
				out[i] = append(out[i], engine.Hit{Key: key, Score: score})
			}
		}
		slices.SortFunc(out[i], engine.Hit.Compare)
		out[i] = out[i][:min(q.K, len(out[i]))]
	}
	if err := ctx.Err(); err != nil {
		return nil, 0, fmt.Errorf("flat: %w", err)
	}
	return out, f.version, nil
}

// textPasses says whether a paper passes the filters of q on date and
// categories.
func textPasses(q engine.TermQuery, s textState) bool {
	return passes(engine.Query{Categories: q.Categories, From: q.From, To: q.To}, engine.Change{Published: s.Published, Categories: s.Categories})
}

// Scores implements engine.Lexicon.
func (f *FlatLexicon) Scores(ctx context.Context, queries []engine.TermQuery, keys []engine.Key) ([][]float32, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([][]float32, len(queries))
	for i, q := range queries {
		q.K = 1
		if err := q.Check(); err != nil {
			return nil, fmt.Errorf("flat: %w", err)
		}
		asOf := f.number(queries[0].AsOf)
		_, mean := f.count(asOf)
		for _, key := range keys {
			state, ok := f.at(key, asOf)
			if !ok {
				state = textState{}
			}
			out[i] = append(out[i], state.score(q, mean))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("flat: %w", err)
	}
	return out, nil
}

// Bags implements engine.Lexicon.
func (f *FlatLexicon) Bags(keys []engine.Key, asOf int64) []engine.Bag {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]engine.Bag, len(keys))
	for i, key := range keys {
		if state, ok := f.at(key, f.number(asOf)); ok {
			out[i] = engine.Bag{Terms: slices.Clone(state.bag.Terms), Length: state.bag.Length}
		}
	}
	return out
}

// Statistics implements engine.Lexicon.
func (f *FlatLexicon) Statistics(terms []engine.Term, asOf int64) engine.Statistics {
	f.mu.RLock()
	defer f.mu.RUnlock()
	number := f.number(asOf)
	out := engine.Statistics{With: make([]int, len(terms))}
	out.Papers, out.Mean = f.count(number)
	for key := range f.past {
		state, ok := f.at(key, number)
		for i, t := range terms {
			if ok && state.n(t) > 0 {
				out.With[i]++
			}
		}
	}
	return out
}

// Len implements engine.Lexicon.
func (f *FlatLexicon) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n := 0
	for key := range f.past {
		if _, ok := f.at(key, f.version); ok {
			n++
		}
	}
	return n
}

// Version implements engine.Lexicon.
func (f *FlatLexicon) Version() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.version
}
