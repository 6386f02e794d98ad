package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// A Lexicon answers "which papers use these words?". Like an [Index] it holds
// nothing that the Store does not, is filled by Engine.Follow and by nobody
// else, and can be thrown away at any time. enginetest.TestLexicon is its
// specification in code.
//
// What counts is the weight of terms: a paper scores Σ weight · [Saturation],
// over the terms of the query, in their order, in float32. The weight of a
// term carries all that is known of the person and of how rare the term is;
// the paper's side is only how often it occurs and how long the text is. So the
// corpus can grow without a posting being touched.
//
// Searches run concurrently with each other and with writes. Every search sees
// one version: the state after some whole Apply.
type Lexicon interface {
	// Apply makes changes, in order, as one step, and moves the lexicon to
	// version upTo, as Index.Apply does: changes numbered at or below Version do
	// nothing, and the version never goes back. One without a key is refused, and
	// the error says so; the others are made.
	Apply(changes []TextChange, upTo int64) error
	// Search returns for each query exactly min(K, matching) hits in the order of
	// Hit.Compare, and the version they were found in. Matching are the papers
	// with a score above 0 that pass every filter. A query that fails
	// TermQuery.Check is an error wrapping ErrInvalid, and nothing is answered;
	// ctx is obeyed.
	Search(ctx context.Context, queries []TermQuery) ([][]Hit, int64, error)
	// Scores returns, for each query and each key, the score that Search would
	// give, to the bit; 0 for a key it does not hold. Filters and K are not looked
	// at, AsOf of the first query counts for all. What else TermQuery.Check
	// refuses is an error wrapping ErrInvalid; ctx is obeyed.
	Scores(ctx context.Context, queries []TermQuery, keys []Key) ([][]float32, error)
	// Bags returns the terms of papers as of a change number (0 is now), in
	// the order of keys; an empty Bag for one that is not held.
	Bags(keys []Key, asOf int64) []Bag
	// Statistics returns in how many papers each term occurs, for weights, and
	// what else they are made of, as of a change number (0 is now), exactly: two
	// lexicons of one store answer alike. The mean length that Saturation is given
	// in a search is of the change number that the search is of.
	Statistics(terms []Term, asOf int64) Statistics
	// Len is the number of papers held.
	Len() int
	// Version is the change number up to which the lexicon reflects the Store.
	Version() int64
}

// Statistics are counts over the papers of a lexicon.
type Statistics struct {
	Papers int     // all of them
	Mean   float64 // of Bag.Length; 0 if there are no papers
	With   []int   // papers in which each of the terms asked about occurs, in their order
}

// A TextChange is what happened to the text of one paper.
type TextChange struct {
	Seq             int64 // its number in the change sequence
	Key             Key
	Gone            bool // the paper was removed
	Title, Abstract string
	// Facets are more terms by which a paper can be found, FacetOf its authors
	// and categories. They are found like words that occur once, but are in
	// neither Bags nor Bag.Length. One that is a word of the text too is that word.
	Facets     []Term
	Published  Day // Paper.Order
	Categories []string
}

// FacetOf returns the term of something other than a word that papers have:
// kind is "author" or "category". Case and signs do not matter.
func FacetOf(kind, name string) Term { return Term(hashOn(fnvOffset, kind+":"+NormalTitle(name))) }

// Facets returns the facets of a paper, ascending, each once.
func (p *Paper) Facets() []Term {
	var out []Term
	for _, a := range p.Authors {
		out = append(out, FacetOf("author", a))
	}
	for _, c := range p.Categories {
		out = append(out, FacetOf("category", c))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A TermWeight is a term and how much it counts.
type TermWeight struct {
	Term   Term
	Weight float32 // finite, above 0
}

// A TermQuery asks for the K papers that suit weighted terms best, of those
// that pass every filter. The filters are those of Query.
type TermQuery struct {
	Terms      []TermWeight // each once; scores are summed in this order
	K          int          // at least 1
	Exclude    []Key
	Categories []string
	From, To   Day
	AsOf       int64 // as in Query
}

// Check refuses, wrapping ErrInvalid, a query whose K is below 1, whose AsOf is
// negative, or with a weight that is not finite and above 0.
func (q TermQuery) Check() error {
	switch {
	case q.K < 1:
		return fmt.Errorf("%w: %d best papers asked for", ErrInvalid, q.K)
	case q.AsOf < 0:
		return fmt.Errorf("%w: change number %d", ErrInvalid, q.AsOf)
	}
	for _, t := range q.Terms {
		if w := float64(t.Weight); !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("%w: weight %v of a term", ErrInvalid, t.Weight)
		}
	}
	return nil
}

// The constants of BM25 (Robertson & Zaragoza, FnTIR 3(4), 2009, eq. 3.15). k1 is
// what most systems have; b is nearer to 1 than theirs, since abstracts differ in
// length more by habit than by matter. On citeulike-a-tune R@100 is .734 with .9,
// .730 with .75; on authorfeed-even R@20 .223 and .222, and with 1 .223.
const (
	bm25K1 = 1.2
	bm25B  = 0.9
)

// Saturation is how much a term counts in a paper in which it occurs n times:
// n·(k1+1) / (n + k1·(1−b+b·length/mean)), in (0, k1+1). length is Bag.Length, and
// mean that of all papers. The second factor of BM25, idf, is part of the
// weights of a query.
func Saturation(n, length int, mean float64) float32 {
	tf := float64(n)
	return float32(tf * (bm25K1 + 1) / (tf + bm25K1*(1-bm25B+bm25B*float64(length)/max(mean, 1))))
}
