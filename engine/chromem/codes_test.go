package chromem

import (
	"math/rand/v2"
	"testing"

	"kindred/embed"
	"kindred/engine/enginetest"
)

// TestBounds checks the bounds themselves, where it is tight: rows and queries near
// each other and near the centre, and far off.
func TestBounds(t *testing.T) {
	for data, make := range hard {
		r := rand.New(rand.NewPCG(5, uint64(len(data))))
		for _, dim := range []int{1, 2, 32, 100, 384} {
			vectors := make(r, 300, dim)
			rows := newTable(dim)
			for i := range 3 * segmentRows {
				rows.append(row{key: key(i), vector: vectors[r.IntN(len(vectors))], born: 1})
			}
			var slack float64
			for range 8 {
				q := vectors[r.IntN(len(vectors))]
				for n, s := range rows.segments {
					aim := s.centre.newAim(q)
					var out [segmentRows]int32
					goProducts(out[:], s.codes, aim.codes)
					for i, product := range out {
						least, most := aim.bounds(product, s.meanings, i)
						dot := embed.Dot(q, s.vector(i, dim))
						if !(least <= float64(dot) && float64(dot) <= most) {
							t.Fatalf("%s, %d dimensions, row %d of segment %d: between %v and %v, but it is %v", data, dim, i, n, least, most, dot)
						}
						if n > 0 {
							slack = max(slack, most-float64(dot))
						}
					}
				}
			}
			if slack > .1 {
				t.Errorf("%s, %d dimensions: the bound is off by up to %.3f, so it helps little", data, dim, slack)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	v := enginetest.Vectors(2, 384, 1)
	c := &centre{mean: v[1]}
	out := make([]uint8, 384)
	var m meanings
	for b.Loop() {
		c.encode(v[0], out, &m, 0)
	}
}
