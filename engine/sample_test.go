package engine

import (
	"math/rand/v2"
	"testing"
)

// bagLexicon knows the bags of texts, and nothing else.
type bagLexicon struct {
	Lexicon
	texts map[Key]string
}

func (l bagLexicon) Bags(keys []Key, _ int64) []Bag {
	out := make([]Bag, len(keys))
	for i, k := range keys {
		out[i] = BagOf(l.texts[k], "")
	}
	return out
}

func (l bagLexicon) Statistics([]Term, int64) Statistics {
	return Statistics{Papers: len(l.texts), Mean: 3}
}

// TestSampleWords checks that a sample scores as a Lexicon is to: the sum over the
// terms of the query, in their order, to the bit.
func TestSampleWords(t *testing.T) {
	l := bagLexicon{texts: map[Key]string{"a": "graphs of graphs and waves", "b": "", "c": "waves on graphs", "d": "sound of speech"}}
	keys := []Key{"a", "b", "c", "d", "gone"}
	w := readSample(l, keys, 0)
	r := rand.New(rand.NewPCG(1, 2))
	terms := []TermWeight{{TermOf("nobody"), 1}}
	for _, s := range []string{"wave", "graph", "speech", "sound", "graph wave"} {
		terms = append(terms, TermWeight{TermOf(s), r.Float32() + 0.1})
	}
	hits := 0
	for i, got := range w.scores(terms) {
		bag := BagOf(l.texts[keys[i]], "")
		var want float32
		for _, x := range terms {
			if n := bag.N(x.Term); n > 0 {
				want += float32(x.Weight * Saturation(n, bag.Length, 3))
				hits++
			}
		}
		if got != want {
			t.Errorf("%s: %v, want %v", keys[i], got, want)
		}
	}
	if hits < 6 {
		t.Errorf("only %d terms were found", hits)
	}
}
