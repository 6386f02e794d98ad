package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kindred/embed"
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

// fillOld makes a data directory whose papers are embedded by oldRelease.
func fillOld(t *testing.T, data string, papers int) {
	t.Helper()
	kindred(t, data, 0, "import", "--no-embed", jsonl(t, papers))
	ctx := context.Background()
	store, err := openStore(ctx, Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	old := oldRelease{embedtest.Hash(64)}
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

// A server of a new release finds vectors of the old builtin model. It serves
// them while it embeds everything again, is killed at random moments meanwhile,
// and switches in one step: every answer is wholly of one space or the other.
func TestNewBuiltinModelReplacesTheOldOne(t *testing.T) {
	data := t.TempDir()
	papers := 3000 + 1000*kills(t)
	fillOld(t, data, papers)
	old := oldRelease{}
	old.Embedder = embedtest.Hash(64)
	oldID := old.Space().ID()

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	const question = "/v1/papers/test:00007/similar?limit=50"
	first := map[string][]byte{} // the one answer of each space
	watch := func(s *server) string {
		status, body := s.request("GET", question, nil)
		if status == 0 {
			return ""
		}
		var l struct {
			Space string
			Items []json.RawMessage
		}
		if err := json.Unmarshal(body, &l); err != nil || status != 200 || len(l.Items) != 50 {
			t.Fatalf("%d %.300s", status, body)
		}
		if want, ok := first[l.Space]; !ok {
			first[l.Space] = body
		} else if !bytes.Equal(want, body) {
			t.Fatalf("two answers in the space %s:\n%.300s\n%.300s", l.Space, want, body)
		}
		return l.Space
	}
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
	eventually(t, 2*time.Minute, "the new model serves", func() bool {
		space = watch(s)
		return strings.Contains(space, "kindred-static-") && space != oldID
	})
	if _, ok := first[oldID]; !ok {
		t.Error("the old space never served: nothing was shown")
	}
	if len(first) != 2 {
		t.Errorf("%d spaces served", len(first))
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
