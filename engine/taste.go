package engine

import (
	"context"
	"slices"

	"kindred/embed"
)

// A profile is somebody's taste, made ready to judge papers by.
type profile struct {
	interests []interest     // at least one; the order breaks ties
	centroids []embed.Vector // of interests, as an Index scales its queries
	likes     []example
	dislikes  []example // at most maxDislikes
}

// maxDislikes is how many dislikes, the newest by weight, push papers down.
const maxDislikes = 200

// profile makes the profile of likes, of which there is at least one, and
// dislikes. What is one interest is decided by the corpus as of a change number.
func (e *serving) profile(ctx context.Context, likes, dislikes []example, asOf int64) (profile, error) {
	same, err := e.sameInterest(ctx, asOf)
	if err != nil {
		return profile{}, err
	}
	dislikes = slices.Clone(dislikes)
	slices.SortFunc(dislikes, byWeight)
	return newProfile(interests(likes, same), likes, dislikes[:min(len(dislikes), maxDislikes)]), nil
}

func newProfile(interests []interest, likes, dislikes []example) profile {
	p := profile{interests: interests, likes: likes, dislikes: dislikes}
	for _, x := range interests {
		p.centroids = append(p.centroids, x.centroid.Unit())
	}
	return p
}

// without returns the profile less the likes of some papers. What is left of an
// interest stays one; ok is false if nothing is left.
func (p profile) without(keys []Key) (_ profile, ok bool) {
	gone := func(x example) bool { return slices.Contains(keys, x.key) }
	if !slices.ContainsFunc(p.likes, gone) {
		return p, true
	}
	likes := slices.DeleteFunc(slices.Clone(p.likes), gone)
	var left []interest
	for _, x := range p.interests {
		if slices.ContainsFunc(x.examples, gone) {
			x.examples = slices.DeleteFunc(slices.Clone(x.examples), gone)
			if len(x.examples) == 0 {
				continue
			}
			x = x.summed()
		}
		left = append(left, x)
	}
	return newProfile(left, likes, p.dislikes), len(left) > 0
}

// suits returns how relevant a paper at v, a unit vector, is to the person, and
// the interest that it suits best, the earlier one if equal.
func (p profile) suits(v embed.Vector) (float32, *interest) {
	best, top := 0, embed.Dot(p.centroids[0], v)
	for i, c := range p.centroids[1:] {
		if s := embed.Dot(c, v); s > top {
			best, top = i+1, s
		}
	}
	return p.relevance(best, top, v), &p.interests[best]
}

// relevance returns how relevant a paper at v is, whose cosine with the
// centroid of interest i, its best, is s: s, less the push of dislikes.
func (p profile) relevance(i int, s float32, v embed.Vector) float32 {
	return s - p.push(p.interests[i], s, v)
}

// push returns how far dislikes push down a paper at v with relevance s to x:
// where a disliked paper is nearer than every liked one, by the difference
// between the two; else 0. Papers nearer to a like keep their relevance, so a
// dislike does no harm elsewhere; subtracting similarity to dislikes everywhere
// hurts (shared baselines, goldreviewer: loss .275 to .342 against .249).
func (p profile) push(x interest, s float32, v embed.Vector) float32 {
	if len(p.dislikes) == 0 {
		return 0
	}
	against := nearest(p.dislikes, v)
	// The mean of the likes' cosines, s·norm/weight, is not above their greatest.
	if float64(against) <= float64(s)*x.norm/x.weight {
		return 0
	}
	return max(against-nearest(p.likes, v), 0)
}

// nearest returns the greatest cosine between v and an example.
func nearest(set []example, v embed.Vector) float32 {
	top := float32(-1)
	for _, x := range set {
		top = max(top, embed.Dot(x.vector, v))
	}
	return top
}
