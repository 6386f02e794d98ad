package ollama

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
)

func TestPrompts(t *testing.T) {
	for _, c := range []struct{ model, document, query string }{
		{"all-minilm", "", ""},
		{"nomic-embed-text:v1.5", "clustering: ", "clustering: "},
		{"registry.example/me/Nomic-Embed-Text", "clustering: ", "clustering: "},
		{"jeffh/intfloat-multilingual-e5-large", "query: ", "query: "},
		{"bge-m3", "", ""},
		{"bge-large:335m", "", "Represent this sentence for searching relevant passages: "},
		{"snowflake-arctic-embed2", "", "query: "},
		{"yoeven/multilingual-e5-large-instruct", "", "Instruct: Given a description of a research topic, retrieve papers on that topic\nQuery: "},
		{"nomic-embed-text-v2-moe", "search_document: ", "search_query: "},
		{"nomic-embed-text-mirror/unknown", "", ""}, // only the last part is the model's name
	} {
		if f := familyOf(c.model); f.prompt(false) != c.document || f.prompt(true) != c.query {
			t.Errorf("%s: got prompts %q, %q", c.model, f.document, f.query)
		}
	}
}

// The prompt reaches the server and the space.
func TestPromptIsSent(t *testing.T) {
	f := new(fake)
	e := start(t, f, Options{})
	e.family = family{document: "d: ", query: "q: "}
	for _, kind := range []embed.Kind{embed.Document, embed.Query} {
		if _, err := e.Embed(t.Context(), kind, []string{"text"}); err != nil {
			t.Fatal(err)
		}
	}
	got := f.embedRequests()
	if got[0].Input[0] != "d: text" || got[1].Input[0] != "q: text" {
		t.Errorf("sent %q and %q", got[0].Input, got[1].Input)
	}
}

// Shorter vectors are asked of the server, are the first numbers of the whole
// ones, and are of a space of their own.
func TestShorterVectors(t *testing.T) {
	f := new(fake)
	whole := start(t, f, Options{Model: "embeddinggemma"})
	short := start(t, f, Options{Model: "embeddinggemma", Dim: 128})
	texts := []string{"one text", "another text"}
	want, err := whole.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := short.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if err := got[i].Check(128); err != nil {
			t.Error(err)
		}
		if cos := float64(embed.Dot(got[i], want[i][:128].Unit())); math.Abs(cos-1) > 1e-6 {
			t.Errorf("text %d: not the first numbers of the whole vector: cosine %v", i, cos)
		}
	}
	reqs := f.embedRequests()
	if reqs[0].Dimensions != 0 || reqs[1].Dimensions != 128 {
		t.Errorf("asked for %d and %d dimensions", reqs[0].Dimensions, reqs[1].Dimensions)
	}
	a, b := whole.Space(), short.Space()
	if a.ID() == b.ID() || a.Full != 0 || b.Dim != 128 || b.Full != 384 || b.Flags() != "--embedder ollama:embeddinggemma --dim 128" {
		t.Errorf("spaces %+v and %+v", a, b)
	}
	if same := start(t, f, Options{Model: "embeddinggemma", Dim: 384}).Space(); same != a {
		t.Errorf("asking for all dimensions gives another space: %+v", same)
	}
	f.embed = func(_ http.ResponseWriter, _ *http.Request, req *request, _ func()) bool {
		req.Dimensions = 0 // as Ollama before 2025-09
		return false
	}
	if vs, err := short.Embed(t.Context(), embed.Document, texts); err == nil || vs != nil || !strings.Contains(err.Error(), "update Ollama") || errors.Is(err, embed.ErrSpace) {
		t.Errorf("a server that does not shorten: %d vectors, error %v", len(vs), err)
	}
	f.embed = func(w http.ResponseWriter, _ *http.Request, req *request, _ func()) bool {
		json.NewEncoder(w).Encode(map[string]any{"embeddings": slices.Repeat([][]float32{append([]float32{3}, make([]float32, 127)...)}, len(req.Input))})
		return true
	}
	if vs, err := short.Embed(t.Context(), embed.Document, texts); err != nil || vs[1].Check(128) != nil {
		t.Errorf("a server that does not normalise again: %v", err)
	}
}

func TestShorterVectorsRefused(t *testing.T) {
	s := httptest.NewServer(new(fake))
	defer s.Close()
	for _, c := range []struct {
		model string
		dim   int
		want  string
	}{
		{"all-minilm", 128, "not trained for shorter"},
		{"all-minilm", 128, "nomic-embed-text"}, // what to use instead
		{"embeddinggemma", 64, "want 128 to 384"},
		{"embeddinggemma", 512, "want 128 to 384"},
		{"embeddinggemma", -1, "negative"},
	} {
		_, err := New(t.Context(), Options{URL: s.URL, Model: c.model, Dim: c.dim})
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, embed.ErrUnavailable) {
			t.Errorf("%s with %d dimensions: got error %v, want one about %q", c.model, c.dim, err, c.want)
		}
	}
}
