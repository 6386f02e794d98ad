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
	var vectors [loadedAtOnce]embed.Vector
	for i := 0; i < len(rows) && rows[i].most >= q.floor.get() && ctx.Err() == nil; i += loadedAtOnce {
		some := rows[i:min(i+loadedAtOnce, len(rows))]
		for j, c := range some {
			vectors[j] = s.segments[c.row>>segmentBits].vector(c.row&rowMask, s.table.dim)
		}
		load(vectors[:len(some)])
		for j, c := range some {
			if score := embed.Dot(q.unit, vectors[j]); score >= t.floor {
				t.offer(engine.Hit{Key: s.segments[c.row>>segmentBits].keys[c.row&rowMask], Score: score})
				q.floor.raise(float64(t.floor))
			}
		}
	}
	return t
}

// loadedAtOnce is how many vectors are asked of the memory together.
const loadedAtOnce = 8

// load reads one number of every cache line of vectors, so that the lines come from
// memory side by side; embed.Dot alone waits for them nearly one by one. It is
// not inlined, or the compiler would see that nobody wants the sum.
//
//go:noinline
func load(vectors []embed.Vector) (sum float32) {
	for i := 0; i < len(vectors[0]); i += 16 {
		for _, v := range vectors {
			sum += v[i]
		}
	}
	return sum
}
