package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"kindred/embed"
	"kindred/engine"
)

// A Set is vectors to search in and vectors to search for, all of norm 1.
type Set struct {
	Name    string         // where they are from
	Dim     int            //
	Rows    []float32      // those to search in, row-major
	Queries []embed.Vector // those to search for; none is a row
}

// Len is the number of rows.
func (s *Set) Len() int { return len(s.Rows) / s.Dim }

func (s *Set) row(i int) embed.Vector { return s.Rows[i*s.Dim : (i+1)*s.Dim : (i+1)*s.Dim] }

// change is row i as an index takes it: a paper of one or two of ten
// categories, dated by its place among 10,000 days.
func (s *Set) change(i int) engine.Change {
	return engine.Change{
		Seq: int64(i + 1), Key: rowKey(i), Vector: s.row(i),
		Published:  engine.Day(1 + i*dated/s.Len()),
		Categories: []string{fmt.Sprintf("c%d", i%10), fmt.Sprintf("c%d", i*7/10%10)},
	}
}

// dated is the last day of change.
const dated = 10_000

// rowKey is the key of row i; keys are in the order of rows.
func rowKey(i int) engine.Key { return engine.Key(fmt.Sprintf("bench:%08d", i)) }

// Shape of the synthetic vectors: areas of science, topics in each, papers
// around a topic. The shares of the squared norm that each level adds, and the
// decay of the spectrum, are about those of abstracts under small neural models:
// a common component of cosine .2, neighbours in a topic at .5 to .7.
const (
	areas      = 50
	topics     = 2000
	spectrum   = 0.45 // the deviation of component j is (1+j)^-spectrum
	ofCommon   = 0.25
	ofArea     = 0.20
	ofTopic    = 0.20
	mirrorings = 8
)

// Synthetic returns n made-up vectors with the structure of real ones:
// hierarchical clusters of unequal sizes, a power-law spectrum in a basis that
// is not that of the coordinates, and a common component. Equal arguments give
// equal vectors.
func Synthetic(ctx context.Context, n, dim, queries int, seed uint64) (*Set, error) {
	g := newGenerator(dim, seed)
	s := &Set{Name: "synthetic", Dim: dim, Rows: make([]float32, n*dim), Queries: make([]embed.Vector, queries)}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers && (i%1024 != 0 || ctx.Err() == nil); i++ {
				g.vector(uint64(i), s.row(i))
			}
		})
	}
	wg.Wait()
	for i := range s.Queries {
		s.Queries[i] = make(embed.Vector, dim)
		g.vector(math.MaxUint64-uint64(i), s.Queries[i])
	}
	return s, ctx.Err()
}

type generator struct {
	seed    uint64
	scale   []float64   // deviation of each component; the squares sum to 1
	centres [][]float64 // of topics
	mirrors [][]float64 // unit vectors; reflections at them turn the basis
}

func newGenerator(dim int, seed uint64) *generator {
	g := &generator{seed: seed, scale: make([]float64, dim)}
	sum := 0.0
	for j := range g.scale {
		g.scale[j] = math.Pow(1+float64(j), -spectrum)
		sum += g.scale[j] * g.scale[j]
	}
	for j := range g.scale {
		g.scale[j] /= math.Sqrt(sum)
	}
	r := rand.New(rand.NewPCG(seed, seed))
	for range mirrorings {
		m := make([]float64, dim)
		norm := 0.0
		for j := range m {
			m[j] = r.NormFloat64()
			norm += m[j] * m[j]
		}
		for j := range m {
			m[j] /= math.Sqrt(norm)
		}
		g.mirrors = append(g.mirrors, m)
	}
	common := g.around(r, make([]float64, dim), ofCommon)
	area := make([][]float64, areas)
	for i := range area {
		area[i] = g.around(r, common, ofArea)
	}
	for range topics {
		g.centres = append(g.centres, g.around(r, area[r.IntN(areas)], ofTopic))
	}
	return g
}

// around returns a random vector whose squared distance from centre is about
// share.
func (g *generator) around(r *rand.Rand, centre []float64, share float64) []float64 {
	v := make([]float64, len(centre))
	for j := range v {
		v[j] = centre[j] + math.Sqrt(share)*g.scale[j]*r.NormFloat64()
	}
	return v
}

// vector writes vector number i to out.
func (g *generator) vector(i uint64, out embed.Vector) {
	r := rand.New(rand.NewPCG(g.seed, i))
	topic := int(float64(len(g.centres)) * math.Pow(r.Float64(), 1.5)) // the first ones are larger
	v := g.around(r, g.centres[topic], 1-ofCommon-ofArea-ofTopic)
	for _, m := range g.mirrors {
		dot := 0.0
		for j := range v {
			dot += v[j] * m[j]
		}
		for j := range v {
			v[j] -= 2 * dot * m[j]
		}
	}
	norm := 0.0
	for j := range v {
		norm += v[j] * v[j]
	}
	for j := range v {
		out[j] = float32(v[j] / math.Sqrt(norm))
	}
}
