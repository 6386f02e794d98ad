package engine

import (
	"cmp"
	"slices"
)

// sampleWords is which papers of a sample have each term, so that a model is
// measured by the sample without reading its papers again.
type sampleWords struct {
	size     int             // papers
	from     map[Term]int    // first of postings
	postings []samplePosting // by term, then by paper
}

type samplePosting struct {
	term  Term
	paper int     // place in the sample
	full  float32 // Saturation
}

// readSample reads the papers of a sample.
func readSample(l Lexicon, keys []Key, asOf int64) sampleWords {
	w := sampleWords{size: len(keys), from: map[Term]int{}}
	mean := l.Statistics(nil, asOf).Mean
	for i, bag := range l.Bags(keys, asOf) {
		for _, c := range bag.Terms {
			w.postings = append(w.postings, samplePosting{c.Term, i, Saturation(int(c.N), bag.Length, mean)})
		}
	}
	slices.SortFunc(w.postings, func(a, b samplePosting) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.paper, b.paper))
	})
	for i, p := range w.postings {
		if i == 0 || p.term != w.postings[i-1].term {
			w.from[p.term] = i
		}
	}
	return w
}

// scores returns what Lexicon.Scores gives the papers of the sample.
func (w *sampleWords) scores(terms []TermWeight) []float32 {
	out := make([]float32, w.size)
	for _, t := range terms {
		i, ok := w.from[t.Term]
		for ; ok && i < len(w.postings) && w.postings[i].term == t.Term; i++ {
			out[w.postings[i].paper] += float32(t.Weight * w.postings[i].full)
		}
	}
	return out
}
