package enginetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"kindred/engine"
)

// lexiconLifecycle takes papers through every change, searching after each.
func lexiconLifecycle(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	check := func(key engine.Key, q engine.TermQuery, want bool) {
		t.Helper()
		q.Terms, q.K = words(1, "cat").Terms, 10
		if got := slices.Contains(keysOf(p.search(q)[0]), key); got != want {
			t.Errorf("%+v finds %s: %v, want %v", q, key, got, want)
		}
	}
	p.apply(text("a", "cat", 10, "x"), text("b", "cat", 20, "y"), text("c", "cat", 30))
	check("a", engine.TermQuery{}, true)

	p.apply(text("a", "dog", 10, "x")) // another text
	check("a", engine.TermQuery{}, false)
	p.apply(text("a", "the dog", 10, "x")) // nothing that counts
	check("a", engine.TermQuery{}, false)
	p.apply(text("a", "cat dog", 10, "x", "y")) // another category
	check("a", engine.TermQuery{Categories: []string{"y"}}, true)
	p.apply(text("a", "cat", 11, "y")) // another day, a category less
	check("a", engine.TermQuery{Categories: []string{"x"}}, false)
	check("a", engine.TermQuery{To: 10}, false)
	check("a", engine.TermQuery{From: 11, To: 11}, true)
	p.apply(text("a", "cat", 11, "y")) // nothing that a lexicon holds
	check("a", engine.TermQuery{Categories: []string{"y"}, To: 11}, true)

	p.apply(gone("a"), gone("unknown"))
	check("a", engine.TermQuery{}, false)
	check("b", engine.TermQuery{}, true)
	p.apply(gone("a"))
	check("a", engine.TermQuery{}, false)
	p.apply(text("a", "cat", 12, "z")) // it is back
	check("a", engine.TermQuery{Exclude: []engine.Key{"a"}}, false)
	check("a", engine.TermQuery{Categories: []string{"z"}}, true)

	// Several changes of one paper in one step: the last one counts.
	p.apply(text("a", "cat", 13), gone("a"), text("a", "cat", 14), gone("b"), text("b", "cat", 15), gone("b"))
	check("a", engine.TermQuery{From: 14, To: 14}, true)
	check("b", engine.TermQuery{}, false)
	p.apply()
}

// lexiconAsOf notes the answers at every change number on the way, and asks
// for all of them again at the end.
func lexiconAsOf(t *testing.T, open lexiconOpener) {
	const papers, steps = 40, 300
	r := rand.New(rand.NewPCG(9, 9))
	texts := Texts(100, 12, 9)
	p := newLexicons(t, open)
	queries := []engine.TermQuery{words(10, "w0x", "w1x"), words(100, "w0x", "w2x", "w5x"), words(5, "w3x", "w4x", "w0x w0x")}
	queries[1].Categories, queries[1].Exclude = []string{"c1"}, []engine.Key{testKey(3), testKey(4)}
	queries[2].From, queries[2].To = 300, 800
	var answers [][][]engine.Hit // by change number - 1
	for range steps {
		change := texts[r.IntN(len(texts))]
		change.Key = testKey(r.IntN(papers))
		if r.IntN(4) == 0 {
			change = gone(change.Key)
		}
		p.apply(change)
		answers = append(answers, p.search(queries...))
	}
	for i, want := range answers {
		for j := range queries {
			queries[j].AsOf = int64(i + 1)
		}
		sameAnswers(t, p.search(queries...), want)
		p.sameBags(int64(i + 1))
	}
	p.sameBags(steps + 10)
	for j := range queries { // a number to come is now
		queries[j].AsOf = steps + 10
	}
	sameAnswers(t, p.search(queries...), answers[steps-1])
	// Queries of one call may look at different numbers.
	queries[0].AsOf, queries[1].AsOf = 17, 150
	p.search(queries...)
}

// lexiconCounts checks that papers are counted exactly, at every change number
// of late, however they came and went.
func lexiconCounts(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	r := rand.New(rand.NewPCG(3, 3))
	texts := Texts(400, 10, 3)
	terms := []engine.Term{engine.TermOf("w0x"), engine.TermOf("w1x"), engine.TermOf("cat")}
	for range 60 {
		var some []engine.TextChange
		for range 1 + r.IntN(40) {
			some = append(some, randomText(r, 300, texts))
		}
		p.apply(some...)
		version := p.flat.Version()
		p.sameStatistics(terms, 0)
		for range 3 {
			p.sameStatistics(terms, max(1, version-r.Int64N(500)))
		}
	}
	p.apply(text("a", "cat", 1))
	if now := p.lexicon.Statistics(terms, 0); now.With[2] != 1 || now.Papers != p.lexicon.Len() {
		t.Errorf("%d papers: %+v", p.lexicon.Len(), now)
	}
}

