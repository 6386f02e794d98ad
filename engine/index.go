package engine

import (
	"cmp"
	"context"
	"fmt"

	"kindred/embed"
)

// An Index answers "which vectors are nearest?" for the vectors of one space.
// It holds nothing that the Store does not: it is filled by Engine.Follow and
// by nobody else. enginetest.TestIndex is its specification in code.
//
// Searches run concurrently with each other and with writes. Every search sees
// one version: the state after some whole Apply.
type Index interface {
	// Space is the geometry of the vectors.
	Space() embed.Space
	// Apply makes changes, in order, as one step, and moves the index to
	// version upTo: the change number up to which the index now reflects the
	// Store. Changes come as Store.Changes gives them: by Seq, none above upTo.
	// Applying a change again does no harm: one numbered at or below Version
	// does nothing, and the version never goes back. A change whose vector fails
	// Vector.Check, or whose key is empty, is refused: it is left out, its paper
	// loses the vector it had, and the error names it; everything else is
	// applied and the version moves all the same. Vectors are copied; one whose
	// norm is off by more than 5e-7 is kept as its Unit, so that scores are
	// cosines.
	Apply(changes []Change, upTo int64) error
	// Search returns for each query exactly min(K, matching) hits in the order
	// of Hit.Compare, and the version they were found in. Scores are the
	// canonical embed.Dot of the unit query and the stored vector, and lie in
	// [-1, 1] but for rounding. A query that fails Query.Check is an error
	// wrapping ErrInvalid, and nothing is answered; ctx is obeyed.
	Search(ctx context.Context, queries []Query) ([][]Hit, int64, error)
	// Vectors returns the vectors that keys had at change number asOf (see
	// Query.AsOf; 0 is now), in their order, nil where there was none. They are
	// shared: do not write to them.
	Vectors(keys []Key, asOf int64) []embed.Vector
	// Days returns Change.Published of keys at a change number, as Vectors does
	// their vectors; 0 where there was none.
	Days(keys []Key, asOf int64) []Day
	// Len is the number of papers with a vector.
	Len() int
	// Version is the change number up to which the index reflects the Store.
	Version() int64
}

// A Finisher is an Index that answers before all of it is in place. Finish puts the rest
// there, beside everything else, until it is done or ctx ends. Follow calls it.
type Finisher interface {
	Finish(ctx context.Context) error
}

// A Change is what happened to one paper, as an index needs to know it.
type Change struct {
	Seq        int64        // its number in the change sequence
	Key        Key          //
	Vector     embed.Vector // in the space asked for; nil if the paper is gone
	Published  Day          // Paper.Order
	Categories []string     //
}

// A Query asks for the K nearest of the papers that pass every filter. Zero
// values filter nothing.
//
// AsOf is exact for the last 500 changes at least. The index forgets the rows
// that were replaced or removed, oldest first, as they pile up, and all of
// them when the process ends: what a forgotten number sees lacks the papers
// removed since, and may lack those changed since or show them as they became.
type Query struct {
	Vector     embed.Vector // any finite vector with a direction; it is scaled to norm 1
	K          int          // at least 1
	Exclude    []Key        // never among the hits; unknown keys do nothing
	Categories []string     // papers with at least one of these
	From, To   Day          // papers with From ≤ Order ≤ To; 0 is open
	AsOf       int64        // papers as they were at that change number, as far as the index remembers; 0 is now
}

// Check refuses, wrapping ErrInvalid, a query whose K is below 1, whose AsOf is
// negative, or whose vector fails Vector.CheckQuery(dim).
func (q Query) Check(dim int) error {
	switch {
	case q.K < 1:
		return fmt.Errorf("%w: %d nearest papers asked for", ErrInvalid, q.K)
	case q.AsOf < 0:
		return fmt.Errorf("%w: change number %d", ErrInvalid, q.AsOf)
	}
	if err := q.Vector.CheckQuery(dim); err != nil {
		return fmt.Errorf("%w: query: %w", ErrInvalid, err)
	}
	return nil
}

// A Hit is one answer: a paper and its score, the cosine of the angle between
// query and paper.
type Hit struct {
	Key   Key
	Score float32
}

// Compare is the order of every ranking: score descending, then key ascending.
func (a Hit) Compare(b Hit) int {
	if a.Score != b.Score { // mostly
		return cmp.Compare(b.Score, a.Score)
	}
	return cmp.Compare(a.Key, b.Key)
}
