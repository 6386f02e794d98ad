package builtin

import (
	"context"
	"testing"

	"kindred/embed"
	"kindred/embed/embedtest"
)

func TestEmbedder(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	embedtest.TestEmbedder(t, func(*testing.T) embed.Embedder { return e })
}

var abstracts = func() []string {
	// 200 words
	s := "We present a simple framework for contrastive learning of visual representations. We simplify recently proposed self-supervised algorithms without requiring specialized architectures or a memory bank. In order to understand what enables the prediction tasks to learn useful representations, we systematically study the major components of our framework. "
	s += s + s + s
	r := make([]string, 1000)
	for i := range r {
		r[i] = s[:1330]
	}
	return r
}()

func BenchmarkEmbed(b *testing.B) {
	e, err := New()
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Embed(context.Background(), embed.Document, abstracts); err != nil {
			b.Fatal(err)
		}
		n += len(abstracts)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "abstracts/s")
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}
