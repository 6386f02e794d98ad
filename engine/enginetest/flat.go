package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"kindred/embed"
	"kindred/engine"
)

// Flat is the oracle for every other engine.Index: the contract put into code
// as plainly as possible, and nothing done for speed. It never forgets, so
// that AsOf is exact for every change number.
type Flat struct {
	space embed.Space

	mu      sync.RWMutex
	version int64
	past    map[engine.Key][]engine.Change // every change made, in order
}

var _ engine.Index = (*Flat)(nil)

// NewFlat returns an empty Flat at version 0.
func NewFlat(space embed.Space) *Flat {
	return &Flat{space: space, past: map[engine.Key][]engine.Change{}}
}

// Space implements engine.Index.
func (f *Flat) Space() embed.Space { return f.space }

// Apply implements engine.Index.
func (f *Flat) Apply(changes []engine.Change, upTo int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, c := range changes {
		if c.Seq <= f.version {
			continue
		}
		v, err := f.keep(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("flat %q: refused: %w", c.Key, err))
		}
		c.Vector, c.Categories = v, slices.Clone(c.Categories)
		f.past[c.Key] = append(f.past[c.Key], c)
	}
	f.version = max(f.version, upTo)
	return errors.Join(errs...)
}

// keep returns the vector to keep for a change, nil for none, and why it is
// refused, if it is.
func (f *Flat) keep(c engine.Change) (embed.Vector, error) {
	switch {
	case c.Key == "":
		return nil, fmt.Errorf("%w: no key", engine.ErrInvalid)
	case c.Vector == nil:
		return nil, nil
	}
	if err := c.Vector.Check(f.space.Dim); err != nil {
		return nil, err
	}
	if math.Abs(c.Vector.Norm()-1) > 5e-7 {
		return c.Vector.Unit(), nil
	}
	return slices.Clone(c.Vector), nil
}

// number returns the change number that asOf means: 0 is now, and so is a
// number to come.
func (f *Flat) number(asOf int64) int64 {
	if asOf == 0 {
		return f.version
	}
	return min(asOf, f.version)
}

// at returns what was known of a key at a change number; the Vector is nil if
// there was none.
func (f *Flat) at(key engine.Key, asOf int64) (state engine.Change) {
	for _, c := range f.past[key] {
		if c.Seq <= asOf {
			state = c
		}
	}
	return state
}

// Search implements engine.Index.
func (f *Flat) Search(ctx context.Context, queries []engine.Query) ([][]engine.Hit, int64, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, 0, fmt.Errorf("flat: %w", err)
	}
	for _, q := range queries {
		if err := q.Check(f.space.Dim); err != nil {
			return nil, 0, fmt.Errorf("flat: %w", err)
		}
	}
	out := make([][]engine.Hit, len(queries))
	for i, q := range queries {
		if err := ctx.Err(); err != nil {
			return nil, 0, fmt.Errorf("flat: %w", err)
		}
		asOf := f.number(q.AsOf)
		excluded := map[engine.Key]bool{}
		for _, key := range q.Exclude {
			excluded[key] = true
		}
		unit := q.Vector.Unit()
		for key := range f.past {
			state := f.at(key, asOf)
			if state.Vector != nil && !excluded[key] && passes(q, state) {
				out[i] = append(out[i], engine.Hit{Key: key, Score: embed.Dot(unit, state.Vector)})
			}
		}
		slices.SortFunc(out[i], engine.Hit.Compare)
		out[i] = out[i][:min(q.K, len(out[i]))]
	}
	return out, f.version, nil
}

// passes says whether a paper passes the filters of q on date and categories.
func passes(q engine.Query, state engine.Change) bool {
	if q.From != 0 && state.Published < q.From || q.To != 0 && state.Published > q.To {
		return false
	}
	return len(q.Categories) == 0 || slices.ContainsFunc(q.Categories, func(c string) bool {
		return slices.Contains(state.Categories, c)
	})
}

// Vectors implements engine.Index.
func (f *Flat) Vectors(keys []engine.Key, asOf int64) []embed.Vector {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if asOf == 0 || asOf > f.version {
		asOf = f.version
	}
	out := make([]embed.Vector, len(keys))
	for i, key := range keys {
		out[i] = f.at(key, asOf).Vector
	}
	return out
}

// Days implements engine.Index.
func (f *Flat) Days(keys []engine.Key, asOf int64) []engine.Day {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if asOf == 0 || asOf > f.version {
		asOf = f.version
	}
	out := make([]engine.Day, len(keys))
	for i, key := range keys {
		if c := f.at(key, asOf); c.Vector != nil {
			out[i] = c.Published
		}
	}
	return out
}

// Len implements engine.Index.
func (f *Flat) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n := 0
	for key := range f.past {
		if f.at(key, f.version).Vector != nil {
			n++
		}
	}
	return n
}

// Version implements engine.Index.
func (f *Flat) Version() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.version
}
