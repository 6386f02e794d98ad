package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"kindred/embed"
)

// A Ranker ranks papers by what somebody likes. It is the part of the engine
// that needs nothing but an index, a lexicon and a sample of the corpus: Engine
// runs it on what people did, package eval on data with known answers. It is
// safe for concurrent use, and must not be copied. What scores are measured by
// is taken at its first answer.
type Ranker struct {
	Index   Index
	Lexicon Lexicon // nil: papers are ranked by their vectors alone
	Sample  []Key   // papers from all over the corpus, that scores are measured by: 500 are enough
	AsOf    int64   // change number; 0 is now

	wordless *Ranker // the same without a Lexicon, if there is one: it may have measured
	once     sync.Once
	back     background // measured once
	profiles memo[*profile]
}

// A Liked is a paper that somebody likes.
type Liked struct {
	Key    Key
	Weight float64 // above 0; see LikeWeight

	first int64 // as in example
}

// Among says which papers may be answered. Zero values filter nothing.
type Among struct {
	Exclude  []Key
	Category string
	From, To Day // From ≤ Paper.Order ≤ To
}

// A filter is Among at a change number.
type filter struct {
	Among
	asOf int64
}

func (f filter) categories() []string {
	if f.Category == "" {
		return nil
	}
	return []string{f.Category}
}

func (f filter) vector(v embed.Vector, k int) Query {
	return Query{Vector: v, K: k, Exclude: f.Exclude, Categories: f.categories(), From: f.From, To: f.To, AsOf: f.asOf}
}

func (f filter) terms(t []TermWeight, k int) TermQuery {
	return TermQuery{Terms: t, K: k, Exclude: f.Exclude, Categories: f.categories(), From: f.From, To: f.To, AsOf: f.asOf}
}

// A candidate is a paper that may be answered.
type candidate struct {
	Hit      // its relevance to the whole profile, with what is adjusted
	vector   embed.Vector
	adjusted []adjustment
	fit      float32 // relevance to its interest, adjusted too
	interest int     // the one it suits best; -1 for none
	explored bool    // it has a place of exploration
}

// byRelevance returns candidates in the order of Hit.Compare. They are large, so what
// is sorted is their hits.
func byRelevance(all []candidate) []candidate {
	type place struct {
		Hit
		at int
	}
	places := make([]place, len(all))
	for i := range all {
		places[i] = place{all[i].Hit, i}
	}
	slices.SortFunc(places, func(a, b place) int { return a.Compare(b.Hit) })
	out := make([]candidate, len(all))
	for i, p := range places {
		out[i] = all[p.at]
	}
	return out
}

// background measures the corpus.
func (r *Ranker) background() background {
	r.once.Do(func() {
		if r.wordless != nil {
			r.back = r.wordless.background()
		} else {
			r.back = measure(r.Index, r.Sample, r.AsOf)
		}
		if r.Lexicon != nil {
			r.back.read(r.Lexicon)
		}
	})
	return r.back
}

// bagsAtOnce is how many papers one goroutine reads the terms of: about a
// millisecond of work.
const bagsAtOnce = 25

// bagsOf returns the terms of papers.
func bagsOf(l Lexicon, keys []Key, asOf int64) []Bag {
	bags := make([]Bag, len(keys))
	each((len(keys)+bagsAtOnce-1)/bagsAtOnce, func(i int) {
		from, to := i*bagsAtOnce, min((i+1)*bagsAtOnce, len(keys))
		copy(bags[from:to], l.Bags(keys[from:to], asOf))
	})
	return bags
}

// examples finds what is known of papers. Those of which nothing is are left
// out.
func (r *Ranker) examples(liked []Liked) []example {
	keys := make([]Key, len(liked))
	for i, l := range liked {
		keys[i] = l.Key
	}
	vectors := r.Index.Vectors(keys, r.AsOf)
	bags := make([]Bag, len(keys))
	if r.Lexicon != nil {
		bags = bagsOf(r.Lexicon, keys, r.AsOf)
	}
	var out []example
	for i, l := range liked {
		if vectors[i] != nil || bags[i].Length > 0 {
			out = append(out, example{l.Key, vectors[i], bags[i], l.Weight, l.first})
		}
	}
	return out
}

// find returns the keys of papers near to any of the models: at most k each by
// meaning and by words. Ascending.
func (r *Ranker) find(ctx context.Context, models []*model, f filter, k []int) ([]Key, error) {
	return r.look(ctx, func() (dense []Query) {
		for i, m := range models {
			dense = append(dense, m.near(f, k[i])...)
		}
		return dense
	}, func() (lexical []TermQuery) {
		for i, m := range models {
			lexical = append(lexical, m.worded(f, k[i])...)
		}
		return lexical
	})
}

