// Package chromem defines an engine.Index on chromem-go: exact, deterministic,
// in memory, and searched without locks while it is written.
//
// chromem-go's collection holds one document for each paper that has a vector,
// with no content, and an embedding that points into our arena (collection.go).
// Searches do not go through its query, which decides ties at random and holds
// a lock throughout; they scan the arena itself (search.go). Each layer is a
// file:
//
//	index.go       Index: one writer, and the snapshot that readers take
//	apply.go       changes become rows
//	table.go       rows: vectors, keys, dates, and when each was born and died
//	codes.go       a row in bytes, and the bound of the error that this makes
//	kernel.go      products of codes, and which rows they leave
//	compact.go     leaving dead rows behind
//	files.go       rows in files, which the next start maps
//	categories.go  sets of categories as small numbers
//	search.go      the scan, for several queries at once
//	pass.go        searches that come together share one
//	filter.go      which rows a query may see
//	rerank.go      the rows that are left, by their vectors
//	top.go         the best K so far
//	collection.go  the documents in chromem-go
//
// A row is never changed once it can be seen, but for its death: an update
// appends a new row and marks the old one dead at the number of the change, a
// removal only marks. A row is seen by a search as of change number a if
// born ≤ a < died, so that older snapshots stay right while the writer goes
// on, and a cursor can ask for the state it began with.
//
// A scan reads the bytes of a row, and its float32 vector only if it may be
// among the best; what is answered comes from the latter alone, by embed.Dot.
package chromem

import (
	"fmt"
	"sync"
	"sync/atomic"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/mapped"
)

// Index is an engine.Index. New makes one that is in memory: about 5·Dim + 270 bytes
// for each paper, and for each replaced row that it still remembers; while compacting,
// twice that. Open makes one of which the 5·Dim are in files.
type Index struct {
	space      embed.Space
	writing    sync.Mutex // held by Apply
	collection *collection
	waiting    []*segment // found in files, not yet in collection; see Finish
	sets       *categorySets
	now        atomic.Pointer[snapshot]
	kernel     kernel
	line       line
	files      *mapped.Dir // nil: all is in memory
	group      int         // segments in a file
}

// A snapshot is what a search sees: the first rows of a table, at one version.
// It is immutable, but for deaths after its version, which it cannot see.
type snapshot struct {
	table    *table
	segments []*segment
	centres  []*centre
	rows     int // how many of them may be looked at
	live     int // papers with a vector
	version  int64
}

var (
	_ engine.Index    = (*Index)(nil)
	_ engine.Finisher = (*Index)(nil)
)

// New returns an empty index at version 0 for the vectors of space, whose
// dimension must be between 1 and 65,536.
func New(space embed.Space) (*Index, error) {
	if space.Dim < 1 || space.Dim > maxDim {
		return nil, fmt.Errorf("index %s: %d dimensions", space.ID(), space.Dim)
	}
	c, err := newCollection(space)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", space.ID(), err)
	}
	x := &Index{space: space, collection: c, sets: newCategorySets(), kernel: fastKernel()}
	x.now.Store(&snapshot{table: newTable(space.Dim)})
	return x, nil
}

// Space implements engine.Index.
func (x *Index) Space() embed.Space { return x.space }

// Len implements engine.Index.
func (x *Index) Len() int { return x.now.Load().live }

// Version implements engine.Index.
func (x *Index) Version() int64 { return x.now.Load().version }

// Vectors implements engine.Index. The vectors are parts of the arena, all of
// one version.
func (x *Index) Vectors(keys []engine.Key, asOf int64) []embed.Vector {
	out := make([]embed.Vector, len(keys))
	dim := x.space.Dim
	x.rows(keys, asOf, func(i int, seg *segment, r int) { out[i] = seg.vector(r, dim) })
	return out
}

// Days implements engine.Index.
func (x *Index) Days(keys []engine.Key, asOf int64) []engine.Day {
	out := make([]engine.Day, len(keys))
	x.rows(keys, asOf, func(i int, seg *segment, r int) { out[i] = seg.published[r] })
	return out
}

// rows calls f with the row that each of keys had at change number asOf, if it
// had one, i being the position in keys.
func (x *Index) rows(keys []engine.Key, asOf int64, f func(i int, seg *segment, r int)) {
	s := x.now.Load()
	asOf = s.number(asOf)
	s.table.history(keys, s.rows, func(i int, row int32) {
		if seg, r := s.segments[row>>segmentBits], int(row&rowMask); seg.alive(r, asOf) {
			f(i, seg, r)
		}
	})
}

// number returns the change number that asOf means to a search of s.
func (s *snapshot) number(asOf int64) int64 {
	if asOf == 0 {
		return s.version
	}
	return min(asOf, s.version)
}
