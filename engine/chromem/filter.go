package chromem

import (
	"math"
	"sync/atomic"

	"kindred/engine"
)

// A filter decides which rows a query may see.
type filter struct {
	asOf     int64
	from, to engine.Day
	sets     bitset // of setID; nil lets every row pass
	exclude  bitset // of rows; nil excludes none
}

// newFilter prepares the filters of a query on a snapshot.
func newFilter(q engine.Query, s *snapshot, sets *categorySets) filter {
	f := filter{asOf: s.number(q.AsOf), from: math.MinInt32, to: math.MaxInt32}
	if q.From != 0 {
		f.from = q.From
	}
	if q.To != 0 {
		f.to = q.To
	}
	if len(q.Categories) > 0 {
		f.sets = sets.having(q.Categories)
	}
	if len(q.Exclude) > 0 {
		f.exclude = newBitset(s.rows)
		s.table.history(q.Exclude, s.rows, func(_ int, row int32) { f.exclude.add(int(row)) })
	}
	return f
}

// admits says whether row r of a segment, being number row of the table,
// passes every filter; whole is s.whole(f.asOf).
func (f *filter) admits(s *segment, r, row int, whole bool) bool {
	return (whole || s.alive(r, f.asOf)) &&
		f.from <= s.published[r] && s.published[r] <= f.to &&
		(f.sets == nil || f.sets.has(int(s.set[r]))) &&
		(f.exclude == nil || !f.exclude.has(row))
}

// A span is the days of a segment, from the first to the last. Only the writer
// adds; a reader may see it wider than the rows it looks at.
type span struct{ first, last atomic.Int32 }

// clear makes the span one of no days.
func (s *span) clear() {
	s.first.Store(math.MaxInt32)
	s.last.Store(math.MinInt32)
}

func (s *span) add(d engine.Day) {
	s.first.Store(min(s.first.Load(), int32(d)))
	s.last.Store(max(s.last.Load(), int32(d)))
}

// meets says whether a day of the span may lie in from to to.
func (s *span) meets(from, to engine.Day) bool {
	return int32(from) <= s.last.Load() && s.first.Load() <= int32(to)
}

// A bitset is a set of small numbers.
type bitset []uint64

// newBitset returns an empty set for numbers below n; it is not nil.
func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
