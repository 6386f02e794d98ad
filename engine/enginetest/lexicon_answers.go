package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

func lexiconEmpty(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	p.sameState()
	p.search()
	p.scores(nil)
	q := words(5, "cat")
	q.Categories, q.Exclude = []string{"c"}, []engine.Key{"a"}
	if hits := p.search(q); len(hits[0]) != 0 {
		t.Errorf("an empty lexicon gave %v", hits)
	}
	p.apply(text("a", "cat", 1), text("empty", "", 1), text("stop words", "of the", 1))
	p.search(words(5, "cat"), words(5, "the"), words(5))
	p.apply(gone("a"), gone("empty"), gone("stop words"))
	p.search(words(5, "cat"))
	p.apply(text("a", "dog", 1))
	p.search(words(5, "dog"))
}

// lexiconKnown needs no oracle: the answers are worked out by hand.
func lexiconKnown(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	p.apply(
		text("once", "cat ant", 1),
		text("thrice", "cat cat cat ant bee cow", 1),
		text("b", "dog cow", 1),
		text("a", "dog cow", 1),
	)
	// Lengths 2, 6, 2, 2: the mean is 3. 2.2·n / (n + 1.2·(0.1 + 0.9·length/3)).
	once, thrice := float32(2.2/(1+1.2*0.7)), float32(2.2*3/(3+1.2*1.9))
	q := words(9, "cat", "dog")
	q.Terms[1].Weight = 0.25
	got := p.search(q)[0]
	want := []engine.Hit{{Key: "thrice", Score: thrice}, {Key: "once", Score: once}, {Key: "a", Score: once / 4}, {Key: "b", Score: once / 4}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = p.search(words(9, "cat ant", "cat cat", "cat dog"))[0]
	want = []engine.Hit{{Key: "thrice", Score: float32(2.2/(1+1.2*1.9)) + float32(2.2*2/(2+1.2*1.9))}, {Key: "once", Score: once}}
	if !slices.Equal(got, want) {
		t.Errorf("pairs: got %v, want %v", got, want)
	}
	s := p.lexicon.Statistics([]engine.Term{engine.TermOf("cow"), engine.TermOf("cat"), engine.TermOf("emu")}, 0)
	if s.Papers != 4 || s.Mean != 3 || !slices.Equal(s.With, []int{3, 2, 0}) {
		t.Errorf("Statistics: %+v", s)
	}
	bags := p.lexicon.Bags([]engine.Key{"thrice", "none"}, 0)
	if bags[0].Length != 6 || bags[0].N(engine.TermOf("cat")) != 3 || len(bags[1].Terms) != 0 || bags[1].Length != 0 {
		t.Errorf("Bags: %+v", bags)
	}
}

func lexiconFacets(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	author, word := engine.FacetOf("author", "Ada Lovelace"), engine.TermOf("cat")
	with := func(c engine.TextChange, facets ...engine.Term) engine.TextChange { c.Facets = facets; return c }
	p.apply(
		with(text("one", "cat bee", 1), author),
		with(text("twice", "dog", 1), author, author),
		with(text("word too", "cat cat dog", 1), word, author),
		with(text("facet only", "dog", 1), word),
		with(text("no words", "", 1), author),
	)
	all := p.search(engine.TermQuery{K: 9, Terms: []engine.TermWeight{{Term: author, Weight: 1}}}, words(9, "cat"))
	if len(all[0]) != 4 || len(all[1]) != 3 {
		t.Errorf("found %v", all)
	}
	p.sameStatistics([]engine.Term{author, word}, 0)
	if bag := p.lexicon.Bags([]engine.Key{"twice"}, 0)[0]; len(bag.Terms) != 1 || bag.Length != 1 {
		t.Errorf("a facet is in the bag: %+v", bag)
	}
	p.apply(with(text("one", "cat bee", 1)), with(text("twice", "dog", 1), author)) // only facets change
	all = p.search(engine.TermQuery{K: 9, Terms: []engine.TermWeight{{Term: author, Weight: 1}}})
	if len(all[0]) != 3 {
		t.Errorf("found %v", all)
	}
}

// lexiconExtremes has texts and weights as large and as small as can be.
func lexiconExtremes(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	var many strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&many, "x%d ", i)
	}
	p.apply(
		text("many", many.String(), 1),
		text("long", strings.Repeat("cat ", 8000), 1),
		text("256", strings.Repeat("cat ", 256), 1),
		text("16", strings.Repeat("cat dog ", 16), 1),
		text("cut", "bee "+strings.Repeat("dog ", 20000), 1),
		text("short", "cat", 1),
		text("\x00\xff odd key \U0001F408", "cat", 1),
		text(engine.Key(strings.Repeat("long key ", 500)), "cat", 1),
	)
	for _, weight := range []float32{1, math.SmallestNonzeroFloat32, math.MaxFloat32, 1e-45, 3e38} {
		q := words(9, "cat", "dog", "x5", "x3999", "cat cat", "cat dog")
		for i := range q.Terms {
			q.Terms[i].Weight = weight
		}
		p.search(q)
	}
	q := engine.TermQuery{K: 3}
	for i := range 4000 {
		q.Terms = append(q.Terms, engine.TermWeight{Term: engine.TermOf(fmt.Sprintf("x%d", (i*7)%4000)), Weight: 1 / float32(i+1)})
	}
	p.search(q, words(1, "cat"), q)
}

