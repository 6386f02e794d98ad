package eval

import (
	"math/rand/v2"
	"slices"
	"time"
)

// An Outcome is what a run gave.
type Outcome struct {
	Protocol string
	PerCase  time.Duration // processor time of one ranking, about
	users    []string      // of each case
	values   [][]weighted  // of each case, by metric
	metrics  []Metric
	judged   [][]judged // of each case; nil if confidences are not measured
}

// An Estimate is a mean with the bounds of its 95 % interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// resamples is how many bootstrap samples an interval is made from.
const resamples = 1000

// Metrics names the metrics, in the order of the protocol.
func (o Outcome) Metrics() []string {
	var out []string
	for _, m := range o.metrics {
		out = append(out, m.Name)
	}
	if o.judged != nil {
		for _, depth := range calibrated {
			out = append(out, calibrationName(depth))
		}
	}
	return out
}

// Users is the number of different users.
func (o Outcome) Users() int { return len(o.byUser(0)) }

// Estimates returns the mean of each metric over all cases, with the
// percentile bootstrap interval over users (Efron 1979). The same seed gives
// the same interval.
func (o Outcome) Estimates(seed uint64) map[string]Estimate {
	out := map[string]Estimate{}
	for m, metric := range o.metrics {
		users := o.byUser(m)
		sample := bootstrap(seed, len(users), func(pick []int) float64 { return mean(users, pick) })
		all := make([]int, len(users))
		for i := range all {
			all[i] = i
		}
		out[metric.Name] = Estimate{mean(users, all), quantile(sample, .025), quantile(sample, .975)}
	}
	if o.judged != nil {
		for _, depth := range calibrated {
			out[calibrationName(depth)] = o.calibration(depth, seed)
		}
	}
	return out
}

// A Difference is how much one outcome's metric is above another's.
type Difference struct {
	Estimate
	// P is the two-sided probability of a difference this far from 0 if the two
	// were equally good, by the paired bootstrap; at least 1/resamples.
	P float64 `json:"p"`
}

// Compare returns by how much o is above p in every metric they share, paired
// by user. Both must be of the same protocol.
func (o Outcome) Compare(p Outcome, seed uint64) map[string]Difference {
	out := map[string]Difference{}
	for m, metric := range o.metrics {
		at := slices.IndexFunc(p.metrics, func(x Metric) bool { return x.Name == metric.Name })
		if at < 0 {
			continue
		}
		a, b := o.byUser(m), p.byUser(at)
		if len(a) != len(b) {
			continue
		}
		diff := func(pick []int) float64 { return mean(a, pick) - mean(b, pick) }
		all := make([]int, len(a))
		for i := range all {
			all[i] = i
		}
		sample := bootstrap(seed, len(a), diff)
		below, above := 0, 0
		for _, d := range sample {
			if d <= 0 {
				below++
			}
			if d >= 0 {
				above++
			}
		}
		tail := min(below, above)
		out[metric.Name] = Difference{
			Estimate{diff(all), quantile(sample, .025), quantile(sample, .975)},
			min(1, max(2*float64(tail), 1)/resamples),
		}
	}
	return out
}

// byUser returns the values of metric m, one weighted mean for each user, in
// the order in which users first come.
func (o Outcome) byUser(m int) []weighted {
	at := map[string]int{}
	var out []weighted
	for i, u := range o.users {
		n, ok := at[u]
		if !ok {
			n = len(out)
			at[u] = n
			out = append(out, weighted{})
		}
		v := o.values[i][m]
		out[n].value += v.value * v.weight
		out[n].weight += v.weight
	}
	return out // value is a sum here, not yet divided
}

// mean of the sums that byUser returns, over the picked users.
func mean(users []weighted, pick []int) float64 {
	var sum, weight float64
	for _, i := range pick {
		sum += users[i].value
		weight += users[i].weight
	}
	if weight == 0 {
		return 0
	}
	return sum / weight
}

// bootstrap returns, ascending, what of gives for resamples of n.
func bootstrap(seed uint64, n int, of func(pick []int) float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]float64, resamples)
	pick := make([]int, n)
	for i := range out {
		for j := range pick {
			pick[j] = rng.IntN(n)
		}
		out[i] = of(pick)
	}
	slices.Sort(out)
	return out
}

func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
