package enginetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"kindred/embed"
	"kindred/engine"
)

// Vectors returns n unit vectors that lie about as embeddings of papers do:
// in clusters of unequal size within wider clusters, around a common mean,
// with the variance of dimension i falling as a power of i. The same arguments
// give the same vectors, and a smaller n gives a prefix of them.
func Vectors(n, dim int, seed uint64) []embed.Vector {
	const areas, topics = 20, 1000
	r := rand.New(rand.NewPCG(seed, 0))
	spectrum := make([]float64, dim)
	for i := range spectrum {
		spectrum[i] = math.Pow(1+float64(i), -0.4)
	}
	gauss := func(scale float64, around embed.Vector) embed.Vector {
		v := make(embed.Vector, dim)
		for i := range v {
			v[i] = float32(scale * r.NormFloat64() * spectrum[i])
			if around != nil {
				v[i] += around[i]
			}
		}
		return v
	}
	centres := make([]embed.Vector, areas+topics)
	mean := gauss(0.7, nil)
	for i := range areas {
		centres[i] = gauss(0.8, mean)
	}
	for i := range topics {
		centres[areas+i] = gauss(0.6, centres[r.IntN(areas)])
	}
	out := make([]embed.Vector, n)
	for i := range out {
		topic := int(topics * math.Pow(r.Float64(), 2)) // the first ones are larger
		for out[i] == nil {
			out[i] = gauss(0.6, centres[areas+topic]).Unit()
		}
	}
	return out
}

// testSpace is a space of dim dimensions that no real model has.
func testSpace(dim int) embed.Space {
	return embed.Space{Embedder: "enginetest", Model: "synthetic", Digest: "none", Dim: dim, Join: embed.JoinRule}
}

// testKey is the key of paper i; keys are in the order of i.
func testKey(i int) engine.Key { return engine.Key(fmt.Sprintf("test:%06d", i)) }

// fill returns a change for each vector, numbered from 1, with keys by
// testKey, days from 1 to 1000 and one or two categories out of ten.
func fill(vectors []embed.Vector) []engine.Change {
	out := make([]engine.Change, len(vectors))
	for i, v := range vectors {
		out[i] = engine.Change{
			Seq:        int64(i + 1),
			Key:        testKey(i),
			Vector:     v,
			Published:  engine.Day(1 + i*1000/len(vectors)),
			Categories: []string{fmt.Sprintf("c%d", i%10), fmt.Sprintf("c%d", i*i%10)},
		}
	}
	return out
}