// look returns the keys of the papers that the queries find, ascending. It looks by
// meaning and by words side by side, and makes the queries there.
func (r *Ranker) look(ctx context.Context, dense func() []Query, lexical func() []TermQuery) ([]Key, error) {
	var lists [2][][]Hit
	var errs [2]error
	each(len(lists), func(i int) {
		if i == 0 {
			if q := dense(); len(q) > 0 {
				lists[i], _, errs[i] = r.Index.Search(ctx, q)
			}
		} else if q := lexical(); len(q) > 0 {
			lists[i], _, errs[i] = r.Lexicon.Search(ctx, q)
		}
	})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("look for papers: %w", err)
	}
	found := map[Key]bool{}
	for _, hits := range append(lists[0], lists[1]...) {
		for _, h := range hits {
			found[h.Key] = true
		}
	}
	return sortedKeys(found), nil
}

// score returns candidates of keys, in their order, with relevance to m. Papers
// without a vector are left out if need is set.
func (r *Ranker) score(ctx context.Context, m *model, keys []Key, need bool) ([]candidate, error) {
	var vectors []embed.Vector
	var meaning []float64
	var lexical []float32
	var err error
	each(2, func(i int) {
		if i == 0 {
			lexical, err = r.words(ctx, m, keys)
			return
		}
		vectors = r.Index.Vectors(keys, r.AsOf)
		meaning = make([]float64, len(keys))
		for i, v := range vectors {
			meaning[i] = m.meaning(v)
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([]candidate, 0, len(keys))
	for i, v := range vectors {
		if v != nil || !need {
			out = append(out, candidate{Hit: Hit{keys[i], float32(meaning[i] + float64(lexical[i]))}, vector: v, interest: -1})
		}
	}
	return out, nil
}

// wordsAtOnce is how many papers one goroutine judges the words of: about a
// millisecond of work, against half of one to find the terms of a query.
const wordsAtOnce = 600

// words returns the lexical part of the relevance of stored papers.
func (r *Ranker) words(ctx context.Context, m *model, keys []Key) ([]float32, error) {
	out := make([]float32, len(keys))
	if len(m.terms) == 0 {
		return out, nil
	}
	errs := make([]error, (len(keys)+wordsAtOnce-1)/wordsAtOnce)
	each(len(errs), func(i int) {
		from, to := i*wordsAtOnce, min((i+1)*wordsAtOnce, len(keys))
		s, err := r.Lexicon.Scores(ctx, []TermQuery{{Terms: m.terms, K: 1, AsOf: r.AsOf}}, keys[from:to])
		if errs[i] = err; err == nil {
			copy(out[from:to], s[0])
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("score %d papers by %d terms: %w", len(keys), len(m.terms), err)
	}
	return out, nil
}

// like returns the k papers that are most like one, best first, and the model that
// says so. What is near by meaning or by words is looked at: at least 100 papers each
// way.
func (r *Ranker) like(ctx context.Context, b *background, x []example, among Among, k int) (*model, []candidate, error) {
	pool, f := max(2*k, 100), filter{among, r.AsOf}
	m, cosine := b.begin(ofPaper, x)
	near := m.near(f, pool)
	keys, err := r.look(ctx, func() []Query { return near }, func() []TermQuery {
		m.end(b, cosine, b.lexicon) // while the index is searched
		return m.worded(f, pool)
	})
	if err != nil {
		return nil, nil, err
	}
	out, err := r.score(ctx, &m, keys, false)
	if err != nil {
		return nil, nil, err
	}
	return &m, byRelevance(out)[:min(k, len(out))], nil
}

// Relevant returns the n papers most relevant to what somebody likes, best
// first; none if nothing is known of the liked ones. Scores are those of a
// feed, before diversity and the rest.
func (r *Ranker) Relevant(ctx context.Context, liked []Liked, among Among, n int) ([]Hit, error) {
	return r.ranked(ctx, liked, among, n, func(p *profile, all []candidate) []candidate { return all })
}

// Confidence returns Item.Confidence of papers that Relevant returned.
func (r *Ranker) Confidence(liked []Liked, hits []Hit) []float64 {
	out := make([]float64, len(hits))
	p := r.profile(tastes{likes: liked})
	if p == nil {
		return out
	}
	for i, h := range hits {
		out[i] = p.confidence(h.Score)
	}
	return out
}

// Feed returns the n papers that a feed begins with.
func (r *Ranker) Feed(ctx context.Context, liked []Liked, among Among, n int, d Dials) ([]Hit, error) {
	set, err := d.resolve()
	if err != nil {
		return nil, err
	}
	return r.ranked(ctx, liked, among, n, func(p *profile, all []candidate) []candidate { return p.compose(nil, all, set, n, 0) })
}

func (r *Ranker) ranked(ctx context.Context, liked []Liked, among Among, n int, order func(*profile, []candidate) []candidate) ([]Hit, error) {
	p := r.profile(tastes{likes: liked})
	if p == nil {
		return nil, nil
	}
	all, err := r.candidates(ctx, p, among, n+poolSlack)
	if err != nil {
		return nil, err
	}
	all = order(p, all)
	return hitsOf(all[:min(n, len(all))]), nil
}

// Judge returns the relevance of given papers to what somebody likes and
// dislikes, in their order; 0 for one of which nothing is known.
func (r *Ranker) Judge(ctx context.Context, liked, disliked []Liked, keys []Key) ([]Hit, error) {
	p := r.profile(tastes{likes: liked, dislikes: disliked})
	if p == nil {
		return nil, nil
	}
	all, err := r.score(ctx, &p.whole, keys, false)
	p.pushDown(all)
	return hitsOf(all), err
}

// Alike returns how much alike given papers are to one, in their order, as
// Similar ranks them.
func (r *Ranker) Alike(ctx context.Context, to Key, keys []Key) ([]Hit, error) {
	b := r.background()
	m := b.model(ofPaper, r.examples([]Liked{{Key: to, Weight: 1}}))
	all, err := r.score(ctx, &m, keys, false)
	return hitsOf(all), err
}

// Similar returns the n papers most like one, best first, as Engine.Similar
// does.
func (r *Ranker) Similar(ctx context.Context, to Key, among Among, n int) ([]Hit, error) {
	b := r.background()
	_, all, err := r.like(ctx, &b, r.examples([]Liked{{Key: to, Weight: 1}}), among, n)
	return hitsOf(all), err
}

func hitsOf(all []candidate) []Hit {
	out := make([]Hit, len(all))
	for i, c := range all {
		out[i] = c.Hit
	}
	return out
}

// candidates returns papers that may suit a profile, by relevance: those near
// to the whole of it, pool by meaning and pool by words at most, and to each
// interest, a quarter as many by meaning. Papers that suit a muted interest best
// are left out.
func (r *Ranker) candidates(ctx context.Context, p *profile, among Among, pool int) ([]candidate, error) {
	models, k := []*model{&p.whole}, []int{pool}
	if len(p.interests) > 1 {
		for i := range p.interests {
			if x := &p.interests[i]; !x.muted && len(models) <= maxSearched {
				models, k = append(models, &x.model), append(k, (pool+3)/4)
			}
		}
	}
	keys, err := r.find(ctx, models, filter{among, r.AsOf}, k)
	if err != nil {
		return nil, err
	}
	all, err := r.score(ctx, &p.whole, keys, true)
	if err != nil {
		return nil, err
	}
	all = p.assign(all)
	p.pushDown(all)
	return byRelevance(all), nil
}

// maxSearched is how many interests, the heaviest, look for papers of their own:
// with the whole four queries, which one reading of the codes answers. On
// authorfeed-even a balanced feed has R@20 .2375 with 3, .2381 with 6.
const maxSearched = 3

// poolSlack is how many more papers than wanted are looked at, so that
// near-duplicates and papers pushed down leave enough.
const poolSlack = 200

// assign gives every candidate, which is as score made it, the interest it suits
// best, by meaning, and drops those of muted ones. What a paper means is judged
// by its interest alone; what words it has, by the whole: a word of one interest
// is in few papers of another, and to weigh the words of each was two thirds of
// the time of a feed.
func (p *profile) assign(all []candidate) []candidate {
	if len(p.interests) == 1 && !p.interests[0].muted {
		for i := range all {
			all[i].interest, all[i].fit = 0, all[i].Score
		}
		return all
	}
	kept := all[:0]
	for _, c := range all {
		c.interest = p.nearest(c.vector)
		x := &p.interests[c.interest]
		if x.muted {
			continue
		}
		words := float64(c.Score) - p.whole.meaning(c.vector)
		c.fit = float32(x.meaning(c.vector)*x.self/p.whole.self + words)
		kept = append(kept, c)
	}
	return kept
}

// byFit orders candidates of one interest by their relevance to it.
func byFit(a, b *candidate) int {
	return Hit{a.Key, a.fit}.Compare(Hit{b.Key, b.fit})
}
