package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"kindred/embed"
	"kindred/embed/ollama/ollamatest"
	"kindred/engine"
)

// vectorsOf returns what a data directory holds in its active space, by key.
func vectorsOf(t *testing.T, data string) (map[engine.Key]embed.Vector, string) {
	t.Helper()
	ctx := context.Background()
	store, err := openStore(ctx, Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	_, active, err := store.Spaces(ctx)
	if err != nil {
		t.Fatal(err)
	}
	changes, _, err := store.Changes(ctx, active, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	out := map[engine.Key]embed.Vector{}
	for _, c := range changes {
		if _, twice := out[c.Key]; twice {
			t.Errorf("%s is there twice", c.Key)
		}
		if c.Vector != nil {
			out[c.Key] = c.Vector
		}
	}
	return out, active
}

// sameVectors compares bit by bit.
func sameVectors(t *testing.T, what string, got, want map[engine.Key]embed.Vector) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d vectors, want %d", what, len(got), len(want))
	}
	for k, v := range got {
		if !slices.Equal(v, want[k]) {
			t.Errorf("%s: %s has another vector", what, k)
			return
		}
	}
}

// abstracts is a file of papers: made-up ones in the gate, KINDRED_ABSTRACTS
// real ones in make soak.
func abstracts(t *testing.T) (file string, n int) {
	t.Helper()
	s := os.Getenv("KINDRED_ABSTRACTS")
	if s == "" {
		return jsonl(t, 40), 40
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("KINDRED_ABSTRACTS=%q", s)
	}
	from, ok := shared("data/corpus/mixed-10k.jsonl.gz")
	if !ok {
		t.Fatalf("no real papers: %s is not there", from)
	}
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "papers.jsonl")
	var out strings.Builder
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for range n {
		if !lines.Scan() {
			t.Fatal("fewer papers than that")
		}
		out.Write(append(lines.Bytes(), '\n'))
	}
	write(t, file, out.String())
	return file, n
}

// The same papers embedded in batches of 1, 8 and 64, and by two processes that
// take turns, have the same vectors bit by bit.
func TestVectorsDoNotDependOnBatchOrProcess(t *testing.T) {
	o := ollamatest.Start(t)
	file, n := abstracts(t)
	with := []string{"--embedder", "ollama", "--ollama-url", o.URL}
	var want map[engine.Key]embed.Vector
	for _, batch := range []string{"1", "8", "64"} {
		data := t.TempDir()
		begun := time.Now()
		kindred(t, data, 0, append([]string{"import", file, "--ollama-batch", batch}, with...)...)
		got, space := vectorsOf(t, data)
		t.Logf("batches of %s: %d vectors of %s in %v", batch, len(got), space, time.Since(begun).Round(time.Second))
		if want == nil {
			want = got
		}
		sameVectors(t, "batches of "+batch, got, want)
	}
	if len(want) != n {
		t.Fatalf("%d vectors of %d papers", len(want), n)
	}
	data := t.TempDir()
	kindred(t, data, 0, append([]string{"import", "--no-embed", file}, with...)...)
	a := startServer(t, data, with...)
	b := startServer(t, data, with...)
	embedded := func(s *server) int {
		var st struct{ Embedded int }
		s.get("/v1/status", &st)
		return st.Embedded
	}
	eventually(t, 5*time.Minute, "one of them has begun", func() bool { return embedded(a) > 0 })
	turn := embedded(a)
	// Interrupted, it gives the right to embed back; if it had none, the other goes on.
	if err := a.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	a.cmd.Wait()
	eventually(t, 30*time.Minute, "all is embedded", func() bool { return embedded(b) == n })
	got, _ := vectorsOf(t, data)
	t.Logf("two processes: the first ended at %d of %d", turn, n)
	if n >= 500 && turn >= n {
		t.Error("one process did it all: nothing was shown")
	}
	sameVectors(t, "two processes", got, want)
}

