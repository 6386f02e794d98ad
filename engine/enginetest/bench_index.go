package enginetest

import (
	"fmt"
	"testing"

	"kindred/embed"
	"kindred/engine"
)

// Fill makes an index hold n papers with clustered vectors, dated evenly over
// the days 1 to 1000, in one or two of ten categories c0 to c9, and returns
// eight vectors to ask for that are not among them.
func Fill(b testing.TB, x engine.Index, n int) []embed.Vector {
	b.Helper()
	vectors := Vectors(n+8, x.Space().Dim, 1)
	changes := fill(vectors[:n])
	if err := x.Apply(changes, int64(n)); err != nil {
		b.Fatal(err)
	}
	return vectors[n:]
}

// BenchmarkIndex measures searches, by size, of indexes made by open: one
// query for 10 and for 50 papers, with filters, and eight queries in one call.
// The time per operation of batch=8 is that of all eight. Apply is the time to
// add one paper to a growing index.
func BenchmarkIndex(b *testing.B, open func(b *testing.B, space embed.Space) engine.Index) {
	const dim = 384
	b.Run("Apply/batch=256", func(b *testing.B) {
		vectors := Vectors(256, dim, 1)
		x := open(b, testSpace(dim))
		changes := fill(vectors)
		made := 0
		b.ResetTimer()
		for made < b.N {
			for i := range changes {
				changes[i].Key, changes[i].Seq = testKey(made+i), int64(made+i+1)
			}
			made += len(changes)
			if err := x.Apply(changes, int64(made)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, n := range []int{1_000, 10_000, 100_000} {
		x := open(b, testSpace(dim))
		vectors := Fill(b, x, n)
		exclude := make([]engine.Key, n/2)
		for i := range exclude {
			exclude[i] = testKey(2 * i)
		}
		one := func(q engine.Query) []engine.Query { q.Vector = vectors[0]; return []engine.Query{q} }
		batch := make([]engine.Query, len(vectors))
		for i, v := range vectors {
			batch[i] = engine.Query{Vector: v, K: 50}
		}
		for _, c := range []struct {
			name    string
			queries []engine.Query
		}{
			{"k=10", one(engine.Query{K: 10})},
			{"k=50", one(engine.Query{K: 50})},
			{"k=1000", one(engine.Query{K: 1000})},
			{"k=50/category", one(engine.Query{K: 50, Categories: []string{"c3"}})},
			{"k=50/newest5%", one(engine.Query{K: 50, From: 951})},
			{"k=50/exclude=half", one(engine.Query{K: 50, Exclude: exclude})},
			{"k=50/batch=8", batch},
		} {
			b.Run(fmt.Sprintf("n=%d/%s", n, c.name), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := x.Search(b.Context(), c.queries); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
