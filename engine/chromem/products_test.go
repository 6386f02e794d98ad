package chromem

import (
	"fmt"
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
					for which, f := range allProducts() {
						got := make([]int32, n+4)
						f(got[:n], rows, query)
						if !slices.Equal(got, want) {
							t.Fatalf("%s, codes %s, %d rows of %d: %v, want %v", which, name, n, width, got, want)
						}
					}
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
	for name, f := range allProducts() {
		b.Run(fmt.Sprintf("%s/rows=%d/dim=%d", name, segmentRows, width), func(b *testing.B) {
			b.SetBytes(int64(len(rows)))
			var out [segmentRows]int32
			for b.Loop() {
				f(out[:], rows, query)
			}
		})
	}
}
