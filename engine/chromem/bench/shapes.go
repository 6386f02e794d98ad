package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"kindred/engine"
	"kindred/engine/chromem"
)

// A Shape is a way to ask our index, compared with one plain query in the same
// run.
type Shape struct {
	Name     string  `json:"name"`
	MedianMS float64 `json:"median_ms"`
	CPUMS    float64 `json:"cpu_ms"`
	Ratio    float64 `json:"ratio"`     // its median over that of one plain query
	CPURatio float64 `json:"cpu_ratio"` //
}

// shapes asks our index in its several ways, in turn: several queries in one
// call, filters, other numbers of papers; and reads as many bytes as the index
// has codes, one for each component, on all processors, which is the floor of
// any scan.
func shapes(ctx context.Context, index *chromem.Index, set *Set, o Options) ([]Shape, error) {
	asked := 0
	queries := func(n int, like engine.Query) []engine.Query {
		out := make([]engine.Query, n)
		for i := range out {
			asked++
			out[i] = like
			out[i].Vector = set.Queries[asked%len(set.Queries)]
		}
		return out
	}
	search := func(n int, like engine.Query) func() error {
		return func() error {
			_, _, err := index.Search(ctx, queries(n, like))
			return err
		}
	}
	exclude := make([]engine.Key, min(200, set.Len()/2))
	for i := range exclude {
		exclude[i] = rowKey(i * (set.Len() / len(exclude)))
	}
	width := (set.Dim + 63) / 64 * 64
	codes := make([]uint64, set.Len()*width/8)
	for i := range codes {
		codes[i] = uint64(i)
	}
	ways := []struct {
		name string
		do   func() error
	}{
		{"one query", search(1, engine.Query{K: o.K})},
		{"4 queries in a pass", search(4, engine.Query{K: o.K})},
		{"8 queries in a pass", search(8, engine.Query{K: o.K})},
		{"16 queries in a pass", search(16, engine.Query{K: o.K})},
		{"k=10", search(1, engine.Query{K: min(10, set.Len())})},
		{"k=1000", search(1, engine.Query{K: min(1000, set.Len())})},
		{"a category", search(1, engine.Query{K: o.K, Categories: []string{"c3"}})},
		{"200 excluded", search(1, engine.Query{K: o.K, Exclude: exclude})},
		{"newest 5 %", search(1, engine.Query{K: o.K, From: dated*95/100 + 1})},
		{"reading the codes", func() error { readAll(codes); return ctx.Err() }},
	}
	costs := make([][]cost, len(ways))
	for round := range 2 + o.Rounds*len(set.Queries)/turn {
		for i, w := range ways {
			for range turn {
				c, err := timed(w.do)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", w.name, err)
				}
				if round > 0 {
					costs[i] = append(costs[i], c)
				}
			}
		}
	}
	one := median(costs[0])
	var out []Shape
	for i, w := range ways {
		c := median(costs[i])
		out = append(out, Shape{w.name, ms(c.wall), ms(c.cpu),
			float64(c.wall) / float64(one.wall), float64(c.cpu) / float64(one.cpu)})
	}
	return out, nil
}

// readAll reads every cache line of codes, in parts of 1 MB on all processors.
func readAll(codes []uint64) {
	const part = 1 << 17
	var next atomic.Int64
	var sum atomic.Uint64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			var s0, s1, s2, s3 uint64
			for {
				from := int(next.Add(part)) - part
				if from >= len(codes) {
					break
				}
				p := codes[from:min(from+part, len(codes))]
				for ; len(p) >= 8; p = p[8:] {
					s0 += p[0] + p[4]
					s1 += p[1] + p[5]
					s2 += p[2] + p[6]
					s3 += p[3] + p[7]
				}
			}
			sum.Add(s0 + s1 + s2 + s3)
		})
	}
	wg.Wait()
	runtime.KeepAlive(sum.Load())
}
