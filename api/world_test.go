package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/importer"
	"kindred/engine/sqlite"
)

const (
	host     = "127.0.0.1:8765"
	operator = "secret-of-the-operator"
)

// corpus is what every world holds, in the format of uploads.
const corpus = `{"id":"arxiv:2503.11731","title":"Speech separation with transformers","abstract":"We separate speech of several speakers with transformers.","authors":["A. One","B. Two"],"date":"2025-03-18","categories":["cs.SD","eess.AS"]}
{"id":"arxiv:hep-th/9901001","title":"Strings on a circle","abstract":"A quantum string on a circle.","date":"1999-01","categories":["hep-th"]}
{"id":"doi:10.1145/3292500.3330701","title":"Optuna","abstract":"A framework for hyperparameter search.","date":"2019","categories":["cs.LG"]}
{"id":"lab:100%","title":"An id with a percent sign","abstract":"Percent signs must survive paths."}
{"id":"lab:größe?#&+","title":"An id with everything","abstract":"Everything else must survive paths, too."}
{"id":"arxiv:2306.01202","title":"Speech enhancement with recurrent networks","abstract":"We enhance noisy speech of speakers with recurrent networks.","date":"2023-06-02","categories":["cs.SD"]}
{"id":"arxiv:2206.00001","title":"Neural operators for PDEs","abstract":"Neural operators solve partial differential equations.","date":"2022-06-01","categories":["cs.LG","math.NA"]}
{"id":"arxiv:2206.00002","title":"Neural differential equations","abstract":"Neural networks that are differential equations.","date":"2022-06-02","categories":["cs.LG"]}
{"id":"arxiv:2206.00003","title":"<script>alert('title')</script>","abstract":"</pre><img src=x onerror=alert(1)>","date":"2022-06-03","categories":["cs.CR"]}
`

// A world is a server over a real engine with the corpus in it.
type world struct {
	t       testing.TB
	engine  *engine.Engine
	options Options
	later   atomic.Int64 // nanoseconds that the engine's clock has gone on
	http.Handler
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	ctx := t.Context()
	embedder := embedtest.Hash(64)
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "kindred.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	index, err := chromem.New(embedder.Space())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t}
	begin := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return begin.Add(time.Duration(w.later.Load())) }
	e, err := engine.New(ctx, engine.Options{Store: store, Index: index, Embedder: embedder, Owner: "test", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	w.engine = e
	var papers []engine.Paper
	for p, err := range importer.JSONL(strings.NewReader(corpus)) {
		if err != nil {
			t.Fatal(err)
		}
		papers = append(papers, p)
	}
	if _, err := e.PutPapers(ctx, "test", papers); err != nil {
		t.Fatal(err)
	}
	w.settle()
	follow, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { _ = e.Follow(follow) }) // ends with its context
	t.Cleanup(func() { stop(); done.Wait() })
	o := Options{
		Version: "v0-test", Hosts: []string{host, "localhost:8765", "[::1]:8765"}, OperatorSecret: operator, Papers: jsonl,
	}
	if change != nil {
		change(&o)
	}
	w.options = o
	if w.Handler, err = New(e, o); err != nil {
		t.Fatal(err)
	}
	return w
}

// settle embeds what waits and makes it searchable.
func (w *world) settle() {
	w.t.Helper()
	if _, err := w.engine.Sync(w.t.Context(), nil); err != nil {
		w.t.Fatal(err)
	}
	if err := w.engine.CatchUp(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// lineError gives the importer's errors the method that api asks for.
type lineError struct{ *importer.LineError }

func (e lineError) LineNumber() int { return e.Line }

func jsonl(r io.Reader) iter.Seq2[engine.Paper, error] {
	return func(yield func(engine.Paper, error) bool) {
		for p, err := range importer.JSONL(r) {
			var bad *importer.LineError
			if errors.As(err, &bad) {
				err = lineError{bad}
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// token makes a token.
func (w *world) token(user string, scopes ...string) string {
	w.t.Helper()
	secret, _, err := w.engine.CreateToken(w.t.Context(), user, "test", scopes, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// request makes one as a program on this machine sends it. A body without a
// Content-Type among the headers is JSON. Headers are "Name: value"; Host and
// Peer set the host asked for and the TCP peer.
func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://"+host+target, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.RemoteAddr = "127.0.0.1:50000"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		switch name {
		case "Host":
			r.Host = value
		case "Peer":
			r.RemoteAddr = value
		default:
			r.Header.Add(name, value)
			if name == "Content-Type" {
				r.Header.Set(name, value)
			}
		}
	}
	return r
}

// do sends a request, and checks what must be true of every answer.
func do(t testing.TB, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	checkAnswer(t, r.Method+" "+r.URL.String(), rec.Code, rec.Header(), rec.Body.Bytes())
	return rec
}

func (w *world) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	return do(w.t, w, request(method, target, body, headers...))
}

func checkAnswer(t testing.TB, what string, status int, h http.Header, body []byte) {
	t.Helper()
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") || name == "Link" {
			t.Errorf("%s: header %s: %s", what, name, h[name])
		}
	}
	cache := "no-store"
	if status == 200 && regexp.MustCompile(`^[A-Z]+ (http://[^/]+)?/static/`).MatchString(what) {
		cache = "public, max-age=31536000, immutable"
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": cache, "Kindred-Api": "1",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q, want %q", what, name, h.Get(name), want)
		}
	}
	if h.Get("X-Request-Id") == "" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s: headers lack a request id or a content policy: %v", what, h)
	}
	if strings.Contains(string(body), "$schema") {
		t.Errorf("%s: the answer holds a $schema", what)
	}
	if isPage := strings.HasPrefix(h.Get("Content-Type"), "text/html"); status < 400 || isPage {
		if isPage {
			checkPage(t, what, string(body), h.Get("Content-Security-Policy"))
		}
		return
	}
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil || h.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d is not problem+json: %s: %s", what, status, h.Get("Content-Type"), body)
		return
	}
	if p.Status != status || p.Code == "" || p.Title == "" || p.Type != "/docs#"+p.Code || p.RequestID != h.Get("X-Request-Id") {
		t.Errorf("%s: %d: incomplete problem: %s", what, status, body)
	}
	if newProblem(p.Code, "").Status != status {
		t.Errorf("%s: code %s does not go with status %d", what, p.Code, status)
	}
}

// problemOf reads a problem.
func problemOf(t testing.TB, rec *httptest.ResponseRecorder) Problem {
	t.Helper()
	return decode[Problem](t, rec)
}

func decode[T any](t testing.TB, rec *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	dec := json.NewDecoder(strings.NewReader(rec.Body.String()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%d: %v: %s", rec.Code, err, rec.Body)
	}
	return v
}

// fake answers with err, or does what hook does; the embedded engine answers
// everything else.
type fake struct {
	Engine
	search func(ctx context.Context) (engine.List, error)
}

func (f *fake) Search(ctx context.Context, _ string, _ int) (engine.List, error) {
	return f.search(ctx)
}

func newFake(t testing.TB, log *slog.Logger, search func(context.Context) (engine.List, error)) http.Handler {
	t.Helper()
	w := newWorld(t, nil)
	h, err := New(&fake{w.engine, search}, Options{Hosts: []string{host}, Papers: jsonl, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func decodeLoose(t testing.TB, rec *httptest.ResponseRecorder, v any) {
	t.Helper()
	if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil || rec.Code != 200 {
		t.Fatalf("%d: %v: %s", rec.Code, err, rec.Body)
	}
}
