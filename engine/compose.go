package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"kindred/embed"
)

// Dials say how a feed is composed of relevant papers. The zero value is
// Balanced.
type Dials struct {
	// Preset gives the dials below that are nil; "" is PresetBalanced.
	Preset Preset
	// Diversity, in [0, 1], is how much nearness to papers before it counts
	// against a paper: λ of maximal marginal relevance is 1−Diversity.
	Diversity *float64
	// Novelty, in [0, 1], is how much nearness to a liked paper counts against a
	// paper.
	Novelty *float64
	// Explore, in [0, ½], is the share of places for papers that the profile says
	// little of. They are labelled.
	Explore *float64
	// Freshness, in [0, 1], is how much a paper of today is ahead of an old one,
	// in units of relevance, see model. It halves every 30 days.
	Freshness *float64
}

// A Preset is a setting of all dials.
type Preset string

// The presets.
const (
	PresetFocused     Preset = "focused"     // what is most relevant, and nothing else
	PresetBalanced    Preset = "balanced"    // the default
	PresetAdventurous Preset = "adventurous" // more of what is new
)

// presets are the dials diversity, novelty, explore, freshness. Those of
// balanced cost little of what the plain order finds; README.md of package eval
// has the figures of each.
var presets = map[Preset][4]float64{
	PresetFocused:     {0, 0, 0, 0},
	PresetBalanced:    {0.1, 0, 0.05, 0.05},
	PresetAdventurous: {0.4, 0.3, 0.2, 0.1},
}

// dials is Dials with every one of them set.
type dials struct{ diversity, novelty, explore, freshness float64 }

// resolve checks the dials and fills in those that are not set.
func (d Dials) resolve() (dials, error) {
	p, ok := presets[cmp.Or(d.Preset, PresetBalanced)]
	if !ok {
		return dials{}, fmt.Errorf("%w: preset %q: want focused, balanced or adventurous", ErrInvalid, d.Preset)
	}
	for i, x := range []struct {
		name string
		set  *float64
		most float64
	}{{"diversity", d.Diversity, 1}, {"novelty", d.Novelty, 1}, {"explore", d.Explore, 0.5}, {"freshness", d.Freshness, 1}} {
		if x.set == nil {
			continue
		}
		if !(*x.set >= 0 && *x.set <= x.most) {
			return dials{}, fmt.Errorf("%w: %s %v: want 0 to %v", ErrInvalid, x.name, *x.set, x.most)
		}
		p[i] = *x.set
	}
	return dials{p[0], p[1], p[2], p[3]}, nil
}

const (
	// window is how many of the most relevant candidates left are compared for
	// the next place: five pages of twenty.
	window = 100
	// sameText is the cosine from which two papers are one text in two records: a
	// preprint and its publication, a version and the next.
	sameText = 0.97
	// leastShare is the share of places that an interest has at least, of those
	// that would be half empty without it.
	leastShare = 0.1
)

// compose puts candidates, which come by relevance, into the order of a feed,
// until there are n. Each place goes, in this order of precedence,
//
//   - to exploration, every 1/explore places;
//   - to the interest furthest behind its quota, if one is, and there to the
//     paper that suits it best. A quota is half of √weight over the sum of all
//     roots, so that one like is heard beside twenty, and at least leastShare;
//   - to the paper, of the window most relevant, with the greatest
//     (1−diversity)·relevance/top − diversity·nearness to the papers placed
//     (maximal marginal relevance, Carbonell & Goldstein 1998), nearness being the
//     cosine above the corpus mean.
//
// A paper that repeats one already placed is left out. What is placed does not
// depend on n, so a longer list begins with the shorter one. A list that was begun
// with fewer candidates is continued. seed decides what is explored.
func (p *profile) compose(begun, all []candidate, d dials, n int, seed uint64) []candidate {
	c := composing{profile: p, dials: d, left: slices.Clone(all), near: make([]float32, len(all)), taken: make([]int, len(p.interests))}
	c.quotas()
	if len(all) > 0 {
		c.top = max(float64(all[0].Score), 1e-6)
	}
	c.order = make([]int, len(all))
	for i := range c.order {
		c.order[i] = i
	}
	slices.SortStableFunc(c.order, func(a, b int) int { return byFit(&c.left[a], &c.left[b]) })
	c.resume(begun)
	for len(c.out) < n {
		at, explored := c.next(seed)
		if at < 0 {
			break
		}
		c.place(at, explored)
	}
	return c.out
}

