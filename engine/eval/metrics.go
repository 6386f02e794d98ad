package eval

import (
	"fmt"
	"math"
	"slices"
)

// A Metric judges one ranking. Its mean over cases is the figure reported.
type Metric struct {
	Name string // "recall@20"
	of   func(c Case, ranking []Scored) weighted
	// lower says that less is better.
	lower bool
}

// weighted is a value that counts weight times in a mean. For most metrics
// the weight is 1; for a ratio of sums it is the denominator.
type weighted struct{ value, weight float64 }

// hits returns the gain at each rank.
func gains(c Case, ranking []Scored) []float64 {
	out := make([]float64, len(ranking))
	for i, s := range ranking {
		out[i] = c.Gain[s.Paper]
	}
	return out
}

// Recall is the share of the relevant papers (gain above 0) among the first k,
// those that are no candidates counting as missed: hits ÷ relevant.
func Recall(k int) Metric {
	return Metric{Name: fmt.Sprintf("recall@%d", k), of: func(c Case, ranking []Scored) weighted {
		n := 0.0
		for _, g := range gains(c, ranking[:min(k, len(ranking))]) {
			if g > 0 {
				n++
			}
		}
		return weighted{n / float64(len(c.Gain)), 1}
	}}
}

// NDCG is the normalised discounted cumulative gain of the first k for binary
// relevance: Σ 1/log₂(rank+1) over hits ÷ the greatest possible (Järvelin &
// Kekäläinen 2002).
func NDCG(k int) Metric {
	return Metric{Name: fmt.Sprintf("ndcg@%d", k), of: func(c Case, ranking []Scored) weighted {
		var got, ideal float64
		for i, g := range gains(c, ranking[:min(k, len(ranking))]) {
			if g > 0 {
				got += 1 / math.Log2(float64(i)+2)
			}
		}
		for i := range min(k, len(c.Gain)) {
			ideal += 1 / math.Log2(float64(i)+2)
		}
		return weighted{got / ideal, 1}
	}}
}

// NDCGShare is the nDCG, with graded gains, of the first ⌈share·candidates⌉;
// csfcube's nDCG%20 has share .2.
func NDCGShare(share float64) Metric {
	return Metric{Name: fmt.Sprintf("ndcg%%%d", int(math.Round(100*share))), of: func(c Case, ranking []Scored) weighted {
		k := int(math.Ceil(share * float64(len(ranking))))
		all := gains(c, ranking)
		dcg := func(gains []float64) (sum float64) {
			for i, g := range gains[:k] {
				sum += g / math.Log2(float64(i)+2)
			}
			return sum
		}
		got := dcg(all)
		slices.SortFunc(all, func(a, b float64) int { return -compare(a, b) })
		ideal := dcg(all)
		if ideal == 0 {
			return weighted{0, 1}
		}
		return weighted{got / ideal, 1}
	}}
}

// MRR is the reciprocal of the rank of the first relevant paper, 0 without one
// in the ranking (which may be cut at Task.Depth).
func MRR() Metric {
	return Metric{Name: "mrr", of: func(c Case, ranking []Scored) weighted {
		for i, g := range gains(c, ranking) {
			if g > 0 {
				return weighted{1 / float64(i+1), 1}
			}
		}
		return weighted{0, 1}
	}}
}

// MAP is the average precision at the ranks of candidates whose gain is at
// least relevant; 0 if there is none.
func MAP(relevant float64) Metric {
	return Metric{Name: "map", of: func(c Case, ranking []Scored) weighted {
		var hits, sum float64
		for i, g := range gains(c, ranking) {
			if g >= relevant {
				hits++
				sum += hits / float64(i+1)
			}
		}
		if hits == 0 {
			return weighted{0, 1}
		}
		return weighted{sum / hits, 1}
	}}
}

// Loss is the pairwise loss of the Gold Standard Reviewer data (Stelmakh et al.
// 2023): over pairs of candidates with different gains, the sum of |difference|
// where the ranking has them in the wrong order, half of it where it scores
// them equal, ÷ the sum over all pairs. Lower is better.
func Loss() Metric {
	return Metric{Name: "loss", lower: true, of: func(c Case, ranking []Scored) weighted {
		var wrong, all float64
		for i, a := range ranking {
			for _, b := range ranking[:i] { // b is ranked above a
				gap := c.Gain[a.Paper] - c.Gain[b.Paper]
				all += math.Abs(gap)
				switch {
				case a.Score == b.Score:
					wrong += math.Abs(gap) / 2
				case gap > 0:
					wrong += gap
				}
			}
		}
		if all == 0 {
			return weighted{0, 0}
		}
		return weighted{wrong / all, all}
	}}
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
