package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kindred/embed/ollama/ollamatest"
	"kindred/testdata"
)

// A model of one's own, made of real papers by a real Ollama: it goes on after
// kill -9, comes out the same with the same seed, is a space of its own, and serves
// without Ollama.
func TestDistill(t *testing.T) {
	t.Parallel() // most of it waits for Ollama
	o := ollamatest.Start(t)
	data := t.TempDir()
	if err := os.Chmod(data, 0o700); err != nil {
		t.Fatal(err)
	}
	with := func(args ...string) []string { return append(args, "--ollama-url", o.URL) }
	kindred(t, data, exitUsage, "distill")
	kindred(t, data, exitUsage, "distill", "--teacher", "builtin")
	kindred(t, data, exitUsage, with("distill", "--teacher", "ollama:all-minilm", "--name", "../up")...)
	if out := kindred(t, data, exitFailed, with("distill", "--teacher", "ollama:all-minilm")...); !strings.Contains(out, "import more") {
		t.Errorf("without papers: %s", out)
	}
	// Twenty papers have the teacher's vectors already; they are not made again.
	kindred(t, data, 0, with("import", jsonl(t, 20), "--embedder", "ollama")...)
	page := filepath.Join(t.TempDir(), "page.txt")
	write(t, page, testdata.SamplePage)
	kindred(t, data, 0, with("import", "--no-embed", page)...)
	file, n := abstracts(t)
	if n == 40 {
		file = jsonl(t, 100)
	}
	kindred(t, data, 0, with("import", "--no-embed", file)...)
	var status struct{ Papers, Embedded int }
	if err := json.Unmarshal([]byte(kindred(t, data, 0, with("status", "--json")...)), &status); err != nil || status.Embedded != 20 || status.Papers < 150 {
		t.Fatalf("%v %+v", err, status)
	}

	const record = 16 + 4*384
	kept := func() []byte {
		names, err := filepath.Glob(filepath.Join(data, "distill", "*.vectors"))
		if err != nil || len(names) > 1 {
			t.Fatal(err, names)
		}
		if len(names) == 0 {
			return nil
		}
		b, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := program(t, data, with("distill", "--teacher", "ollama:all-minilm", "--name", "one")...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Minute, "the teacher has read a batch", func() bool { return len(kept()) >= 64*record })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	before := kept()
	before = before[:len(before)/record*record]
	if len(before) >= (status.Papers-20)*record {
		t.Error("it was done before it was killed: nothing was shown")
	}
	out := kindred(t, data, 0, with("distill", "--teacher", "ollama:all-minilm", "--name", "one")...)
	if after := kept(); !bytes.HasPrefix(after, before) || len(after) != (status.Papers-20)*record {
		t.Errorf("%d vectors kept of %d papers, %d before", len(after)/record, status.Papers, len(before)/record)
	}
	t.Log(out)
	score := map[string][]float64{}
	for _, m := range regexp.MustCompile(`(?m)^  (teacher|builtin|one) +(\S+) +(\S+) of`).FindAllStringSubmatch(out, -1) {
		for _, x := range m[2:] {
			f, err := strconv.ParseFloat(x, 64)
			if err != nil {
				t.Fatal(err)
			}
			score[m[1]] = append(score[m[1]], f)
		}
	}
	if len(score) != 3 || score["teacher"][0] != 1 || !strings.Contains(out, "kindred reembed --embedder distilled:one") {
		t.Fatalf("it says\n%s", out)
	}
	if n >= 500 && (score["one"][0] < .3 || score["one"][1] < .9) {
		t.Error("the model is bad")
	}
	if out := kindred(t, data, exitUsage, with("distill", "--teacher", "ollama:all-minilm", "--name", "one")...); !strings.Contains(out, "already") {
		t.Errorf("the same name again: %s", out)
	}
	kindred(t, data, 0, with("distill", "--teacher", "ollama:all-minilm", "--name", "two")...)
	model := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(data, "models", name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !bytes.Equal(bytes.Replace(model("two"), []byte("two"), []byte("one"), 1), model("one")) {
		t.Error("the same seed gives another model")
	}

	o.Kill()
	kindred(t, data, 0, "reembed", "--embedder", "distilled:one")
	s := startServer(t, data)
	var st struct {
		Space             string
		Embedded, Pending int
	}
	if s.get("/v1/status", &st); !strings.HasPrefix(st.Space, "distilled:one@") || st.Embedded != status.Papers || st.Pending != 0 {
		t.Errorf("%+v", st)
	}
	var l items
	s.get("/v1/search?q=speech+enhancement&limit=5", &l)
	if len(l.Items) != 5 || !strings.Contains(strings.ToLower(strings.Join(l.titles(), " ")), "speech") {
		t.Errorf("search finds %v", l.titles())
	}
	if out := kindred(t, data, 0, "doctor"); !strings.Contains(out, "distilled:one@") || !strings.Contains(out, "no host is contacted") {
		t.Errorf("doctor:\n%s", out)
	}
	s.kill()

	// Another file of that name, and none: what is stored serves, and it says why not more.
	for what, change := range map[string]func() error{
		"kindred reembed": func() error { return os.WriteFile(filepath.Join(data, "models", "one.bin"), model("two"), 0o600) },
		"one.bin":         func() error { return os.Remove(filepath.Join(data, "models", "one.bin")) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		s := startServer(t, data)
		s.get("/v1/papers/test:00001/similar?limit=5", &l)
		if len(l.Items) != 5 {
			t.Errorf("%d similar papers", len(l.Items))
		}
		if code, body := s.request("POST", "/v1/similar", map[string]string{"text": "sound"}); code != 503 || !strings.Contains(string(body), what) {
			t.Errorf("a new text: %d %s, want %q", code, body, what)
		}
		s.kill()
		if out := kindred(t, data, exitFailed, "doctor"); !strings.Contains(out, "doctor found problems") {
			t.Errorf("doctor: %s", out)
		}
	}
}
