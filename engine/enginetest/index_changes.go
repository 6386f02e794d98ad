package enginetest

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/engine"
)

// testLifecycle takes papers through every change, searching after each.
func testLifecycle(t *testing.T, open opener) {
	v := Vectors(4, 8, 8)
	p := newPair(t, open, 8)
	check := func(key engine.Key, q engine.Query, want bool) {
		t.Helper()
		q.Vector, q.K = v[0], 10
		if got := slices.Contains(keysOf(p.search(q)[0]), key); got != want {
			t.Errorf("%+v finds %s: %v, want %v", q, key, got, want)
		}
	}
	p.apply(add("a", v[0], 10, "x"), add("b", v[1], 20, "y"), add("c", v[2], 30))
	check("a", engine.Query{}, true)

	p.apply(add("a", v[3], 10, "x")) // another vector
	check("a", engine.Query{}, true)
	p.apply(add("a", v[3], 10, "x", "y")) // another category
	check("a", engine.Query{Categories: []string{"y"}}, true)
	p.apply(add("a", v[3], 11, "y")) // another day, a category less
	check("a", engine.Query{Categories: []string{"x"}}, false)
	check("a", engine.Query{To: 10}, false)
	check("a", engine.Query{From: 11, To: 11}, true)
	p.apply(add("a", v[3], 11, "y")) // nothing that an index holds
	check("a", engine.Query{Categories: []string{"y"}, To: 11}, true)

	p.apply(remove("a"), remove("unknown"))
	check("a", engine.Query{}, false)
	check("b", engine.Query{}, true)
	p.apply(remove("a"))
	check("a", engine.Query{}, false)
	p.apply(add("a", v[0], 12, "z")) // it is back
	check("a", engine.Query{Exclude: []engine.Key{"a"}}, false)
	check("a", engine.Query{Categories: []string{"z"}}, true)

	// Several changes of one paper in one step: the last one counts.
	p.apply(add("a", v[1], 13), remove("a"), add("a", v[2], 14), remove("b"), add("b", v[3], 15), remove("b"))
	check("a", engine.Query{From: 14, To: 14}, true)
	check("b", engine.Query{}, false)
	p.apply()
}

// testAsOf notes the answers at every change number on the way, and asks for
// all of them again at the end.
func testAsOf(t *testing.T, open opener) {
	const papers, steps = 40, 300
	r := rand.New(rand.NewPCG(9, 9))
	vectors := Vectors(100, 8, 9)
	p := newPair(t, open, 8)
	queries := []engine.Query{
		{Vector: vectors[0], K: 10},
		{Vector: vectors[1], K: 100, Categories: []string{"c1"}, Exclude: []engine.Key{testKey(3), testKey(4)}},
		{Vector: vectors[2], K: 5, From: 3, To: 8},
	}
	var answers [][][]engine.Hit // by change number - 1
	for range steps {
		change := add(testKey(r.IntN(papers)), vectors[r.IntN(len(vectors))], engine.Day(r.IntN(10)), []string{"c0", "c1"}[r.IntN(2)])
		if r.IntN(4) == 0 {
			change = remove(change.Key)
		}
		p.apply(change)
		answers = append(answers, p.search(queries...))
	}
	for i, want := range answers {
		for j := range queries {
			queries[j].AsOf = int64(i + 1)
		}
		sameAnswers(t, p.search(queries...), want)
		p.sameVectors(int64(i + 1))
	}
	p.sameVectors(steps + 10)
	for j := range queries { // a number to come is now
		queries[j].AsOf = steps + 10
	}
	sameAnswers(t, p.search(queries...), answers[steps-1])
	// Queries of one call may look at different numbers.
	queries[0].AsOf, queries[1].AsOf = 17, 150
	p.search(queries...)
}

