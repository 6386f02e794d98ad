package engine

import (
	"context"
	"fmt"
	"slices"

	"kindred/embed"
)

// onboardingNewest is how many of the newest papers are offered from, beside
// the sample of the corpus.
const onboardingNewest = 200

// Onboarding offers at most limit papers for somebody to judge, so that little
// is needed to know what they like: each is the one farthest from everything
// they judged and from those before it (greedy k-centre, Gonzalez 1985), among a
// sample of the corpus and the newest papers. The first, of somebody who judged
// nothing, is the one most like the corpus as a whole. Asked again after some
// answers, it offers what they leave open.
func (e *Engine) Onboarding(ctx context.Context, user string, limit int) (List, error) {
	l, err := e.current.Load().onboarding(ctx, user, limit)
	if err != nil {
		return List{}, fmt.Errorf("onboarding of %s: %w", user, err)
	}
	return l, nil
}

func (e *serving) onboarding(ctx context.Context, user string, limit int) (List, error) {
	limit, err := checkLimit(limit)
	if err != nil {
		return List{}, err
	}
	if err := CheckUser(user); err != nil {
		return List{}, err
	}
	s, err := e.state(ctx, user)
	if err != nil {
		return List{}, err
	}
	r, err := e.ranker(ctx, e.version())
	if err != nil {
		return List{}, err
	}
	newest, err := e.store.Newest(ctx, NewestQuery{Limit: onboardingNewest})
	if err != nil {
		return List{}, fmt.Errorf("newest papers: %w", err)
	}
	keys := slices.Clone(r.Sample)
	for _, d := range newest {
		keys = append(keys, d.Key)
	}
	slices.Sort(keys)
	keys = slices.DeleteFunc(slices.Compact(keys), func(k Key) bool { _, judged := s.Opinion[k]; return judged })
	vectors := r.Index.Vectors(keys, r.AsOf)
	near := make([]float32, len(keys)) // greatest cosine with anything judged or offered
	for i := range near {
		near[i] = -2
	}
	cover := func(v embed.Vector) {
		for i := range keys {
			if v != nil && vectors[i] != nil {
				near[i] = max(near[i], embed.Dot(v, vectors[i]))
			}
		}
	}
	judged := r.Index.Vectors(sortedKeys(s.Opinion), r.AsOf)
	for _, v := range judged {
		cover(v)
	}
	var hits []Hit
	if b := r.background(); len(judged) == 0 && b.mean != nil {
		first, top := -1, 0.0
		for i, v := range vectors {
			if v == nil {
				continue
			}
			if d := dot64(v, b.mean); first < 0 || d > top {
				first, top = i, d
			}
		}
		if first >= 0 {
			hits = append(hits, Hit{Key: keys[first]})
			cover(vectors[first])
			vectors[first] = nil
		}
	}
	for len(hits) < limit {
		next := -1
		for i := range keys {
			if vectors[i] != nil && (next < 0 || near[i] < near[next]) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		hits = append(hits, Hit{Key: keys[next]})
		cover(vectors[next])
		vectors[next] = nil
	}
	return e.list(ctx, hits)
}

func dot64(v embed.Vector, w []float64) (sum float64) {
	for i, x := range v {
		sum += float64(float64(x) * w[i])
	}
	return sum
}
