package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
)

// TestPagesStates draws what a healthy server does not show.
func TestPagesStates(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		name, target string
		engine       *evil
		status       int
		want         []string
	}{
		{"no papers", "/", &evil{status: &engine.Status{}}, 200, []string{"No papers yet", "kindred import papers.jsonl.gz"}},
		{"all acted on", "/", &evil{status: &engine.Status{Papers: 9}}, 200, []string{"That is all", "!No papers yet"}},
		{"embedding", "/", &evil{}, 200, []string{"1,300 of 7,000 papers wait", "cannot be reached", "&lt;script&gt;alert(1)&lt;/script&gt;"}},
		{"status", "/status", &evil{}, 200, []string{"<dd>7,000</dd>", "1,301, 1 of them cannot", "data-live", "&lt;script&gt;alert(1)", "4,000 of 7,000, 12 a second, about 4 min 10 s to go",
			`<progress max="7000" value="4000"`, "&lt;i&gt;", "&lt;b&gt;1&lt;/b&gt;"}},
		{"embedder down", "/search?q=x", &evil{searchErr: fmt.Errorf("search: %w: start Ollama", embed.ErrUnavailable)}, 503, []string{"start Ollama", "cannot be searched for now", `value="x"`}},
		{"too long", "/search?q=x", &evil{searchErr: fmt.Errorf("search: %w: text of 9 bytes", engine.ErrInvalid)}, 422, []string{"text of 9 bytes", "!for now"}},
		{"nothing embedded", "/search?q=x", &evil{status: &engine.Status{Papers: 3, Pending: 3}}, 200, []string{"Nothing found", "None of the 3 papers is embedded yet"}},
		{"nothing there", "/search?q=x", &evil{status: &engine.Status{}}, 200, []string{"Nothing found", "no papers yet"}},
		{"kindred unknown", "/paper/2503.11731", &evil{searchErr: fmt.Errorf("similar: %w: start Ollama", embed.ErrUnavailable)}, 200, []string{"Not known now", "start Ollama", "Speech separation"}},
	} {
		c.engine.Engine = w.engine
		h, err := New(c.engine, Options{Hosts: []string{host}, Papers: jsonl, Version: "<b>1</b>"})
		if err != nil {
			t.Fatal(err)
		}
		rec := do(t, h, request("GET", c.target, ""))
		if rec.Code != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, rec.Code, c.status, rec.Body)
		}
		wants(t, c.name, rec.Body.String(), c.want...)
	}
	for d, want := range map[time.Duration]string{0: "", 59 * time.Second: "59 s", 61 * time.Second: "1 min 1 s", 25*time.Hour + time.Minute: "25 h 1 min"} {
		if got := inWords(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	now := time.Date(2026, 3, 3, 1, 0, 0, 0, time.FixedZone("", 2*3600))
	for at, want := range map[string]string{"2026-03-02T23:30:00Z": "today", "2026-03-02T21:30:00Z": "2 March", "2025-12-31T21:30:00Z": "31 December 2025"} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := dayInWords(when, now); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}

// TestStatusJobs looks at jobs as JSON: with and without what is not known.
func TestStatusJobs(t *testing.T) {
	w := newWorld(t, nil)
	h, err := New(&evil{Engine: w.engine}, w.options)
	if err != nil {
		t.Fatal(err)
	}
	rec := do(t, h, request("GET", "/v1/status", ""))
	for _, want := range []string{
		`"embedder":{"name":"ollama","state":"unavailable","hint":"<script>`,
		`"jobs":[{"kind":"embed","done":4000,"total":7000,"rate":12,"eta":250,"error":"<i>"},{"kind":"import","done":1,"total":0,"rate":null,"eta":null,"error":null}]`,
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %s in %s", want, rec.Body)
		}
	}
}

// evil has an embedder whose hint is a script, and fails as it is told. With a
// status of its own it has nothing to show.
type evil struct {
	Engine
	status    *engine.Status
	searchErr error
}

func (e *evil) Status(context.Context) (engine.Status, error) {
	if e.status != nil {
		return *e.status, nil
	}
	return engine.Status{Papers: 7000, Embedded: 5699, Pending: 1301, Failed: 1,
		Embedder: engine.EmbedderState{Name: "ollama", State: "unavailable", Hint: "<script>alert(1)</script>"},
		Jobs: []engine.Job{{Kind: "embed", Done: 4000, Total: 7000, Rate: 12, ETA: 250 * time.Second, Err: "<i>"},
			{Kind: "import", Done: 1}}}, nil
}

func (e *evil) Feed(ctx context.Context, user string, o engine.FeedOptions) (engine.Feed, error) {
	if e.status != nil {
		return engine.Feed{}, nil
	}
	return e.Engine.Feed(ctx, user, o)
}

func (e *evil) Search(ctx context.Context, q string, limit int) (engine.List, error) {
	if e.status != nil || e.searchErr != nil {
		return engine.List{}, e.searchErr
	}
	return e.Engine.Search(ctx, q, limit)
}

func (e *evil) Similar(ctx context.Context, of engine.Subject, limit int) (engine.List, error) {
	if e.searchErr != nil {
		return engine.List{}, e.searchErr
	}
	return e.Engine.Similar(ctx, of, limit)
}
