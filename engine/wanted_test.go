package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
)

// An overheard embedder tells what it is asked, before it answers.
type overheard struct {
	embed.Embedder
	hear func(ctx context.Context, texts []string)
}

func (o overheard) Embed(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	o.hear(ctx, texts)
	return o.Embedder.Embed(ctx, kind, texts)
}

// hearing returns an engine on w's store whose embedder is overheard.
func (w *world) hearing(hear func(context.Context, []string)) *engine.Engine {
	w.t.Helper()
	e := overheard{embedtest.Hash(128), hear}
	index, err := chromem.New(e.Space())
	if err != nil {
		w.t.Fatal(err)
	}
	eng, err := engine.New(w.t.Context(), engine.Options{Store: w.store, Index: index, Embedder: e, Owner: "hearing"})
	if err != nil {
		w.t.Fatal(err)
	}
	return eng
}

// vectors returns what is stored, by key.
func (w *world) vectors() map[engine.Key]embed.Vector {
	w.t.Helper()
	changes, _, err := w.store.Changes(w.t.Context(), embedtest.Hash(128).Space().ID(), 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[engine.Key]embed.Vector{}
	for _, c := range changes {
		if c.Vector != nil {
			out[c.Key] = c.Vector
		}
	}
	return out
}

func (w *world) put(papers ...engine.Paper) {
	w.t.Helper()
	if _, err := w.PutPapers(w.t.Context(), "test", papers); err != nil {
		w.t.Fatal(err)
	}
}

// The vector made to answer a question is stored, so it is made once, and
// serves every process.
func TestVectorOfAnAnswerIsKept(t *testing.T) {
	w := newWorld(t)
	w.put(papers("speech", 5)...)
	asked := 0
	e := w.hearing(func(context.Context, []string) { asked++ })
	for range 2 {
		if _, err := e.Similar(t.Context(), engine.Subject{ID: "test:speech-003"}, 3); err != nil {
			t.Fatal(err)
		}
		if err := e.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("embedded %d times", asked)
	}
	p := papers("speech", 5)[3]
	want, err := embedtest.Hash(128).Embed(t.Context(), embed.Document, []string{p.Text()})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.vectors(); len(got) != 1 || !slices.Equal(got["test:speech-003"], want[0]) {
		t.Errorf("stored %v", got)
	}
}

// A paper that changes while its vector is made does not get the vector of its
// old text.
func TestVectorOfAnOldTextIsNotKept(t *testing.T) {
	w := newWorld(t)
	w.put(papers("speech", 1)...)
	e := w.hearing(func(context.Context, []string) {
		changed := papers("speech", 1)[0]
		changed.Abstract = "something else"
		w.put(changed)
	})
	if _, err := e.Similar(t.Context(), engine.Subject{ID: "test:speech-000"}, 3); err != nil {
		t.Fatal(err)
	}
	if got := w.vectors(); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
}

// A paper that somebody opens is embedded while Sync has a batch in the works,
// although it is the oldest.
func TestPaperLookedAtComesFirst(t *testing.T) {
	w := newWorld(t)
	w.put(papers("speech", 40)...)
	var mu sync.Mutex
	var order []string // first lines of the texts of each call
	goOn := make(chan struct{})
	e := w.hearing(func(ctx context.Context, texts []string) {
		mu.Lock()
		order = append(order, texts[0][:len("speech study number 39")])
		mu.Unlock()
		if len(texts) > 1 {
			select {
			case <-goOn:
			case <-ctx.Done():
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	var owned sync.WaitGroup
	defer owned.Wait()
	defer cancel()
	owned.Go(func() {
		if err := e.Attend(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Attend: %v", err)
		}
	})
	synced := make(chan error, 1)
	owned.Go(func() { _, err := e.Sync(ctx, nil); synced <- err })
	within(t, "Sync has begun", func() bool { mu.Lock(); defer mu.Unlock(); return len(order) == 1 })
	if _, err := e.Paper(t.Context(), "test:speech-000"); err != nil {
		t.Fatal(err)
	}
	within(t, "the paper has its vector", func() bool { return len(w.vectors()) == 1 })
	if got := w.vectors(); got["test:speech-000"] == nil {
		t.Errorf("stored %v", got)
	}
	close(goOn)
	if err := <-synced; err != nil {
		t.Fatal(err)
	}
	if n := len(w.vectors()); n != 40 {
		t.Errorf("%d vectors", n)
	}
	if want := "speech study number 39"; order[0] != want {
		t.Errorf("Sync began with %q, want %q, the newest", order[0], want)
	}
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}
