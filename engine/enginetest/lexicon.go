package enginetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kindred/engine"
)

// TestLexicon checks every sentence of the engine.Lexicon contract on lexicons
// made by open, which returns a new, empty one at each call. Answers are
// compared with those of FlatLexicon to the bit.
func TestLexicon(t *testing.T, open func(t *testing.T) engine.Lexicon) {
	tests := []struct {
		name string
		run  func(t *testing.T, open lexiconOpener)
	}{
		{"Empty", lexiconEmpty},
		{"Known", lexiconKnown},
		{"Facets", lexiconFacets},
		{"Extremes", lexiconExtremes},
		{"Ties", lexiconTies},
		{"Filters", lexiconFilters},
		{"SeveralQueries", lexiconSeveralQueries},
		{"BadQuery", lexiconBadQuery},
		{"Cancel", lexiconCancel},
		{"Lifecycle", lexiconLifecycle},
		{"AsOf", lexiconAsOf},
		{"Counts", lexiconCounts},
		{"Twice", lexiconTwice},
		{"Refused", lexiconRefused},
		{"Copied", lexiconCopied},
		{"Random", lexiconRandom},
		{"Live", lexiconLive},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

// A lexiconOpener returns a new, empty lexicon at version 0.
type lexiconOpener func(t *testing.T) engine.Lexicon

// A lexicons is a lexicon and the oracle, given the same changes.
type lexicons struct {
	t       *testing.T
	lexicon engine.Lexicon
	flat    *FlatLexicon
}

func newLexicons(t *testing.T, open lexiconOpener) *lexicons {
	t.Helper()
	return &lexicons{t, open(t), NewFlatLexicon()}
}

// number gives the changes the next change numbers and returns them.
func (p *lexicons) number(changes ...engine.TextChange) []engine.TextChange {
	for i := range changes {
		changes[i].Seq = p.flat.Version() + int64(i) + 1
	}
	return changes
}

// apply numbers the changes, makes them in both, and checks what can be seen
// without a search. No change may be refused.
func (p *lexicons) apply(changes ...engine.TextChange) {
	p.t.Helper()
	p.number(changes...)
	upTo := p.flat.Version() + int64(len(changes))
	if err := p.flat.Apply(changes, upTo); err != nil {
		p.t.Fatalf("the test is wrong: %v", err)
	}
	if err := p.lexicon.Apply(changes, upTo); err != nil {
		p.t.Fatalf("Apply: %v", err)
	}
	p.sameState()
}

// sameState checks Version, Len, Bags and Statistics.
func (p *lexicons) sameState() {
	p.t.Helper()
	if got, want := p.lexicon.Version(), p.flat.Version(); got != want {
		p.t.Fatalf("Version() = %d, want %d", got, want)
	}
	if got, want := p.lexicon.Len(), p.flat.Len(); got != want {
		p.t.Fatalf("Len() = %d, want %d", got, want)
	}
	p.sameBags(0)
}

// sameBags checks the terms of all papers as of a change number, and how many
// papers have those of some.
func (p *lexicons) sameBags(asOf int64) {
	p.t.Helper()
	keys := []engine.Key{"", "unknown"}
	for key := range p.flat.past {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	got, want := p.lexicon.Bags(keys, asOf), p.flat.Bags(keys, asOf)
	if len(got) != len(want) {
		p.t.Fatalf("Bags of %d keys: %d", len(keys), len(got))
	}
	terms := []engine.Term{0, 1, math.MaxUint64}
	for i, key := range keys {
		if got[i].Length != want[i].Length || !slices.Equal(got[i].Terms, want[i].Terms) {
			p.t.Fatalf("Bags as of %d: of %q %v, want %v", asOf, key, got[i], want[i])
		}
		if i%(1+len(keys)/10) == 0 {
			for _, c := range got[i].Terms[:min(20, len(got[i].Terms))] {
				terms = append(terms, c.Term)
			}
		}
	}
	p.sameStatistics(terms, asOf)
}

func (p *lexicons) sameStatistics(terms []engine.Term, asOf int64) {
	p.t.Helper()
	for range 2 { // a lexicon may remember what it was asked
		g, w := p.lexicon.Statistics(terms, asOf), p.flat.Statistics(terms, asOf)
		if g.Papers != w.Papers || g.Mean != w.Mean || !slices.Equal(g.With, w.With) {
			p.t.Fatalf("Statistics as of %d: %+v, want %+v", asOf, g, w)
		}
	}
}

// search asks both, checks that the answers are the same, that Scores gives
// the same scores, and returns the hits.
func (p *lexicons) search(queries ...engine.TermQuery) [][]engine.Hit {
	p.t.Helper()
	got, version, err := p.lexicon.Search(p.t.Context(), queries)
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
	keys := []engine.Key{"unknown", ""}
	for key := range p.flat.past {
		if keys = append(keys, key); len(keys) == 200 {
			break
		}
	}
	p.scores(append(keys, keys[0], keys[len(keys)-1]), queries...)
	return got
}

// scores asks both for scores and checks that they are the same.
func (p *lexicons) scores(keys []engine.Key, queries ...engine.TermQuery) {
	p.t.Helper()
	got, err := p.lexicon.Scores(p.t.Context(), queries, keys)
	if err != nil {
		p.t.Fatalf("Scores: %v", err)
	}
	want, err := p.flat.Scores(p.t.Context(), queries, keys)
	if err != nil {
		p.t.Fatalf("the test is wrong: %v", err)
	}
	if len(got) != len(want) {
		p.t.Fatalf("Scores of %d queries: %d", len(queries), len(got))
	}
	for i := range want {
		if len(got[i]) != len(keys) {
			p.t.Fatalf("Scores of %d keys: %d", len(keys), len(got[i]))
		}
		for j := range keys {
			if math.Float32bits(got[i][j]) != math.Float32bits(want[i][j]) {
				p.t.Fatalf("Scores: query %d, %s: %v, want %v", i, keys[j], got[i][j], want[i][j])
			}
		}
	}
}

// text returns the change that gives a paper a title.
func text(key engine.Key, title string, day engine.Day, categories ...string) engine.TextChange {
	return engine.TextChange{Key: key, Title: title, Published: day, Categories: categories}
}

// gone returns the change that takes a paper away.
func gone(key engine.Key) engine.TextChange { return engine.TextChange{Key: key, Gone: true} }

// words returns a query for words of equal weight.
func words(k int, text ...string) engine.TermQuery {
	q := engine.TermQuery{K: k}
	for _, t := range text {
		q.Terms = append(q.Terms, engine.TermWeight{Term: engine.TermOf(t), Weight: 1})
	}
	return q
}

// Texts returns n papers of about so many words, keyed by testKey and numbered
// from 1, with days from 1 to 1000, one or two of ten categories and an author.
// How often a word is used falls as it does in real texts (Zipf).
func Texts(n, length int, seed uint64) []engine.TextChange {
	r := rand.New(rand.NewPCG(seed, 0))
	zipf := rand.NewZipf(r, 1.1, 20, 50_000)
	out := make([]engine.TextChange, n)
	for i := range out {
		var b strings.Builder
		for range length/2 + r.IntN(length+1) {
			fmt.Fprintf(&b, "w%dx ", zipf.Uint64())
		}
		abstract := b.String()
		cut := strings.IndexByte(abstract[min(len(abstract), 40):], ' ') + min(len(abstract), 40)
		out[i] = engine.TextChange{
			Seq: int64(i + 1), Key: testKey(i), Title: abstract[:max(cut, 0)], Abstract: abstract[max(cut, 0):],
			Published:  engine.Day(1 + i*1000/n),
			Categories: []string{fmt.Sprintf("c%d", i%10), fmt.Sprintf("c%d", i*i%10)},
			Facets:     []engine.Term{engine.FacetOf("author", fmt.Sprintf("a%d", r.IntN(1+n/10)))},
		}
	}
	return out
}
