package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/sqlite"
)

// oldRelease is an embedder whose space says that it is the builtin model of
// an earlier release.
type oldRelease struct{ embed.Embedder }

func (o oldRelease) Space() embed.Space {
	s := o.Embedder.Space()
	s.Embedder, s.Model, s.Digest = "builtin", "kindred-static-0", "sha256:0"
	return s
}

// fillWith makes a data directory whose papers are embedded by old.
func fillWith(t *testing.T, data, papers string, old embed.Embedder) {
	t.Helper()
	kindred(t, data, 0, "import", "--no-embed", papers)
	ctx := context.Background()
	store, err := openStore(ctx, Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := activate(ctx, store, old.Space()); err != nil {
		t.Fatal(err)
	}
	fill(t, store, old)
}

func fill(t *testing.T, store *sqlite.Store, with embed.Embedder) {
	t.Helper()
	ctx := context.Background()
	for {
		pending, err := store.Unembedded(ctx, with.Space().ID(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(pending) == 0 {
			return
		}
		texts := make([]string, len(pending))
		for i, p := range pending {
			texts[i] = embed.Join(p.Title, p.Abstract)
		}
		vectors, err := with.Embed(ctx, embed.Document, texts)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]engine.Embedded, len(pending))
		for i, p := range pending {
			out[i] = engine.Embedded{Key: p.Key, Text: p.Text, Vector: vectors[i]}
		}
		if err := store.PutVectors(ctx, with.Space().ID(), out); err != nil {
			t.Fatal(err)
		}
	}
}

// oneAnswer asks one question again and again. In one space it may have one
// answer only.
type oneAnswer struct {
	t     *testing.T
	mu    sync.Mutex
	first map[string][]byte // of each space
}

// ask returns the space of the answer of s; "" if there was none.
func (a *oneAnswer) ask(s *server) string {
	status, body := s.request("GET", "/v1/papers/test:00007/similar?limit=50", nil)
	if status == 0 {
		return ""
	}
	var l struct {
		Space string
		Items []json.RawMessage
	}
	if err := json.Unmarshal(body, &l); err != nil || status != 200 || len(l.Items) != 50 {
		a.t.Errorf("%d %.300s", status, body)
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if want, ok := a.first[l.Space]; !ok {
		a.first[l.Space] = body
	} else if !bytes.Equal(want, body) {
		a.t.Errorf("two answers in the space %s:\n%.300s\n%.300s", l.Space, want, body)
	}
	return l.Space
}

// A server of a new release finds vectors of the old builtin model. It serves
// them while it embeds everything again, is killed at random moments meanwhile,
// and switches in one step: every answer is wholly of one space or the other.
func TestNewBuiltinModelReplacesTheOldOne(t *testing.T) {
	t.Parallel() // it waits a lot: for the leases of the killed to run out
	data := t.TempDir()
	papers := 3000 + 1000*kills(t)
	old := oldRelease{embedtest.Hash(64)}
	fillWith(t, data, jsonl(t, papers), old)
	oldID := old.Space().ID()

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	seen := oneAnswer{t: t, first: map[string][]byte{}}
	watch := seen.ask
	meanwhile := 0
	for range kills(t) {
		s := startServer(t, data)
		eventually(t, time.Minute, "the new space fills", func() bool { // the lease of the killed one must run out
			var st struct{ Jobs []struct{ Kind string } }
			s.get("/v1/status", &st)
			return watch(s) != oldID || len(st.Jobs) > 0
		})
		for end := time.Now().Add(time.Duration(r.IntN(150)) * time.Millisecond); time.Now().Before(end); {
			watch(s)
		}
		if watch(s) == oldID {
			meanwhile++
		}
		s.kill()
	}
	t.Logf("%d of %d kills came while the new space filled", meanwhile, kills(t))
	if meanwhile == 0 {
		t.Error("no kill came while the new space filled: nothing was shown")
	}
	s := startServer(t, data)
	var space string
	eventually(t, 10*time.Minute, "the new model serves", func() bool { // 23,000 papers in make soak, on a busy machine
		space = watch(s)
		return strings.Contains(space, "kindred-static-") && space != oldID
	})
	if _, ok := seen.first[oldID]; !ok {
		t.Error("the old space never served: nothing was shown")
	}
	if len(seen.first) != 2 {
		t.Errorf("%d spaces served", len(seen.first))
	}
	var status struct{ Papers, Embedded, Pending int }
	s.get("/v1/status", &status)
	if status.Papers != papers || status.Embedded != papers || status.Pending != 0 {
		t.Errorf("status %+v", status)
	}
	if out := kindred(t, data, 0, "spaces"); !strings.Contains(out, oldID) || !strings.Contains(out, "kept") {
		t.Errorf("spaces:\n%s", out)
	}
	kindred(t, data, exitUsage, "spaces", "drop", space)
	kindred(t, data, 0, "spaces", "drop", oldID)
	kindred(t, data, exitNotFound, "spaces", "drop", oldID)
	if watch(s) != space {
		t.Error("dropping the old space disturbed the new one")
	}
	kindred(t, data, 0, "backup", t.TempDir()+"/verified.db")
}

// full is a store whose disk has no room for another space at first.
type full struct {
	engine.Store
	old   embed.Space
	asked int
}

func (f *full) PutSpace(ctx context.Context, s embed.Space) error {
	if s == f.old {
		return nil
	}
	if f.asked++; f.asked == 1 {
		return errors.New("no space left on device")
	}
	return f.Store.PutSpace(ctx, s)
}

// What keeps the new model from coming in once is tried again.
func TestNewBuiltinModelIsTriedAgain(t *testing.T) {
	data := t.TempDir()
	old := oldRelease{embedtest.Hash(64)}
	fillWith(t, data, jsonl(t, 20), old)
	store, err := openStore(t.Context(), Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	flaky := &full{Store: store, old: old.Space()}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := openEngine(t.Context(), Config{Data: data, Embedder: "auto"}, flaky, log, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); embedOn(ctx, flaky, e, log) }()
	defer func() { stop(); <-done }()
	eventually(t, time.Minute, "the new model serves", func() bool {
		_, active, err := store.Spaces(ctx)
		return err == nil && strings.Contains(active, "kindred-static-") && !strings.Contains(active, "kindred-static-0")
	})
	stop()
	<-done
	if flaky.asked != 2 {
		t.Errorf("asked %d times for room", flaky.asked)
	}
}

// former is an embedder whose space says that it is a model of an Ollama that
// is not there any more.
type former struct{ embed.Embedder }

func (f former) Space() embed.Space {
	s := f.Embedder.Space()
	s.Embedder, s.Model, s.Digest = "ollama", "former", "sha256:0"
	return s
}

// kindred reembed is killed at random moments while two servers serve and a
// reader asks both. The newest papers come first, the old space serves until the
// last run is done, and then both servers change to the new one in one step, with
// each vector there once.
func TestReembedIsKilled(t *testing.T) {
	t.Parallel()
	data, n := t.TempDir(), 3000+1000*kills(t)
	papers := jsonl(t, n)
	old := former{embedtest.Hash(64)}
	oldID := old.Space().ID()
	fillWith(t, data, papers, old)
	store, err := openStore(t.Context(), Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	e, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	newID := e.Space().ID()
	filled := func() int {
		c, err := store.Counts(t.Context(), newID)
		if err != nil && !errors.Is(err, engine.ErrNotFound) {
			t.Fatal(err)
		}
		return c.Embedded
	}
	servers := []*server{startServer(t, data), startServer(t, data)}
	seen := oneAnswer{t: t, first: map[string][]byte{}}
	ctx, stop := context.WithCancel(t.Context())
	asked, switched := 0, map[int]bool{}
	var reader sync.WaitGroup
	defer reader.Wait()
	defer stop()
	reader.Go(func() {
		for ; ctx.Err() == nil; asked++ {
			at := asked % len(servers)
			switch space := seen.ask(servers[at]); {
			case space == newID:
				switched[at] = true
			case space != oldID || switched[at]:
				t.Errorf("server %d answers in the space %q, after the new one: %v", at, space, switched[at])
			}
			time.Sleep(2 * time.Millisecond) // the servers share the machine with the reader
		}
	})

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var at []int // how far it was at each kill
	for range kills(t) {
		before := filled()
		run := program(t, data, "reembed", "--embedder", "builtin")
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		// The lease of the killed one must run out first.
		until := min(before+1+r.IntN(500), n)
		eventually(t, 2*time.Minute, "the new space fills", func() bool { return filled() >= until })
		time.Sleep(time.Duration(r.IntN(30)) * time.Millisecond)
		if err := run.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		run.Wait()
		done := filled()
		if at = append(at, done); done == n {
			break
		}
		newest, err := store.Newest(t.Context(), engine.NewestQuery{Limit: done})
		if err != nil {
			t.Fatal(err)
		}
		changes, _, err := store.Changes(t.Context(), newID, 0, n+1)
		if err != nil {
			t.Fatal(err)
		}
		first := map[engine.Key]bool{}
		for _, d := range newest {
			first[d.Key] = true
		}
		for _, c := range changes {
			if !first[c.Key] {
				t.Errorf("%s has a vector before newer papers have", c.Key)
				break
			}
		}
	}
	t.Logf("killed at %v of %d", at, n)
	if at[0] == n {
		t.Error("no kill came before the end: nothing was shown")
	}
	if out := kindred(t, data, 0, "reembed", "--embedder", "builtin"); !strings.Contains(out, newID) {
		t.Errorf("reembed: %s", out)
	}
	over := time.Now()
	eventually(t, 5*time.Minute, "both servers have changed", func() bool {
		return seen.ask(servers[0]) == newID && seen.ask(servers[1]) == newID
	})
	stop()
	reader.Wait()
	if _, ok := seen.first[oldID]; !ok || len(seen.first) != 2 {
		t.Errorf("%d spaces served", len(seen.first))
	}
	t.Logf("%d answers, none mixed; both servers had changed %v after the last run", asked, time.Since(over).Round(time.Millisecond))
	fresh := t.TempDir()
	kindred(t, fresh, 0, "import", papers, "--embedder", "builtin")
	want, _ := vectorsOf(t, fresh)
	got, active := vectorsOf(t, data)
	if active != newID || len(want) != n {
		t.Errorf("%s is active, %d vectors wanted of %d papers", active, len(want), n)
	}
	sameVectors(t, "after the kills", got, want)
}
