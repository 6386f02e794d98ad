// Package distill makes a model file for builtin.Open from a teacher: any embedder
// that has read some of a person's papers. The model keeps the vocabulary of the
// builtin one; its vectors are fitted so that their sum over a text comes near the
// teacher's vector of that text.
//
// The Python program beside it, which made the builtin model itself, does the same
// and more (README.md): it has 60,000 papers, their tokens as the teacher sees
// them, and hours.
package distill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"kindred/embed"
	"kindred/embed/builtin"
)

// MinPapers is the number of papers below which nothing can be fitted.
const MinPapers = 50

// maxDim is the most dimensions that a model gets: with 384 a file has 12 MB.
const maxDim = 384

// A Paper is a text of the corpus, and the teacher's vector of it, embed.Join of
// both.
type Paper struct {
	Title, Abstract string
	Vector          embed.Vector
}

// Options say what to make. Only Name is needed.
type Options struct {
	Name     string                          // of the model, in its file
	Seed     uint64                          // of the choice of papers that are not fitted
	Progress func(step string, done, of int) // called now and then, from one goroutine at a time
}

// A Result is a fitted model.
type Result struct {
	File   []byte  // for builtin.Open
	Dim    int     // of its vectors
	Fitted int     // papers that it was fitted to
	Judged []Paper // papers that it never saw, to judge it by: a tenth, at most 500
	Ridge  float64 // how strongly the pieces were drawn to those of the builtin model
	Cosine float64 // with the teacher's vectors of Judged, as they were fitted to; mean
}

// Fit makes a model. A tenth of the papers is kept apart to judge it by, and another
// to choose how far it may go from the builtin model. The same papers, options and
// machine give the same bytes.
func Fit(ctx context.Context, papers []Paper, o Options) (Result, error) {
	if len(papers) < MinPapers {
		return Result{}, fmt.Errorf("%d papers to learn from, at least %d are needed", len(papers), MinPapers)
	}
	full := len(papers[0].Vector)
	for i, p := range papers {
		if err := p.Vector.Check(full); err != nil {
			return Result{}, fmt.Errorf("teacher's vector of paper %d: %w", i, err)
		}
	}
	base, err := builtin.New()
	if err != nil {
		return Result{}, err
	}
	tell := o.Progress
	if tell == nil {
		tell = func(string, int, int) {}
	}
	s := newPieces(base)
	order := rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(papers))
	some := min(max(len(papers)/10, 5), 500)
	judged, choosing, fitted := order[:some], order[some:2*some], order[2*some:]
	slices.Sort(fitted)

	target, err := newTarget(papers, fitted)
	if err != nil {
		return Result{}, err
	}
	fit := s.set(papers, fitted, target)
	choose, judge := s.set(papers, choosing, target), s.set(papers, judged, target)
	if len(fit.papers) == 0 || len(choose.papers) == 0 || len(judge.papers) == 0 {
		return Result{}, errors.New("the builtin model knows no word of these papers, and a model of this kind cannot learn new ones")
	}
	tell("preparing", 1, 1)

	// How strongly: first the map from the builtin vectors to the teacher's, of which
	// the pieces that no paper holds have only that, then each piece by itself.
	prior, best := []float32(nil), math.Inf(-1)
	for i, strength := range mapRidges {
		e, err := s.prior(fit, strength)
		if err != nil {
			return Result{}, err
		}
		if c := choose.cosine(e); c > best {
			prior, best = e, c
		}
		tell("turning the builtin model", i+1, len(mapRidges))
	}
	rows, ridge := prior, math.Inf(1)
	for i, r := range ridges {
		e, err := s.ridge(ctx, fit, prior, r, func(done, of int) { tell("fitting", i*of+done, len(ridges)*of) })
		if err != nil {
			return Result{}, err
		}
		if c := choose.cosine(e); c > best {
			rows, ridge, best = e, r, c
		}
	}
	out := Result{Dim: target.dim, Fitted: len(fitted), Ridge: ridge, Cosine: judge.cosine(rows)}
	for _, i := range judged {
		out.Judged = append(out.Judged, papers[i])
	}
	for i, w := range s.weight {
		for k := range target.dim {
			rows[i*target.dim+k] *= w
		}
	}
	if out.File, err = builtin.Encode(o.Name, base.Vocabulary(), target.dim, rows); err != nil {
		return Result{}, err
	}
	return out, nil
}

// The strengths that are tried. README.md says what they were good for.
var (
	mapRidges = []float64{1e-3, 1e-2, 1e-1, 1} // of the mean eigenvalue
	ridges    = []float64{.1, .03, .01, .003}  // .01 is worth some hundred occurrences of a piece
)

// Agreement says how far two embedders agree on which texts are near each other: of
// the k nearest of each text by one, the share that is also among the k nearest by
// the other; mean. a and b hold the vectors of the same texts, more than k.
func Agreement(a, b []embed.Vector, k int) (float64, error) {
	if len(a) != len(b) || len(a) <= k || k < 1 {
		return 0, errors.New("agreement: want two lists of more than k vectors, as long as each other")
	}
	same := 0
	for i := range a {
		x, y := nearest(a, a[i], i, k), nearest(b, b[i], i, k)
		for _, j := range x {
			if slices.Contains(y, j) {
				same++
			}
		}
	}
	return float64(same) / float64(k*len(a)), nil
}

// Finds says how well titles find their abstracts: the mean of one over the rank of
// titles[i]'s own among all abstracts (Voorhees, TREC-8, 1999). Of equal ones it has the
// last rank.
func Finds(titles, abstracts []embed.Vector) float64 {
	sum := 0.0
	for i, t := range titles {
		own, rank := embed.Dot(t, abstracts[i]), 0
		for _, a := range abstracts {
			if embed.Dot(t, a) >= own {
				rank++
			}
		}
		sum += 1 / float64(rank)
	}
	return sum / float64(len(titles))
}

// nearest returns the k vectors nearest to v, without the one at but.
func nearest(of []embed.Vector, v embed.Vector, but, k int) []int {
	type scored struct {
		at    int
		score float32
	}
	var all []scored
	for j := range of {
		if j != but {
			all = append(all, scored{j, embed.Dot(v, of[j])})
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return a.at - b.at
	})
	out := make([]int, k)
	for i := range out {
		out[i] = all[i].at
	}
	return out
}
