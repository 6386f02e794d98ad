package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"kindred/embed"
)

// An example is a paper that speaks for a person's taste, or against it.
type example struct {
	key    Key
	vector embed.Vector // unit; nil if it has none
	bag    Bag          // empty without a lexicon
	weight float64      // above 0
	first  int64        // number of the event that first liked it; 0 if there is none
}

// byWeight orders examples, the heaviest first, then by key.
func byWeight(a, b example) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.key, b.key))
}

// likeAge is the time constant of a like: one of this age counts 1/e of one
// made now. On authorfeed-even R@20 is .213 with 9 months, .219 with 12, .225 with
// 24, .231 with 36; the second study of the shared baselines found 24 to 48 best.
const likeAge = 36 * 30 * 24 * time.Hour

// likeWeight returns e^(−age/likeAge), in (0, 1]; a like from the future
// weighs 1. It never reaches 0.
func likeWeight(age time.Duration) float64 {
	return max(math.Exp(-max(age, 0).Hours()/likeAge.Hours()), 1e-6)
}

// A model is what a person likes, or one interest of theirs, or one text, as a
// linear function of a paper's vector x and of how much its terms are
// saturated:
//
//	relevance(x) = [ ω·(u·x − u·μ)/σ_u + (Σ_t q_t·sat_t(x))/σ_q ] / s
//
//	u   = A·(Σ_i w_i·v_i / Σ_i w_i − ½μ), scaled to norm 1   over the examples i
//	q_t = (Σ_i w_i·sat_t(i))^α·idf_t^p
//
// μ is the mean vector of a sample of the corpus, A the metric of that sample for
// what a person likes and the identity for one paper, σ_u and σ_q the standard
// deviations of u·x and of the sum over that sample, and s is what the first
// part gives the examples themselves on average, or, without it, the second. So
// 0 is a paper like any other, 1 one as near in meaning as the examples, to
// which words add. The first part finds papers of the same meaning,
// the second papers of the same words; each alone is worse on every protocol
// (README.md of package eval has the table, and what else was tried).
//
// The first part is Rocchio's (1971) in vectors; half the mean is taken off since
// all of it helps broad libraries and hurts narrow ones. The second is BM25
// (Robertson & Zaragoza 2009) between two papers, both sides saturated, with a
// higher power of idf: idf² in each vector was the second study's finding. α < 1 is
// for words that many of the likes have: a second mention says less than the first.
//
// The sum over examples and terms is exact, which is what explain.go says of it.
type model struct {
	kind     kind
	examples []example // by weight, then key
	weight   float64   // Σ weight

	query embed.Vector // u; nil if no example has a vector
	scale float64      // ω/(σ_u·s)
	base  float64      // u·μ
	norm  float64      // of u before it was scaled

	terms  []TermWeight // q_t/(σ_q·s), the greatest first, then by term
	length float64      // mean of texts, for Saturation

	self float64 // s: what a relevance is multiplied by to be in standard deviations
}

// A kind is what a model is for. Its constants were chosen on citeulike-a-tune
// and authorfeed-even, those of similar by the shared baselines (second study:
// related papers want idf¹ and more of the dense part).
type kind struct {
	idf   int     // p
	often float64 // α
	dense float64 // ω
	even  bool    // the dense part is in the metric of the corpus
	few   float64 // added to ω, divided by the number of examples: one paper's words say little of a person
	// search is how many terms look for candidates, the heaviest; what they find is
	// judged by all. On authorfeed-even R@100 is .3739 with 128, .3753 with 384. The words
	// of a paper past the first 64 are in so many others that they find nothing.
	search int
}

var (
	ofPerson = kind{idf: 5, often: 0.7, dense: 0.35, few: 4, even: true, search: 256}
	// ofPersonAmongFew is for a corpus of fewer than fewPapers: there two papers share a
	// rare word by chance. Not tuned: what was chosen for large ones before α, and the
	// golden readers of the sample find more with it.
	ofPersonAmongFew = kind{idf: 3, often: 1, dense: 0.5, few: 4, even: true, search: 256}

	ofPaper = kind{idf: 1, often: 1, dense: 1, search: 64}
)

const (
	// fewPapers is how many papers say how rare a word is.
	fewPapers = 500
	// maxTerms is how many terms a model has at most, the heaviest.
	maxTerms = 4096
	// trimmed: of the sample's lexical scores one in so many, the greatest, is left
	// out of their deviation. A sample of 500 has a few papers of any topic, and
	// their scores are far from the rest. On authorfeed-even R@20 .230 with 20,
	// .228 with 100 or none.
	trimmed = 20
	// centring is how much of the corpus mean is taken off u. On authorfeed-even
	// R@20 and citeulike-a-tune R@100: 0 .229, .719; .3 .226, .726; .6 .225, .732;
	// 1 .224, .734.
	centring = 0.5
)

