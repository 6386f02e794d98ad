package chromem

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"kindred/engine"
	"kindred/engine/enginetest"
)

func key(i int) engine.Key { return engine.Key(fmt.Sprint("p", i)) }

// TestCompact replaces every paper many times. The table must stay small, the
// present and the recent past must be the oracle's, and a paper that changed
// since a forgotten number must not be missing there.
func TestCompact(t *testing.T) {
	const papers, rounds, dim = 4000, 12, 8
	x, flat := empty(t, dim), enginetest.NewFlat(empty(t, dim).Space())
	vectors := enginetest.Vectors(papers, dim, 1)
	r := rand.New(rand.NewPCG(1, 1))
	var seq int64
	compactions := 0
	for round := range rounds {
		changes := make([]engine.Change, papers)
		for i, p := range r.Perm(papers) {
			seq++
			changes[i] = engine.Change{Seq: seq, Key: key(p), Vector: vectors[r.IntN(papers)], Categories: []string{fmt.Sprint("c", round)}}
		}
		for batch := range slices.Chunk(changes, 250) {
			before := x.now.Load().table
			for _, index := range []engine.Index{x, flat} {
				if err := index.Apply(batch, batch[len(batch)-1].Seq); err != nil {
					t.Fatal(err)
				}
			}
			s := x.now.Load()
			if s.table != before {
				compactions++
			}
			if s.rows > papers*5/4+segmentRows {
				t.Fatalf("%d rows for %d papers", s.rows, papers)
			}
			var queries []engine.Query
			for _, back := range []int64{0, 1, 100, 500} {
				if back < s.version {
					queries = append(queries, engine.Query{Vector: vectors[0], K: papers, AsOf: s.version - back, Exclude: []engine.Key{key(1), key(2)}})
				}
			}
			got, _, err := x.Search(t.Context(), queries)
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := flat.Search(t.Context(), queries)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !slices.Equal(got[i], want[i]) {
					t.Fatalf("as of %d at version %d: %d hits, want %d; or others", queries[i].AsOf, s.version, len(got[i]), len(want[i]))
				}
			}
		}
	}
	if compactions < rounds/2 {
		t.Errorf("%d compactions", compactions)
	}
	hits, _, err := x.Search(t.Context(), []engine.Query{{Vector: vectors[0], K: 2 * papers, AsOf: papers}})
	if err != nil {
		t.Fatal(err)
	}
	if len(hits[0]) != papers {
		t.Errorf("as of a forgotten number: %d papers, want all %d", len(hits[0]), papers)
	}
}

// TestRemoveAll checks that an index that loses everything gives back its room.
func TestRemoveAll(t *testing.T) {
	x := empty(t, 8)
	n := 5 * segmentRows
	enginetest.Fill(t, x, n)
	hits, _, err := x.Search(t.Context(), []engine.Query{{Vector: enginetest.Vectors(1, 8, 1)[0], K: n}})
	if err != nil || len(hits[0]) != n {
		t.Fatalf("%d papers, %v", len(hits[0]), err)
	}
	version := x.Version()
	for _, h := range hits[0] {
		version++
		if err := x.Apply([]engine.Change{{Seq: version, Key: h.Key}}, version); err != nil {
			t.Fatal(err)
		}
	}
	if s := x.now.Load(); s.live != 0 || s.rows > 2*segmentRows {
		t.Errorf("%d papers in %d rows", s.live, s.rows)
	}
}
