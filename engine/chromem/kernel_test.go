package chromem

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestProducts compares the products functions of this machine with a plain
// sum, over random codes and the largest ones, and looks whether they write past
// the rows asked for.
func TestProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	draws := map[string]func() int8{
		"any":      func() int8 { return int8(r.IntN(255) - 127) },
		"largest":  func() int8 { return 127 },
		"smallest": func() int8 { return -127 },
		"extreme":  func() int8 { return int8(r.IntN(2)*254 - 127) },
		"few":      func() int8 { return int8(r.IntN(20) / 19 * (r.IntN(255) - 127)) },
	}
	for name, draw := range draws {
		for _, other := range draws {
			for _, width := range []int{64, 128, 192, 384, 1024, maxDim} {
				for _, n := range []int{0, 1, 3, 4, 5, 8, 11} {
					rows, query, want := make([]uint8, n*width), make([]int8, width), make([]int32, n+4)
					for i := range query {
						query[i] = other()
					}
					for i := range rows {
						code := draw()
						rows[i] = uint8(int(code) + bias)
						want[i/width] += int32(code) * int32(query[i%width])
					}
					for which, k := range kernels() {
						got := make([]int32, n+4)
						k.products(got[:n], rows, query)
						if !slices.Equal(got, want) {
							t.Fatalf("%s, codes %s, %d rows of %d: %v, want %v", which, name, n, width, got, want)
						}
					}
				}
			}
		}
	}
}

// TestFour compares products of four queries with those of each.
func TestFour(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for _, width := range []int{64, 128, 384, 1024} {
		rows := make([]uint8, segmentRows*width)
		for i := range rows {
			rows[i] = uint8(1 + r.IntN(255))
		}
		var queries [4][]int8
		for i := range queries {
			queries[i] = make([]int8, width)
			for j := range queries[i] {
				queries[i][j] = int8(r.IntN(255) - 127)
			}
		}
		for _, n := range []int{0, 1, 3, 4, 5, 100, segmentRows - 1, segmentRows} {
			for which, k := range kernels() {
				if k.four == nil {
					continue
				}
				var got, want [4][segmentRows]int32
				for i, q := range queries {
					goProducts(want[i][:n], rows, q)
				}
				k.four(&got, n, rows, &queries)
				if got != want {
					t.Fatalf("%s: products of %d rows of %d differ", which, n, width)
				}
			}
		}
	}
}

func BenchmarkProducts(b *testing.B) {
	const width = 384
	rows, query := make([]uint8, segmentRows*width), make([]int8, width)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range rows {
		rows[i] = uint8(1 + r.IntN(255))
	}
	for i := range query {
		query[i] = int8(r.IntN(255) - 127)
	}
	for name, k := range kernels() {
		b.Run(fmt.Sprintf("%s/rows=%d/dim=%d", name, segmentRows, width), func(b *testing.B) {
			b.SetBytes(int64(len(rows)))
			var out [segmentRows]int32
			for b.Loop() {
				k.products(out[:], rows, query)
			}
		})
		if k.four != nil {
			b.Run(fmt.Sprintf("%s/queries=4/rows=%d/dim=%d", name, segmentRows, width), func(b *testing.B) {
				b.SetBytes(int64(len(rows)))
				var out [4][segmentRows]int32
				for b.Loop() {
					k.four(&out, segmentRows, rows, &[4][]int8{query, query, query, query})
				}
			})
		}
	}
}

// TestSieve checks that no row is lost, whatever the threshold, nor one marked
// that was not asked for, and that few are marked for nothing.
func TestSieve(t *testing.T) {
	for data, make := range hard {
		r := rand.New(rand.NewPCG(7, uint64(len(data))))
		for _, dim := range []int{1, 32, 384} {
			vectors := make(r, 2*segmentRows, dim)
			table := newTable(dim)
			for i, v := range vectors {
				table.append(row{key: key(i), vector: v, born: 1})
			}
			s := table.segments[1]
			aim := s.centre.newAim(vectors[r.IntN(len(vectors))])
			var found [segmentRows]int32
			goProducts(found[:], s.codes, aim.codes)
			for _, n := range []int{0, 1, 7, 8, 63, 64, 65, 500, segmentRows} {
				_, threshold := aim.bounds(found[n/2], s.meanings, n/2)
				for _, threshold := range []float64{math.Inf(-1), threshold, 3} {
					for name, k := range kernels() {
						var passed marks
						passed[n/70] = math.MaxUint64 // left from before
						k.sieve(&passed, found[:n], s.meanings, &aim, threshold)
						for i := range segmentRows {
							_, most := aim.bounds(found[i], s.meanings, i)
							marked := passed[i/64]>>(i%64)&1 == 1
							if must, may := i < n && most >= threshold, i < n && most >= threshold-5e-5; must && !marked || marked && !may {
								t.Fatalf("%s, %s, %d dimensions, row %d of %d: marked %v, most %v, threshold %v", name, data, dim, i, n, marked, most, threshold)
							}
						}
					}
				}
			}
		}
	}
}
