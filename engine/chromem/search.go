package chromem

import (
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"kindred/embed"
	"kindred/engine"
)

// perWorker is how many multiplications of codes are worth another goroutine:
// some 50 µs of work against a few µs to start it and merge its hits.
const perWorker = 1 << 19

// A scan answers several queries in one pass over a snapshot.
type scan struct {
	*snapshot
	kernel  kernel
	queries []query
	next    atomic.Int64 // the segment to be scanned next
}

// A query is an engine.Query made ready.
type query struct {
	filter
	unit  embed.Vector
	aims  []aim // by centre
	k     int
	floor *floor // of all goroutines
}

// newQuery prepares a query on a snapshot.
func newQuery(q engine.Query, s *snapshot, sets *categorySets) query {
	out := query{filter: newFilter(q, s, sets), unit: q.Vector.Unit(), k: q.K, floor: newFloor()}
	for _, c := range s.centres {
		out.aims = append(out.aims, c.newAim(out.unit))
	}
	return out
}

// Search implements engine.Index. It takes no lock during the scan, and looks
// at ctx before every segment. Searches that come while others keep all processors
// busy share a pass (pass.go). The answer does not depend on that, nor on how the
// segments are shared out among goroutines.
func (x *Index) Search(ctx context.Context, queries []engine.Query) ([][]engine.Hit, int64, error) {
	for i, q := range queries {
		if err := q.Check(x.space.Dim); err != nil {
			return nil, 0, fmt.Errorf("search: query %d: %w", i, err)
		}
	}
	hits, version, err := x.line.search(ctx, x, queries)
	if err != nil {
		return nil, 0, fmt.Errorf("search: %w", err)
	}
	return hits, version, nil
}

// workers is how many goroutines are worth it for so many queries.
func (s *snapshot) workers(queries int) int {
	return max(1, min(runtime.GOMAXPROCS(0), len(s.segments), 1+s.rows*s.table.dim*queries/perWorker))
}

// scan answers queries in one pass by so many goroutines. If ctx ends, the answer
// is not complete.
func (x *Index) scan(ctx context.Context, queries []engine.Query, workers int) ([][]engine.Hit, int64) {
	s := &scan{snapshot: x.now.Load(), kernel: x.kernel, queries: make([]query, len(queries))}
	for i, q := range queries {
		s.queries[i] = newQuery(q, s.snapshot, x.sets)
	}
	found := make([][]top, workers)
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { found[w] = s.run(ctx) })
	}
	found[0] = s.run(ctx)
	wg.Wait()
	return merge(found, s.queries), s.version
}

// run scans segments until none is left or ctx ends, and returns the best hits
// among them for each query.
func (s *scan) run(ctx context.Context) []top {
	var found [4][segmentRows]int32
	kept := make([]kept, len(s.queries))
	for i := range kept {
		kept[i].k = s.queries[i].k
	}
	for ctx.Err() == nil {
		n := int(s.next.Add(1)) - 1
		if n >= len(s.segments) {
			break
		}
		s.segment(n, kept, &found)
	}
	tops := make([]top, len(s.queries))
	for i := range tops {
		tops[i] = s.rerank(ctx, &s.queries[i], kept[i].rows)
	}
	return tops
}

// segment keeps the rows of segment n that may be among the best, for each
// query. Four queries share what is read of it, which then stays in the cache
// for the next four. found is room for products.
func (s *scan) segment(n int, kept []kept, found *[4][segmentRows]int32) {
	seg := s.segments[n]
	rows := min(segmentRows, s.rows-n<<segmentBits)
	var (
		ask   [4]int // queries
		codes [4][]int8
		asked int
	)
	answer := func() {
		if asked > 1 && s.kernel.four != nil {
			for i := asked; i < 4; i++ {
				codes[i] = codes[0]
			}
			s.kernel.four(found, rows, seg.codes, &codes)
		} else {
			for i := range asked {
				s.kernel.products(found[i][:rows], seg.codes, codes[i])
			}
		}
		for i := range asked {
			s.keep(n, found[i][:rows], &s.queries[ask[i]], &kept[ask[i]])
		}
		asked = 0
	}
	for i := range s.queries {
		if q := &s.queries[i]; seg.days.meets(q.from, q.to) {
			ask[asked], codes[asked] = i, q.aims[seg.centre.number].codes
			if asked++; asked == len(ask) {
				answer()
			}
		}
	}
	answer()
}

// keep keeps the rows of segment n that may be among the best for one query,
// given their products with it. Filters come after the codes: they cost more than
// a product, and few rows are left by then.
func (s *scan) keep(n int, found []int32, q *query, k *kept) {
	seg, first := s.segments[n], n<<segmentBits
	aim, floor := &q.aims[seg.centre.number], q.floor.get()
	whole := seg.whole(q.asOf)
	var passed marks
	s.kernel.sieve(&passed, found, seg.meanings, aim, floor)
	for w, word := range passed {
		for ; word != 0; word &= word - 1 {
			r := w*64 + bits.TrailingZeros64(word)
			least, most := aim.bounds(found[r], seg.meanings, r)
			if most >= floor && q.admits(seg, r, first+r, whole) {
				floor = max(floor, k.add(first+r, least, most))
			}
		}
	}
	q.floor.raise(floor)
}

// merge returns for each query the first k of what the workers found.
func merge(found [][]top, queries []query) [][]engine.Hit {
	out := make([][]engine.Hit, len(queries))
	for i, q := range queries {
		var all []engine.Hit
		for _, tops := range found {
			all = append(all, tops[i].hits...)
		}
		slices.SortFunc(all, engine.Hit.Compare)
		out[i] = all[:min(q.k, len(all))]
	}
	return out
}