// lexiconTies asks for a cut through many equal scores, again and again.
func lexiconTies(t *testing.T, open lexiconOpener) {
	const n = 3000
	p := newLexicons(t, open)
	var changes []engine.TextChange
	for i := range n { // keys descending, one in 100 better
		title := "cat bee"
		if i%100 == 0 {
			title = "cat cat"
		}
		changes = append(changes, text(testKey(n-i), title, 1))
	}
	p.apply(changes...)
	for _, k := range []int{1, 7, 29, 30, 31, 50, 1500, n - 1, n, n + 1, math.MaxInt} {
		if got := len(p.search(words(k, "cat"))[0]); got != min(k, n) {
			t.Errorf("K %d: %d hits", k, got)
		}
	}
	first := p.search(words(50, "cat"))
	if got := keysOf(first[0][30:]); !slices.IsSorted(got) || got[0] != testKey(1) {
		t.Errorf("equal scores gave %v", got)
	}
	for range 100 {
		again, _, err := p.lexicon.Search(t.Context(), []engine.TermQuery{words(50, "cat")})
		if err != nil {
			t.Fatal(err)
		}
		sameAnswers(t, again, first)
	}
}

func lexiconFilters(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	p.apply(Texts(1500, 20, 2)...)
	p.apply(
		text("before", "w0x", -7, "old"), // days before 1970 are negative
		text("plain", "w0x", 0),
		text("twice", "w0x", 500, "x", "x"),
		text("comma", "w0x", 500, "x,y"),
		text("blank", "w0x", 500, "x y"),
		text("both", "w0x", 500, "x", "y"),
		text("quoted", "w0x", 500, `x" "y`),
	)
	some := []engine.Key{testKey(0), testKey(1), testKey(999), "unknown", testKey(1), "plain"}
	for _, filters := range []engine.TermQuery{
		{},
		{Categories: []string{"c3"}},
		{Categories: []string{"c3", "c4", "c3", "nowhere"}},
		{Categories: []string{"nowhere"}},
		{Categories: []string{""}},
		{Categories: []string{"x"}},
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
	} {
		for _, k := range []int{1, 10, 5000} {
			q := words(k, "w0x", "w3x", "w100x")
			q.Categories, q.From, q.To, q.Exclude = filters.Categories, filters.From, filters.To, filters.Exclude
			p.search(q)
		}
	}
	var exclude []engine.Key // nearly all, and many unknown ones
	for i := range 20_000 {
		if i >= 1500 || i%100 != 0 {
			exclude = append(exclude, testKey(i))
		}
	}
	q := words(5000, "w0x", "w1x", "w2x")
	q.Exclude = exclude
	p.search(q)
}

// lexiconSeveralQueries checks that a query is answered alike alone and with
// others that have another K and other filters.
func lexiconSeveralQueries(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	p.apply(Texts(1200, 30, 5)...)
	var queries []engine.TermQuery
	for i := range 9 {
		q := words(1+i*i*20, fmt.Sprintf("w%dx", i), fmt.Sprintf("w%dx", 2*i), "w7x")
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

func lexiconBadQuery(t *testing.T, open lexiconOpener) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	p := newLexicons(t, open)
	p.apply(text("a", "cat", 1))
	good := words(1, "cat")
	weighing := func(w float32) engine.TermQuery { q := words(1, "dog", "cat"); q.Terms[1].Weight = w; return q }
	k, asOf := words(0, "cat"), words(1, "cat")
	asOf.AsOf = -1
	bad := []engine.TermQuery{weighing(0), weighing(-1), weighing(nan), weighing(inf), weighing(-inf), asOf}
	for _, q := range append(bad, k, words(-1, "cat")) {
		hits, _, err := p.lexicon.Search(t.Context(), []engine.TermQuery{good, q})
		if !errors.Is(err, engine.ErrInvalid) || hits != nil {
			t.Errorf("%+v: %v, %v; want ErrInvalid and no hits", q, hits, err)
		}
	}
	for _, q := range bad {
		scores, err := p.lexicon.Scores(t.Context(), []engine.TermQuery{good, q}, []engine.Key{"a"})
		if !errors.Is(err, engine.ErrInvalid) || scores != nil {
			t.Errorf("%+v: %v, %v; want ErrInvalid and no scores", q, scores, err)
		}
	}
	p.scores([]engine.Key{"a"}, k) // K is not looked at
	p.search(good)
}

// lexiconCancel gives a search more to do than there is time for.
func lexiconCancel(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	p.apply(Texts(2000, 20, 7)...)
	queries := make([]engine.TermQuery, 5000)
	for i := range queries {
		queries[i] = words(1, "w0x", "w1x", "w2x")
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if hits, _, err := p.lexicon.Search(short, queries); !errors.Is(err, context.DeadlineExceeded) || hits != nil {
		t.Errorf("out of time: %d answers, %v", len(hits), err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, n := range []int{0, 1} {
		if _, _, err := p.lexicon.Search(over, queries[:n]); !errors.Is(err, context.Canceled) {
			t.Errorf("%d queries, cancelled before: %v", n, err)
		}
		if _, err := p.lexicon.Scores(over, queries[:n], []engine.Key{testKey(1)}); !errors.Is(err, context.Canceled) {
			t.Errorf("scores of %d queries, cancelled before: %v", n, err)
		}
	}
	p.search(queries[0])
}
