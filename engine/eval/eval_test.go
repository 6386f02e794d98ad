package eval

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/embed/embedtest"
)

// write makes a file of the fixture.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fixture is a folder with a small csfcube and a small cold split.
func fixture(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "csfcube/papers.jsonl", `{"id":"q","title":"Query"}
{"id":"a","title":"A"}
{"id":"b","title":"B","abstract":"text"}
{"id":7,"title":"C"}
`)
	write(t, dir, "csfcube/anns-background.json", `{"q":{"cands":["a","b","7"],"relevance_adju":[0,3,1]}}`)
	write(t, dir, "csfcube/anns-method.json", `{"q":{"cands":["7","a"],"relevance_adju":[2,0]}}`)
	write(t, dir, "csfcube/anns-result.json", `{}`)
	write(t, dir, "citeulike-a/papers.jsonl", `{"id":"0","title":"Zero"}
{"id":"1","title":"One"}
{"id":"2","title":"Two"}
{"id":"3","title":"Three"}
`)
	write(t, dir, "citeulike-a/dropoutnet-cold/train.tsv", "u\t0\nv\t0\nv\t1\n")
	write(t, dir, "citeulike-a/dropoutnet-cold/test.tsv", "u\t2\nw\t3\n")
	write(t, dir, "citeulike-a/dropoutnet-cold/test_item_ids.tsv", "3\n2\n")
	return dir
}

func protocol(t *testing.T, name string) Protocol {
	t.Helper()
	all := Protocols()
	i := slices.IndexFunc(all, func(p Protocol) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no protocol %s", name)
	}
	return all[i]
}

func TestLoad(t *testing.T) {
	dir := fixture(t)
	task, err := protocol(t, "csfcube").Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(task.Papers) != 4 || len(task.Cases) != 2 {
		t.Fatalf("%d papers, %d cases, want 4 and 2", len(task.Papers), len(task.Cases))
	}
	c := task.Cases[0]
	if c.User != "q_background" || !slices.Equal(c.Likes, []int{0}) || !slices.Equal(c.Pool, []int{1, 2, 3}) || c.Gain[2] != 3 {
		t.Errorf("case %+v", c)
	}
	cold, err := protocol(t, "citeulike-a-cold").Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cold.Pool, []int{2, 3}) || len(cold.Cases) != 2 || len(cold.Cases[1].Likes) != 0 {
		t.Errorf("pool %v, cases %+v: want papers 2 and 3, and a case for the user without likes", cold.Pool, cold.Cases)
	}
	few, err := protocol(t, "citeulike-a-few").Load(dir)
	stands := map[string]int{}
	for _, c := range few.Cases {
		for _, n := range c.Known {
			stands[fmt.Sprint(c.User, n)]++
			if len(c.Likes) > n {
				t.Errorf("%d likes of a user of whom %d are known", len(c.Likes), n)
			}
		}
	}
	if err != nil || len(stands) != 2*5 {
		t.Errorf("%v (%v), want each of 2 users with each of 5 sizes", stands, err)
	}
	for who, n := range stands {
		if n != 5 {
			t.Errorf("%s in %d draws, want 5", who, n)
		}
	}

	for name, text := range map[string]string{
		"an unknown paper": "u\tnobody\n", "a line of one field": "u\n",
	} {
		write(t, dir, "citeulike-a/dropoutnet-cold/test.tsv", text)
		_, err := protocol(t, "citeulike-a-cold").Load(dir)
		if err == nil || !strings.Contains(err.Error(), "citeulike-a-cold") {
			t.Errorf("%s: error %v, want one that names the protocol", name, err)
		}
	}
	if _, err := protocol(t, "goldreviewer").Load(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing data: %v, want ErrNotExist", err)
	}
}

func TestRun(t *testing.T) {
	task, err := protocol(t, "csfcube").Load(fixture(t))
	if err != nil {
		t.Fatal(err)
	}
	// q points the way of b, then 7, then a.
	r := MeanDense{[]embed.Vector{{1, 0}, {0, 1}, {1, 0}, {.8, .6}}}
	var users []string
	o, err := Run(t.Context(), task, r, Options{Each: func(c Case, ranking []Scored) error {
		users = append(users, c.User)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Estimates(1)["map"].Value; got != 1 {
		t.Errorf("map %v, want 1", got)
	}
	if !slices.Equal(users, []string{"q_background", "q_method"}) {
		t.Errorf("rankings of %v: want every case, in order", users)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, task, r, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled run: %v", err)
	}
}

// counting counts the texts that it embeds, and fails after some.
type counting struct {
	embed.Embedder
	texts, fail int
}

func (c *counting) Embed(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
	if c.fail > 0 && c.texts >= c.fail {
		return nil, embed.ErrUnavailable
	}
	c.texts += len(texts)
	return c.Embedder.Embed(ctx, k, texts)
}

func TestVectorsAreKept(t *testing.T) {
	dir := t.TempDir()
	papers := make([]Paper, 3*embedBatch)
	for i := range papers {
		papers[i].Title = strings.Repeat("word ", i/2+1) // each text twice
	}
	papers = append(papers, Paper{ID: "empty"})
	e := &counting{Embedder: embedtest.Hash(8), fail: embedBatch}
	if _, err := Vectors(t.Context(), dir, e, papers, nil); !errors.Is(err, embed.ErrUnavailable) {
		t.Fatalf("error %v, want ErrUnavailable", err)
	}
	// A record that was cut off by a kill is dropped.
	files, _ := filepath.Glob(filepath.Join(dir, "*.vectors"))
	f, err := os.OpenFile(files[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("half a record"))
	f.Close()
	e.fail = 0
	first, err := Vectors(t.Context(), dir, e, papers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.texts != 3*embedBatch/2 {
		t.Errorf("%d texts embedded over both runs, want each of %d once", e.texts, 3*embedBatch/2)
	}
	again, err := Vectors(t.Context(), dir, e, papers, nil)
	if err != nil || e.texts != 3*embedBatch/2 {
		t.Errorf("third run embedded again (%v)", err)
	}
	for i := range papers {
		if !slices.Equal(first[i], again[i]) {
			t.Fatalf("paper %d: vector differs after a run", i)
		}
	}
	if first[len(papers)-1] != nil {
		t.Error("a paper without text has a vector")
	}
}
