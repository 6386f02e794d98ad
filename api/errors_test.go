package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/engine"
)

// TestErrors asks for what cannot be had. checkAnswer sees to it that every
// refusal is a whole problem.
func TestErrors(t *testing.T) {
	w := newWorld(t, nil)
	big := strings.Repeat("x", maxBody)
	text := []string{"Content-Type: text/plain"}
	for _, c := range []struct {
		method, target, body string
		headers              []string
		status               int
		code, detail         string
	}{
		{"GET", "/v1/papers/arxiv:9999.99999", "", nil, 404, "not_found", "arxiv:9999.99999"},
		{"GET", "/v1/papers/arxiv:9999.99999/similar", "", nil, 404, "not_found", ""},
		{"DELETE", "/v1/papers/arxiv:9999.99999", "", nil, 404, "not_found", ""},
		{"PUT", "/v1/users/me/likes/arxiv:9999.99999", "", nil, 404, "not_found", ""},
		{"DELETE", "/v1/users/me/likes/arxiv:9999.99999", "", nil, 404, "not_found", ""},
		{"POST", "/v1/users/me/seen", `{"ids":["arxiv:9999.99999"]}`, nil, 404, "not_found", ""},
		{"POST", "/v1/similar", `{"id":"arxiv:9999.99999"}`, nil, 404, "not_found", ""},
		{"POST", "/v1/recommendations", `{"positive":["arxiv:9999.99999"]}`, nil, 404, "not_found", ""},
		{"GET", "/v1/papers/nonsense", "", nil, 422, "invalid", "nonsense"},
		{"GET", "/v1/papers/%FF", "", nil, 422, "invalid", "UTF-8"},
		{"GET", "/v1/papers/a%00b", "", nil, 422, "invalid", "UTF-8"},

		{"GET", "/nothing", "", nil, 404, "no_route", ""},
		{"GET", "/v1/papers/", "", nil, 404, "no_route", ""},
		{"GET", "/v1/papers/a/b", "", nil, 404, "no_route", "%2F"},
		{"GET", "//v1/status", "", nil, 404, "no_route", ""},
		{"GET", "/v1/status/", "", nil, 404, "no_route", ""},
		{"GET", "/openapi.yaml", "", nil, 404, "no_route", ""},
		{"GET", "/schemas/Paper.json", "", nil, 404, "no_route", ""},
		{"POST", "/nothing", "{}", nil, 404, "no_route", ""},
		{"PATCH", "/v1/papers/2503.11731", "{}", nil, 405, "method", ""},
		{"POST", "/v1/search", "{}", nil, 405, "method", ""},
		{"POST", "/docs", "{}", nil, 405, "method", ""},
		{"TRACE", "/v1/search", "", nil, 405, "method", ""},

		{"GET", "/v1/search?q=x&limit=201", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/search?q=x&limit=0", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/search?q=x&limit=-1", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/search?q=x&limit=many", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/search?q=x&limit=9999999999999999999999", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/search?q=x&limit=%zz", "", nil, 422, "invalid", "query"},
		{"GET", "/v1/search?q=%FF", "", nil, 422, "invalid", "UTF-8"},
		{"GET", "/v1/search", "", nil, 422, "invalid", "query.q"},
		{"GET", "/v1/search?q=+", "", nil, 422, "invalid", ""},
		{"GET", "/v1/latest?limit=1000", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/latest?cursor=forged", "", nil, 422, "invalid", "cursor"},
		{"GET", "/v1/users/me/feed?cursor=forged", "", nil, 422, "invalid", "cursor"},
		{"GET", "/v1/users/me/feed?limit=201", "", nil, 422, "invalid", "query.limit"},
		{"GET", "/v1/users/me/feed?unseen=maybe", "", nil, 422, "invalid", "query.unseen"},
		{"GET", "/v1/users/me/feed?since=soon", "", nil, 422, "invalid", "soon"},
		{"GET", "/v1/users/me/feed?since=2025-02-30", "", nil, 422, "invalid", ""},
		{"GET", "/v1/users/me/likes?kind=seen", "", nil, 422, "invalid", "query.kind"},
		{"GET", "/v1/users/Nobody/feed", "", nil, 422, "invalid", "Nobody"},
		{"PUT", "/v1/users/a%2Fb/likes/2503.11731", "", nil, 422, "invalid", "a/b"},

		{"POST", "/v1/similar", "", []string{"Content-Type: application/json"}, 400, "malformed", ""},
		{"POST", "/v1/similar", "not json", nil, 400, "malformed", "not JSON"},
		{"POST", "/v1/similar", `{"text":"a"`, nil, 400, "malformed", ""},
		{"POST", "/v1/similar", `{"text":"a"} {}`, nil, 400, "malformed", ""},
		{"POST", "/v1/similar", "{\"text\":\"\xff\"}", nil, 400, "malformed", ""},
		{"POST", "/v1/similar", `null`, nil, 422, "invalid", "object"},
		{"POST", "/v1/similar", `[]`, nil, 422, "invalid", "object"},
		{"POST", "/v1/similar", `{}`, nil, 422, "invalid", "give an id"},
		{"POST", "/v1/similar", `{"text":"a","id":"2503.11731"}`, nil, 422, "invalid", "give an id"},
		{"POST", "/v1/similar", `{"abstract":"a"}`, nil, 422, "invalid", "title"},
		{"POST", "/v1/similar", `{"text":"a","limit":201}`, nil, 422, "invalid", "body.limit"},
		{"POST", "/v1/similar", `{"text":"a","limit":0}`, nil, 422, "invalid", "body.limit"},
		{"POST", "/v1/similar", `{"text":"a","limit":1.5}`, nil, 422, "invalid", "body.limit"},
		{"POST", "/v1/similar", `{"text":"a","limit":"5"}`, nil, 422, "invalid", "body.limit"},
		{"POST", "/v1/similar", `{"text":7}`, nil, 422, "invalid", "body.text"},
		{"POST", "/v1/similar", `{"txt":"a"}`, nil, 422, "invalid", "body"},
		{"POST", "/v1/similar", `{"` + strings.Repeat("k", 500_000) + `":1}`, nil, 422, "invalid", "body.kkk"},
		{"GET", "/v1/papers/" + strings.Repeat("n", 50_000), "", nil, 422, "invalid", "id"},
		{"PUT", "/v1/users/" + strings.Repeat("n", 50_000) + "/likes/2503.11731", "", nil, 422, "invalid", "user"},
		{"GET", "/v1/users/me/feed?since=" + strings.Repeat("n", 50_000), "", nil, 422, "invalid", "date"},
		{"POST", "/v1/similar", `{"text":"` + strings.Repeat("x ", 20<<10) + `"}`, nil, 422, "invalid", "bytes"},
		{"POST", "/v1/similar", `{"text":"` + big + `"}`, nil, 413, "too_large", "1 MiB"},
		{"POST", "/v1/similar", `{"text":"a"}`, text, 415, "media_type", ""},
		{"POST", "/v1/similar", `{"text":"a"}`, []string{"Content-Type: "}, 415, "media_type", ""},
		{"POST", "/v1/similar", `{"text":"a"}`, []string{"Content-Type: application/x-ndjson"}, 415, "media_type", ""},
		{"POST", "/v1/similar", `{"text":"a"}`, []string{"Content-Type: text/plain; x=application/json"}, 415, "media_type", ""},
		{"POST", "/v1/similar", `{"text":"a"}`, []string{"Content-Encoding: gzip"}, 415, "media_type", "compressed"},
		{"POST", "/v1/recommendations", `{}`, nil, 422, "invalid", "positive"},
		{"POST", "/v1/recommendations", `{"positive":[]}`, nil, 422, "invalid", "positive"},
		{"POST", "/v1/recommendations", `{"positive":null}`, nil, 422, "invalid", "positive"},
		{"POST", "/v1/recommendations", `{"positive":["nonsense"]}`, nil, 422, "invalid", "nonsense"},
		{"POST", "/v1/recommendations", `{"positive":["a:b"` + strings.Repeat(`,"a:b"`, 500) + `]}`, nil, 422, "invalid", "positive"},
		{"POST", "/v1/recommendations", `{"positive":["2503.11731"],"negative":["a:b"` + strings.Repeat(`,"a:b"`, 100_000) + `]}`, nil, 422, "invalid", "negative"},
		{"PUT", "/v1/users/me/likes/2503.11731", `{"at":"yesterday"}`, nil, 422, "invalid", "body.at"},
		{"PUT", "/v1/users/me/likes/2503.11731", `{"at":"2999-01-01T00:00:00Z"}`, nil, 422, "invalid", "2999"},
		{"PUT", "/v1/users/me/likes/2503.11731", `at=now`, nil, 400, "malformed", ""},
		{"PUT", "/v1/users/me/likes/2503.11731", `{}`, text, 415, "media_type", ""},
		{"PUT", "/v1/users/me/likes/2503.11731", "", text, 415, "media_type", ""},
		{"DELETE", "/v1/papers/2503.11731", `{}`, text, 415, "media_type", ""},
		{"POST", "/v1/users/me/seen", `{"ids":[]}`, nil, 422, "invalid", "ids"},
		{"POST", "/v1/users/me/seen", `{"ids":["a:b"` + strings.Repeat(`,"a:b"`, 1000) + `]}`, nil, 422, "invalid", "ids"},
	} {
		what := fmt.Sprintf("%s %.100s %.60s %v", c.method, c.target, c.body, c.headers)
		rec := w.do(c.method, c.target, c.body, c.headers...)
		p := problemOf(t, rec)
		if rec.Code != c.status || p.Code != c.code {
			t.Errorf("%s: %d %s, want %d %s: %s", what, rec.Code, p.Code, c.status, c.code, rec.Body)
		}
		if !strings.Contains(fmt.Sprint(p.Detail, p.Errors), c.detail) {
			t.Errorf("%s: no %q in %+v", what, c.detail, p)
		}
		if rec.Body.Len() > 4000 {
			t.Errorf("%s: the problem has %d bytes", what, rec.Body.Len())
		}
	}
	if allow := w.do("PATCH", "/v1/papers/2503.11731", "{}").Header().Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "DELETE") || strings.Contains(allow, "OPTIONS") {
		t.Errorf("Allow: %q", allow)
	}
}

// TestManyFaults breaks the rules in more ways than are listed, twice.
func TestManyFaults(t *testing.T) {
	w := newWorld(t, nil)
	var body strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&body, `"k%05d":%d,`, i, i)
	}
	first := problemOf(t, w.do("POST", "/v1/similar", "{"+body.String()+`"text":7}`))
	if len(first.Errors) != maxFaults || first.Code != "invalid" || first.Errors[0].Location != "body.k00000" {
		t.Errorf("%d faults: %+v", len(first.Errors), first)
	}
	second := problemOf(t, w.do("POST", "/v1/similar", "{"+body.String()+`"text":7}`))
	if !reflect.DeepEqual(first.Errors, second.Errors) {
		t.Errorf("%v\nthen %v", first.Errors, second.Errors)
	}
}

