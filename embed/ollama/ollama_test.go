package ollama

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"

	"kindred/embed"
	"kindred/embed/embedtest"
)

func TestFake(t *testing.T) {
	embedtest.TestEmbedder(t, func(t *testing.T) embed.Embedder { return start(t, new(fake), Options{}) })
}

func TestSpace(t *testing.T) {
	got := start(t, new(fake), Options{}).Space()
	want := embed.Space{
		Embedder: "ollama", Model: "all-minilm", Digest: digestA, Dim: 384,
		Join: embed.JoinRule, Truncate: "the first 256 tokens; words broken after 100 characters",
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	cases := []struct {
		name string
		show func(*api.ShowResponse)
		want string
	}{
		{"chat model", func(s *api.ShowResponse) { s.Capabilities = []model.Capability{model.CapabilityCompletion} }, "not an embedding model"},
		{"remote", func(s *api.ShowResponse) { s.RemoteHost = "https://example.org" }, "another machine"},
		{"no architecture", func(s *api.ShowResponse) { delete(s.ModelInfo, "general.architecture") }, "general.architecture"},
		{"no dimensions", func(s *api.ShowResponse) { delete(s.ModelInfo, "bert.embedding_length") }, "bert.embedding_length"},
		{"odd dimensions", func(s *api.ShowResponse) { s.ModelInfo["bert.embedding_length"] = -3.5 }, "bert.embedding_length"},
		{"no weights", func(s *api.ShowResponse) { s.Modelfile = "FROM all-minilm" }, "no weights"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(&fake{show: c.show})
			defer s.Close()
			_, err := New(t.Context(), Options{URL: s.URL, Model: "all-minilm"})
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, embed.ErrUnavailable) {
				t.Errorf("got error %v, want one about %q that does not wrap ErrUnavailable", err, c.want)
			}
		})
	}
	for _, o := range []Options{
		{URL: "127.0.0.1:11434", Model: "all-minilm"},
		{URL: "", Model: "all-minilm"},
		{URL: "ftp://localhost", Model: "all-minilm"},
		{URL: "http://localhost:1", Model: ""},
		{URL: "http://localhost:1", Model: "a b//c"},
		{URL: "http://localhost:1", Model: "all-minilm", Batch: -1},
	} {
		if _, err := New(t.Context(), o); err == nil || errors.Is(err, embed.ErrUnavailable) {
			t.Errorf("%+v: got error %v", o, err)
		}
	}
}

