package main

import (
	"encoding/json"
	"net/url"
	"os"
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
	s := startServer(t, data, "--ollama-url", o.URL)
	var l items
	s.get("/v1/search?limit=5&q="+url.QueryEscape("the flow of liquids"), &l)
	for _, it := range l.Items { // jsonl writes about fluids in every fourth paper, from 1
		if n, err := strconv.Atoi(strings.TrimPrefix(it.Paper.ID, "test:")); err != nil || n%4 != 1 {
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
	if out := kindred(t, data, 0, "doctor", "--ollama-threads", "1", "--ollama-keep", "1h", "--ollama-url", o.URL); !strings.Contains(out, "384 dimensions") {
		t.Errorf("doctor:\n%s", out)
	}
}
