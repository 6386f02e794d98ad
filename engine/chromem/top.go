package chromem

import (
	"math"
	"sync/atomic"

	"kindred/engine"
)

// A top collects the k first hits in the order of engine.Hit.Compare, which is
// total, so what it holds does not depend on the order in which it was
// offered them. It is a binary heap with the last of them at the root.
type top struct {
	k     int
	floor float32 // what a score must reach to have a chance
	hits  []engine.Hit
}

func newTop(k int) top { return top{k: k, floor: float32(math.Inf(-1))} }

// A floor is a score that as many rows are known to reach as a query wants, by
// what all goroutines have found. It only rises.
type floor struct{ bits atomic.Uint64 }

func newFloor() *floor {
	f := new(floor)
	f.bits.Store(math.Float64bits(math.Inf(-1)))
	return f
}

func (f *floor) get() float64 { return math.Float64frombits(f.bits.Load()) }

// raise makes the floor at least score.
func (f *floor) raise(score float64) {
	for {
		old := f.bits.Load()
		if math.Float64frombits(old) >= score || f.bits.CompareAndSwap(old, math.Float64bits(score)) {
			return
		}
	}
}

// offer takes a hit in if it is among the first k so far.
func (t *top) offer(h engine.Hit) {
	if len(t.hits) < t.k {
		t.hits = append(t.hits, h)
		t.up(len(t.hits) - 1)
	} else if h.Compare(t.hits[0]) < 0 {
		t.hits[0] = h
		t.down(0)
	}
	if len(t.hits) == t.k {
		t.floor = t.hits[0].Score
	}
}

// up moves hit i towards the root until its parent comes after it.
func (t *top) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if t.hits[i].Compare(t.hits[parent]) < 0 {
			return
		}
		t.hits[i], t.hits[parent] = t.hits[parent], t.hits[i]
		i = parent
	}
}

// down moves hit i away from the root until its children come before it.
func (t *top) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.hits) {
			return
		}
		if right := child + 1; right < len(t.hits) && t.hits[right].Compare(t.hits[child]) > 0 {
			child = right
		}
		if t.hits[child].Compare(t.hits[i]) < 0 {
			return
		}
		t.hits[i], t.hits[child] = t.hits[child], t.hits[i]
		i = child
	}
}
