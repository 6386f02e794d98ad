package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

// checkPage checks that a page needs nothing that its policy forbids.
func checkPage(t *testing.T, page, policy string) {
	t.Helper()
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(page, -1)
	if len(styles) != 1 {
		t.Fatalf("%d styles", len(styles))
	}
	hash := sha256.Sum256([]byte(styles[0][1]))
	if !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'") {
		t.Errorf("the policy forbids the style: %s", policy)
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	for _, bad := range []string{"<script", "style=", "<img", "<iframe", "unsafe", "@import", "url(", `src="`, "<form"} {
		if strings.Contains(page, bad) || strings.Contains(policy, "unsafe") {
			t.Errorf("the page holds %s", bad)
		}
	}
	for _, good := range []string{"<!doctype html>", `<html lang="en">`, `name="viewport"`, "<main", "prefers-color-scheme: dark", ":focus-visible"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page lacks %s", good)
		}
	}
}

// TestHome looks at the landing page, in a state that is trying to break it.
func TestHome(t *testing.T) {
	w := newWorld(t, nil)
	h, err := New(&evil{w.engine}, Options{Hosts: []string{host, "localhost:8765"}, Papers: jsonl, Version: "<b>1</b>"})
	if err != nil {
		t.Fatal(err)
	}
	rec := do(t, h, request("GET", "/", "", "Host: localhost:8765"))
	page := rec.Body.String()
	checkPage(t, page, rec.Header().Get("Content-Security-Policy"))
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;b&gt;1&lt;/b&gt;", "curl &#39;http://localhost:8765/v1/", "<dd>7</dd>", "3 waiting", "/likes/lab%3A100%25&#39;"} {
		if !strings.Contains(strings.ReplaceAll(page, "'", "&#39;"), want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
}

// TestStatusJobs looks at jobs as JSON: with and without what is not known.
func TestStatusJobs(t *testing.T) {
	w := newWorld(t, nil)
	h, err := New(&evil{w.engine}, w.options)
	if err != nil {
		t.Fatal(err)
	}
	rec := do(t, h, request("GET", "/v1/status", ""))
	for _, want := range []string{
		`"embedder":{"name":"ollama","state":"unavailable","hint":"<script>`,
		`"jobs":[{"kind":"embed","done":4,"total":7,"rate":null,"eta":3.5,"error":"<i>"},{"kind":"import","done":1,"total":0,"rate":null,"eta":null,"error":null}]`,
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %s in %s", want, rec.Body)
		}
	}
}

// evil has an embedder whose hint is a script.
type evil struct{ Engine }

func (e *evil) Status(context.Context) (engine.Status, error) {
	return engine.Status{Papers: 7, Embedded: 4, Pending: 3,
		Embedder: engine.EmbedderState{Name: "ollama", State: "unavailable", Hint: "<script>alert(1)</script>"},
		Jobs:     []engine.Job{{Kind: "embed", Done: 4, Total: 7, ETA: 3500 * time.Millisecond, Err: "<i>"}, {Kind: "import", Done: 1}}}, nil
}
