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
	vector embed.Vector // unit
	weight float64      // above 0
}

// byWeight orders examples, the heaviest first, then by key.
func byWeight(a, b example) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.key, b.key))
}

// likeAge is the time constant of a like: one of this age counts 1/e of one
// made now. Of the values tried by the second study of the shared baselines,
// 24 to 48 months were best and 6 months hurt.
const likeAge = 36 * 30 * 24 * time.Hour

// likeWeight returns e^(−age/likeAge), in (0, 1]; a like from the future
// weighs 1. It never reaches 0.
func likeWeight(age time.Duration) float64 {
	return max(math.Exp(-max(age, 0).Hours()/likeAge.Hours()), 1e-6)
}

// An interest is a group of examples that are about one thing.
type interest struct {
	examples []example    // by weight descending, then key
	centroid embed.Vector // Σ weight·vector, scaled to norm 1
	weight   float64      // Σ weight
	norm     float64      // of Σ weight·vector before it was scaled
}

const (
	// maxClustered is how many examples, the heaviest, decide what the
	// interests are. The others join the nearest. Linkage is quadratic.
	maxClustered = 200
	// maxInterests is how many interests a profile has at most.
	maxInterests = 12
	// sameInterest is how near two groups of papers must be to be one interest,
	// on a scale from 0, the mean cosine between papers of the corpus, to 1. The
	// models differ in that mean (.44 for all-MiniLM on the sample, .09 for the
	// builtin one). Not tuned.
	sameInterest = 0.15
	// backgroundSample is how many papers the mean cosine is taken over.
	backgroundSample = 200
)

// background returns the mean cosine between two of the given unit vectors,
// nil ones left out; 0 for fewer than two. It is (‖Σv‖² − n) / (n² − n).
func background(vectors []embed.Vector) float64 {
	var sum []float64
	n := 0.0
	for _, v := range vectors {
		if v == nil {
			continue
		}
		if sum == nil {
			sum = make([]float64, len(v))
		}
		n++
		for d, x := range v {
			sum[d] += float64(x)
		}
	}
	if n < 2 {
		return 0
	}
	var square float64
	for _, s := range sum {
		square += float64(s * s)
	}
	return (square - n) / (n*n - n)
}

// interests groups examples by average linkage (Sokal & Michener, 1958): each
// begins alone; the two groups whose papers have the greatest mean cosine are
// joined while that is at least same, or there are more than maxInterests. The
// result is by weight descending, then by the key of the
// first example, and depends on the set of examples only.
func interests(examples []example, same float64) []interest {
	examples = slices.Clone(examples)
	slices.SortFunc(examples, byWeight)
	n := min(len(examples), maxClustered)
	groups := linkage(examples[:n], same)
	out := make([]interest, 0, len(groups))
	for _, g := range groups {
		var x interest
		for _, i := range g {
			x.examples = append(x.examples, examples[i])
		}
		out = append(out, x.summed())
	}
	for _, ex := range examples[n:] {
		best := 0
		for i := range out {
			if embed.Dot(out[i].centroid, ex.vector) > embed.Dot(out[best].centroid, ex.vector) {
				best = i
			}
		}
		out[best].examples = append(out[best].examples, ex)
	}
	for i := range out {
		out[i] = out[i].summed()
	}
	slices.SortFunc(out, func(a, b interest) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.examples[0].key, b.examples[0].key))
	})
	return out
}

// linkage returns the groups of examples, as ascending positions.
func linkage(examples []example, same float64) [][]int {
	n := len(examples)
	groups := make([][]int, n)
	mean := make([][]float64, n) // mean cosine between groups i and j
	for i := range n {
		groups[i] = []int{i}
		mean[i] = make([]float64, n)
	}
	for i := range n {
		for j := range i {
			s := float64(embed.Dot(examples[i].vector, examples[j].vector))
			mean[i][j], mean[j][i] = s, s
		}
	}
	for left := n; left > 1; left-- {
		a, b := -1, -1
		for i := range n {
			for j := range i {
				if groups[i] != nil && groups[j] != nil && (a < 0 || mean[i][j] > mean[a][b]) {
					a, b = i, j
				}
			}
		}
		if mean[a][b] < same && left <= maxInterests {
			break
		}
		wa, wb := float64(len(groups[a])), float64(len(groups[b]))
		for k := range n { // Lance & Williams, 1967
			m := (float64(wa*mean[a][k]) + float64(wb*mean[b][k])) / (wa + wb)
			mean[b][k], mean[k][b] = m, m
		}
		groups[b] = append(groups[b], groups[a]...)
		groups[a] = nil
	}
	var out [][]int
	for _, g := range groups {
		if g != nil {
			slices.Sort(g)
			out = append(out, g)
		}
	}
	return out
}

// summed returns x with centroid, weight and norm of its examples. Examples
// that cancel out leave the first one's direction.
func (x interest) summed() interest {
	sum := make([]float64, len(x.examples[0].vector))
	x.weight = 0
	for _, ex := range x.examples {
		x.weight += ex.weight
		for d, v := range ex.vector {
			sum[d] += float64(ex.weight * float64(v))
		}
	}
	var norm float64
	for _, s := range sum {
		norm += float64(s * s)
	}
	x.norm = math.Sqrt(norm)
	x.centroid = make(embed.Vector, len(sum))
	if x.norm < 1e-9 {
		copy(x.centroid, x.examples[0].vector)
		return x
	}
	for d, s := range sum {
		x.centroid[d] = float32(s / x.norm)
	}
	return x
}

// maxReasons is how many examples an explanation names.
const maxReasons = 5

// reasons explains the relevance of a paper to the interest. Relevance is
// centroid·v = Σ weight·(vector·v) / norm, a sum over the examples, so the
// share of each is exact: its term over the sum of all terms. Terms below 0
// count 0. The greatest shares come first, then by key; at most maxReasons
// are returned.
func (x interest) reasons(v embed.Vector) []Reason {
	var total float64
	out := make([]Reason, 0, len(x.examples))
	terms := make(map[Key]float64, len(x.examples))
	for _, ex := range x.examples {
		sim := embed.Dot(ex.vector, v)
		terms[ex.key] = max(ex.weight*float64(sim), 0)
		total += terms[ex.key]
		out = append(out, Reason{Type: "liked", Key: ex.key, Similarity: sim})
	}
	for i := range out {
		if total > 0 {
			out[i].Share = float32(terms[out[i].Key] / total)
		} else {
			out[i].Share = 1 / float32(len(out))
		}
	}
	slices.SortFunc(out, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.Key, b.Key))
	})
	return out[:min(len(out), maxReasons)]
}