// A background is what the corpus is like: a sample of it.
type background struct {
	keys    []Key
	vectors []embed.Vector // of those that have one
	mean    []float64      // μ
	cosine  float64        // mean between two of them
	metric  *metric
	asOf    int64
	lexicon Lexicon      // nil: none, or it lags behind
	papers  int          // in the lexicon
	words   *sampleWords // nil without a lexicon
}

// measure makes a background of sampled papers.
func measure(x Index, sample []Key, asOf int64) background {
	b := background{asOf: asOf}
	for i, v := range x.Vectors(sample, asOf) {
		if v == nil {
			continue
		}
		b.keys, b.vectors = append(b.keys, sample[i]), append(b.vectors, v)
		if b.mean == nil {
			b.mean = make([]float64, len(v))
		}
		for d, f := range v {
			b.mean[d] += float64(f)
		}
	}
	n := float64(len(b.vectors))
	var square float64
	for d := range b.mean {
		square += float64(b.mean[d] * b.mean[d])
		b.mean[d] /= n
	}
	b.metric = &metric{sample: b.vectors, mean: b.mean}
	if n > 1 { // (‖Σv‖² − n) / (n² − n)
		b.cosine = (square - n) / (n*n - n)
	}
	return b
}

// read measures the words too.
func (b *background) read(l Lexicon) {
	b.lexicon = l
	b.words = readSample(l, b.keys, b.asOf)
	b.papers = l.Statistics(nil, b.asOf).Papers
}

// ofPerson is the kind of model for a person in this corpus.
func (b *background) ofPerson() kind {
	if b.papers < fewPapers {
		return ofPersonAmongFew
	}
	return ofPerson
}

// model makes the model of examples, of which there is at least one.
func (b *background) model(k kind, examples []example) model { return b.make(k, examples, b.lexicon) }

// gist makes a model without words, which costs a tenth.
func (b *background) gist(k kind, examples []example) model { return b.make(k, examples, nil) }

func (b *background) make(k kind, examples []example, words Lexicon) model {
	m, cosine := b.begin(k, examples)
	m.end(b, cosine, words)
	return m
}

// begin makes the query of a model, which looks for papers, and returns the mean cosine
// of the examples with it.
func (b *background) begin(k kind, examples []example) (m model, cosine float64) {
	m = model{kind: k, examples: slices.Clone(examples)}
	slices.SortFunc(m.examples, byWeight)
	for _, x := range m.examples {
		m.weight += x.weight
	}
	return m, m.direct(b)
}

// end makes the rest of a model that was begun.
func (m *model) end(b *background, cosine float64, words Lexicon) {
	var own, lexical float64
	if m.query != nil {
		own = m.measure(b, cosine)
	}
	if words != nil {
		lexical = m.word(b)
	}
	m.self = max(cmp.Or(own, lexical), 1)
	m.scale /= m.self
	for i := range m.terms {
		m.terms[i].Weight = float32(float64(m.terms[i].Weight) / m.self)
	}
}

// direct sets query, norm and base, and returns the mean cosine of the examples with
// the query.
func (m *model) direct(b *background) (cosine float64) {
	var sum []float64
	var weight float64
	for _, x := range m.examples {
		if x.vector == nil {
			continue
		}
		if sum == nil {
			sum = make([]float64, len(x.vector))
		}
		weight += x.weight
		for d, f := range x.vector {
			sum[d] += float64(x.weight * float64(f))
		}
	}
	if sum == nil {
		return 0
	}
	mean := slices.Clone(sum) // of the examples
	var square float64
	for d := range sum {
		mean[d] /= weight
		sum[d] = mean[d]
		if b.mean != nil {
			sum[d] -= float64(centring * b.mean[d])
		}
	}
	if m.kind.even {
		sum = b.metric.times(sum)
	}
	for _, f := range sum {
		square += float64(f * f)
	}
	if m.norm = math.Sqrt(square); m.norm < 1e-6 { // they cancel out: no direction
		return 0
	}
	m.query = make(embed.Vector, len(sum))
	for d := range sum {
		m.query[d] = float32(sum[d] / m.norm)
		cosine += float64(float64(m.query[d]) * mean[d])
		if b.mean != nil {
			m.base += float64(float64(m.query[d]) * b.mean[d])
		}
	}
	return cosine
}

// measure sets the scale of the dense part, for s = 1, and returns what that gives the
// examples on average, whose mean cosine with the query is given.
func (m *model) measure(b *background, cosine float64) (own float64) {
	scores := make([]float64, len(b.vectors))
	for i, v := range b.vectors {
		scores[i] = float64(embed.Dot(m.query, v))
	}
	m.scale = (m.kind.dense + m.kind.few/float64(len(m.examples))) / deviation(scores, 0.03)
	return m.scale * (cosine - m.base)
}

