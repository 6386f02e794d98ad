package engine

// sampleWords is which papers of a sample have each term, so that a model is
// measured by the sample without reading its papers again: a hash table, of which each
// bucket holds some ten postings of a sample of 500.
type sampleWords struct {
	size     int // papers
	from     [sampleBuckets + 1]uint32
	postings []samplePosting // bucket by bucket, in each by paper
}

type samplePosting struct {
	term  Term
	paper uint32  // place in the sample
	full  float32 // Saturation
}

const sampleBuckets = 1 << 14

// bucket is that of a term, which is a hash.
func (*sampleWords) bucket(t Term) int { return int(t % sampleBuckets) }

// readSample reads the papers of a sample.
func readSample(l Lexicon, keys []Key, asOf int64) *sampleWords {
	w := &sampleWords{size: len(keys)}
	bags := bagsOf(l, keys, asOf)
	for _, bag := range bags {
		for _, c := range bag.Terms {
			w.from[w.bucket(c.Term)+1]++
		}
	}
	for i := range sampleBuckets {
		w.from[i+1] += w.from[i]
	}
	w.postings = make([]samplePosting, w.from[sampleBuckets])
	next := w.from
	mean := l.Statistics(nil, asOf).Mean
	for i, bag := range bags {
		for _, c := range bag.Terms {
			b := w.bucket(c.Term)
			w.postings[next[b]] = samplePosting{c.Term, uint32(i), Saturation(int(c.N), bag.Length, mean)}
			next[b]++
		}
	}
	return w
}

// scores returns what Lexicon.Scores gives the papers of the sample.
func (w *sampleWords) scores(terms []TermWeight) []float32 {
	out := make([]float32, w.size)
	for _, t := range terms {
		b := w.bucket(t.Term)
		for _, p := range w.postings[w.from[b]:w.from[b+1]] {
			if p.term == t.Term {
				out[p.paper] += float32(t.Weight * p.full)
			}
		}
	}
	return out
}
