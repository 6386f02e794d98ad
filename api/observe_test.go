package api

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

// TestLog sends secrets through every part of a request, and looks for them in
// the log.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(o *Options) {
		o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	token := w.token("ann", "read", "write")
	w.do("GET", "/v1/search?q=sesame-query&limit=1", "", "Authorization: Bearer "+token, "X-Request-Id: my-own.ID_1")
	w.do("POST", "/v1/similar", `{"text":"sesame-body"}`)
	w.do("POST", "/v1/papers", `{"title":"sesame-title","abstract":"sesame-abstract"}`)
	w.do("PUT", "/v1/users/sesame-user/likes/2503.11731", "")
	w.do("GET", "/v1/papers/sesame:id", "")
	w.do("GET", "/sesame-path", "", "X-Request-Id: sesame header\n")
	w.do("GET", "/v1/status", "", "Host: sesame.example")
	w.do("GET", "/v1/status", "", "Authorization: Bearer sesame-token")
	w.do("SESAME", "/v1/status", "")
	for _, secret := range []string{"sesame", "SESAME", token, operator} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %s:\n%s", secret, log.String())
		}
	}
	var first map[string]any
	if err := json.NewDecoder(&log).Decode(&first); err != nil {
		t.Fatal(err)
	}
	if first["msg"] != "request" || first["method"] != "GET" || first["route"] != "/v1/search" || first["status"] != 200.0 || first["request_id"] != "my-own.ID_1" || first["ms"] == nil {
		t.Errorf("%v", first)
	}
}

// TestMetrics looks for what clients choose among the labels.
func TestMetrics(t *testing.T) {
	now := time.Unix(0, 0)
	w := newWorld(t, func(o *Options) { o.Now = func() time.Time { now = now.Add(time.Millisecond); return now } })
	for range 3 {
		w.do("GET", "/v1/search?q=sesame", "")
	}
	w.do("PUT", "/v1/users/sesame/likes/2503.11731", "")
	w.do("GET", "/sesame", "")
	w.do("SESAME", "/v1/search", "")
	w.do("GET", "/v1/search?q=x", "", "Host: sesame.example")
	text := w.do("GET", "/metrics", "").Body.String()
	for _, want := range []string{
		`kindred_http_requests_total{method="GET",route="/v1/search",status="200"} 3`,
		`kindred_http_requests_total{method="GET",route="/v1/search",status="403"} 1`,
		`kindred_http_requests_total{method="PUT",route="/v1/users/:user/likes/:id",status="200"} 1`,
		`kindred_http_requests_total{method="GET",route="none",status="404"} 1`,
		`kindred_http_requests_total{method="other",route="/v1/search",status="405"} 1`,
		`kindred_http_request_seconds_count{method="GET",route="/v1/search"} 4`,
		`kindred_http_request_seconds_sum{method="GET",route="none"} 0.001`,
		"kindred_papers 9\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "sesame") || strings.Contains(text, "SESAME") {
		t.Errorf("a client chose a label: %s", text)
	}
	other := newWorld(t, nil)
	if strings.Contains(other.do("GET", "/metrics", "").Body.String(), "/v1/search") {
		t.Error("two servers share their counters")
	}
}

// TestRequestID wants a new id wherever the client's is not plain.
func TestRequestID(t *testing.T) {
	w := newWorld(t, nil)
	for given, kept := range map[string]bool{
		"abc-DEF_1.2": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "a b": false, "ä": false, "a\"b": false,
	} {
		if got := w.do("GET", "/healthz", "", "X-Request-Id: "+given).Header().Get("X-Request-Id"); (got == given) != kept || got == "" {
			t.Errorf("%q: %q", given, got)
		}
	}
}

// TestContext finds out whether the request's context reaches the engine.
func TestContext(t *testing.T) {
	type key struct{}
	h := newFake(t, nil, func(ctx context.Context) (engine.List, error) {
		if ctx.Value(key{}) != "here" || requestID(ctx) == "" {
			t.Error("the engine got another context")
		}
		if who, known := principalOf(ctx); !known || !who.Operator || who.User != engine.DefaultUser {
			t.Errorf("principal %+v, %v", who, known)
		}
		return engine.List{}, nil
	})
	r := request("GET", "/v1/search?q=x", "")
	if rec := do(t, h, r.WithContext(context.WithValue(r.Context(), key{}, "here"))); rec.Code != 200 || rec.Body.String() != `{"items":[],"next":null,"space":""}`+"\n" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// TestAccept asks for other formats: there is one.
func TestAccept(t *testing.T) {
	w := newWorld(t, nil)
	for _, accept := range []string{"application/xml", "json", "application/cbor", "text/html", "*/*;q=0", "application/problem+json"} {
		r := request("GET", "/v1/latest", "", "Accept: "+accept)
		if rec := do(t, w, r); rec.Code != 200 || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", accept, rec.Code, rec.Header().Get("Content-Type"))
		}
		if r.Header.Get("Accept") != accept {
			t.Errorf("%s: the caller's request was changed", accept)
		}
		w.do("GET", "/v1/latest?limit=201", "", "Accept: "+accept)
	}
}
