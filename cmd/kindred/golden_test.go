package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden rankings")

// TestGolden holds what the sample corpus answers with the built-in model, so
// that any change of ranking, of the model, or of the tokeniser is seen as a
// diff of testdata/golden/sample.txt. Rewrite it with `make golden`.
func TestGolden(t *testing.T) {
	s := startServer(t, t.TempDir())
	var b strings.Builder
	show := func(head, path string, n int) {
		var l items
		s.get(path, &l)
		fmt.Fprintf(&b, "# %s\n", head)
		for _, it := range l.Items[:min(n, len(l.Items))] {
			fmt.Fprintf(&b, "%.4f  %s\n", it.Score, short(it.Paper.Title))
			for _, r := range it.Reasons {
				if r.Type == "liked" {
					fmt.Fprintf(&b, "          %.4f  %s\n", r.Share, short(r.Paper.Title))
				}
			}
		}
		b.WriteString("\n")
	}
	for _, title := range []string{"Opening the Blackbox", "MossFormer2", "MgNO", "Kolmogorov-Arnold Transformer"} {
		show("similar to "+title, "/v1/papers/"+url.PathEscape(s.idOf(title))+"/similar?limit=5", 5)
	}
	for _, q := range []string{"text to speech", "pruning neural networks", "solving partial differential equations with transformers"} {
		show("search "+q, "/v1/search?limit=5&q="+url.QueryEscape(q), 5)
	}
	for _, title := range []string{"MossFormer2", "ClearBuds", "NeuralStagger"} {
		s.like(s.idOf(title))
		show("feed after liking "+title, "/v1/users/me/feed?limit=10", 10)
	}
	holdGolden(t, filepath.Join(goldenDir, "sample.txt"), b.String())
}

// holdGolden compares rankings with a golden file, or rewrites it.
func holdGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the rankings have changed; if they should, run `make golden` and read the diff of %s. Now:\n%s", path, got)
	}
}