// An Ollama that answers wrongly, in whatever way, gets no wrong vector into the
// store; what it could not do is done once it answers rightly again.
func TestLyingOllama(t *testing.T) {
	o := ollamatest.Start(t)
	file := jsonl(t, 24)
	honest := t.TempDir()
	kindred(t, honest, 0, "import", file, "--embedder", "ollama", "--ollama-url", o.URL)
	want, _ := vectorsOf(t, honest)
	if len(want) != 24 {
		t.Fatalf("%d vectors", len(want))
	}

	target, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	var lie atomic.Pointer[func(map[string]any) (body string, whole bool)]
	var lies atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // an answer that breaks off is meant to
	proxy.ModifyResponse = func(r *http.Response) error {
		f := lie.Load()
		if f == nil || r.Request.URL.Path != "/api/embed" {
			return nil
		}
		return lied(r, *f, &lies)
	}
	liar := serveHandler(t, proxy)
	data := t.TempDir()
	kindred(t, data, 0, "import", "--no-embed", file, "--embedder", "ollama", "--ollama-url", liar)
	vectors := func(m map[string]any) []any { return m["embeddings"].([]any) }
	each := func(f func([]any) any) func(map[string]any) (string, bool) {
		return func(m map[string]any) (string, bool) {
			for i, v := range vectors(m) {
				vectors(m)[i] = f(v.([]any))
			}
			return encode(t, m), true
		}
	}
	for _, c := range []struct {
		name string
		lie  func(map[string]any) (string, bool)
		code int
	}{
		{"NaN", func(m map[string]any) (string, bool) {
			return strings.Replace(encode(t, m), "[[", "[[NaN,", 1), true
		}, exitUnavailable},
		{"one vector too few", func(m map[string]any) (string, bool) {
			m["embeddings"] = vectors(m)[1:]
			return encode(t, m), true
		}, exitFailed},
		{"none", func(map[string]any) (string, bool) { return `{"embeddings":[]}`, true }, exitFailed},
		{"too short", each(func(v []any) any { return v[:383] }), exitUnavailable},
		{"all zero", each(func(v []any) any {
			for i := range v {
				v[i] = 0
			}
			return v
		}), exitUnavailable},
		{"half an answer", func(m map[string]any) (string, bool) { b := encode(t, m); return b[:len(b)/2], false }, exitUnavailable},
		{"killed meanwhile", func(m map[string]any) (string, bool) { o.Kill(); b := encode(t, m); return b[:len(b)/2], false }, exitUnavailable},
	} {
		lie.Store(&c.lie)
		before := lies.Load()
		if out := kindred(t, data, c.code, "import", file, "--ollama-url", liar); !strings.Contains(out, "every record is stored") {
			t.Errorf("%s: %s", c.name, out)
		}
		if lies.Load() == before {
			t.Errorf("%s: no lie was told", c.name)
		}
		if got, _ := vectorsOf(t, data); len(got) != 0 {
			t.Errorf("%s: %d vectors stored", c.name, len(got))
		}
	}
	lie.Store(nil)
	o.Run()
	kindred(t, data, 0, "import", file, "--ollama-url", liar)
	got, _ := vectorsOf(t, data)
	sameVectors(t, "honest again", got, want)
}

func encode(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// serveHandler serves h until the test ends and returns its URL.
func serveHandler(t *testing.T, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// lied replaces an answer by what lie makes of it. One that is not whole breaks
// off.
func lied(r *http.Response, lie func(map[string]any) (string, bool), lies *atomic.Int64) error {
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return err
	}
	lies.Add(1)
	body, whole := lie(m)
	var rest io.Reader = strings.NewReader("")
	length := len(body)
	if !whole {
		rest, length = iotest.ErrReader(io.ErrUnexpectedEOF), 2*len(body)
	}
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), rest))
	r.ContentLength = int64(length)
	r.Header.Set("Content-Length", strconv.Itoa(length))
	return nil
}
