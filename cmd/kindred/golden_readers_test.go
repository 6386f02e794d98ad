package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/ollama"
	"kindred/embed/ollama/ollamatest"
	"kindred/engine/eval"
	"kindred/engine/importer"
	"kindred/testdata"
)

// The files of the readers' golden rankings, in testdata/golden.
var (
	goldenDir     = filepath.Join("..", "..", "testdata", "golden")
	goldenReaders = filepath.Join(goldenDir, "readers.json")
	goldenVectors = filepath.Join(goldenDir, "all-minilm.vectors")
)

var updateVectors = flag.Bool("update-vectors", false, "rewrite the vectors of the golden readers, by a real Ollama")

// TestGoldenReaders holds what readers that we made up are given from the sample
// papers, and how good that is, by the builtin model and by vectors of a real one,
// so that a change of ranking is a diff of testdata/golden/readers.txt. Rewrite it
// with `make golden`.
func TestGoldenReaders(t *testing.T) {
	task := readersTask(t)
	own, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := eval.Vectors(t.Context(), "", own, task.Papers, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, by := range []placed{{own.Space(), vectors}, {embed.Space{Embedder: "ollama", Model: ollamatest.Model, Digest: "golden", Dim: 384}, readVectors(t, task.Papers)}} {
		for _, strategy := range []string{"kindred", "meaning", "balanced"} {
			ranker, err := rankerOf(task, by.vectors, by.space, strategy)
			if err != nil {
				t.Fatal(err)
			}
			lists := map[string][]string{}
			outcome, err := eval.Run(t.Context(), task, ranker, eval.Options{Each: func(c eval.Case, ranking []eval.Scored) error {
				for _, s := range ranking[:min(5, len(ranking))] {
					mark := " "
					if c.Gain[s.Paper] > 0 {
						mark = "*"
					}
					lists[c.User] = append(lists[c.User], fmt.Sprintf("  %s %.3f  %s\n", mark, s.Score, short(task.Papers[s.Paper].Title)))
				}
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "# %s, %s:", strategy, by.space.Embedder+":"+by.space.Model)
			for _, m := range outcome.Metrics() {
				fmt.Fprintf(&b, " %s %.3f", m, outcome.Estimates(evalSeed)[m].Value)
			}
			b.WriteString("\n")
			for _, c := range task.Cases {
				fmt.Fprintf(&b, "%s\n%s", c.User, strings.Join(lists[c.User], ""))
			}
			b.WriteString("\n")
		}
	}
	holdGolden(t, filepath.Join(goldenDir, "readers.txt"), b.String())
}

// TestGoldenVectors: the vectors that ship are those of the real model.
func TestGoldenVectors(t *testing.T) {
	task := readersTask(t)
	o := ollamatest.Start(t)
	e, err := ollama.New(t.Context(), ollama.Options{URL: o.URL, Model: ollamatest.Model, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	real, err := eval.Vectors(t.Context(), "", e, task.Papers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *updateVectors {
		var b strings.Builder
		for i, p := range task.Papers {
			raw := make([]byte, 0, 4*len(real[i]))
			for _, x := range real[i] {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
			}
			fmt.Fprintf(&b, "%s\t%s\n", p.ID, base64.StdEncoding.EncodeToString(raw))
		}
		if err := os.WriteFile(goldenVectors, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range readVectors(t, task.Papers) {
		if got := embed.Dot(v, real[i]); got < .999 {
			t.Errorf("%s: the stored vector is at cosine %.4f with that of the model", task.Papers[i].ID, got)
		}
	}
}

// readersTask is the sample papers, and the readers of readers.json.
func readersTask(t *testing.T) eval.Task {
	t.Helper()
	task := eval.Task{Protocol: "readers", Metrics: []eval.Metric{eval.Recall(5), eval.Recall(10), eval.NDCG(10), eval.MRR()}, Depth: 20}
	for p, err := range importer.Page(strings.NewReader(testdata.SamplePage)) {
		if err == nil {
			err = p.Clean()
		}
		if err != nil {
			t.Fatal(err)
		}
		task.Pool = append(task.Pool, len(task.Papers))
		task.Papers = append(task.Papers, eval.Paper{ID: string(p.IDs[0]), Title: p.Title, Abstract: p.Abstract})
	}
	raw, err := os.ReadFile(goldenReaders)
	if err != nil {
		t.Fatal(err)
	}
	var readers []struct {
		Reader       string
		Likes, Wants []string
	}
	if err := json.Unmarshal(raw, &readers); err != nil {
		t.Fatal(err)
	}
	at := func(title string) int {
		is := func(p eval.Paper) bool { return strings.HasPrefix(p.Title, title) }
		i := slices.IndexFunc(task.Papers, is)
		if i < 0 || slices.ContainsFunc(task.Papers[i+1:], is) {
			t.Fatalf("%s: %q begins no title, or two", goldenReaders, title)
		}
		return i
	}
	for _, r := range readers {
		c := eval.Case{User: r.Reader, Gain: map[int]float64{}, SkipLikes: true}
		for _, title := range r.Likes {
			c.Likes = append(c.Likes, at(title))
		}
		for _, title := range r.Wants {
			c.Gain[at(title)] = 1
		}
		task.Cases = append(task.Cases, c)
	}
	return task
}

// readVectors reads the vectors of papers that ship.
func readVectors(t *testing.T, papers []eval.Paper) []embed.Vector {
	t.Helper()
	f, err := os.Open(goldenVectors)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	have := map[string]embed.Vector{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		id, text, _ := strings.Cut(lines.Text(), "\t")
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatalf("%s: %s: %v", goldenVectors, id, err)
		}
		v := make(embed.Vector, len(raw)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		have[id] = v
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	out := make([]embed.Vector, len(papers))
	for i, p := range papers {
		if out[i] = have[p.ID]; out[i].Check(384) != nil {
			t.Fatalf("%s has no vector of %s", goldenVectors, p.ID)
		}
	}
	return out
}
