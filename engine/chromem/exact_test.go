package chromem

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
)

// hard are ways to make vectors that are hard on codes.
var hard = map[string]func(r *rand.Rand, n, dim int) []embed.Vector{
	"clusters": func(r *rand.Rand, n, dim int) []embed.Vector { return enginetest.Vectors(n, dim, r.Uint64()) },
	"noise":    func(r *rand.Rand, n, dim int) []embed.Vector { return around(r, n, dim, 0, 1) },
	"few vectors, many times": func(r *rand.Rand, n, dim int) []embed.Vector {
		some := around(r, 5, dim, 0, 1)
		out := make([]embed.Vector, n)
		for i := range out {
			out[i] = some[r.IntN(len(some))]
		}
		return out
	},
	"common component":      func(r *rand.Rand, n, dim int) []embed.Vector { return around(r, n, dim, 50, 1) },
	"hardly apart":          func(r *rand.Rand, n, dim int) []embed.Vector { return around(r, n, dim, 1, 3e-7) },
	"some bits apart":       func(r *rand.Rand, n, dim int) []embed.Vector { return around(r, n, dim, 1, 1e-5) },
	"tiny components":       func(r *rand.Rand, n, dim int) []embed.Vector { return around(r, n, dim, 1e20, 1e-19) },
	"one component, almost": func(r *rand.Rand, n, dim int) []embed.Vector { return spiked(r, n, dim, .01) },
	"one component":         func(r *rand.Rand, n, dim int) []embed.Vector { return spiked(r, n, dim, 0) },
}

// around returns unit vectors around the first axis.
func around(r *rand.Rand, n, dim int, common, noise float64) []embed.Vector {
	out := make([]embed.Vector, n)
	for i := range out {
		v := make(embed.Vector, dim)
		for j := range v {
			v[j] = float32(noise * r.NormFloat64())
		}
		v[0] += float32(common)
		out[i] = v.Unit()
	}
	return out
}

// spiked returns unit vectors along random axes, with some noise.
func spiked(r *rand.Rand, n, dim int, noise float64) []embed.Vector {
	out := make([]embed.Vector, n)
	for i := range out {
		v := around(r, 1, dim, 0, 1)[0]
		for j := range v {
			v[j] *= float32(noise)
		}
		v[r.IntN(dim)] += float32(1 - 2*r.IntN(2))
		out[i] = v.Unit()
	}
	return out
}

// someChanges gives n of the papers vectors and removes others.
func someChanges(r *rand.Rand, from int64, n, papers int, vectors []embed.Vector) []engine.Change {
	out := make([]engine.Change, n)
	for i := range out {
		c := engine.Change{Seq: from + int64(i) + 1, Key: key(r.IntN(papers)), Published: engine.Day(r.IntN(40) - 10)}
		if r.IntN(6) > 0 {
			c.Vector = vectors[r.IntN(len(vectors))]
			c.Categories = []string{fmt.Sprint("c", r.IntN(5)), fmt.Sprint("c", r.IntN(5))}
		}
		out[i] = c
	}
	return out
}

// someQueries asks with any filters, for vectors that are there and others.
func someQueries(r *rand.Rand, version int64, papers int, vectors []embed.Vector) []engine.Query {
	out := make([]engine.Query, 1+r.IntN(5))
	for i := range out {
		q := engine.Query{Vector: vectors[r.IntN(len(vectors))], K: []int{1, 2, 10, 50, 300, 1000, papers}[r.IntN(7)]}
		if r.IntN(3) == 0 {
			q.Vector = around(r, 1, len(q.Vector), 0, 1)[0]
		}
		if r.IntN(3) == 0 {
			q.Categories = []string{fmt.Sprint("c", r.IntN(6))}
		}
		if r.IntN(3) == 0 {
			q.From = engine.Day(r.IntN(40) - 10)
			q.To = q.From + engine.Day(r.IntN(20))
		}
		for range r.IntN(2) * r.IntN(papers) {
			q.Exclude = append(q.Exclude, key(r.IntN(papers+5)))
		}
		if r.IntN(3) == 0 {
			q.AsOf = max(1, version-r.Int64N(500))
		}
		out[i] = q
	}
	return out
}

