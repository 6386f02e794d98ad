package chromem

import (
	"cmp"
	"context"
	"math"
	"slices"

	"kindred/embed"
	"kindred/engine"
)

// kept is the rows that one goroutine has found for a query of which the codes do
// not say that they are not among the k best.
type kept struct {
	k     int
	rows  []candidate
	least []float64 // the k largest lower bounds of their scores; a heap once full, the smallest at the root
}

// A candidate is a row whose score is at most most.
type candidate struct {
	row  int
	most float64
}

// add keeps a row, given bounds of its score, and returns what k of the rows
// reach at least, minus infinity while there are fewer.
func (k *kept) add(row int, least, most float64) float64 {
	k.rows = append(k.rows, candidate{row, most})
	switch {
	case len(k.least) < k.k-1:
		k.least = append(k.least, least)
		return math.Inf(-1)
	case len(k.least) == k.k-1:
		k.least = append(k.least, least)
		slices.Sort(k.least) // which is a heap
	case least > k.least[0]:
		k.least[0] = least
		k.down()
	}
	return k.least[0]
}

// down moves the root to its place.
func (k *kept) down() {
	h := k.least
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[i] <= h[child] {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// rerank returns the best hits of a query among rows, or some of them once ctx
// has ended. It begins with those that may be best and ends where none can be
// among the k best.
func (s *scan) rerank(ctx context.Context, q *query, rows []candidate) top {
	floor := q.floor.get()
	rows = slices.DeleteFunc(rows, func(c candidate) bool { return c.most < floor })
	slices.SortFunc(rows, func(a, b candidate) int { return cmp.Compare(b.most, a.most) })
	t := newTop(q.k)
	for i, c := range rows {
		if c.most < q.floor.get() || i%segmentRows == 0 && ctx.Err() != nil {
			break
		}
		seg, r := s.segments[c.row>>segmentBits], c.row&rowMask
		v := seg.vector(r, s.table.dim)
		load(v)
		if score := embed.Dot(q.unit, v); score >= t.floor {
			t.offer(engine.Hit{Key: seg.keys[r], Score: score})
			q.floor.raise(float64(t.floor))
		}
	}
	return t
}

// load reads one number of every cache line of v, so that the lines come from
// memory side by side; embed.Dot alone waits for them nearly one by one. It is
// not inlined, or the compiler would see that nobody wants the sum.
//
//go:noinline
func load(v []float32) (sum float32) {
	for i := 0; i < len(v); i += 16 {
		sum += v[i]
	}
	return sum
}
