package chromem

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
)

// TestSplit checks that the answer is the same however many goroutines share
// the work.
func TestSplit(t *testing.T) {
	x := empty(t, 64)
	vectors := enginetest.Fill(t, x, 9*segmentRows+1)
	queries := []engine.Query{{Vector: vectors[0], K: 10}, {Vector: vectors[1], K: 3000}, {Vector: vectors[2], K: 100, Categories: []string{"c1"}}}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var want [][]engine.Hit
	for _, procs := range []int{1, 2, 3, 16} {
		runtime.GOMAXPROCS(procs)
		got, _, err := x.Search(t.Context(), queries)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		for i := range got {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%d goroutines: query %d is answered otherwise", procs, i)
			}
		}
	}
}

// TestStop checks that a scan whose context has ended looks at nothing more.
func TestStop(t *testing.T) {
	x := empty(t, 4)
	q := engine.Query{Vector: enginetest.Fill(t, x, 2*segmentRows)[0], K: 5}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &scan{snapshot: x.now.Load(), kernel: x.kernel}
	s.queries = []query{newQuery(q, s.snapshot, x.sets)}
	if got := s.run(ctx)[0].hits; got != nil {
		t.Errorf("found %v", got)
	}
	if got := s.run(t.Context())[0].hits; len(got) != 5 {
		t.Errorf("the same scan without an end found %v", got)
	}
}

// TestTop compares the heap with sorting, ties included.
func TestTop(t *testing.T) {
	var hits []engine.Hit
	for i := range 500 {
		hits = append(hits, engine.Hit{Key: key(i * 7 % 500), Score: float32(i*i%13) / 13})
	}
	want := slices.SortedFunc(slices.Values(hits), engine.Hit.Compare)
	for _, k := range []int{1, 2, 3, 10, 499, 500, 501} {
		top := newTop(k)
		for _, h := range hits {
			if h.Score >= top.floor {
				top.offer(h)
			}
		}
		got := slices.SortedFunc(slices.Values(top.hits), engine.Hit.Compare)
		if !slices.Equal(got, want[:min(k, 500)]) {
			t.Errorf("k %d: %v", k, got)
		}
	}
}

func TestNew(t *testing.T) {
	for _, dim := range []int{0, -1, maxDim + 1} {
		if _, err := New(embed.Space{Dim: dim}); err == nil {
			t.Errorf("dimension %d was accepted", dim)
		}
	}
}

// TestAhead checks that a change above upTo is left for its turn.
func TestAhead(t *testing.T) {
	x := empty(t, 2)
	changes := []engine.Change{{Seq: 1, Key: "a", Vector: embed.Vector{1, 0}}, {Seq: 3, Key: "b", Vector: embed.Vector{1, 0}}}
	if err := x.Apply(changes, 2); err == nil || x.Len() != 1 || x.Version() != 2 {
		t.Errorf("%v; %d papers at version %d", err, x.Len(), x.Version())
	}
	if err := x.Apply(changes, 3); err != nil || x.Len() != 2 {
		t.Errorf("%v; %d papers", err, x.Len())
	}
}