// testTwice makes changes again: the same ones, older ones, and some with new
// ones, as a process does that was not told how far it had come.
func testTwice(t *testing.T, open opener) {
	v := Vectors(5, 8, 10)
	p := newPair(t, open, 8)
	early := p.number(add("a", v[0], 1, "x"), add("b", v[1], 1), add("c", v[2], 1))
	p.apply(early...)
	late := p.number(add("a", v[3], 2, "y"), remove("b"))
	p.apply(late...)
	want := p.search(engine.Query{Vector: v[0], K: 9}, engine.Query{Vector: v[0], K: 9, AsOf: 3}, engine.Query{Vector: v[0], K: 9, AsOf: 4})
	for _, again := range [][]engine.Change{early, late, slices.Concat(early, late), nil} {
		for _, upTo := range []int64{0, 3, 5} {
			if err := p.index.Apply(again, upTo); err != nil {
				t.Fatal(err)
			}
			p.sameState()
			got := p.search(engine.Query{Vector: v[0], K: 9}, engine.Query{Vector: v[0], K: 9, AsOf: 3}, engine.Query{Vector: v[0], K: 9, AsOf: 4})
			sameAnswers(t, got, want)
		}
	}
	// Numbers that were used for other things are skipped.
	next := add("d", v[4], 3)
	next.Seq = 20
	for _, x := range []engine.Index{p.index, p.flat} {
		if err := x.Apply(append(slices.Concat(early, late), next), 25); err != nil {
			t.Fatal(err)
		}
	}
	p.sameState()
	p.search(engine.Query{Vector: v[0], K: 9}, engine.Query{Vector: v[0], K: 9, AsOf: 19}, engine.Query{Vector: v[0], K: 9, AsOf: 20})
}

// testRefused checks that a bad vector is named, costs only its paper, and
// never comes up again.
func testRefused(t *testing.T, open opener) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, bad := range map[string]embed.Vector{
		"empty":    {},
		"short":    {1},
		"long":     {1, 0, 0},
		"zero":     {0, 0},
		"NaN":      {nan, 1},
		"all NaN":  {nan, nan},
		"infinite": {inf, 0},
		"norm 2":   {2, 0},
		"norm .99": {.99, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, open, 2)
			p.apply(add("had one", embed.Vector{1, 0}, 1), add("other", embed.Vector{1, 0}, 1))
			changes := p.number(add("before", embed.Vector{0, 1}, 1), add("had one", bad, 1), add("had none", bad, 1), add("after", embed.Vector{0, -1}, 1))
			if err := p.flat.Apply(changes, 6); err == nil {
				t.Fatal("the test is wrong: not refused")
			}
			err := p.index.Apply(changes, 6)
			if !errors.Is(err, embed.ErrVector) || !strings.Contains(err.Error(), "had one") || !strings.Contains(err.Error(), "had none") {
				t.Errorf("the error does not say it: %v", err)
			}
			p.sameState()
			got := keysOf(p.search(engine.Query{Vector: embed.Vector{1, 0}, K: 9})[0])
			if want := []engine.Key{"other", "after", "before"}; !slices.Equal(got, want) {
				t.Errorf("left are %q, want %q", got, want)
			}
			p.apply(add("had one", embed.Vector{0, 1}, 1)) // a good one mends it
			p.search(engine.Query{Vector: embed.Vector{1, 0}, K: 9}, engine.Query{Vector: embed.Vector{1, 0}, K: 9, AsOf: 2})
		})
	}
	p := newPair(t, open, 2)
	if err := p.index.Apply([]engine.Change{{Seq: 1, Vector: embed.Vector{1, 0}}}, 1); err == nil {
		t.Error("an empty key was accepted")
	}
	if p.index.Len() != 0 || p.index.Version() != 1 {
		t.Errorf("after an empty key: %d papers at version %d", p.index.Len(), p.index.Version())
	}
}

// testNearlyUnit checks that a norm within Vector.Check's slack does not make
// a paper nearer than its angle says.
func testNearlyUnit(t *testing.T, open opener) {
	p := newPair(t, open, 64)
	v := Vectors(1, 64, 11)[0]
	for i, norm := range []float64{.9991, .99999, .999999, .9999999, 1, 1.0000001, 1.000001, 1.00001, 1.0009} {
		scaled := make(embed.Vector, len(v))
		for j, x := range v {
			scaled[j] = float32(float64(x) * norm)
		}
		p.apply(add(testKey(i), scaled, 1))
	}
	for _, h := range p.search(engine.Query{Vector: v, K: 9})[0] {
		if math.Abs(float64(h.Score)-1) > 1e-6 {
			t.Errorf("cosine %v, want 1", h)
		}
	}
}

// testCopied checks that an index keeps nothing that its caller may write to.
func testCopied(t *testing.T, open opener) {
	v := Vectors(2, 8, 12)
	p := newPair(t, open, 8)
	mine := add("a", slices.Clone(v[0]), 1, "x")
	p.apply(mine)
	copy(mine.Vector, v[1])
	mine.Categories[0] = "y"
	p.sameState()
	p.search(engine.Query{Vector: v[0], K: 1}, engine.Query{Vector: v[0], K: 1, Categories: []string{"y"}})
}
