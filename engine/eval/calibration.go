package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// calibrated are the depths to which a calibration error looks.
var calibrated = []int{20, 100}

// calibrationBins is in how many bins of equal mass confidences are put.
const calibrationBins = 15

// A judged candidate has a stated confidence, and was right or not.
type judged struct {
	confidence float64
	right      bool
}

// judge keeps the confidences of the beginning of a ranking.
func judge(c Case, ranking []Scored) []judged {
	out := make([]judged, 0, calibrated[len(calibrated)-1])
	for _, s := range ranking[:min(len(ranking), cap(out))] {
		out = append(out, judged{s.Confidence, c.Gain[s.Paper] > 0})
	}
	return out
}

func calibrationName(depth int) string { return fmt.Sprintf("ece@%d", depth) }

// calibration returns the expected calibration error of the first depth of each
// list: over bins of equal mass by confidence, the mean of |share that was right −
// mean confidence|, weighted by their size (Naeini, Cooper & Hauskrecht, AAAI 2015),
// with the percentile bootstrap interval over cases; the bins stay as they are.
func (o Outcome) calibration(depth int, seed uint64) Estimate {
	type placed struct {
		of int
		judged
	}
	var all []placed
	for i, js := range o.judged {
		for _, j := range js[:min(depth, len(js))] {
			all = append(all, placed{i, j})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.confidence, b.confidence) })
	type sums [calibrationBins]struct{ n, confidence, right float64 }
	parts := make([]sums, len(o.judged)) // of each case
	for i, p := range all {
		b := &parts[p.of][i*calibrationBins/len(all)]
		b.n++
		b.confidence += p.confidence
		if p.right {
			b.right++
		}
	}
	of := func(pick []int) float64 {
		var s sums
		var n, off float64
		for _, i := range pick {
			for b := range s {
				s[b].n += parts[i][b].n
				s[b].confidence += parts[i][b].confidence
				s[b].right += parts[i][b].right
			}
		}
		for _, b := range s {
			n += b.n
			off += math.Abs(b.right - b.confidence)
		}
		return off / max(n, 1)
	}
	every := make([]int, len(parts))
	for i := range every {
		every[i] = i
	}
	sample := bootstrap(seed, len(parts), of)
	return Estimate{of(every), quantile(sample, .025), quantile(sample, .975)}
}
