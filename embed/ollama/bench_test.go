package ollama_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"kindred/embed"
	"kindred/embed/ollama"
	"kindred/embed/ollama/ollamatest"
)

// BenchmarkReal measures abstracts per second of a real Ollama with a real
// model: through its own API in a bare loop, and through an Embedder, by batch
// and threads (0: as Ollama likes). A round is 64 texts of 130 words, of which the
// two take turns at 32, or a batch if that is more, so that other work on the machine
// meets both; "ratio" is how fast the Embedder is relative to the bare loop, the
// median of the turns, which a hiccup of the machine does not move. It checks the
// weights once a turn; 32 texts is the least that the program gives it while it has so many.
// RESULTS.md has the numbers; run it with -benchtime 8x.
func BenchmarkReal(b *testing.B) {
	s := ollamatest.Start(b)
	texts := make([]string, 64)
	for i := range texts {
		texts[i] = fmt.Sprintf("Abstract %d. ", i) + strings.Repeat("We study how neural operators learn the flow of fluids and sound. ", 11)
	}
	info, err := ollama.Inspect(b.Context(), ollama.Options{URL: s.URL, Model: ollamatest.Model})
	if err != nil {
		b.Fatal(err)
	}
	for _, threads := range []int{1, 2, 0} {
		for _, batch := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("threads=%d/batch=%d", threads, batch), func(b *testing.B) {
				e, err := ollama.New(b.Context(), ollama.Options{URL: s.URL, Model: ollamatest.Model, Threads: threads, Batch: batch})
				if err != nil {
					b.Fatal(err)
				}
				// The same options as the Embedder sends: another num_ctx would load the model again.
				options := map[string]any{"num_ctx": info.Reads}
				if threads > 0 {
					options["num_thread"] = threads
				}
				bare := func(texts []string) {
					for part := range slices.Chunk(texts, batch) {
						res, err := s.Client().Embed(b.Context(), &api.EmbedRequest{Model: ollamatest.Model, Input: part, Options: options})
						if err != nil || len(res.Embeddings) != len(part) {
							b.Fatal(err)
						}
					}
				}
				ours := func(texts []string) {
					if _, err := e.Embed(b.Context(), embed.Document, texts); err != nil {
						b.Fatal(err)
					}
				}
				bare(texts[:max(batch, 32)]) // loads the model
				var theirs, mine float64
				var ratios []float64
				n := 0
				for b.Loop() {
					for some := range slices.Chunk(texts, max(batch, 32)) {
						var t, m float64
						if len(ratios)%2 == 0 {
							t, m = seconds(bare, some), seconds(ours, some)
						} else {
							m, t = seconds(ours, some), seconds(bare, some)
						}
						n, theirs, mine = n+len(some), theirs+t, mine+m
						ratios = append(ratios, t/m)
					}
				}
				slices.Sort(ratios)
				b.ReportMetric(float64(n)/theirs, "bare/s")
				b.ReportMetric(float64(n)/mine, "embedder/s")
				b.ReportMetric((ratios[(len(ratios)-1)/2]+ratios[len(ratios)/2])/2, "ratio")
			})
		}
	}
}

func seconds(f func([]string), texts []string) float64 {
	begun := time.Now()
	f(texts)
	return time.Since(begun).Seconds()
}
