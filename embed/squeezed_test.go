package embed

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestSqueezed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	parts := []string{" ", " ", "\n", "\t ", "a", "word", "–", "é", "\u00a0", "\u2003", "\u3000", "\x80", "日本"}
	for range 20_000 {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		if got, want := squeezed(b.String()), strings.Join(strings.Fields(b.String()), " "); got != want {
			t.Fatalf("%q became %q, want %q", b.String(), got, want)
		}
	}
}

func BenchmarkJoin(b *testing.B) {
	abstract := strings.TrimSpace(strings.Repeat("Abstracts are mostly clean already; ", 40))
	b.SetBytes(int64(len(abstract)))
	for b.Loop() {
		Join("A title of a few words", abstract)
	}
}
