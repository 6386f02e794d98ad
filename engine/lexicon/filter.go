package lexicon

import (
	"math"

	"kindred/engine"
)

// A filter decides which rows of a segment a query may see.
type filter struct {
	asOf     int64
	from, to engine.Day
	sets     bitset // in categorySets; nil lets every row pass
	exclude  map[int]bool
}

// A keyHash is a key and its hash.
type keyHash struct {
	key  engine.Key
	hash uint64
}

func hashKeys(keys []engine.Key) []keyHash {
	out := make([]keyHash, len(keys))
	for i, k := range keys {
		out[i] = keyHash{k, hashKey(k)}
	}
	return out
}

// newFilter prepares the filters of a query for a segment.
func newFilter(q *query, s *segment) filter {
	f := filter{asOf: q.asOf, from: math.MinInt32, to: math.MaxInt32}
	if q.From != 0 {
		f.from = q.From
	}
	if q.To != 0 {
		f.to = q.To
	}
	if len(q.Categories) > 0 {
		f.sets = newBitset(len(s.sets))
		for _, c := range q.Categories {
			for _, set := range s.with[c] {
				f.sets.add(int(set))
			}
		}
	}
	if len(q.exclude) > 0 {
		f.exclude = map[int]bool{}
		for _, k := range q.exclude {
			s.eachRow(k.key, k.hash, func(row int) { f.exclude[row] = true })
		}
	}
	return f
}

// admits says whether a row of the segment passes every filter.
func (f *filter) admits(s *segment, row int) bool {
	return s.alive(row, f.asOf) &&
		f.from <= s.published[row] && s.published[row] <= f.to &&
		(f.sets == nil || f.sets.has(int(s.set[row]))) &&
		(f.exclude == nil || !f.exclude[row])
}

// A bitset is a set of small numbers.
type bitset []uint64

// newBitset returns an empty set for numbers below n; it is not nil.
func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