// TestExact is the differential test of the scan: whatever the vectors, sizes,
// filters and kernel, answers are those of the oracle, which knows no
// codes, to the bit.
func TestExact(t *testing.T) {
	for name, k := range kernels() {
		for data, make := range hard {
			t.Run(name+"/"+data, func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(len(name)), uint64(len(data))))
				for _, dim := range []int{32, 33 + r.IntN(200), []int{384, 1024}[r.IntN(2)]} {
					papers := []int{segmentRows - 1, segmentRows, segmentRows + 1, 2*segmentRows + 1 + r.IntN(1000)}[r.IntN(4)]
					x, flat := empty(t, dim), enginetest.NewFlat(empty(t, dim).Space())
					x.kernel = k
					vectors := make(r, papers, dim)
					for range 2 {
						changes := someChanges(r, x.Version(), papers/2+r.IntN(papers), papers, vectors)
						for _, index := range []engine.Index{x, flat} {
							if err := index.Apply(changes, changes[len(changes)-1].Seq); err != nil {
								t.Fatal(err)
							}
						}
						sameAsFlat(t, x, flat, someQueries(r, x.Version(), papers, vectors))
					}
				}
			})
		}
	}
}

// sameAsFlat checks that the answers are those of the oracle at the version that
// the index says it saw.
func sameAsFlat(t *testing.T, x *Index, flat *enginetest.Flat, queries []engine.Query) {
	t.Helper()
	got, version, err := x.Search(t.Context(), queries)
	if err != nil {
		t.Error(err)
		return
	}
	for i := range queries {
		if queries[i].AsOf == 0 {
			queries[i].AsOf = max(version, 1)
		}
	}
	want, _, err := flat.Search(t.Context(), queries)
	if err != nil {
		t.Error(err)
		return
	}
	for i, q := range queries {
		if len(got[i]) != len(want[i]) {
			t.Errorf("version %d, k %d: %d hits, want %d", version, q.K, len(got[i]), len(want[i]))
			continue
		}
		for j, w := range want[i] {
			if g := got[i][j]; g.Key != w.Key || math.Float32bits(g.Score) != math.Float32bits(w.Score) {
				t.Errorf("version %d, k %d: hit %d is %v, want %v", version, q.K, j, g, w)
				break
			}
		}
	}
}

// TestExactLive searches while a writer goes on across segments.
func TestExactLive(t *testing.T) {
	const dim, papers, steps = 40, 3 * segmentRows, 60
	r := rand.New(rand.NewPCG(3, 3))
	x, flat := empty(t, dim), enginetest.NewFlat(empty(t, dim).Space())
	vectors := enginetest.Vectors(papers, dim, 3)
	first := someChanges(r, 0, 1000, papers, vectors)
	var wg sync.WaitGroup
	done := make(chan struct{})
	write := func(changes []engine.Change) {
		upTo := changes[len(changes)-1].Seq
		for _, index := range []engine.Index{flat, x} { // the oracle first: it remembers
			if err := index.Apply(changes, upTo); err != nil {
				t.Error(err)
			}
		}
	}
	write(first)
	for reader := range 2 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(reader), 4))
			for running := true; running; {
				select {
				case <-done:
					running = false // one more, at rest
				default:
				}
				queries := someQueries(r, 0, papers, vectors)
				for i := range queries {
					queries[i].AsOf = 0
				}
				sameAsFlat(t, x, flat, queries)
			}
		})
	}
	for range steps {
		write(someChanges(r, x.Version(), 1+r.IntN(200), papers, vectors))
	}
	close(done)
	wg.Wait()
}
