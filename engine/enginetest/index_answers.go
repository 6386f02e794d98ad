package enginetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
)

func testEmpty(t *testing.T, open opener) {
	p := newPair(t, open, 3)
	p.sameState()
	p.search()
	hits := p.search(engine.Query{Vector: embed.Vector{1, 0, 0}, K: 5, Categories: []string{"c"}, Exclude: []engine.Key{"a"}})
	if len(hits[0]) != 0 {
		t.Errorf("an empty index gave %v", hits)
	}
	p.apply(add("a", embed.Vector{1, 0, 0}, 1))
	p.apply(remove("a"))
	p.search(engine.Query{Vector: embed.Vector{1, 0, 0}, K: 5})
}

// testOrder needs no oracle: the answer is known.
func testOrder(t *testing.T, open opener) {
	p := newPair(t, open, 2)
	p.apply(
		add("south", embed.Vector{0, -1}, 1),
		add("north2", embed.Vector{0, 1}, 1),
		add("west", embed.Vector{-1, 0}, 1),
		add("north1", embed.Vector{0, 1}, 1),
		add("northeast", embed.Vector{.6, .8}, 1),
	)
	got := p.search(engine.Query{Vector: embed.Vector{0, 3}, K: 9})[0]
	want := []engine.Hit{{Key: "north1", Score: 1}, {Key: "north2", Score: 1}, {Key: "northeast", Score: .8}, {Key: "west"}, {Key: "south", Score: -1}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// testTies asks for a cut through many equal scores, again and again.
func testTies(t *testing.T, open opener) {
	const n = 3000
	p := newPair(t, open, 8)
	vectors := Vectors(2, 8, 1)
	var changes []engine.Change
	for i := range n { // keys descending, one vector in 100 nearer
		v := vectors[0]
		if i%100 == 0 {
			v = vectors[1]
		}
		changes = append(changes, add(testKey(n-i), v, 1))
	}
	p.apply(changes...)
	for _, k := range []int{1, 7, 29, 30, 31, 50, 1500, n - 1, n} {
		p.search(engine.Query{Vector: vectors[1], K: k})
	}
	query := engine.Query{Vector: vectors[1], K: 50}
	first := p.search(query)
	if got := keysOf(first[0][30:]); !slices.IsSorted(got) || got[0] != testKey(1) {
		t.Errorf("equal scores gave %v", got)
	}
	for range 200 {
		again, _, err := p.index.Search(t.Context(), []engine.Query{query})
		if err != nil {
			t.Fatal(err)
		}
		sameAnswers(t, again, first)
	}
}

func testFilters(t *testing.T, open opener) {
	vectors := Vectors(2100, 16, 2)
	p := newPair(t, open, 16)
	p.apply(fill(vectors)...)
	p.apply(
		add("before", vectors[0], -7, "old"), // days before 1970 are negative
		add("plain", vectors[0], 0),
		add("twice", vectors[0], 500, "x", "x"),
		add("comma", vectors[0], 500, "x,y"),
		add("blank", vectors[0], 500, "x y"),
		add("both", vectors[0], 500, "x", "y"),
		add("quoted", vectors[0], 500, `x" "y`),
	)
	some := []engine.Key{testKey(0), testKey(1), testKey(999), "unknown", testKey(1), "plain"}
	filters := []engine.Query{
		{},
		{Categories: []string{"c3"}},
		{Categories: []string{"c3", "c4", "c3", "nowhere"}},
		{Categories: []string{"nowhere"}},
		{Categories: []string{""}},
		{Categories: []string{"x"}},
		{Categories: []string{"y"}},
		{Categories: []string{"x", "y"}},
		{Categories: []string{"x y", "x,y"}},
		{Categories: []string{"old"}},
		{From: 900},
		{To: 100},
		{From: 300, To: 300},
		{From: -7, To: -7},
		{To: -1},
		{From: -8, To: 1},
		{From: 400, To: 300},
		{From: 5000},
		{Exclude: some},
		{Exclude: []engine.Key{""}},
		{Exclude: some, Categories: []string{"c0", "c1"}, From: 1, To: 700},
	}
	for i, q := range filters {
		for _, k := range []int{1, 10, 5000} {
			q.Vector, q.K = vectors[i], k
			hits := p.search(q)[0]
			for _, h := range hits {
				if state := p.flat.at(h.Key, p.flat.Version()); slices.Contains(q.Exclude, h.Key) || !passes(q, state) {
					t.Errorf("filters %+v let pass %+v", q, state)
				}
			}
		}
	}
}

func testK(t *testing.T, open opener) {
	vectors := Vectors(1500, 8, 3)
	p := newPair(t, open, 8)
	p.apply(fill(vectors)...)
	for _, k := range []int{1, 2, 1024, 1499, 1500, 1501, 100_000, math.MaxInt} {
		if got := len(p.search(engine.Query{Vector: vectors[7], K: k})[0]); got != min(k, 1500) {
			t.Errorf("K %d: %d hits", k, got)
		}
	}
}

// testExcludeMany excludes 100,000 keys, most of them unknown, and leaves ten
// papers.
func testExcludeMany(t *testing.T, open opener) {
	vectors := Vectors(2000, 8, 4)
	p := newPair(t, open, 8)
	p.apply(fill(vectors)...)
	var exclude []engine.Key
	for i := range 100_000 {
		if i >= 2000 || i%200 != 0 {
			exclude = append(exclude, testKey(i))
		}
	}
	if got := len(p.search(engine.Query{Vector: vectors[0], K: 2000, Exclude: exclude})[0]); got != 10 {
		t.Errorf("%d hits, want 10", got)
	}
}

// testSeveralQueries checks that a query is answered alike alone and with
// others that have another K and other filters.
func testSeveralQueries(t *testing.T, open opener) {
	vectors := Vectors(2500, 32, 5)
	p := newPair(t, open, 32)
	p.apply(fill(vectors)...)
	var queries []engine.Query
	for i := range 9 {
		q := engine.Query{Vector: vectors[i*10], K: 1 + i*i*50}
		switch i % 3 {
		case 1:
			q.Categories, q.Exclude = []string{"c1"}, []engine.Key{testKey(i * 10)}
		case 2:
			q.From = engine.Day(i * 100)
		}
		queries = append(queries, q)
	}
	together := p.search(queries...)
	for i, q := range queries {
		sameAnswers(t, p.search(q), together[i:i+1])
	}
}

// testScaledQuery checks that only the direction of a query counts, and that
// scores stay in [-1, 1].
func testScaledQuery(t *testing.T, open opener) {
	vectors := Vectors(300, 24, 6)
	p := newPair(t, open, 24)
	p.apply(fill(vectors)...)
	unit := p.search(engine.Query{Vector: vectors[5], K: 300})
	for _, power := range []int{-100, -3, 1, 100} { // exact in binary, so the same bits
		q := make(embed.Vector, 24)
		for i, x := range vectors[5] {
			q[i] = float32(math.Ldexp(float64(x), power))
		}
		before := slices.Clone(q)
		sameAnswers(t, p.search(engine.Query{Vector: q, K: 300}), unit)
		if !slices.Equal(q, before) {
			t.Fatal("Search changed the query")
		}
	}
	for _, h := range unit[0] {
		if h.Score > 1+1e-6 || h.Score < -1-1e-6 {
			t.Errorf("score %v", h)
		}
	}
}

func testBadQuery(t *testing.T, open opener) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	p := newPair(t, open, 2)
	p.apply(add("a", embed.Vector{1, 0}, 1))
	good := engine.Query{Vector: embed.Vector{1, 0}, K: 1}
	for _, bad := range []engine.Query{
		{Vector: nil, K: 1},
		{Vector: embed.Vector{1}, K: 1},
		{Vector: embed.Vector{1, 0, 0}, K: 1},
		{Vector: embed.Vector{0, 0}, K: 1},
		{Vector: embed.Vector{nan, 1}, K: 1},
		{Vector: embed.Vector{1, -inf}, K: 1},
		{Vector: embed.Vector{1, 0}, K: 0},
		{Vector: embed.Vector{1, 0}, K: -1},
		{Vector: embed.Vector{1, 0}, K: 1, AsOf: -1},
	} {
		hits, _, err := p.index.Search(t.Context(), []engine.Query{good, bad})
		if !errors.Is(err, engine.ErrInvalid) || hits != nil {
			t.Errorf("%+v: %v, %v; want ErrInvalid and no hits", bad, hits, err)
		}
	}
	p.search(good)
}

// testCancel gives a search more to do than there is time for: 400 million
// multiplications in a millisecond.
func testCancel(t *testing.T, open opener) {
	vectors := Vectors(3000, 64, 7)
	p := newPair(t, open, 64)
	p.apply(fill(vectors)...)
	queries := make([]engine.Query, 2000)
	for i := range queries {
		queries[i] = engine.Query{Vector: vectors[i], K: 1}
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if hits, _, err := p.index.Search(short, queries); !errors.Is(err, context.DeadlineExceeded) || hits != nil {
		t.Errorf("out of time: %d answers, %v", len(hits), err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, n := range []int{0, 1} {
		if _, _, err := p.index.Search(over, queries[:n]); !errors.Is(err, context.Canceled) {
			t.Errorf("%d queries, cancelled before: %v", n, err)
		}
	}
	p.search(queries[0])
}