// TestSecondPage sends cursors to where they do not belong.
func TestSecondPage(t *testing.T) {
	w := newWorld(t, nil)
	next := *decode[List](t, w.do("GET", "/v1/latest?limit=1", "")).Next
	altered := []byte(next)
	altered[len(altered)/2] ^= 1
	for target, status := range map[string]int{
		"/v1/latest?limit=3&cursor=" + next:               200,
		"/v1/latest?category=cs.LG&cursor=" + next:        422,
		"/v1/users/me/feed?cursor=" + next:                422,
		"/v1/users/me/likes?cursor=" + next:               422,
		"/v1/latest?cursor=" + string(altered):            422,
		"/v1/latest?cursor=" + next + next:                422,
		"/v1/latest?cursor=" + strings.Repeat("A", 1<<16): 422,
	} {
		if rec := w.do("GET", target, ""); rec.Code != status {
			t.Errorf("%.60s: %d, want %d: %s", target, rec.Code, status, rec.Body)
		}
	}
}

// TestCauses lets the engine fail, and looks at what the client and the log are
// told.
func TestCauses(t *testing.T) {
	secret := errors.New("sql: table papers is on fire")
	for _, c := range []struct {
		err            error
		status         int
		code           string
		told, logged   bool // does the detail, the log hold the error's text?
		retry, isPanic bool
	}{
		{err: fmt.Errorf("search: %w: start ollama", embed.ErrUnavailable), status: 503, code: "unavailable", told: true, logged: true, retry: true},
		{err: fmt.Errorf("search: %w: reembed", embed.ErrSpace), status: 503, code: "space_changed", told: true, logged: true, retry: true},
		{err: fmt.Errorf("search: %w", engine.ErrGone), status: 410, code: "gone", told: true},
		{err: fmt.Errorf("search: %w", engine.ErrInvalid), status: 422, code: "invalid", told: true},
		{err: fmt.Errorf("search: %w", engine.ErrNotFound), status: 404, code: "not_found", told: true},
		{err: fmt.Errorf("search: %w", context.DeadlineExceeded), status: 503, code: "overloaded", told: true, logged: true, retry: true},
		{err: fmt.Errorf("search: %w", secret), status: 500, code: "internal", logged: true},
		{err: secret, status: 500, code: "internal", logged: true, isPanic: true},
	} {
		var log bytes.Buffer
		h := newFake(t, slog.New(slog.NewTextHandler(&log, nil)), func(context.Context) (engine.List, error) {
			if c.isPanic {
				panic(c.err)
			}
			return engine.List{}, c.err
		})
		rec := do(t, h, request("GET", "/v1/search?q=private+words", ""))
		p := problemOf(t, rec)
		if rec.Code != c.status || p.Code != c.code {
			t.Errorf("%v: %d %s, want %d %s", c.err, rec.Code, p.Code, c.status, c.code)
		}
		if told := strings.Contains(rec.Body.String(), c.err.Error()); told != c.told {
			t.Errorf("%v: told is %v: %s", c.err, told, rec.Body)
		}
		if logged := strings.Contains(log.String(), c.err.Error()); logged != c.logged {
			t.Errorf("%v: logged is %v: %s", c.err, logged, log.String())
		}
		if c.logged && !strings.Contains(log.String(), "request_id="+p.RequestID) {
			t.Errorf("%v: the log does not name the request %s: %s", c.err, p.RequestID, log.String())
		}
		if retry := rec.Header().Get("Retry-After") != ""; retry != c.retry {
			t.Errorf("%v: Retry-After is %v", c.err, retry)
		}
		if strings.Contains(log.String(), "private") {
			t.Errorf("%v: the log holds the query: %s", c.err, log.String())
		}
	}
}

// TestClientGone cancels a request under way: nobody's fault.
func TestClientGone(t *testing.T) {
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	h := newFake(t, slog.New(slog.NewTextHandler(&log, nil)), func(ctx context.Context) (engine.List, error) {
		cancel()
		<-ctx.Done()
		return engine.List{}, fmt.Errorf("search: %w", ctx.Err())
	})
	if rec := do(t, h, request("GET", "/v1/search?q=x", "").WithContext(ctx)); rec.Code != 499 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := do(t, newFake(t, nil, func(context.Context) (engine.List, error) {
		panic(http.ErrNotSupported)
	}), request("GET", "/v1/search?q=x", "").WithContext(ctx)); rec.Code != 499 {
		t.Errorf("failed write: %d %s", rec.Code, rec.Body)
	}
	if strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "status=499") {
		t.Errorf("log: %s", log.String())
	}
}

// TestAbort lets a handler drop the connection in the documented way.
func TestAbort(t *testing.T) {
	h := newFake(t, nil, func(context.Context) (engine.List, error) { panic(http.ErrAbortHandler) })
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			t.Errorf("recovered %v", r)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), request("GET", "/v1/search?q=x", ""))
	t.Error("returned")
}
