package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
)

// A finishing index tells that it was let finish.
type finishing struct {
	*chromem.Index
	done chan<- string
}

func (f finishing) Finish(context.Context) error {
	f.done <- f.Space().ID()
	return nil
}

// Follow lets each index that serves finish what it left for later.
func TestIndexesFinish(t *testing.T) {
	w := newWorld(t)
	first, second := embedtest.Hash(128), embedtest.Hash(256)
	done := make(chan string)
	open := func(_ context.Context, s embed.Space) (engine.Index, embed.Embedder, error) {
		index, err := chromem.New(s)
		return finishing{index, done}, second, err
	}
	index, _, err := open(t.Context(), first.Space())
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(t.Context(), engine.Options{Store: w.store, Index: index, Embedder: first, Owner: "finishing", Open: open})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	go func() { followed <- e.Follow(ctx) }()
	if id := <-done; id != first.Space().ID() {
		t.Errorf("%s finished, want the first space", id)
	}
	w.add(papers("speech", 5)...)
	if _, err := e.Fill(ctx, second, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.store.SetActive(ctx, second.Space().ID()); err != nil {
		t.Fatal(err)
	}
	if id := <-done; id != second.Space().ID() {
		t.Errorf("%s finished, want the second space", id)
	}
	cancel()
	if err := <-followed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestChangeOfSpace(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	first, second := embedtest.Hash(128), embedtest.Hash(256)
	index, err := chromem.New(first.Space())
	if err != nil {
		t.Fatal(err)
	}
	w.Engine, err = engine.New(ctx, engine.Options{
		Store: w.store, Index: index, Embedder: first, Owner: "changing", Now: func() time.Time { return w.clock },
		Open: func(_ context.Context, s embed.Space) (engine.Index, embed.Embedder, error) {
			index, err := chromem.New(s)
			return index, second, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.SetActive(ctx, first.Space().ID()); err != nil {
		t.Fatal(err)
	}
	w.add(append(papers("speech", 20), papers("fluid", 20)...)...)
	w.act(engine.Like, "test:speech-001")
	page := w.feed(engine.FeedOptions{Limit: 5})

	// While the second space fills, the first serves, and the cursor goes on.
	if n, err := w.Fill(ctx, second, nil); err != nil || n != 40 {
		t.Fatalf("filled %d, %v", n, err)
	}
	if err := w.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if f := w.feed(engine.FeedOptions{Limit: 5, Cursor: page.Next}); f.Space != first.Space().ID() {
		t.Errorf("before the change: space %s", f.Space)
	}
	if err := w.store.SetActive(ctx, second.Space().ID()); err != nil {
		t.Fatal(err)
	}
	if err := w.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if f := w.feed(engine.FeedOptions{Limit: 5}); f.Space != second.Space().ID() || count(f.Items, "speech") != 5 {
		t.Errorf("after the change: space %s, %v", f.Space, keysOf(f.Items))
	}
	if _, err := w.Feed(ctx, "me", engine.FeedOptions{Cursor: page.Next}); !errors.Is(err, engine.ErrGone) {
		t.Errorf("a cursor of the first space: %v", err)
	}
	// What comes now goes to the second space, and lists by date do not care.
	w.add(papers("graph", 5)...)
	if l, err := w.Similar(ctx, engine.Subject{ID: "test:graph-001"}, 4); err != nil || count(l.Items, "graph") != 4 {
		t.Errorf("a paper that came after the change: %v, %v", keysOf(l.Items), err)
	}
	if err := w.store.DropSpace(ctx, second.Space().ID()); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("dropping the space that serves: %v", err)
	}
	if err := w.store.DropSpace(ctx, first.Space().ID()); err != nil {
		t.Fatal(err)
	}
	if err := w.store.DropSpace(ctx, first.Space().ID()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("dropping it again: %v", err)
	}
	if all, _, err := w.store.Spaces(ctx); err != nil || !slices.Equal(all, []embed.Space{second.Space()}) {
		t.Errorf("spaces %v, %v", all, err)
	}
	if err := w.store.Verify(ctx); err != nil {
		t.Error(err)
	}
}

// TestOneProcessEmbeds holds the lease elsewhere: Sync then does nothing, and
// goes on once the other process is gone.
func TestOneProcessEmbeds(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.PutPapers(ctx, "test", papers("speech", 3)); err != nil {
		t.Fatal(err)
	}
	lease := "embed:" + embedtest.Hash(128).Space().ID()
	if ok, err := w.store.Lease(ctx, lease, "another", "", w.clock, time.Minute); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if n, err := w.Sync(ctx, nil); n != 0 || err != nil {
		t.Errorf("beside another process: %d, %v", n, err)
	}
	w.clock = w.clock.Add(2 * time.Minute) // the other was killed
	if n, err := w.Sync(ctx, nil); n != 3 || err != nil {
		t.Errorf("after it: %d, %v", n, err)
	}
}

// pickyEmbedder refuses one text for ever.
type pickyEmbedder struct{ embed.Embedder }

func (p pickyEmbedder) Embed(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	for i, s := range texts {
		if len(s) > 20 && s[:20] == "speech study number " && s[20] == '7' {
			return nil, &embed.TextError{Index: i, Err: errors.New("seven is not embedded")}
		}
	}
	return p.Embedder.Embed(ctx, kind, texts)
}

func TestTextThatCannotBeEmbeddedIsRecorded(t *testing.T) {
	w := newWorld(t)
	index, err := chromem.New(embedtest.Hash(128).Space())
	if err != nil {
		t.Fatal(err)
	}
	w.Engine, err = engine.New(t.Context(), engine.Options{Store: w.store, Index: index, Embedder: pickyEmbedder{embedtest.Hash(128)}, Owner: "picky"})
	if err != nil {
		t.Fatal(err)
	}
	w.add(papers("speech", 10)...)
	s, err := w.Status(t.Context())
	if err != nil || s.Embedded != 9 || s.Failed != 1 || s.Pending != 1 || s.Embedder.State != "ready" {
		t.Errorf("%+v, %v", s, err)
	}
	if n, err := w.Sync(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("tried again: %d, %v", n, err)
	}
}
