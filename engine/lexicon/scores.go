package lexicon

import (
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"kindred/engine"
)

// Scores implements engine.Lexicon. Its time is that of reading the terms of
// the papers; queries of one call cost little more than one.
func (x *Lexicon) Scores(ctx context.Context, queries []engine.TermQuery, keys []engine.Key) ([][]float32, error) {
	for i, q := range queries {
		q.K = 1
		if err := q.Check(); err != nil {
			return nil, fmt.Errorf("lexicon: scores: query %d: %w", i, err)
		}
	}
	out := make([][]float32, len(queries))
	for i := range out {
		out[i] = make([]float32, len(keys))
	}
	if len(queries) == 0 {
		return out, ctx.Err()
	}
	s := x.now.Load()
	defer runtime.KeepAlive(s)
	asOf := s.number(queries[0].AsOf)
	table := x.moment(s, asOf).saturation()
	hashed := hashKeys(keys)
	var next atomic.Int64
	work := func() {
		w := newWanted(queries)
		for n := int(next.Add(1)) - 1; n < len(s.segments) && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
			seg, ready := s.segments[n], false
			for i, k := range hashed {
				row, ok := seg.rowAt(k.key, k.hash, asOf)
				if !ok {
					continue
				}
				if !ready {
					w.look(seg)
					ready = true
				}
				// A paper has one row at a time, so nobody else writes there.
				w.row(seg, row, table, func(q int, score float32) { out[q][i] = score })
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(s.segments)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lexicon: scores: %w", err)
	}
	return out, nil
}

// wanted is the terms of several queries, looked up in a segment. Most terms of
// a paper are in no query, which the sieve says at once.
type wanted struct {
	queries []engine.TermQuery
	base    []int // of each query, its first place; one more than queries. Places are whole words
	places  []place
	sieve   bitset   // numbers of terms in the segment, modulo its size
	slots   []uint32 // hash table of numbers of terms, plus 1
	heads   []int32  // by slot: first of places that wants the term
	shift   int

	scores []float32 // by place
	scored bitset    // places
}

// A place is a term of a query.
type place struct {
	weight float32
	next   int32 // that wants the same term, or -1
}

func newWanted(queries []engine.TermQuery) *wanted {
	w := &wanted{queries: queries, base: make([]int, 1, len(queries)+1)}
	n := 0
	for _, q := range queries {
		n += (len(q.Terms) + 63) / 64 * 64
		w.base = append(w.base, n)
	}
	w.places = make([]place, n)
	w.scores = make([]float32, n)
	w.scored = newBitset(n)
	w.sieve = newBitset(1 << min(max(15, bits.Len(uint(64*n))), 18))
	size := 1 << bits.Len(uint(2*n))
	w.slots, w.heads = make([]uint32, size), make([]int32, size)
	w.shift = 33 - bits.Len(uint(size))
	return w
}

// look finds the terms of the queries in a segment.
func (w *wanted) look(s *segment) {
	clear(w.slots)
	clear(w.sieve)
	for i, q := range w.queries {
		s.warm(q.Terms)
		for j, t := range q.Terms {
			local, _, _, ok := s.find(uint64(t.Term) * spread)
			if !ok {
				continue
			}
			p := w.base[i] + j
			w.sieve.add(local & (64*len(w.sieve) - 1))
			slot := w.slot(uint32(local) + 1)
			next := int32(-1)
			if w.slots[slot] != 0 {
				next = w.heads[slot]
			}
			w.slots[slot], w.heads[slot] = uint32(local)+1, int32(p)
			w.places[p] = place{t.Weight, next}
		}
	}
}

// slot returns where a number is, or would be.
func (w *wanted) slot(number uint32) int {
	i := int(number * 0x9E3779B1 >> w.shift)
	for w.slots[i] != 0 && w.slots[i] != number {
		i = (i + 1) & (len(w.slots) - 1)
	}
	return i
}

// row calls f with the score of a row for each query that it is above 0 for:
// sums in the order of the query's terms, as a search makes them.
func (w *wanted) row(s *segment, row int, table *saturation, f func(query int, score float32)) {
	length := s.length[row]
	sieve, mask := w.sieve, uint32(64*len(w.sieve)-1)
	for _, t := range s.forward[s.forwardAt[row]:s.forwardAt[row+1]] {
		if n := t >> 8 & mask; sieve[n/64]&(1<<(n%64)) == 0 {
			continue
		}
		slot := w.slot(t>>8 + 1)
		if w.slots[slot] == 0 {
			continue
		}
		full := table.at(uint8(t), length)
		for p := w.heads[slot]; p >= 0; p = w.places[p].next {
			w.scores[p] = float32(w.places[p].weight * full)
			w.scored.add(int(p))
		}
	}
	for q := range w.queries {
		var score float32
		for word := w.base[q] / 64; word < w.base[q+1]/64; word++ {
			for b := w.scored[word]; b != 0; b &= b - 1 {
				score += w.scores[word*64+bits.TrailingZeros64(b)]
			}
			w.scored[word] = 0
		}
		if score > 0 {
			f(q, score)
		}
	}
}

// Bags implements engine.Lexicon.
func (x *Lexicon) Bags(keys []engine.Key, asOf int64) []engine.Bag {
	s := x.now.Load()
	defer runtime.KeepAlive(s)
	number := s.number(asOf)
	out := make([]engine.Bag, len(keys))
	for i, k := range hashKeys(keys) {
		for _, seg := range s.segments {
			if row, ok := seg.rowAt(k.key, k.hash, number); ok {
				out[i] = seg.bag(row)
				break
			}
		}
	}
	return out
}