// word sets the lexical part, for s = 1, and returns what it gives the
// examples on average.
func (m *model) word(b *background) (own float64) {
	size := 0
	for _, x := range m.examples {
		size += len(x.bag.Terms)
	}
	place := make(map[Term]int32, size) // of each term in all
	var all []Term
	at := make([]int32, 0, size) // places, example by example
	for _, x := range m.examples {
		for _, c := range x.bag.Terms {
			p, ok := place[c.Term]
			if !ok {
				p = int32(len(all))
				place[c.Term] = p
				all = append(all, c.Term)
			}
			at = append(at, p)
		}
	}
	stats := b.lexicon.Statistics(all, b.asOf)
	m.length = stats.Mean
	weights := make([]float64, len(all))
	have := make([]int32, len(all)) // examples of the corpus with the term
	full := make([]float64, 0, size)
	for _, x := range m.examples {
		for _, c := range x.bag.Terms {
			sat := float64(Saturation(int(c.N), x.bag.Length, stats.Mean))
			p := at[len(full)]
			full = append(full, sat)
			weights[p] += float64(x.weight * sat)
			if x.key != "" {
				have[p]++
			}
		}
	}
	var most float64
	m.terms = make([]TermWeight, 0, len(all))
	for i, t := range all {
		if m.kind.often != 1 {
			weights[i] = math.Pow(weights[i], m.kind.often)
		}
		idf := inverseFrequency(stats.With[i], stats.Papers)
		for range m.kind.idf {
			weights[i] *= idf
		}
		most += weights[i]
		if w := float32(weights[i]); w > 0 && stats.With[i] > int(have[i]) { // else nothing is found by it
			m.terms = append(m.terms, TermWeight{t, w})
		}
	}
	i := 0
	for _, x := range m.examples {
		for range x.bag.Terms {
			own += float64(x.weight * float64(weights[at[i]]*full[i]))
			i++
		}
	}
	m.terms = heaviest(m.terms, maxTerms)
	mine := make(map[Key]bool, len(m.examples))
	for _, x := range m.examples {
		mine[x.key] = true
	}
	scores := make([]float64, 0, len(b.keys))
	for i, s := range b.words.scores(m.terms) {
		if !mine[b.keys[i]] {
			scores = append(scores, float64(s))
		}
	}
	slices.Sort(scores)
	scores = scores[:len(scores)-len(scores)/trimmed]
	// Where hardly a paper of the sample shares a word, its deviation says little.
	sd := deviation(scores, most/1000)
	for i := range m.terms {
		m.terms[i].Weight = float32(float64(m.terms[i].Weight) / sd)
	}
	return own / m.weight / sd
}

// heaviest returns the n terms that weigh most, the greatest first, then by term.
func heaviest(terms []TermWeight, n int) []TermWeight {
	if len(terms) > n {
		weights := make([]float32, len(terms))
		for i, t := range terms {
			weights[i] = t.Weight
		}
		slices.Sort(weights)
		least := weights[len(weights)-n]
		terms = slices.DeleteFunc(terms, func(t TermWeight) bool { return t.Weight < least })
	}
	slices.SortFunc(terms, func(a, b TermWeight) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Term, b.Term))
	})
	return terms[:min(len(terms), n)]
}

// deviation returns the standard deviation of scores, but at least least.
func deviation(scores []float64, least float64) float64 {
	var sum, square float64
	for _, s := range scores {
		sum += s
	}
	mean := sum / float64(max(len(scores), 1))
	for _, s := range scores {
		square += float64((s - mean) * (s - mean))
	}
	return max(math.Sqrt(square/float64(max(len(scores), 1))), least, 1e-9)
}

// inverseFrequency is idf: ln(1 + (of − with + ½)/(with + ½)), above 0
// (Robertson & Zaragoza 2009, with the 1 that keeps it so).
func inverseFrequency(with, of int) float64 {
	return math.Log(1 + (float64(max(of-with, 0))+0.5)/(float64(with)+0.5))
}

// meaning returns the dense part of the relevance of a paper at v.
func (m *model) meaning(v embed.Vector) float64 {
	if m.query == nil || v == nil {
		return 0
	}
	return m.scale * (float64(embed.Dot(m.query, v)) - m.base)
}

// relevance returns that of a paper at v, of which the terms score lexical.
func (m *model) relevance(v embed.Vector, lexical float32) float32 {
	return float32(m.meaning(v) + float64(lexical))
}

// words returns the lexical part of the relevance of a paper that need not be
// stored: what Lexicon.Scores gives for one that is, but for the order of the
// sum.
func (m *model) words(bag Bag) float32 {
	var sum float32
	for _, t := range m.terms {
		if n := bag.N(t.Term); n > 0 {
			sum += t.Weight * Saturation(n, bag.Length, m.length)
		}
	}
	return sum
}

// near returns the query that finds candidates of the model by meaning, if there is one.
func (m *model) near(f filter, k int) []Query {
	if m.query == nil {
		return nil
	}
	return []Query{f.vector(m.query, k)}
}

// worded returns the query that finds candidates of the model by words, if there is one.
func (m *model) worded(f filter, k int) []TermQuery {
	if len(m.terms) == 0 {
		return nil
	}
	return []TermQuery{f.terms(m.terms[:min(len(m.terms), m.kind.search)], k)}
}
