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
// and threads (0: as Ollama likes). Each round runs one after the other on the
// same 64 texts of 130 words, so that other work on the machine meets both;
// "ratio" is the median over the rounds of how fast the Embedder is relative to
// the bare loop. RESULTS.md has the numbers; run it with -benchtime 7x.
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
				bare := func() {
					for part := range slices.Chunk(texts, batch) {
						res, err := s.Client().Embed(b.Context(), &api.EmbedRequest{Model: ollamatest.Model, Input: part, Options: options})
						if err != nil || len(res.Embeddings) != len(part) {
							b.Fatal(err)
						}
					}
				}
				ours := func() {
					if _, err := e.Embed(b.Context(), embed.Document, texts); err != nil {
						b.Fatal(err)
					}
				}
				bare() // loads the model
				var theirs, mine, ratio []float64
				for round := 0; b.Loop(); round++ {
					var x, y float64
					if round%2 == 0 {
						x, y = seconds(bare), seconds(ours)
					} else {
						y, x = seconds(ours), seconds(bare)
					}
					n := float64(len(texts))
					b.Logf("round %d: bare %.2f/s, embedder %.2f/s", round, n/x, n/y)
					theirs, mine, ratio = append(theirs, n/x), append(mine, n/y), append(ratio, x/y)
				}
				b.ReportMetric(median(theirs), "bare/s")
				b.ReportMetric(median(mine), "embedder/s")
				b.ReportMetric(median(ratio), "ratio")
			})
		}
	}
}

func seconds(f func()) float64 {
	begun := time.Now()
	f()
	return time.Since(begun).Seconds()
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
