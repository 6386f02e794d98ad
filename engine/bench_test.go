package engine_test

import (
	"fmt"
	"testing"
	"time"

	"kindred/engine"
)

// BenchmarkFeed is a first page for a user with 200 likes over three topics,
// right after a like and read again, beside one similar query on the same 15,000
// papers: their ratios are what a feed costs. Scores of one and of a hundred papers, half of them liked, stand
// beside it.
func BenchmarkFeed(b *testing.B) {
	w := newWorld(b)
	for _, topic := range []string{"speech", "fluid", "graph"} {
		ps := papers(topic, 5000)
		for len(ps) > 0 {
			n := min(1000, len(ps))
			w.add(ps[:n]...)
			ps = ps[n:]
		}
	}
	for i := range 200 {
		id := fmt.Sprintf("test:%s-%03d", []string{"speech", "fluid", "graph"}[i%3], i)
		if _, err := w.Act(b.Context(), "me", engine.Like, id, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("feed-after-a-like", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.Act(b.Context(), "me", engine.Like, "test:speech-1000", time.Time{}); err != nil {
				b.Fatal(err)
			}
			w.feed(engine.FeedOptions{})
			if err := w.Undo(b.Context(), "me", engine.Like, "test:speech-1000"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("feed-again", func(b *testing.B) {
		for b.Loop() {
			w.feed(engine.FeedOptions{})
		}
	})
	for _, n := range []int{1, 100} {
		ask := make([]engine.Described, n)
		for i := range ask {
			ask[i] = byID(fmt.Sprintf("test:speech-%03d", 3*i/2))
		}
		b.Run(fmt.Sprintf("scores-%d", n), func(b *testing.B) {
			for b.Loop() {
				w.scores("me", ask...)
			}
		})
	}
	b.Run("similar", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.Similar(b.Context(), engine.Subject{ID: "test:speech-001"}, 20); err != nil {
				b.Fatal(err)
			}
		}
	})
}
