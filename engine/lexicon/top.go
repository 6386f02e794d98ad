package lexicon

import (
	"math"

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

// offer takes a hit in if it is among the first k so far.
func (t *top) offer(h engine.Hit) {
	if len(t.hits) < t.k {
		t.hits = append(t.hits, h)
		t.up(len(t.hits) - 1)
	} else if before(h, t.hits[0]) {
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
		if before(t.hits[i], t.hits[parent]) {
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
		if right := child + 1; right < len(t.hits) && before(t.hits[child], t.hits[right]) {
			child = right
		}
		if before(t.hits[child], t.hits[i]) {
			return
		}
		t.hits[i], t.hits[child] = t.hits[child], t.hits[i]
		i = child
	}
}

// before is engine.Hit.Compare below 0, without a look at keys where scores
// tell: with hundreds of hits in a heap it is a third of a search.
func before(a, b engine.Hit) bool {
	if a.Score != b.Score {
		return a.Score > b.Score
	}
	return a.Key < b.Key
}
