package sqlite

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
)

// TestFillResumes records a space when there are more papers than are queued
// at a time, is interrupted, and goes on, while papers come, change and go.
func TestFillResumes(t *testing.T) {
	const n, step = 500, 100
	s := openIn(t, t.TempDir())
	defer s.Close()
	ctx := t.Context()
	put := func(title string, from, to int) {
		t.Helper()
		var papers []engine.Paper
		for i := from; i < to; i++ {
			papers = append(papers, engine.Paper{IDs: []engine.ID{engine.ID(fmt.Sprintf("test:%06d", i))}, Title: title, Published: engine.Date{Year: 2000 + i%20}})
		}
		_, err := s.PutPapers(ctx, engine.Batch{Papers: papers}, time.Now())
		must(t, err)
	}
	put("First", 0, n)
	must(t, s.RemovePaper(ctx, "test:000000"))

	if ready, err := s.fillSome(ctx, testSpace.ID(), "{}", testSpace.Dim, step); ready || err != nil {
		t.Fatalf("the first step: ready %v, %v", ready, err)
	}
	var filled int
	must(t, s.reader.QueryRow("SELECT filled FROM spaces").Scan(&filled))
	if filled != step {
		t.Fatalf("filled up to %d, want %d", filled, step)
	}
	if spaces, _, err := s.Spaces(ctx); err != nil || len(spaces) != 0 {
		t.Errorf("half a space is listed: %v, %v", spaces, err)
	}
	if _, err := s.Unembedded(ctx, testSpace.ID(), 1); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("half a space can be asked: %v", err)
	}
	put("Second", 10, 30)     // queued already
	put("Second", n-50, n-30) // not queued yet
	put("First", n, n+100)
	must(t, s.RemovePaper(ctx, "test:000001"), s.RemovePaper(ctx, engine.Key(fmt.Sprintf("test:%06d", n-1))))

	must(t, s.PutSpace(ctx, testSpace), s.Verify(ctx))
	counts, err := s.Counts(ctx, testSpace.ID())
	must(t, err)
	if want := n + 100 - 3; counts != (engine.Counts{Papers: want, Pending: want}) {
		t.Errorf("%+v, want %d papers, all pending", counts, want)
	}
	waiting, err := s.Unembedded(ctx, testSpace.ID(), 2*n)
	must(t, err)
	var vectors []engine.Embedded
	for _, w := range waiting {
		vectors = append(vectors, engine.Embedded{Key: w.Key, Text: w.Text, Vector: embed.Vector{1, 0, 0, 0}})
	}
	must(t, s.PutVectors(ctx, testSpace.ID(), vectors), s.Verify(ctx))
	if counts, err = s.Counts(ctx, testSpace.ID()); err != nil || counts.Pending != 0 || counts.Embedded != counts.Papers {
		t.Errorf("%+v, %v", counts, err)
	}
}
