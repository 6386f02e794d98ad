package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/lexicon"
)

// A heldLexicon does not apply anything until it is let.
type heldLexicon struct {
	engine.Lexicon
	let chan struct{}
}

func (h heldLexicon) Apply(changes []engine.TextChange, upTo int64) error {
	<-h.let
	return h.Lexicon.Apply(changes, upTo)
}

// reading returns an engine on the world's store that fills a lexicon.
func (w *world) reading(x engine.Lexicon) *engine.Engine {
	w.t.Helper()
	e := embedtest.Hash(128)
	index, err := chromem.New(e.Space())
	if err != nil {
		w.t.Fatal(err)
	}
	eng, err := engine.New(w.t.Context(), engine.Options{Store: w.store, Index: index, Lexicon: x, Embedder: e, Owner: "reading"})
	if err != nil {
		w.t.Fatal(err)
	}
	return eng
}

// has says whether a lexicon finds papers with a word.
func has(t *testing.T, x engine.Lexicon, word string) bool {
	t.Helper()
	hits, _, err := x.Search(t.Context(), []engine.TermQuery{{K: 1, Terms: []engine.TermWeight{{Term: engine.TermOf(word), Weight: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	return len(hits[0]) > 0
}

func TestCatchUpFillsLexicon(t *testing.T) {
	w := newWorld(t)
	w.add(papers("speech", 10)...)
	x := lexicon.New()
	e := w.reading(x)
	if err := e.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	head, err := w.store.Head(t.Context())
	if err != nil || x.Len() != 10 || x.Version() != head {
		t.Fatalf("%d papers at version %d of %d: %v", x.Len(), x.Version(), head, err)
	}
	w.add(engine.Paper{IDs: []engine.ID{"test:new"}, Title: "Axolotls", Abstract: "Regeneration.", Authors: []string{"Ada Lovelace"}})
	if has(t, x, "axolotl") {
		t.Error("a paper came before it was fetched")
	}
	if err := e.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !has(t, x, "axolotl") {
		t.Error("a new paper is not found")
	}
	hits, _, err := x.Search(t.Context(), []engine.TermQuery{{K: 9, Terms: []engine.TermWeight{{Term: engine.FacetOf("author", "ada lovelace"), Weight: 1}}}})
	if err != nil || len(hits[0]) != 1 || hits[0][0].Key != "test:new" {
		t.Errorf("by author: %v, %v", hits, err)
	}
	if err := w.store.RemovePaper(t.Context(), "test:new"); err != nil {
		t.Fatal(err)
	}
	if err := e.CatchUp(t.Context()); err != nil || has(t, x, "axolotl") {
		t.Errorf("a removed paper is found, or %v", err)
	}
}

// A lexicon that takes long does not hold up vectors, and gets there.
func TestVectorsDoNotWaitForTexts(t *testing.T) {
	w := newWorld(t)
	w.add(papers("speech", 10)...)
	held := heldLexicon{lexicon.New(), make(chan struct{})}
	e := w.reading(held)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Follow(ctx) }()
	if err := e.CatchUpIndex(ctx); err != nil {
		t.Fatal(err)
	}
	w.add(engine.Paper{IDs: []engine.ID{"test:new"}, Title: "Axolotls"})
	soon, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	for { // Follow brings the vector
		l, err := e.Similar(ctx, engine.Subject{ID: "test:new"}, 5)
		if err == nil && len(l.Items) > 0 {
			break
		}
		if soon.Err() != nil {
			t.Fatalf("similar: %d items, %v", len(l.Items), err)
		}
		time.Sleep(time.Millisecond)
	}
	if held.Version() != 0 {
		t.Fatalf("the test is wrong: version %d", held.Version())
	}
	hurried, hurry := context.WithTimeout(ctx, 50*time.Millisecond)
	defer hurry()
	if err := e.Ready(hurried); !errors.Is(err, embed.ErrUnavailable) {
		t.Errorf("ready without the words: %v", err)
	}
	close(held.let)
	if err := e.Ready(soon); err != nil {
		t.Error(err)
	}
	for !has(t, held, "axolotl") {
		select {
		case <-soon.Done():
			t.Fatal("the lexicon did not catch up")
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
