package chromem

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
)

func BenchmarkIndex(b *testing.B) {
	enginetest.BenchmarkIndex(b, func(b *testing.B, space embed.Space) engine.Index {
		x, err := New(space)
		if err != nil {
			b.Fatal(err)
		}
		return x
	})
}

// BenchmarkAgainstQuery asks our scan, with each kernel of this machine, and
// chromem-go's own query in turn, on the same documents, and reports how many
// times longer the latter takes.
func BenchmarkAgainstQuery(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		x, err := New(embed.Space{Dim: 384})
		if err != nil {
			b.Fatal(err)
		}
		v := enginetest.Fill(b, x, n)
		for name, k := range kernels() {
			b.Run(fmt.Sprintf("n=%d/k=50/kernel=%s", n, name), func(b *testing.B) {
				x.kernel = k
				var ours, theirs time.Duration
				for i := 0; b.Loop(); i++ {
					start := time.Now()
					if _, _, err := x.Search(b.Context(), []engine.Query{{Vector: v[i%8], K: 50}}); err != nil {
						b.Fatal(err)
					}
					middle := time.Now()
					if _, err := x.collection.docs.QueryEmbedding(b.Context(), v[i%8], 50, nil, nil); err != nil {
						b.Fatal(err)
					}
					ours += middle.Sub(start)
					theirs += time.Since(middle)
				}
				b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "ours-µs")
				b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "chromem-µs")
				b.ReportMetric(float64(theirs)/float64(ours), "ratio")
			})
		}
	}
}

// BenchmarkClients has 1, 8 and 64 clients ask at once; "rate" is how many times the
// searches of one client are done in a second, measured in the same run.
func BenchmarkClients(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		x, err := New(embed.Space{Dim: 384})
		if err != nil {
			b.Fatal(err)
		}
		v := enginetest.Fill(b, x, n)
		ask := func(i int) {
			if _, _, err := x.Search(b.Context(), []engine.Query{{Vector: v[i%8], K: 50}}); err != nil {
				b.Error(err)
			}
		}
		for _, clients := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("n=%d/clients=%d", n, clients), func(b *testing.B) {
				const each = 16
				var alone, together time.Duration
				for b.Loop() {
					start := time.Now()
					for i := range each {
						ask(i)
					}
					middle := time.Now()
					var wg sync.WaitGroup
					for c := range clients {
						wg.Go(func() {
							for i := range each {
								ask(i + c)
							}
						})
					}
					wg.Wait()
					alone += middle.Sub(start)
					together += time.Since(middle)
				}
				b.ReportMetric(float64(clients)*alone.Seconds()/together.Seconds(), "rate")
			})
		}
	}
}