// composing is a list in the making.
type composing struct {
	*profile
	dials
	left  []candidate // key "" once it is placed or dropped
	first int         // nothing is left before it
	near  []float32   // greatest cosine with a placed paper, as far as it is known
	known []int       // how many placed papers near has seen
	order []int       // positions by fit
	top   float64     // relevance of the first
	quota []float64
	taken []int // places of each interest
	out   []candidate
}

// resume places what is placed already.
func (c *composing) resume(begun []candidate) {
	if len(begun) == 0 {
		return
	}
	at := make(map[Key]int, len(c.left))
	for i, x := range c.left {
		at[x.Key] = i
	}
	for _, x := range begun {
		if i, ok := at[x.Key]; ok {
			c.left[i].Key = ""
		}
		c.put(x)
	}
}

func (c *composing) quotas() {
	c.known = make([]int, len(c.left))
	c.quota = make([]float64, len(c.interests))
	if len(c.interests) < 2 {
		return
	}
	var sum float64
	open := 0
	for _, x := range c.interests {
		if !x.muted {
			sum += math.Sqrt(x.weight)
			open++
		}
	}
	for i, x := range c.interests {
		if !x.muted && open > 1 {
			c.quota[i] = max(0.5*math.Sqrt(x.weight)/sum, min(leastShare, 0.5/float64(open)))
		}
	}
}

// next returns the position of what comes next, -1 if nothing is left.
func (c *composing) next(seed uint64) (at int, explored bool) {
	place := len(c.out) + 1
	if c.explore > 0 && math.Floor(float64(place)*c.explore) > math.Floor(float64(place-1)*c.explore) {
		if at := c.unknown(seed); at >= 0 {
			return at, true
		}
	}
	behind, most := -1, 1-1e-9
	for i, q := range c.quota {
		if d := q*float64(place) - float64(c.taken[i]); d >= most {
			behind, most = i, d
		}
	}
	if behind >= 0 {
		for _, at := range c.order {
			if x := &c.left[at]; x.Key != "" && x.interest == behind && !c.repeats(at) {
				return at, false
			}
		}
		c.quota[behind] = 0 // it has no more
	}
	return c.marginal(), false
}

// marginal returns the best of the window.
func (c *composing) marginal() int {
	best, top := -1, math.Inf(-1)
	seen := 0
	for at := c.first; at < len(c.left) && seen < window; at++ {
		x := &c.left[at]
		if x.Key == "" || c.repeats(at) {
			continue
		}
		seen++
		if c.diversity == 0 {
			return at
		}
		if v := (1-c.diversity)*float64(x.Score)/c.top - c.diversity*c.nearness(at); v > top {
			best, top = at, v
		}
	}
	return best
}

// nearness is how near a candidate is to what is placed: 0 as any two papers,
// 1 the same.
func (c *composing) nearness(at int) float64 {
	if len(c.out) == 0 {
		return 0
	}
	return max(0, (float64(c.near[at])-c.back.cosine)/(1-c.back.cosine))
}

// repeats brings near up to date, and drops a candidate that repeats a placed
// one.
func (c *composing) repeats(at int) bool {
	x := &c.left[at]
	for ; c.known[at] < len(c.out); c.known[at]++ {
		if c.known[at] == 0 {
			c.near[at] = -1
		}
		c.near[at] = max(c.near[at], embed.Dot(x.vector, c.out[c.known[at]].vector))
	}
	if len(c.out) > 0 && c.near[at] >= sameText {
		x.Key = ""
		return true
	}
	return false
}

// unknown returns a paper for a place of exploration: of those past the window
// that are no less relevant than any paper, the first by a hash of seed and key.
func (c *composing) unknown(seed uint64) int {
	best, least := -1, uint64(math.MaxUint64)
	for at := c.first; at < len(c.left); at++ {
		x := &c.left[at]
		if x.Key == "" || at < window || x.Score <= 0 {
			continue
		}
		if h := hashOn(seed^fnvOffset, string(x.Key)) * fnvPrime; h < least && !c.repeats(at) {
			best, least = at, h
		}
	}
	return best
}

func (c *composing) place(at int, explored bool) {
	x := c.left[at]
	x.explored = explored
	c.left[at].Key = ""
	c.put(x)
}

// put appends what is no longer left.
func (c *composing) put(x candidate) {
	c.out = append(c.out, x)
	if x.interest >= 0 && !x.explored {
		c.taken[x.interest]++
	}
	for c.first < len(c.left) && c.left[c.first].Key == "" {
		c.first++
	}
}
