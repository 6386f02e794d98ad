package eval

import (
	"context"

	"kindred/embed"
)

// MeanDense is the baseline of dense vectors alone: the score of a paper is its
// cosine with the mean of the likes' vectors, times the norm of that mean,
// which changes no ranking. A paper without a vector scores as the worst.
type MeanDense struct{ Vectors []embed.Vector }

// Rank implements Ranker.
func (r MeanDense) Rank(ctx context.Context, c Case, pool []int, depth int) ([]Scored, error) {
	var profile embed.Vector
	n := 0
	for _, p := range c.Likes {
		v := r.Vectors[p]
		if v == nil {
			continue
		}
		if profile == nil {
			profile = make(embed.Vector, len(v))
		}
		for d, x := range v {
			profile[d] += x
		}
		n++
	}
	out := make([]Scored, 0, len(pool))
	for _, p := range pool {
		s := -2.0
		if v := r.Vectors[p]; v != nil && n > 0 {
			s = float64(embed.Dot(profile, v)) / float64(n)
		}
		out = append(out, Scored{Paper: p, Score: s})
	}
	return Best(out, depth), ctx.Err()
}
