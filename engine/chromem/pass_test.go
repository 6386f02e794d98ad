package chromem

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"kindred/engine"
	"kindred/engine/enginetest"
)

// waitFor waits until n searches wait in the line.
func waitFor(t *testing.T, l *line, n int) {
	t.Helper()
	for range 5000 {
		l.mu.Lock()
		got := len(l.waiting)
		l.mu.Unlock()
		if got == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("never were %d searches waiting", n)
}

// hold keeps all processors busy, as a pass does, until release is called.
func hold(x *Index) (release func()) {
	x.line.busy = runtime.GOMAXPROCS(0)
	return func() { x.line.run(context.Background(), x, &pass{of: []*searcher{{}}, workers: x.line.busy}) }
}

// TestSharedPass checks that searches that wait share passes of at most maxShared
// queries, and that each is answered as it is alone.
func TestSharedPass(t *testing.T) {
	x := empty(t, 64)
	enginetest.Fill(t, x, 2*segmentRows)
	vectors := enginetest.Vectors(200, 64, 2)
	ask := func(i int) []engine.Query {
		out := []engine.Query{{Vector: vectors[i], K: 10 + i}}
		if i%3 == 0 { // some ask for two
			out = append(out, engine.Query{Vector: vectors[100+i], K: 5, Categories: []string{"c1"}})
		}
		return out
	}
	const n = 10 // 14 queries
	var want [n][][]engine.Hit
	for i := range want {
		var err error
		if want[i], _, err = x.Search(t.Context(), ask(i)); err != nil {
			t.Fatal(err)
		}
	}
	passes := 0 // each looks at segment 0 once for each four of its queries
	var mu sync.Mutex
	four := x.kernel.four
	if four != nil {
		first := &x.now.Load().segments[0].codes[0]
		x.kernel.four = func(found *[4][segmentRows]int32, rows int, codes []uint8, asked *[4][]int8) {
			if &codes[0] == first {
				mu.Lock()
				passes++
				mu.Unlock()
			}
			four(found, rows, codes, asked)
		}
	}
	release := hold(x)
	var wg sync.WaitGroup
	for i := range want {
		wg.Go(func() {
			got, version, err := x.Search(t.Context(), ask(i))
			if err != nil || version != x.Version() || len(got) != len(want[i]) {
				t.Errorf("search %d: %d answers of version %d, %v", i, len(got), version, err)
				return
			}
			for j := range got {
				if !slices.Equal(got[j], want[i][j]) {
					t.Errorf("search %d, query %d is answered otherwise than alone", i, j)
				}
			}
		})
	}
	waitFor(t, &x.line, n)
	release()
	wg.Wait()
	if four != nil && (passes < 3 || passes > 5) { // 14 queries, 8 at most in a pass, of 4
		t.Errorf("%d times four queries at once", passes)
	}
	if x.line.busy != 0 || len(x.line.waiting) != 0 {
		t.Errorf("%d busy, %d waiting at the end", x.line.busy, len(x.line.waiting))
	}
}

// TestLeaveTheLine checks that a search whose context ends need not wait, and that
// the others are answered.
func TestLeaveTheLine(t *testing.T) {
	x := empty(t, 8)
	q := []engine.Query{{Vector: enginetest.Fill(t, x, segmentRows)[0], K: 3}}
	release := hold(x)
	ctx, cancel := context.WithCancel(t.Context())
	gone, stays := make(chan error, 1), make(chan error, 1)
	go func() { _, _, err := x.Search(ctx, q); gone <- err }()
	waitFor(t, &x.line, 1)
	go func() { _, _, err := x.Search(t.Context(), q); stays <- err }()
	waitFor(t, &x.line, 2)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	release()
	if err := <-stays; err != nil {
		t.Errorf("the other: %v", err)
	}
}

// TestCrowd has many searches, some cancelled, and a writer at once.
func TestCrowd(t *testing.T) {
	x := empty(t, 32)
	enginetest.Fill(t, x, segmentRows+10)
	vectors := enginetest.Vectors(100, 32, 2)
	stop := make(chan struct{})
	var writer, readers sync.WaitGroup
	writer.Go(func() {
		for seq := x.Version() + 1; ; seq++ {
			select {
			case <-stop:
				return
			default:
			}
			v := vectors[seq%100]
			if err := x.Apply([]engine.Change{{Seq: seq, Key: key(int(seq % 50)), Vector: v}}, seq); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 16 {
		readers.Go(func() {
			for n := range 40 {
				ctx, cancel := context.WithCancel(t.Context())
				if (i+n)%5 == 0 {
					go cancel()
				}
				got, _, err := x.Search(ctx, []engine.Query{{Vector: vectors[i], K: 7}, {Vector: vectors[n], K: 1}})
				if err == nil && (len(got) != 2 || len(got[0]) != 7 || len(got[1]) != 1) || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%v, %v", got, err)
				}
				cancel()
			}
		})
	}
	readers.Wait()
	close(stop)
	writer.Wait()
	if x.line.busy != 0 || len(x.line.waiting) != 0 {
		t.Errorf("%d busy, %d waiting at the end", x.line.busy, len(x.line.waiting))
	}
}