// lexiconTwice makes changes again: the same ones, older ones, and some with
// new ones.
func lexiconTwice(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	early := p.number(text("a", "cat", 1, "x"), text("b", "cat bee", 1), text("c", "cat cow", 1))
	p.apply(early...)
	late := p.number(text("a", "cat dog", 2, "y"), gone("b"))
	p.apply(late...)
	ask := func() [][]engine.Hit {
		t.Helper()
		q := []engine.TermQuery{words(9, "cat"), words(9, "cat"), words(9, "cat")}
		q[1].AsOf, q[2].AsOf = 3, 4
		return p.search(q...)
	}
	want := ask()
	for _, again := range [][]engine.TextChange{early, late, slices.Concat(early, late), nil} {
		for _, upTo := range []int64{0, 3, 5} {
			if err := p.lexicon.Apply(again, upTo); err != nil {
				t.Fatal(err)
			}
			p.sameState()
			sameAnswers(t, ask(), want)
		}
	}
	// Numbers that were used for other things are skipped.
	next := text("d", "cat emu", 3)
	next.Seq = 20
	for _, x := range []engine.Lexicon{p.lexicon, p.flat} {
		if err := x.Apply(append(slices.Concat(early, late), next), 25); err != nil {
			t.Fatal(err)
		}
	}
	p.sameState()
	q := []engine.TermQuery{words(9, "cat"), words(9, "cat"), words(9, "cat")}
	q[1].AsOf, q[2].AsOf = 19, 20
	p.search(q...)
}

func lexiconRefused(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	changes := p.number(text("a", "cat", 1), text("", "cat", 1), gone(""), text("b", "cat", 1))
	if p.flat.Apply(changes, 4) == nil {
		t.Fatal("the test is wrong: not refused")
	}
	err := p.lexicon.Apply(changes, 4)
	if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), "2") || !strings.Contains(err.Error(), "3") {
		t.Errorf("the error does not say it: %v", err)
	}
	p.sameState()
	if got := keysOf(p.search(words(9, "cat"))[0]); !slices.Equal(got, []engine.Key{"a", "b"}) {
		t.Errorf("left are %q", got)
	}
}

// lexiconCopied checks that a lexicon keeps nothing that its caller may write
// to, and gives nothing that it keeps.
func lexiconCopied(t *testing.T, open lexiconOpener) {
	p := newLexicons(t, open)
	mine := text("a", "cat dog", 1, "x")
	mine.Facets = []engine.Term{engine.TermOf("bee")}
	p.apply(mine)
	mine.Categories[0], mine.Facets[0] = "y", engine.TermOf("cow")
	q := []engine.TermQuery{words(1, "cat"), words(1, "bee"), words(1, "cow")}
	q[0].Categories = []string{"y"}
	p.search(q...)
	bag := p.lexicon.Bags([]engine.Key{"a"}, 0)[0]
	bag.Terms[0].N = 9
	p.sameState()
}

// lexiconRandom compares random searches after random changes, over many
// sizes.
func lexiconRandom(t *testing.T, open lexiconOpener) {
	for _, size := range []struct{ papers, length, step, rounds int }{
		{3, 4, 3, 60}, {30, 3, 30, 40}, {300, 20, 300, 10}, {1000, 100, 500, 4}, {9000, 5, 12000, 2}, {300, 5, 3000, 6},
	} {
		t.Run(fmt.Sprintf("papers=%d length=%d", size.papers, size.length), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(size.papers), uint64(size.length)))
			p := newLexicons(t, open)
			texts := Texts(size.papers/2+1, size.length, 13)
			for range size.rounds {
				changes := make([]engine.TextChange, r.IntN(size.step))
				for i := range changes {
					changes[i] = randomText(r, size.papers, texts)
				}
				p.apply(changes...)
				queries := make([]engine.TermQuery, 1+r.IntN(6))
				for i := range queries {
					queries[i] = randomTerms(r, size.papers, texts)
					if r.IntN(3) == 0 {
						queries[i].AsOf = max(0, p.flat.Version()+10-r.Int64N(510))
					}
				}
				p.search(queries...)
			}
		})
	}
}

// lexiconLive searches while a writer changes nearly everything again and
// again. Every answer must be the oracle's at the version that the search says
// it saw.
func lexiconLive(t *testing.T, open lexiconOpener) {
	const papers, steps, readers = 200, 300, 3
	p := newLexicons(t, open)
	texts := Texts(papers, 10, 14)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for reader := range readers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(reader), 14))
			var last int64
			for running := true; running; {
				select {
				case <-done:
					running = false // one more, at rest
				default:
				}
				last = p.checkLive(r, last, papers, texts)
			}
		})
	}
	r := rand.New(rand.NewPCG(14, 14))
	for range steps {
		changes := make([]engine.TextChange, 1+r.IntN(40))
		for i := range changes {
			changes[i] = randomText(r, papers, texts)
		}
		p.number(changes...)
		upTo := changes[len(changes)-1].Seq
		if err := p.flat.Apply(changes, upTo); err != nil { // the oracle first: it remembers
			t.Error(err)
		}
		if err := p.lexicon.Apply(changes, upTo); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
	p.sameState()
}