func TestUnavailable(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	_, err := New(t.Context(), Options{URL: gone.URL, Model: "all-minilm", Backoff: time.Millisecond})
	if !errors.Is(err, embed.ErrUnavailable) || !strings.Contains(err.Error(), "ollama serve") {
		t.Errorf("server down: got error %v", err)
	}
	s := httptest.NewServer(new(fake))
	defer s.Close()
	_, err = New(t.Context(), Options{URL: s.URL, Model: "bge-m3"})
	if !errors.Is(err, embed.ErrUnavailable) || !strings.Contains(err.Error(), "`ollama pull bge-m3`") {
		t.Errorf("model missing: got error %v", err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer web.Close()
	_, err = New(t.Context(), Options{URL: web.URL, Model: "all-minilm"})
	if !errors.Is(err, embed.ErrUnavailable) || !strings.Contains(err.Error(), "does not speak like ollama") {
		t.Errorf("another server: got error %v", err)
	}
}

func TestRequests(t *testing.T) {
	f := new(fake)
	e := start(t, f, Options{Batch: 2, Threads: 1})
	if _, err := e.Embed(t.Context(), embed.Document, []string{"one", "two", "bad \xff byte"}); err != nil {
		t.Fatal(err)
	}
	got := f.embedRequests()
	if len(got) != 2 || !slices.Equal(got[0].Input, []string{"one", "two"}) || !slices.Equal(got[1].Input, []string{"bad \uFFFD byte"}) {
		t.Fatalf("requests %+v", got)
	}
	for _, r := range got {
		if r.Truncate == nil || !*r.Truncate || r.Options["num_ctx"] != 256.0 || r.Options["num_thread"] != 1.0 {
			t.Errorf("request %+v: want truncate, num_ctx 256, num_thread 1", r)
		}
	}
}

// TestLies: every wrong answer is found, and told as what it is.
func TestLies(t *testing.T) {
	answer := func(vs ...[]float32) func(http.ResponseWriter, *http.Request, *request, func()) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ *request, _ func()) bool {
			json.NewEncoder(w).Encode(map[string]any{"embeddings": vs})
			return true
		}
	}
	unit := func(dim int) []float32 {
		v := make([]float32, dim)
		v[0] = 1
		return v
	}
	type lie = func(http.ResponseWriter, *http.Request, *request, func()) bool
	raw := func(code int, body string) lie {
		return func(w http.ResponseWriter, _ *http.Request, _ *request, _ func()) bool {
			w.WriteHeader(code)
			fmt.Fprint(w, body)
			return true
		}
	}
	// only lies about the second text.
	only := func(l lie) lie {
		return func(w http.ResponseWriter, r *http.Request, req *request, a func()) bool {
			return slices.Contains(req.Input, "second") && l(w, r, req, a)
		}
	}
	unavailable := func(err error) bool { return errors.Is(err, embed.ErrUnavailable) }
	space := func(err error) bool { return errors.Is(err, embed.ErrSpace) }
	plain := func(err error) bool { return !unavailable(err) && !space(err) && !isText(err, 1) }
	second := func(err error) bool { return isText(err, 1) && !unavailable(err) }
	zeros := func(w http.ResponseWriter, r *http.Request, req *request, a func()) bool {
		return answer(slices.Repeat([][]float32{make([]float32, 384)}, len(req.Input))...)(w, r, req, a)
	}
	cases := []struct {
		name  string
		embed lie
		right func(error) bool
		calls int // at /api/embed, 0 if it does not matter
	}{
		{"too few vectors", answer(unit(384)), plain, 1},
		{"too many vectors", answer(unit(384), unit(384), unit(384)), plain, 1},
		{"no vectors", answer(), plain, 1},
		{"wrong length", answer(unit(384), unit(383)), space, 1},
		{"zero vector", only(answer(unit(384), make([]float32, 384))), second, 2}, // both, a plain one
		{"zero vector for every text", zeros, unavailable, 2},
		{"NaN", raw(200, `{"embeddings":[[NaN],[1]]}`), unavailable, 1},
		{"number too large", raw(200, `{"embeddings":[[1e99],[1]]}`), unavailable, 1},
		{"not JSON", raw(200, `hello`), unavailable, 1},
		{"404", raw(404, `{"error":"model 'all-minilm' not found, try pulling it first"}`), unavailable, 1},
		{"500", raw(500, `{"error":"boom"}`), unavailable, 0},
		{"503", raw(503, `{"error":"server busy"}`), unavailable, 4},
		{"429", raw(429, `slow down`), unavailable, 4},
		{"401", raw(401, `{}`), plain, 1},
		{"400 for every text", raw(400, `{"error":"no"}`), unavailable, 3}, // both, the first, a plain one
		{"400 for one text", only(raw(400, `{"error":"embedding contains NaN or Inf values"}`)), second, 4},
		{"500 for one text", only(raw(500, `{"error":"runner crashed"}`)), second, 0},
		{"breaks off", func(w http.ResponseWriter, _ *http.Request, _ *request, _ func()) bool {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"embeddings":`)
			return true
		}, unavailable, 4},
		{"hangs up", func(http.ResponseWriter, *http.Request, *request, func()) bool { panic(http.ErrAbortHandler) }, unavailable, 4},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{embed: c.embed}
			e := start(t, f, Options{})
			vs, err := e.Embed(t.Context(), embed.Document, []string{"first", "second"})
			if err == nil || vs != nil || !c.right(err) {
				t.Errorf("got %d vectors, error %v", len(vs), err)
			}
			if n := len(f.embedRequests()); c.calls > 0 && n != c.calls {
				t.Errorf("%d requests, want %d", n, c.calls)
			}
		})
	}
}

func isText(err error, i int) bool {
	var te *embed.TextError
	return errors.As(err, &te) && te.Index == i
}

// The index of a text at fault is that in the whole call, past the first
// request.
func TestTextErrorInLaterRequest(t *testing.T) {
	f := &fake{embed: func(w http.ResponseWriter, _ *http.Request, req *request, _ func()) bool {
		if slices.Contains(req.Input, "bad") {
			fail(w, http.StatusBadRequest, "no")
			return true
		}
		return false
	}}
	_, err := start(t, f, Options{Batch: 2}).Embed(t.Context(), embed.Document, []string{"a", "b", "c", "bad", "e"})
	if !isText(err, 3) {
		t.Errorf("got error %v, want text 3", err)
	}
}

func TestTransientFailures(t *testing.T) {
	f := new(fake)
	f.embed = func(w http.ResponseWriter, _ *http.Request, _ *request, _ func()) bool {
		if len(f.embedRequests()) < 4 {
			fail(w, http.StatusServiceUnavailable, "loading")
			return true
		}
		return false
	}
	if _, err := start(t, f, Options{}).Embed(t.Context(), embed.Document, []string{"a"}); err != nil {
		t.Error(err)
	}
}

func TestTooLong(t *testing.T) {
	f := &fake{embed: func(w http.ResponseWriter, _ *http.Request, req *request, _ func()) bool {
		for _, s := range req.Input {
			if len(s) > 200 {
				fail(w, http.StatusBadRequest, "the input length exceeds the context length")
				return true
			}
		}
		return false
	}}
	e := start(t, f, Options{})
	long := strings.Repeat("é", 1000)
	vs, err := e.Embed(t.Context(), embed.Document, []string{"short", long, "also short"})
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.Embed(t.Context(), embed.Document, []string{"short", embed.Cut(long, 200), "also short"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range vs {
		if i != 1 && !slices.Equal(vs[i], want[i]) {
			t.Errorf("text %d has another vector because text 1 is too long", i)
		}
	}
	for _, r := range f.embedRequests() {
		for _, s := range r.Input {
			if strings.ContainsRune(s, '\uFFFD') {
				t.Errorf("a character was cut in two: %q", s[len(s)-4:])
			}
		}
	}
}

func TestWeightsChange(t *testing.T) {
	var mu sync.Mutex
	digest, dim := digestA, 384.0
	f := &fake{show: func(s *api.ShowResponse) {
		mu.Lock()
		defer mu.Unlock()
		s.Modelfile = modelfile(digest) + "LICENSE changed\n"
		s.ModelInfo["bert.embedding_length"] = dim
	}}
	e := start(t, f, Options{})
	if _, err := e.Embed(t.Context(), embed.Document, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	digest = digestB
	mu.Unlock()
	if vs, err := e.Embed(t.Context(), embed.Document, []string{"a"}); !errors.Is(err, embed.ErrSpace) || vs != nil {
		t.Errorf("after the weights changed: %d vectors, error %v", len(vs), err)
	}
}

// Cancelling while waiting to try again returns at once.
func TestCancelDuringBackoff(t *testing.T) {
	f := &fake{embed: func(w http.ResponseWriter, _ *http.Request, _ *request, _ func()) bool {
		fail(w, http.StatusServiceUnavailable, "busy")
		return true
	}}
	e := start(t, f, Options{Backoff: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Embed(ctx, embed.Document, []string{"a"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v", err)
	}
}

func TestNoGoroutineStays(t *testing.T) {
	s := httptest.NewServer(new(fake))
	before := runtime.NumGoroutine()
	e, err := New(t.Context(), Options{URL: s.URL, Model: "all-minilm"})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := e.Embed(t.Context(), embed.Document, []string{"a"}); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("texts went elsewhere") }))
	defer other.Close()
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	if _, err := New(t.Context(), Options{URL: s.URL, Model: "all-minilm"}); err == nil {
		t.Error("no error")
	}
}

func TestProbe(t *testing.T) {
	s := httptest.NewServer(new(fake))
	defer s.Close()
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // until then, the server does not notice that the client left
		<-r.Context().Done()
	}))
	defer stuck.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, c := range []struct {
		url, model string
		want       State
	}{
		{s.URL, "all-minilm", Ready},
		{s.URL, "nomic-embed-text", Missing},
		{stuck.URL, "all-minilm", Unreachable},
		{gone.URL, "all-minilm", Unreachable},
		{"nonsense", "all-minilm", Unreachable},
	} {
		begin := time.Now()
		got, err := Probe(t.Context(), c.url, c.model)
		if got != c.want || (err == nil) != (got == Ready) {
			t.Errorf("%s %s: got %v, error %v, want %v", c.url, c.model, got, err, c.want)
		}
		if d := time.Since(begin); d > 3*time.Second {
			t.Errorf("%s: took %v", c.url, d)
		}
	}
}

func TestWeights(t *testing.T) {
	a, b := digestA[7:], digestB[7:]
	one, err := weights("FROM /x/sha256-" + a + "\n")
	if err != nil || one != digestA {
		t.Errorf("one file: %s, %v", one, err)
	}
	two, err := weights("FROM /x/sha256-" + a + "\nADAPTER /x/sha256-" + b + "\n")
	if err != nil || two == one || len(two) != len(one) {
		t.Errorf("with an adapter: %s, %v", two, err)
	}
	windows, err := weights("# FROM m\nFROM C:\\Users\\A B\\blobs\\sha256-" + a + "\r\n")
	if err != nil || windows != digestA {
		t.Errorf("windows: %s, %v", windows, err)
	}
}
