package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	blackbox = "Opening the Blackbox: Accelerating Neural Differential Equations by Regularizing Internal Solver Heuristics"
	locally  = "Locally Regularized Neural Differential Equations"
)

// The first start, as the README shows it: 52 papers, the right neighbours, and
// a feed that follows three likes and says so.
func TestFirstStart(t *testing.T) {
	s := startServer(t, t.TempDir())
	var status struct{ Papers, Embedded, Pending int }
	s.get("/v1/status", &status)
	if status.Papers != 52 || status.Embedded != 52 || status.Pending != 0 {
		t.Fatalf("status %+v, want 52 papers, all embedded", status)
	}
	var found items
	s.get("/v1/search?q="+url.QueryEscape(blackbox), &found)
	if found.Items[0].Paper.Title != blackbox {
		t.Errorf("search by full title finds %q first", found.Items[0].Paper.Title)
	}
	var like items
	s.get("/v1/papers/"+url.PathEscape(found.Items[0].Paper.ID)+"/similar", &like)
	if !strings.HasPrefix(like.Items[0].Paper.Title, locally) {
		t.Errorf("the most similar is %q", like.Items[0].Paper.Title)
	}

	var before items
	s.get("/v1/users/me/feed", &before)
	if before.Strategy != "newest" {
		t.Errorf("strategy without likes: %q", before.Strategy)
	}
	for _, title := range []string{"MossFormer2", "ClearBuds", "NeuralStagger"} {
		s.like(s.idOf(title))
	}
	var feed items
	s.get("/v1/users/me/feed?limit=10", &feed)
	if len(feed.Items) != 10 || feed.Strategy != "profile" {
		t.Fatalf("%d items by %q", len(feed.Items), feed.Strategy)
	}
	var audio, pde []string
	for _, it := range feed.Items {
		title := strings.ToLower(it.Paper.Title)
		switch {
		case containsAny(title, "audio", "speech", "sound", "voice", "speaker", "tts", "music"):
			audio = append(audio, it.Paper.Title)
		case containsAny(title, "operator", "pde", "partial differential", "fourier", "solver", "navier", "differential equation"):
			pde = append(pde, it.Paper.Title)
		}
		liked := 0
		for _, r := range it.Reasons {
			if r.Type == "liked" {
				liked++
				if !containsAny(r.Paper.Title, "MossFormer2", "ClearBuds", "NeuralStagger") || r.Share > 1 {
					t.Errorf("%q: reason %+v", it.Paper.Title, r)
				}
			}
		}
		if liked == 0 {
			t.Errorf("%q comes without a liked paper as a reason: %+v", it.Paper.Title, it.Reasons)
		}
	}
	if len(audio) < 3 || len(pde) < 2 {
		t.Errorf("%d audio or speech papers %q and %d about PDEs or operators %q in:\n%s", len(audio), audio, len(pde), pde, strings.Join(feed.titles(), "\n"))
	}
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

func TestCommandsBesideAServer(t *testing.T) {
	data := t.TempDir()
	a := startServer(t, data)
	b := startServer(t, data)
	id := a.idOf("MossFormer2")
	kindred(t, data, 0, "like", id)
	feeds := func(s *server) items {
		var f items
		s.get("/v1/users/me/feed?limit=50", &f)
		return f
	}
	eventually(t, time.Second, "the like is in both feeds", func() bool {
		return feeds(a).Strategy == "profile" && feeds(b).Strategy == "profile"
	})
	if x, y := feeds(a), feeds(b); !slices.Equal(x.ids(), y.ids()) {
		t.Error("two servers on one data directory disagree")
	}
	if out := kindred(t, data, 0, "likes"); !strings.Contains(out, id) {
		t.Errorf("likes:\n%s", out)
	}
	if out := kindred(t, data, 0, "feed"); !strings.Contains(out, "because you liked MossFormer2 (") {
		t.Errorf("feed:\n%s", out)
	}
	if out := kindred(t, data, 0, "undo"); !strings.Contains(out, "Undone: like "+id) {
		t.Errorf("undo: %s", out)
	}
	eventually(t, time.Second, "the undo is in the feed", func() bool { return feeds(b).Strategy == "newest" })
	if out := kindred(t, data, 0, "status"); !strings.Contains(out, a.url) && !strings.Contains(out, b.url) {
		t.Errorf("status does not name a running server:\n%s", out)
	}

	// Papers imported beside the servers are found by both.
	kindred(t, data, 0, "import", jsonl(t, 300), "--format", "jsonl")
	for _, s := range []*server{a, b} {
		eventually(t, 5*time.Second, "imported papers are searchable", func() bool {
			var l items
			s.get("/v1/papers/test:00007/similar", &l)
			return len(l.Items) == 20
		})
	}
	kindred(t, data, 0, "remove", "test:00007")
	if status, _ := a.request("GET", "/v1/papers/test:00007", nil); status != 404 {
		t.Errorf("a removed paper answers %d", status)
	}
	kindred(t, data, exitNotFound, "similar", "test:00007")
}

func TestIdenticalRequestsHaveIdenticalAnswers(t *testing.T) {
	data := t.TempDir()
	// Twins in every respect but their id: ties everywhere.
	var lines strings.Builder
	for i := range 60 {
		fmt.Fprintf(&lines, `{"id":"twin:%02d","title":"The same title","abstract":"the same abstract about speech"}`+"\n", i)
	}
	s := startServer(t, data)
	if status, body := s.request("POST", "/v1/papers", lines.String()); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	eventually(t, 10*time.Second, "the twins are searchable", func() bool {
		var st struct{ Pending int }
		s.get("/v1/status", &st)
		return st.Pending == 0
	})
	s.like(s.idOf("MossFormer2"))
	s.like(s.idOf("NeuralStagger"))
	eventually(t, 5*time.Second, "the index has caught up", func() bool { st, _ := s.request("GET", "/readyz", nil); return st == 200 })
	for _, path := range []string{"/v1/papers/twin:07/similar?limit=30", "/v1/search?q=speech&limit=40", "/v1/users/me/feed?limit=100", "/v1/latest?limit=50"} {
		_, first := s.request("GET", path, nil)
		for range 199 {
			if _, again := s.request("GET", path, nil); !bytes.Equal(cursorless(t, first), cursorless(t, again)) {
				t.Fatalf("GET %s: two answers:\n%s\n%s", path, first, again)
			}
		}
	}
}

// cursorless returns a body without its cursor, which holds the time.
func cursorless(t *testing.T, body []byte) []byte {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	delete(m, "next")
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestThousandPagesWhilePapersArrive(t *testing.T) {
	data := t.TempDir()
	kindred(t, data, 0, "import", jsonl(t, 1200))
	s := startServer(t, data)
	for _, path := range []string{"/v1/users/me/feed?limit=1", "/v1/latest?limit=1"} {
		seen := map[string]bool{}
		cursor := ""
		pages := 0
		for ; pages < 1000; pages++ {
			if pages%10 == 5 { // one that would come first arrives
				body := fmt.Sprintf(`[{"id":"late:%s%d","title":"Late paper %d","abstract":"About speech.","date":"2026-11-%02d"}]`, path[4:5], pages, pages, pages%20+1)
				if status, answer := s.request("POST", "/v1/papers", body); status != 200 {
					t.Fatalf("%d %s", status, answer)
				}
			}
			var l items
			s.get(path+"&cursor="+url.QueryEscape(cursor), &l)
			if len(l.Items) != 1 || seen[l.Items[0].Paper.ID] || strings.HasPrefix(l.Items[0].Paper.ID, "late:"+path[4:5]) {
				t.Fatalf("%s page %d: %v", path, pages, l.ids())
			}
			seen[l.Items[0].Paper.ID] = true
			if l.Next == nil {
				pages++
				break
			}
			cursor = *l.Next
		}
		if pages != 1000 {
			t.Errorf("%s ended after %d pages", path, pages)
		}
	}
}

// Real papers, where the shared folder is present: every record is accounted
// for, and a second import changes nothing.
func TestImportRealPapers(t *testing.T) {
	file, ok := shared("data/corpus/mixed-10k.jsonl.gz")
	if !ok {
		t.Log("the shared folder is not here, so no real papers were imported")
		return
	}
	data := t.TempDir()
	for _, want := range []struct{ added, unchanged int }{{10_000, 0}, {0, 10_000}} {
		var sum struct{ Added, Updated, Unchanged, Rejected int }
		if err := json.Unmarshal([]byte(kindred(t, data, 0, "import", file, "--json")), &sum); err != nil {
			t.Fatal(err)
		}
		if sum.Added != want.added || sum.Unchanged != want.unchanged || sum.Updated+sum.Rejected != 0 {
			t.Errorf("%+v, want %+v", sum, want)
		}
	}
	s := startServer(t, data)
	var status struct{ Papers, Embedded, Pending int }
	s.get("/v1/status", &status)
	if status.Papers != 10_000 || status.Embedded != 10_000 || status.Pending != 0 {
		t.Errorf("status %+v", status)
	}
}

func TestCommandLine(t *testing.T) {
	data := t.TempDir()
	file := jsonl(t, 40)
	kindred(t, data, 0, "import", file)
	t.Run("second import changes nothing", func(t *testing.T) {
		out := kindred(t, data, 0, "import", file, "--json")
		var sum struct{ Added, Updated, Unchanged, Rejected int }
		if err := json.Unmarshal([]byte(out), &sum); err != nil || sum.Unchanged != 40 || sum.Added+sum.Updated+sum.Rejected != 0 {
			t.Errorf("%v %s", err, out)
		}
	})
	t.Run("answers without a server", func(t *testing.T) {
		for _, args := range [][]string{{"search", "speech"}, {"similar", "test:00001"}, {"similar", "proteins and graphs"}, {"feed"}, {"likes"}, {"status"}, {"version"}} {
			if out := kindred(t, data, 0, args...); out == "" {
				t.Errorf("%v prints nothing", args)
			}
			if args[0] != "version" {
				if out := kindred(t, data, 0, append(args, "--json")...); !json.Valid([]byte(out)) {
					t.Errorf("%v --json: %s", args, out)
				}
			}
		}
	})
	t.Run("exit codes", func(t *testing.T) {
		for _, tc := range []struct {
			code int
			args []string
			say  string
		}{
			{exitUsage, []string{"frobnicate"}, "unknown command"},
			{exitUsage, []string{"feed", "--frob"}, "unknown flag"},
			{exitUsage, []string{"similar"}, "--help"},
			{exitUsage, []string{"search", "x", "-n", "201"}, "200"},
			{exitUsage, []string{"feed", "--embedder", "nonsense"}, "auto"},
			{exitUsage, []string{"feed", "--embedder", "ollama"}, "was filled with"},
			{exitUsage, []string{"feed", "--dim", "100"}, "was filled with vectors of 384 dimensions"},
			{exitUsage, []string{"feed", "--dim", "many"}, "want a number"},
			{exitUsage, []string{"feed", "--ollama-batch", "0"}, "want a number"},
			{exitUsage, []string{"reembed", "--embedder", "builtin", "--dim", "100"}, "ollama:nomic-embed-text"},
			{exitUnavailable, []string{"reembed", "--embedder", "ollama:nomic-embed-text", "--dim", "256"}, "ollama serve"},
			{exitUsage, []string{"serve", "--addr", "0.0.0.0:0"}, "--public-url"},
			{exitUsage, []string{"like", "not an id"}, "id"},
			{exitNotFound, []string{"like", "test:99999"}, "test:99999"},
			{exitNotFound, []string{"import", "no-such-file.jsonl"}, "no-such-file.jsonl"},
			{exitNotFound, []string{"token", "revoke", "none"}, "none"},
			{exitNotFound, []string{"undo"}, "nothing"},
		} {
			if out := kindred(t, data, tc.code, tc.args...); !strings.Contains(out, tc.say) {
				t.Errorf("%v: %q does not say %q", tc.args, out, tc.say)
			}
		}
		if out := kindred(t, t.TempDir(), exitUnavailable, "feed", "--embedder", "ollama"); !strings.Contains(out, "ollama") {
			t.Errorf("without Ollama: %s", out)
		}
	})
	t.Run("backup and restore", func(t *testing.T) {
		kindred(t, data, 0, "like", "test:00003")
		backup := t.TempDir() + "/copy.db"
		kindred(t, data, 0, "backup", backup)
		kindred(t, data, exitFailed, "backup", backup)
		other := t.TempDir()
		kindred(t, other, 0, "restore", backup)
		if a, b := kindred(t, data, 0, "feed", "--json"), kindred(t, other, 0, "feed", "--json"); !bytes.Equal(cursorless(t, []byte(a)), cursorless(t, []byte(b))) {
			t.Errorf("the restored feed differs:\n%s\n%s", a, b)
		}
		kindred(t, other, exitFailed, "restore", backup)
	})
	t.Run("tokens", func(t *testing.T) {
		secret := strings.TrimSpace(kindred(t, data, 0, "token", "create", "--user", "alice", "--name", "test"))
		list := kindred(t, data, 0, "token", "list")
		if !strings.Contains(list, "alice") || strings.Contains(list, secret) || len(secret) < 40 {
			t.Errorf("secret %q in:\n%s", secret, list)
		}
	})
	t.Run("config.toml", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir+"/config.toml", "user = \"bob\"\nembedder = \"builtin\"\n")
		kindred(t, dir, 0, "import", file)
		kindred(t, dir, 0, "like", "test:00003")
		if out := kindred(t, dir, 0, "likes", "--user", "bob"); !strings.Contains(out, "test:00003") {
			t.Errorf("bob likes:\n%s", out)
		}
		write(t, dir+"/config.toml", "usr = \"bob\"\n")
		if out := kindred(t, dir, exitUsage, "likes"); !strings.Contains(out, "usr") {
			t.Errorf("misspelt setting: %s", out)
		}
	})
}
