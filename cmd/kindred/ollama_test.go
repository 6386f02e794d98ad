package main

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kindred/embed/ollama/ollamatest"
)

// The program with a real Ollama and a real model, as a person uses it: import,
// similar, feed, change of embedder; Ollama gone and back; its model replaced.
func TestWithOllama(t *testing.T) {
	o := ollamatest.Start(t)
	data := t.TempDir()
	if err := os.Chmod(data, 0o700); err != nil { // as kindred would have made it
		t.Fatal(err)
	}
	out := kindred(t, data, 0, "import", jsonl(t, 40), "--ollama-url", o.URL, "--embedder", "ollama", "--json")
	var sum struct{ Added, Embedded int }
	if err := json.Unmarshal([]byte(out), &sum); err != nil || sum.Added != 40 || sum.Embedded != 40 {
		t.Fatalf("%v %s", err, out)
	}
	// Texts of all kinds are taken, stored and found.
	var odd strings.Builder
	for i, p := range []struct{ title, abstract string }{
		{"神经算子学习偏微分方程的解", "我们研究神经算子如何从数据中学习流体的流动。"},
		{"🙂🙃🚀 🧪", "🧬🔬"},
		{"Bounds for $\\mathcal{L}_\\theta$", `Let $\mathcal{L}_{\theta}(x) = \sum_{i=1}^{n} \left\| f_\theta(x_i) - y_i \right\|^2$ be`},
		{"A very long abstract", strings.Repeat("neural operators for fluid flow ", 640)[:20000]},
		{"One word of 20,000 letters", strings.Repeat("x", 20000)},
		{"No abstract at all", ""},
	} {
		line, err := json.Marshal(map[string]string{"id": "odd:" + strconv.Itoa(i), "title": p.title, "abstract": p.abstract, "date": "2025"})
		if err != nil {
			t.Fatal(err)
		}
		odd.Write(append(line, '\n'))
	}
	odd.WriteString(`{"id":"odd:empty","title":" ","abstract":""}` + "\n")
	write(t, data+"/odd.jsonl", odd.String())
	var oddly struct{ Added, Embedded, Rejected, Cannot_be_embedded int }
	out = kindred(t, data, 0, "import", data+"/odd.jsonl", "--ollama-url", o.URL, "--json")
	if err := json.Unmarshal([]byte(out), &oddly); err != nil || oddly.Added != 6 || oddly.Embedded != 6 || oddly.Rejected != 1 || oddly.Cannot_be_embedded != 0 {
		t.Errorf("odd texts: %v %s", err, out)
	}
	// A model that is not there, and one that cannot be.
	if out := kindred(t, t.TempDir(), exitUnavailable, "import", jsonl(t, 1), "--ollama-url", o.URL, "--embedder", "ollama:no-such-model"); !strings.Contains(out, "ollama pull no-such-model") {
		t.Errorf("unknown model: %s", out)
	}
	if out := kindred(t, t.TempDir(), exitFailed, "import", jsonl(t, 1), "--ollama-url", o.URL, "--embedder", "ollama:not a name!"); !strings.Contains(out, "cannot be the name") {
		t.Errorf("malformed name: %s", out)
	}

	s := startServer(t, data, "--ollama-url", o.URL)
	var l items
	for i := range 6 {
		s.get("/v1/papers/odd:"+strconv.Itoa(i)+"/similar?limit=3", &l)
		if len(l.Items) != 3 {
			t.Errorf("odd:%d has %d similar papers", i, len(l.Items))
		}
	}
	s.get("/v1/search?limit=5&q="+url.QueryEscape("the flow of liquids"), &l)
	for _, it := range l.Items { // jsonl writes about fluids in every fourth paper, from 1, and two odd papers are about them
		if n, err := strconv.Atoi(strings.TrimPrefix(it.Paper.ID, "test:")); (err != nil || n%4 != 1) && !slices.Contains([]string{"odd:0", "odd:3"}, it.Paper.ID) {
			t.Errorf("the flow of liquids finds %s", it.Paper.ID)
		}
	}
	s.like("test:00001")
	var before items
	s.get("/v1/users/me/feed", &before)
	if before.Strategy != "profile" {
		t.Errorf("strategy %s", before.Strategy)
	}

	// Without Ollama, what is stored is answered, and the rest says what to do.
	o.Kill()
	var still items
	s.get("/v1/users/me/feed", &still)
	if len(still.Items) != len(before.Items) {
		t.Error("the feed needs Ollama")
	}
	status, body := s.request("POST", "/v1/similar", map[string]string{"text": "sound"})
	if status != 503 || !strings.Contains(string(body), "ollama serve") {
		t.Errorf("a new text without Ollama: %d %s", status, body)
	}
	if status, body := s.request("POST", "/v1/papers", `[{"id":"late:1","title":"A paper that comes while Ollama is away"}]`); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	started := startServer(t, data, "--ollama-url", o.URL)
	started.get("/v1/papers/test:00002/similar", &l)
	var late struct{ Title string }
	if started.get("/v1/papers/late:1", &late); late.Title == "" {
		t.Error("a paper that is not embedded cannot be read without Ollama")
	}
	if status, body := started.request("GET", "/v1/papers/late:1/similar", nil); status != 503 || !strings.Contains(string(body), "ollama serve") {
		t.Errorf("similar to a paper without a vector, without Ollama: %d %s", status, body)
	}
	started.get("/v1/users/me/feed", &still)
	if len(still.Items) != len(before.Items) {
		t.Error("the feed of a server that began without Ollama differs")
	}
	if out := kindred(t, data, 0, "status"); !strings.Contains(out, "unavailable") || !strings.Contains(out, "ollama serve") {
		t.Errorf("status without Ollama:\n%s", out)
	}
	o.Run()
	eventually(t, 30*time.Second, "the paper is embedded once Ollama is back", func() bool {
		var st struct{ Pending int }
		s.get("/v1/status", &st)
		return st.Pending == 0
	})
	if status, body := s.request("POST", "/v1/similar", map[string]string{"text": "sound"}); status != 200 {
		t.Errorf("a new text after Ollama is back: %d %s", status, body)
	}

	// The weights change under us: the old vectors serve, new texts are refused.
	o.Create(ollamatest.Model, ollamatest.Retrained)
	status, body = s.request("POST", "/v1/similar", map[string]string{"text": "sound"})
	if status != 503 || !strings.Contains(string(body), "reembed") {
		t.Errorf("after the weights changed: %d %s", status, body)
	}
	s.get("/v1/users/me/feed", &still)
	if len(still.Items) != len(before.Items) {
		t.Error("the old space does not serve after the weights changed")
	}
	if out := kindred(t, data, 0, "status"); !strings.Contains(out, "kindred reembed --embedder ollama:all-minilm") {
		t.Errorf("status after the weights changed:\n%s", out)
	}
	cures := func(code int, args ...string) map[string]string {
		t.Helper()
		cmd := program(t, data, append([]string{"doctor", "--json", "--ollama-url", o.URL}, args...)...)
		out, _ := cmd.Output()
		var fs []finding
		if err := json.Unmarshal(out, &fs); err != nil || cmd.ProcessState.ExitCode() != code {
			t.Fatalf("doctor: exit %d, want %d, %v\n%s", cmd.ProcessState.ExitCode(), code, err, out)
		}
		m := map[string]string{}
		for _, f := range fs {
			if !f.OK {
				m[f.Check] = f.Fix
			}
		}
		return m
	}
	if got := cures(exitFailed); got["model"] != "kindred reembed --embedder ollama:all-minilm" {
		t.Errorf("doctor after the weights changed: %v", got)
	}
	o.Delete(ollamatest.Model)
	if status, body := s.request("POST", "/v1/similar", map[string]string{"text": "sound"}); status != 503 || !strings.Contains(string(body), "ollama pull all-minilm") {
		t.Errorf("after the model was deleted: %d %s", status, body)
	}
	if got := cures(exitFailed); got["model"] != "OLLAMA_HOST="+o.URL+" ollama pull all-minilm" {
		t.Errorf("doctor after the model was deleted: %v", got)
	}
	o.Create(ollamatest.Model, ollamatest.Retrained)

	// Change to another embedder and back while the server runs.
	for _, to := range []string{"builtin", "ollama"} {
		kindred(t, data, 0, "reembed", "--embedder", to, "--ollama-url", o.URL)
		eventually(t, 5*time.Second, "the server has changed to "+to, func() bool {
			var st struct {
				Space   string
				Pending int
			}
			s.get("/v1/status", &st)
			return strings.HasPrefix(st.Space, to+":") && st.Pending == 0
		})
		if status, body := s.request("POST", "/v1/similar", map[string]string{"text": "sound"}); status != 200 {
			t.Errorf("after changing to %s: %d %s", to, status, body)
		}
	}
	// A model that nobody has is not had by pulling; the old one goes on.
	if out := kindred(t, data, exitFailed, "reembed", "--pull", "--embedder", "ollama:no-such-model", "--ollama-url", o.URL); !strings.Contains(out, "pull no-such-model") {
		t.Errorf("pull: %s", out)
	}
	kindred(t, data, exitUsage, "reembed", "--pull", "--embedder", "builtin")
	o.Create("published", nil)
	published := "ollama:" + o.Publish("published")
	o.Delete("published")
	if out := kindred(t, data, exitUnavailable, "reembed", "--embedder", published, "--ollama-url", o.URL); !strings.Contains(out, "ollama pull") {
		t.Errorf("reembed without --pull: %s", out)
	}
	kindred(t, data, 0, "reembed", "--pull", "--embedder", published, "--ollama-url", o.URL)
	kindred(t, data, 0, "reembed", "--embedder", "ollama", "--ollama-url", o.URL)
	out = kindred(t, data, 0, "doctor", "--ollama-threads", "1", "--ollama-keep", "1h", "--ollama-url", o.URL)
	version, err := o.Client().Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"version " + version, "can do: embedding", "384 dimensions", "context of 512 tokens, the first 256 are read", "abstracts/s", o.URL + " (Ollama, on this machine); no other host"} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q:\n%s", want, out)
		}
	}
	// Shorter vectors of a model that was trained for them: by its name this one was.
	o.Create("nomic-embed-text", nil)
	if out := kindred(t, data, exitFailed, "reembed", "--embedder", "ollama:all-minilm", "--dim", "64", "--ollama-url", o.URL); !strings.Contains(out, "not trained for shorter") {
		t.Errorf("--dim with a model not made for it: %s", out)
	}
	if out := kindred(t, data, 0, "reembed", "--embedder", "ollama:nomic-embed-text", "--dim", "64", "--ollama-url", o.URL); !strings.Contains(out, "/64 now") {
		t.Errorf("--dim 64: %s", out)
	}
	eventually(t, 5*time.Second, "shorter vectors serve", func() bool {
		status, body := s.request("POST", "/v1/similar", map[string]string{"text": "sound"})
		return status == 200 && strings.Contains(string(body), `/64"`)
	})
	if out := kindred(t, data, 0, "doctor", "--ollama-url", o.URL); !strings.Contains(out, "64 dimensions of 384") {
		t.Errorf("doctor:\n%s", out)
	}
}
