package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"kindred/embed"
)

// A profile is somebody's taste, made ready to judge papers by.
type profile struct {
	whole     model      // of all likes but those of muted interests
	interests []interest // at least one, the heaviest first
	dislikes  []example  // at most maxDislikes
	back      background
}

// An interest is a group of likes that are about one thing. Beside others its
// model has no words, see assign.
type interest struct {
	model
	centroid embed.Vector // unit, of its likes; nil if none has a vector
	id       string
	name     string // "" if the person gave none
	muted    bool
	boost    float64 // what the weights of its likes are multiplied by; 1 if nothing is said
}

// maxDislikes is how many dislikes, the heaviest, push papers down.
const maxDislikes = 100

// tastes is what a profile is made of.
type tastes struct {
	likes    []Liked
	dislikes []Liked
	undone   []Liked   // liked once, not now: they only tell interests apart
	said     []shaping // about interests, in the order of events
}

// profile returns the profile of tastes, which is not to be written to. It is
// nil if nothing is known of the likes, there are none, or all of them are of
// muted interests. The last ones made are kept, if the Ranker ranks as of a
// change number.
func (r *Ranker) profile(t tastes) *profile {
	if len(t.likes) == 0 {
		return nil
	}
	if r.AsOf == 0 {
		return r.makeProfile(t)
	}
	p, _ := r.profiles.get(fmt.Sprintf("%#v", t), func() (*profile, error) { return r.makeProfile(t), nil })
	return p
}

func (r *Ranker) makeProfile(t tastes) *profile {
	likes := r.examples(t.likes)
	if len(likes) == 0 {
		return nil
	}
	b := r.background()
	p := &profile{back: b, dislikes: r.examples(t.dislikes)}
	slices.SortFunc(p.dislikes, byWeight)
	p.dislikes = p.dislikes[:min(len(p.dislikes), maxDislikes)]
	groups := grouped(likes, b.cosine+sameInterest*(1-b.cosine))
	p.interests = make([]interest, len(groups))
	for i, g := range groups {
		p.interests[i] = interest{centroid: centroid(g), boost: 1, model: model{examples: g}}
	}
	identify(p.interests, r.examples(t.undone))
	shape(p.interests, t.said)
	var counted []example
	for i := range p.interests {
		x := &p.interests[i]
		for n := range x.examples {
			x.examples[n].weight *= x.boost
		}
		if !x.muted {
			counted = append(counted, x.examples...)
		}
	}
	if len(counted) == 0 {
		return nil
	}
	each(1+len(p.interests), func(i int) {
		if i == 0 {
			p.whole = b.model(b.ofPerson(), counted)
		} else if len(p.interests) > 1 {
			p.interests[i-1].model = b.gist(b.ofPerson(), p.interests[i-1].examples)
		}
	})
	if len(p.interests) == 1 {
		p.interests[0].model = p.whole
	}
	slices.SortFunc(p.interests, func(a, b interest) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.examples[0].key, b.examples[0].key))
	})
	return p
}

// nearest returns the interest whose centroid is nearest to v, the earlier one
// if equal.
func (p *profile) nearest(v embed.Vector) int {
	best, top := 0, float32(math.Inf(-1))
	for i, x := range p.interests {
		if x.centroid == nil || v == nil {
			continue
		}
		if s := embed.Dot(x.centroid, v); s > top {
			best, top = i, s
		}
	}
	return best
}

// pushing is how many standard deviations of the cosine between papers a paper
// is pushed down by for each by which a dislike is nearer than any like.
const pushing = 3.0

// pushDown lowers candidates by what the person dislikes: where a disliked
// paper is nearer than every liked one, by the difference of the two cosines.
// Papers nearer to a like keep their relevance, so a dislike does no harm
// elsewhere; subtracting similarity to dislikes everywhere hurts (shared
// baselines, goldreviewer: loss .275 to .342 against .249).
func (p *profile) pushDown(all []candidate) {
	if len(p.dislikes) == 0 {
		return
	}
	for i := range all {
		if by, key := p.push(all[i].vector); by > 0 {
			all[i].add("disliked", "", key, -by)
		}
	}
}

// push returns how far a paper at v is pushed down, and by which dislike.
func (p *profile) push(v embed.Vector) (float32, Key) {
	if v == nil {
		return 0, ""
	}
	against, key := closest(p.dislikes, v, 1)
	liked, _ := closest(p.whole.examples, v, against)
	if against <= liked {
		return 0, ""
	}
	return float32(pushing * float64(against-liked) / (cosineDeviation * p.whole.self)), key
}

// cosineDeviation is about the standard deviation of the cosine between two
// papers: .07 for the builtin model, .1 for all-MiniLM.
const cosineDeviation = 0.08

// closest returns the greatest cosine between v and an example, and which that
// is; it may stop at one of at least enough.
func closest(set []example, v embed.Vector, enough float32) (float32, Key) {
	top, key := float32(-1), Key("")
	for _, x := range set {
		if x.vector == nil {
			continue
		}
		if s := embed.Dot(x.vector, v); s > top {
			if top, key = s, x.key; top >= enough {
				break
			}
		}
	}
	return top, key
}

// only returns the profile as if it had but the one interest; ErrNotFound if
// there is none of that id.
func (p *profile) only(id string) (*profile, error) {
	if p != nil {
		for _, x := range p.interests {
			if x.id == id {
				x.muted = false
				x.model = p.back.model(p.back.ofPerson(), x.examples)
				return &profile{whole: x.model, interests: []interest{x}, dislikes: p.dislikes, back: p.back}, nil
			}
		}
	}
	return nil, fmt.Errorf("interest %q: %w", id, ErrNotFound)
}
