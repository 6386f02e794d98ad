package lexicon

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"kindred/engine"
)

// A scan answers several queries on a snapshot.
type scan struct {
	*snapshot
	queries []query
	next    atomic.Int64 // the segment to be searched next
}

// A query is an engine.TermQuery made ready.
type query struct {
	engine.TermQuery
	asOf    int64
	exclude []keyHash
	table   *saturation
}

// Search implements engine.Lexicon. It takes no lock, and looks at ctx before
// every query in every segment. The answer does not depend on how the segments
// are shared out among goroutines.
func (x *Lexicon) Search(ctx context.Context, queries []engine.TermQuery) ([][]engine.Hit, int64, error) {
	for i, q := range queries {
		if err := q.Check(); err != nil {
			return nil, 0, fmt.Errorf("lexicon: query %d: %w", i, err)
		}
	}
	s := &scan{snapshot: x.now.Load(), queries: make([]query, len(queries))}
	defer runtime.KeepAlive(s) // or what is mapped may go
	for i, q := range queries {
		asOf := s.number(q.AsOf)
		s.queries[i] = query{q, asOf, hashKeys(q.Exclude), x.moment(s.snapshot, asOf).saturation()}
	}
	workers := min(runtime.GOMAXPROCS(0), len(s.segments))
	found := make([][]top, max(workers, 1))
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { found[w] = s.run(ctx) })
	}
	found[0] = s.run(ctx)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, 0, fmt.Errorf("lexicon: search: %w", err)
	}
	return merged(found, s.queries), s.version, nil
}

// run searches segments until none is left or ctx ends, and returns the best
// hits among them for each query.
func (s *scan) run(ctx context.Context) []top {
	tops := make([]top, len(s.queries))
	for i, q := range s.queries {
		tops[i] = newTop(q.K)
	}
	var scores []float32
	for ctx.Err() == nil {
		n := int(s.next.Add(1)) - 1
		if n >= len(s.segments) {
			break
		}
		seg := s.segments[n]
		if len(scores) < seg.size() {
			scores = make([]float32, seg.size())
		}
		for i := range s.queries {
			if ctx.Err() != nil {
				break
			}
			if add(&s.queries[i], seg, scores) {
				collect(&s.queries[i], seg, scores[:seg.size()], &tops[i])
			}
		}
	}
	return tops
}

// add adds the scores of all rows of a segment, term at a time, and says
// whether there was any.
func add(q *query, s *segment, scores []float32) (any bool) {
	for _, t := range q.Terms {
		_, from, to, ok := s.find(uint64(t.Term) * spread)
		if !ok {
			continue
		}
		any = true
		counts := s.counts[from:to]
		for i, row := range s.rows[from:to] {
			scores[row] += float32(t.Weight * q.table.at(counts[i], s.length[row]))
		}
	}
	return any
}

// collect offers what scored to the hits, and makes scores 0 again.
func collect(q *query, s *segment, scores []float32, t *top) {
	f := newFilter(q, s)
	for row, score := range scores {
		if score > 0 && score >= t.floor && f.admits(s, row) {
			t.offer(engine.Hit{Key: s.key(row), Score: score})
		}
	}
	clear(scores)
}

// merged returns for each query the first K of what the workers found. Keys
// are copied: segments may be unmapped.
func merged(found [][]top, queries []query) [][]engine.Hit {
	out := make([][]engine.Hit, len(queries))
	for i, q := range queries {
		var all []engine.Hit
		for _, tops := range found {
			all = append(all, tops[i].hits...)
		}
		slices.SortFunc(all, engine.Hit.Compare)
		out[i] = all[:min(q.K, len(all))]
		for j := range out[i] {
			out[i][j].Key = engine.Key(strings.Clone(string(out[i][j].Key)))
		}
	}
	return out
}
