package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"

	"kindred/embed"
)

const (
	// maxClustered is how many likes, the heaviest, decide what the interests
	// are. The others join the nearest. Linkage is quadratic.
	maxClustered = 200
	// maxInterests is how many interests a profile has at most.
	maxInterests = 8
	// sameInterest is how near two groups of papers must be to be one interest,
	// on a scale from 0, the mean cosine between papers of the corpus, to 1. The
	// models differ in that mean (.44 for all-MiniLM on the sample, .09 for the
	// builtin one).
	sameInterest = 0.15
)

// grouped groups likes by average linkage (Sokal & Michener, 1958): each
// begins alone; the two groups whose papers have the greatest mean cosine are
// joined while that is at least same, or there are more than maxInterests. The
// result is in the order of the heaviest like, and depends on the set of likes
// only. Likes without a vector join the first group.
func grouped(likes []example, same float64) [][]example {
	likes = slices.Clone(likes)
	slices.SortFunc(likes, byWeight)
	var seen, blind []example
	for _, x := range likes {
		if x.vector == nil {
			blind = append(blind, x)
		} else {
			seen = append(seen, x)
		}
	}
	if len(seen) == 0 {
		return [][]example{blind}
	}
	n := min(len(seen), maxClustered)
	var out [][]example
	for _, g := range linkage(seen[:n], same) {
		var group []example
		for _, i := range g {
			group = append(group, seen[i])
		}
		out = append(out, group)
	}
	slices.SortFunc(out, func(a, b []example) int { return byWeight(a[0], b[0]) })
	centres := make([]embed.Vector, len(out))
	for i, g := range out {
		centres[i] = centroid(g)
	}
	for _, x := range seen[n:] {
		best := 0
		for i := range out {
			if embed.Dot(centres[i], x.vector) > embed.Dot(centres[best], x.vector) {
				best = i
			}
		}
		out[best] = append(out[best], x)
	}
	out[0] = append(out[0], blind...)
	return out
}

// linkage returns the groups of examples, as ascending positions.
func linkage(examples []example, same float64) [][]int {
	n := len(examples)
	groups := make([][]int, n)
	mean := make([][]float64, n) // mean cosine between groups i and j
	near := make([]int, n)       // for each group the one before it that is nearest; -1 for none
	for i := range n {
		groups[i] = []int{i}
		mean[i] = make([]float64, n)
		for j := range i {
			s := float64(embed.Dot(examples[i].vector, examples[j].vector))
			mean[i][j], mean[j][i] = s, s
		}
	}
	look := func(i int) {
		near[i] = -1
		for j := range i {
			if groups[j] != nil && (near[i] < 0 || mean[i][j] > mean[i][near[i]]) {
				near[i] = j
			}
		}
	}
	for i := range n {
		look(i)
	}
	for left := n; left > 1; left-- {
		a := -1
		for i := range n {
			if groups[i] != nil && near[i] >= 0 && (a < 0 || mean[i][near[i]] > mean[a][near[a]]) {
				a = i
			}
		}
		b := near[a]
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
		for i := range n {
			if groups[i] != nil && (i == b || near[i] == a || near[i] == b || i > b && (near[i] < 0 || mean[i][b] > mean[i][near[i]])) {
				look(i)
			}
		}
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

// centroid returns Σ weight·vector over the examples that have a vector, scaled
// to norm 1; the first one's if they cancel out; nil if there is none.
func centroid(examples []example) embed.Vector {
	var sum []float64
	var first embed.Vector
	for _, x := range examples {
		if x.vector == nil {
			continue
		}
		if sum == nil {
			sum, first = make([]float64, len(x.vector)), x.vector
		}
		for d, v := range x.vector {
			sum[d] += float64(x.weight * float64(v))
		}
	}
	var square float64
	for _, s := range sum {
		square += float64(s * s)
	}
	norm := math.Sqrt(square)
	if norm < 1e-9 {
		return first
	}
	out := make(embed.Vector, len(sum))
	for d, s := range sum {
		out[d] = float32(s / norm)
	}
	return out
}

// identify gives every interest its id: that of the paper in it that was liked
// first, which also counts where the like was taken back since. So an interest
// keeps its id while likes come and go, and as long as the first paper stays in
// it when groups join or part. Nothing is kept: the id at an event number is the
// same whenever it is asked for.
func identify(all []interest, undone []example) {
	first := make([]example, len(all))
	take := func(i int, x example) {
		if f := first[i]; f.key == "" || x.first < f.first || x.first == f.first && x.key < f.key {
			first[i] = x
		}
	}
	for i, x := range all {
		for _, ex := range x.examples {
			take(i, ex)
		}
	}
	for _, ex := range undone {
		if ex.vector == nil {
			continue
		}
		best := -1
		for i, x := range all {
			if x.centroid != nil && (best < 0 || embed.Dot(x.centroid, ex.vector) > embed.Dot(all[best].centroid, ex.vector)) {
				best = i
			}
		}
		if best >= 0 {
			take(best, ex)
		}
	}
	for i := range all {
		sum := sha256.Sum256([]byte(first[i].key))
		all[i].id = hex.EncodeToString(sum[:5])
	}
}

// A shaping is what a person said about an interest.
type shaping struct {
	ID      string  `json:"-"`
	Name    string  `json:"name,omitempty"`
	Muted   bool    `json:"muted,omitempty"`
	Weight  float64 `json:"weight,omitempty"`  // 0 is 1
	Members []Key   `json:"members,omitempty"` // likes of the interest when it was said
}

// shape applies what was said to the interests it was said of: to the one of
// the same id, else to the one that holds most of the likes it held then. An
// interest takes one shaping, that of the greatest overlap, and with it the id.
func shape(all []interest, said []shaping) {
	taken := make([]bool, len(all))
	apply := func(i int, s shaping) {
		taken[i] = true
		x := &all[i]
		x.id, x.name, x.muted = s.ID, s.Name, s.Muted
		if s.Weight > 0 {
			x.boost = s.Weight
		}
	}
	var rest []shaping
	for _, s := range said {
		i := slices.IndexFunc(all, func(x interest) bool { return x.id == s.ID })
		if i >= 0 && !taken[i] {
			apply(i, s)
		} else {
			rest = append(rest, s)
		}
	}
	for _, s := range rest {
		best, most := -1, 0
		for i, x := range all {
			n := 0
			for _, ex := range x.examples {
				if slices.Contains(s.Members, ex.key) {
					n++
				}
			}
			if !taken[i] && n > most {
				best, most = i, n
			}
		}
		if best >= 0 {
			apply(best, s)
		}
	}
}
