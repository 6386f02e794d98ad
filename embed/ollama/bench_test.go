package ollama_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ollama/ollama/api"

	"kindred/embed"
	"kindred/embed/ollama"
	"kindred/embed/ollama/ollamatest"
)

// BenchmarkReal measures abstracts per second of a real Ollama with a real
// model: through its own API in a bare loop, and through an Embedder, by batch
// and threads. What the Embedder adds is the ratio of the two in one run.
func BenchmarkReal(b *testing.B) {
	s := ollamatest.Start(b)
	texts := make([]string, 16)
	for i := range texts {
		texts[i] = fmt.Sprintf("Abstract %d. ", i) + strings.Repeat("We study how neural operators learn the flow of fluids and sound. ", 12)
	}
	for _, threads := range []int{1, 2} {
		for _, batch := range []int{1, 8, 16} {
			b.Run(fmt.Sprintf("bare/threads=%d/batch=%d", threads, batch), func(b *testing.B) {
				for b.Loop() {
					for at := 0; at < len(texts); at += batch {
						res, err := s.Client().Embed(b.Context(), &api.EmbedRequest{Model: ollamatest.Model, Input: texts[at : at+batch], Options: map[string]any{"num_thread": threads}})
						if err != nil || len(res.Embeddings) != batch {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "abstracts/s")
			})
			b.Run(fmt.Sprintf("embedder/threads=%d/batch=%d", threads, batch), func(b *testing.B) {
				e, err := ollama.New(b.Context(), ollama.Options{URL: s.URL, Model: ollamatest.Model, Threads: threads, Batch: batch})
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := e.Embed(b.Context(), embed.Document, texts); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "abstracts/s")
			})
		}
	}
}
