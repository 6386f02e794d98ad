package chromem

import (
	"math"
	"testing"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
)

// empty returns an empty index.
func empty(t *testing.T, dim int) *Index {
	t.Helper()
	x, err := New(embed.Space{Embedder: "test", Dim: dim})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// checkCollection checks that chromem-go's collection holds exactly the papers
// of the index, with vectors in our arena, and that its own query gives the
// scores that ours gives, to 1e-6, and the same papers but where scores tie.
func checkCollection(t *testing.T, x *Index, q embed.Vector) {
	t.Helper()
	n := x.Len()
	if got := x.collection.docs.Count(); got != n {
		t.Fatalf("%d documents for %d papers", got, n)
	}
	if n == 0 {
		return
	}
	hits, _, err := x.Search(t.Context(), []engine.Query{{Vector: q, K: n}})
	if err != nil {
		t.Fatal(err)
	}
	ours := map[engine.Key]float32{}
	for _, h := range hits[0] {
		ours[h.Key] = h.Score
	}
	for _, k := range []int{1, (n + 1) / 2, n} {
		theirs, err := x.collection.docs.QueryEmbedding(t.Context(), q, k, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(theirs) != k {
			t.Fatalf("chromem-go gave %d of %d", len(theirs), k)
		}
		last := hits[0][k-1].Score
		for i, r := range theirs {
			score, ok := ours[engine.Key(r.ID)]
			if !ok || math.Abs(float64(score-r.Similarity)) > 1e-6 || math.Abs(float64(hits[0][i].Score-r.Similarity)) > 1e-6 {
				t.Fatalf("rank %d: chromem-go has %s %v, we have %v, and %v for that paper (%v)", i, r.ID, r.Similarity, hits[0][i], score, ok)
			}
			if score < last-1e-6 {
				t.Fatalf("%s with %v is among the first %d, the last of which has %v", r.ID, score, k, last)
			}
			if mine := x.Vectors([]engine.Key{engine.Key(r.ID)}, 0)[0]; &mine[0] != &r.Embedding[0] {
				t.Fatalf("%s: chromem-go has a vector of its own", r.ID)
			}
		}
	}
}

// TestCollection checks chromem-go's side after additions, updates, removals
// and compactions, with vectors that are not quite of norm 1 among them.
func TestCollection(t *testing.T) {
	const papers = 1500
	for _, dim := range []int{3, 32, 384} {
		x := empty(t, dim)
		checkCollection(t, x, nil)
		query := enginetest.Vectors(1, dim, 2)[0]
		var seq int64
		for round := range 4 {
			vectors := enginetest.Vectors(papers, dim, uint64(round))
			var changes []engine.Change
			for i, v := range vectors {
				seq++
				switch {
				case i%7 == round:
					v = nil
				case i%5 == 0:
					for j := range v {
						v[j] *= 1.0004
					}
				}
				changes = append(changes, engine.Change{Seq: seq, Key: key(i), Vector: v})
			}
			if err := x.Apply(changes, seq); err != nil {
				t.Fatal(err)
			}
			checkCollection(t, x, query)
		}
		var all []engine.Change
		for i := range papers {
			all = append(all, engine.Change{Seq: seq + 1, Key: key(i)})
		}
		if err := x.Apply(all, seq+1); err != nil {
			t.Fatal(err)
		}
		checkCollection(t, x, query)
	}
}
