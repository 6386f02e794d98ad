// Package enginetest defines what it means to be an engine.Store and an
// engine.Index, in tests that every implementation runs: TestStore, and
// TestIndex with its oracle Flat; and measures the latter with BenchmarkIndex.
package enginetest

import (
	"math"
	"slices"
	"testing"

	"kindred/embed"
	"kindred/engine"
)

// TestIndex checks every sentence of the engine.Index contract on indexes made
// by open, which returns a new, empty one at each call. Answers are compared
// with those of Flat to the bit.
func TestIndex(t *testing.T, open func(t *testing.T, space embed.Space) engine.Index) {
	tests := []struct {
		name string
		run  func(t *testing.T, open opener)
	}{
		{"Empty", testEmpty},
		{"Order", testOrder},
		{"Ties", testTies},
		{"Filters", testFilters},
		{"K", testK},
		{"ExcludeMany", testExcludeMany},
		{"SeveralQueries", testSeveralQueries},
		{"ScaledQuery", testScaledQuery},
		{"BadQuery", testBadQuery},
		{"Cancel", testCancel},
		{"Lifecycle", testLifecycle},
		{"AsOf", testAsOf},
		{"Twice", testTwice},
		{"Refused", testRefused},
		{"NearlyUnit", testNearlyUnit},
		{"Copied", testCopied},
		{"Random", testRandom},
		{"Live", testLive},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

// An opener returns a new, empty index at version 0.
type opener func(t *testing.T, space embed.Space) engine.Index

// A pair is an index and the oracle, given the same changes.
type pair struct {
	t     *testing.T
	index engine.Index
	flat  *Flat
}

func newPair(t *testing.T, open opener, dim int) *pair {
	t.Helper()
	p := &pair{t, open(t, testSpace(dim)), NewFlat(testSpace(dim))}
	if got := p.index.Space(); got != testSpace(dim) {
		t.Fatalf("Space() = %+v, want %+v", got, testSpace(dim))
	}
	return p
}

// number gives the changes the next change numbers and returns them.
func (p *pair) number(changes ...engine.Change) []engine.Change {
	for i := range changes {
		changes[i].Seq = p.flat.Version() + int64(i) + 1
	}
	return changes
}

// apply numbers the changes, makes them in both, and checks what can be seen
// without a search. No change may be refused.
func (p *pair) apply(changes ...engine.Change) {
	p.t.Helper()
	p.number(changes...)
	upTo := p.flat.Version() + int64(len(changes))
	if err := p.flat.Apply(changes, upTo); err != nil {
		p.t.Fatalf("the test is wrong: %v", err)
	}
	if err := p.index.Apply(changes, upTo); err != nil {
		p.t.Fatalf("Apply: %v", err)
	}
	p.sameState()
}

// sameState checks Version, Len and Vectors.
func (p *pair) sameState() {
	p.t.Helper()
	if got, want := p.index.Version(), p.flat.Version(); got != want {
		p.t.Fatalf("Version() = %d, want %d", got, want)
	}
	if got, want := p.index.Len(), p.flat.Len(); got != want {
		p.t.Fatalf("Len() = %d, want %d", got, want)
	}
	p.sameVectors(0)
}

// sameVectors checks the vectors of all papers as of a change number.
func (p *pair) sameVectors(asOf int64) {
	p.t.Helper()
	keys := []engine.Key{"", "unknown"}
	for key := range p.flat.past {
		keys = append(keys, key)
	}
	if got, want := p.index.Days(keys, asOf), p.flat.Days(keys, asOf); !slices.Equal(got, want) {
		p.t.Errorf("days at %d differ: %v, want %v", asOf, got, want)
	}
	got, want := p.index.Vectors(keys, asOf), p.flat.Vectors(keys, asOf)
	if len(got) != len(want) {
		p.t.Fatalf("Vectors of %d keys: %d", len(keys), len(got))
	}
	for i, key := range keys {
		if (got[i] == nil) != (want[i] == nil) || !slices.Equal(got[i], want[i]) {
			p.t.Fatalf("Vectors as of %d: of %q %v, want %v", asOf, key, got[i], want[i])
		}
	}
}

// search asks both, checks that the answers are the same, and returns them.
func (p *pair) search(queries ...engine.Query) [][]engine.Hit {
	p.t.Helper()
	got, version, err := p.index.Search(p.t.Context(), queries)
	if err != nil {
		p.t.Fatalf("Search: %v", err)
	}
	want, wantVersion, err := p.flat.Search(p.t.Context(), queries)
	if err != nil {
		p.t.Fatalf("the test is wrong: %v", err)
	}
	if version != wantVersion {
		p.t.Fatalf("Search saw version %d, want %d", version, wantVersion)
	}
	sameAnswers(p.t, got, want)
	return got
}

// sameAnswers fails the test unless the hits are equal, scores to the bit.
func sameAnswers(t *testing.T, got, want [][]engine.Hit) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d", len(got), len(want))
	}
	for i := range want {
		if len(got[i]) != len(want[i]) {
			t.Fatalf("query %d: %d hits, want %d", i, len(got[i]), len(want[i]))
		}
		for j, w := range want[i] {
			g := got[i][j]
			if g.Key != w.Key || math.Float32bits(g.Score) != math.Float32bits(w.Score) {
				t.Fatalf("query %d: hit %d of %d is %v, want %v", i, j, len(want[i]), g, w)
			}
		}
	}
}

// keysOf returns the keys of hits.
func keysOf(hits []engine.Hit) []engine.Key {
	var keys []engine.Key
	for _, h := range hits {
		keys = append(keys, h.Key)
	}
	return keys
}

// add returns the change that gives a paper a vector.
func add(key engine.Key, v embed.Vector, day engine.Day, categories ...string) engine.Change {
	return engine.Change{Key: key, Vector: v, Published: day, Categories: categories}
}

// remove returns the change that takes a paper away.
func remove(key engine.Key) engine.Change { return engine.Change{Key: key} }
