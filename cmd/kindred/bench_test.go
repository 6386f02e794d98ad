package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kindred/engine/importer"
)

func TestBench(t *testing.T) {
	var r struct {
		N, Dim    int
		Identical bool
		Peers     []struct {
			Name     string
			MedianMS float64 `json:"median_ms"`
			Ratio    float64
		}
	}
	out := kindred(t, t.TempDir(), 0, "bench", "--n", "2000", "--dim", "64", "--peers", "chromem,go", "--queries", "5", "--rounds", "1", "--json")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.N != 2000 || r.Dim != 64 || !r.Identical || len(r.Peers) != 2 || r.Peers[0].Name != "chromem" || r.Peers[0].Ratio <= 0 || r.Peers[1].MedianMS <= 0 {
		t.Errorf("%s", out)
	}
	if out := kindred(t, t.TempDir(), exitUsage, "bench", "--n", "1000", "--peers", "nobody"); !strings.Contains(out, "sqlite-vec") {
		t.Errorf("an unknown peer: %s", out)
	}
	if out := kindred(t, t.TempDir(), exitFailed, "bench", "--n", "1000", "--peers", "numpy", "--python", "no-such-python"); !strings.Contains(out, "no-such-python") {
		t.Errorf("no Python: %s", out)
	}
}

// Made papers are what import takes, each of them another one, the same every
// time, and in any order the same.
func TestBenchPapers(t *testing.T) {
	const n = 3000
	out := kindred(t, t.TempDir(), 0, "bench", "papers", "--n", "3000")
	if again := kindred(t, t.TempDir(), 0, "bench", "papers", "--n", "3000"); again != out {
		t.Error("two runs write two files")
	}
	lines := strings.SplitAfter(out, "\n")
	shuffled := strings.SplitAfter(kindred(t, t.TempDir(), 0, "bench", "papers", "--n", "3000", "--shuffled"), "\n")
	there := map[string]bool{}
	for _, l := range lines {
		there[l] = true
	}
	moved := 0
	for i, l := range shuffled {
		if !there[l] {
			t.Fatalf("only in the shuffled file: %s", l)
		}
		if l != lines[i] {
			moved++
		}
	}
	if len(there) != n+1 || len(shuffled) != n+1 || moved < n*9/10 {
		t.Errorf("%d different lines, %d shuffled, %d moved", len(there), len(shuffled), moved)
	}
	titles := map[string]bool{}
	for p, err := range importer.ArXiv(bytes.NewReader([]byte(out))) {
		if err != nil || p.Published.Precision() != 3 || len(p.Abstract) < 100 {
			t.Fatalf("%+v %v", p, err)
		}
		titles[p.Title] = true
	}
	if len(titles) < n*9/10 {
		t.Errorf("%d different titles among %d papers", len(titles), n)
	}
	file := filepath.Join(t.TempDir(), "papers.jsonl")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	var sum struct{ Added, Rejected, Embedded int }
	if err := json.Unmarshal([]byte(kindred(t, t.TempDir(), 0, "import", file, "--json")), &sum); err != nil || sum.Added != n || sum.Rejected != 0 || sum.Embedded != n {
		t.Errorf("%+v %v", sum, err)
	}
}

func TestBenchSystem(t *testing.T) {
	var r map[string]float64
	out := kindred(t, t.TempDir(), 0, "bench", "system", "--n", "1000", "--clients", "8", "--users", "50", "--chromem", "--json")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for name, value := range r {
		if value <= 0 {
			t.Errorf("%s is %v", name, value)
		}
	}
}