// checkLive makes one search of a reader and returns the version it saw, which
// must not be below last.
func (p *lexicons) checkLive(r *rand.Rand, last int64, papers int, texts []engine.TextChange) int64 {
	queries := []engine.TermQuery{randomTerms(r, papers, texts), randomTerms(r, papers, texts)}
	got, version, err := p.lexicon.Search(p.t.Context(), queries)
	if err != nil {
		p.t.Error(err)
		return last
	}
	if version < last {
		p.t.Errorf("version went back from %d to %d", last, version)
	}
	p.lexicon.Bags([]engine.Key{testKey(r.IntN(papers)), "unknown"}, r.Int64N(last+1))
	if n := p.lexicon.Len(); n < 0 || n > papers {
		p.t.Errorf("Len() = %d of %d papers", n, papers)
	}
	if version == 0 { // AsOf 0 would be now
		return version
	}
	keys := []engine.Key{testKey(r.IntN(papers)), testKey(r.IntN(papers))}
	for i := range queries {
		queries[i].AsOf = version
	}
	scores, err := p.lexicon.Scores(p.t.Context(), queries, keys)
	if err != nil {
		p.t.Error(err)
		return version
	}
	want, _, err := p.flat.Search(p.t.Context(), queries)
	if err != nil {
		p.t.Error(err)
		return version
	}
	wantScores, err := p.flat.Scores(p.t.Context(), queries, keys)
	if err != nil {
		p.t.Error(err)
		return version
	}
	for i := range want {
		if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
			p.t.Errorf("at version %d %+v gave\n%v, want\n%v", version, queries[i], got[i], want[i])
		}
	}
	terms := []engine.Term{queries[0].Terms[0].Term}
	statistics := p.lexicon.Statistics(terms, version)
	if p.lexicon.Version() > version+remembered {
		return version // the writer is too far ahead for AsOf to be exact
	}
	if fmt.Sprint(scores) != fmt.Sprint(wantScores) {
		p.t.Errorf("at version %d scores of %v are %v, want %v", version, keys, scores, wantScores)
	}
	if want := p.flat.Statistics(terms, version); fmt.Sprint(statistics) != fmt.Sprint(want) {
		p.t.Errorf("at version %d: Statistics %+v, want %+v", version, statistics, want)
	}
	return version
}

// randomText removes a paper, or gives it one of the texts.
func randomText(r *rand.Rand, papers int, texts []engine.TextChange) engine.TextChange {
	key := testKey(r.IntN(papers))
	if r.IntN(5) == 0 {
		return gone(key)
	}
	c := texts[r.IntN(len(texts))]
	c.Key = key
	return c
}

// randomTerms returns a query for now, with each filter half of the time.
func randomTerms(r *rand.Rand, papers int, texts []engine.TextChange) engine.TermQuery {
	q := engine.TermQuery{K: 1 + r.IntN(20)}
	if r.IntN(4) == 0 {
		q.K = 1 + r.IntN(2*papers)
	}
	c := texts[r.IntN(len(texts))]
	have := map[engine.Term]bool{}
	want := func(t engine.Term) {
		if !have[t] {
			have[t] = true
			q.Terms = append(q.Terms, engine.TermWeight{Term: t, Weight: r.Float32() + 0.01})
		}
	}
	want(engine.TermOf(fmt.Sprintf("w%dx", r.IntN(5))))
	for _, t := range engine.BagOf(c.Title, c.Abstract).Terms {
		if r.IntN(2) == 0 {
			want(t.Term)
		}
	}
	for range r.IntN(5) {
		want(engine.TermOf(fmt.Sprintf("w%dx", r.IntN(50))))
	}
	if r.IntN(2) == 0 {
		want(c.Facets[0])
	}
	if r.IntN(2) == 0 {
		q.Categories = []string{fmt.Sprintf("c%d", r.IntN(11)), fmt.Sprintf("c%d", r.IntN(11))}
	}
	if r.IntN(2) == 0 {
		q.From = engine.Day(r.IntN(1000))
	}
	if r.IntN(2) == 0 {
		q.To = engine.Day(r.IntN(1000))
	}
	if r.IntN(2) == 0 {
		for range r.IntN(min(papers, 300)) {
			q.Exclude = append(q.Exclude, testKey(r.IntN(papers+5)))
		}
	}
	return q
}
