package distill

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"kindred/embed"
	"kindred/embed/builtin"
)

// pieces is the vocabulary: of each piece its direction in the builtin model, and
// how much it counts, which is the length of its vector there.
type pieces struct {
	base   *builtin.Embedder
	dim    int
	unit   []float32 // dim numbers a piece, norm 1
	weight []float32 // largest 1
}

func newPieces(base *builtin.Embedder) *pieces {
	n, dim := len(base.Vocabulary()), base.Space().Dim
	s := &pieces{base, dim, make([]float32, n*dim), make([]float32, n)}
	for i := range s.weight {
		row := s.unit[i*dim:][:dim]
		base.Row(int32(i), row)
		norm := float32(embed.Vector(row).Norm())
		s.weight[i] = norm
		for k := range row {
			row[k] /= max(norm, 1e-9)
		}
	}
	top := slices.Max(s.weight)
	for i := range s.weight {
		s.weight[i] /= top
	}
	return s
}

// A target is what the teacher's vectors become before the fit: centred, turned to
// their principal axes and spread, each axis divided by the square root of its
// variance. What all papers share says nothing of one, and spreading finds an author's
// later papers better (README.md). The variance is that of the papers drawn towards the mean of
// all axes, the more the fewer papers there are (after Ledoit & Wolf, J. Multivariate
// Analysis 88, 2004).
type target struct {
	dim  int
	mean []float64
	axes *mat.Dense // full × dim
}

func newTarget(papers []Paper, fitted []int) (*target, error) {
	full, n := len(papers[0].Vector), float64(len(fitted))
	t := &target{dim: min(full, maxDim), mean: make([]float64, full)}
	for _, i := range fitted {
		for k, x := range papers[i].Vector {
			t.mean[k] += float64(x) / n
		}
	}
	x := mat.NewDense(len(fitted), full, nil)
	for row, i := range fitted {
		for k, y := range papers[i].Vector {
			x.Set(row, k, float64(y)-t.mean[k])
		}
	}
	var cov mat.SymDense
	cov.SymOuterK(1/n, x.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&cov, true) {
		return nil, fmt.Errorf("the teacher's vectors of %d papers have no principal axes", len(fitted))
	}
	var axes mat.Dense
	eigen.VectorsTo(&axes)
	values := eigen.Values(nil) // ascending
	mean := 0.0
	for _, v := range values {
		mean += v / float64(full)
	}
	if !(mean > 1e-9) {
		return nil, fmt.Errorf("the teacher gives all %d papers one vector", len(fitted))
	}
	shrink := float64(full) / (float64(full) + n)
	t.axes = mat.NewDense(full, t.dim, nil)
	for k := range t.dim {
		from := full - 1 - k
		spread := math.Pow((1-shrink)*max(values[from], 0)+shrink*mean, -.5)
		for row := range full {
			t.axes.Set(row, k, axes.At(row, from)*spread)
		}
	}
	return t, nil
}

// of returns the target of a vector, norm 1.
func (t *target) of(v embed.Vector) []float32 {
	centred := make([]float64, len(v))
	for k, x := range v {
		centred[k] = float64(x) - t.mean[k]
	}
	var out mat.VecDense
	out.MulVec(t.axes.T(), mat.NewVecDense(len(v), centred))
	norm := max(mat.Norm(&out, 2), 1e-12)
	f := make([]float32, t.dim)
	for k := range f {
		f[k] = float32(out.AtVec(k) / norm)
	}
	return f
}

// A set is papers as the fit sees them: each a weighted mean of pieces, in which a
// piece that occurs n times counts √n, and the target of that.
type set struct {
	dim    int
	papers [][]share
	target []float32
}

type share struct {
	piece int32
	part  float32 // positive; those of a paper add up to 1
}

// set leaves out papers without a known piece.
func (s *pieces) set(papers []Paper, which []int, t *target) *set {
	out := &set{dim: t.dim}
	var ids []int32
	for _, i := range which {
		ids = s.base.Pieces(ids[:0], embed.Join(papers[i].Title, papers[i].Abstract))
		slices.Sort(ids)
		var shares []share
		sum := float32(0)
		for rest := ids; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n] == rest[0] {
				n++
			}
			part := float32(math.Sqrt(float64(n))) * s.weight[rest[0]]
			shares, sum = append(shares, share{rest[0], part}), sum+part
			rest = rest[n:]
		}
		if sum == 0 {
			continue
		}
		for k := range shares {
			shares[k].part /= sum
		}
		out.papers = append(out.papers, shares)
		out.target = append(out.target, t.of(papers[i].Vector)...)
	}
	return out
}

// mean adds the weighted mean of a paper's pieces, columns from … of dim wide rows of
// e, to out.
func mean(shares []share, e []float32, dim, from int, out []float32) {
	for _, s := range shares {
		row := e[int(s.piece)*dim+from:][:len(out)]
		for k, x := range row {
			out[k] += s.part * x
		}
	}
}

// cosine is the mean cosine of what e gives the papers and their targets.
func (s *set) cosine(e []float32) float64 {
	sum := 0.0
	v := make([]float32, s.dim)
	for i, p := range s.papers {
		clear(v)
		mean(p, e, s.dim, 0, v)
		if norm := embed.Vector(v).Norm(); norm > 0 {
			sum += float64(embed.Dot(v, s.target[i*s.dim:][:s.dim])) / norm
		}
	}
	return sum / float64(max(len(s.papers), 1))
}

// prior returns vectors of all pieces, s.dim of the set wide: those of the builtin
// model, less what all papers share, through the linear map under which the papers
// come nearest to their targets: ridge regression, its strength relative to the mean
// eigenvalue.
func (s *pieces) prior(fit *set, strength float64) ([]float32, error) {
	common := make([]float32, s.dim)
	means := make([]float32, len(fit.papers)*s.dim)
	for i, p := range fit.papers {
		m := means[i*s.dim:][:s.dim]
		mean(p, s.unit, s.dim, 0, m)
		for k, x := range m {
			common[k] += x / float32(len(fit.papers))
		}
	}
	x := mat.NewDense(len(fit.papers), s.dim, nil)
	y := mat.NewDense(len(fit.papers), fit.dim, nil)
	for i := range fit.papers {
		for k := range s.dim {
			x.Set(i, k, float64(means[i*s.dim+k]-common[k]))
		}
		for k := range fit.dim {
			y.Set(i, k, float64(fit.target[i*fit.dim+k]))
		}
	}
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	add := strength * mat.Trace(&gram) / float64(s.dim)
	for k := range s.dim {
		gram.SetSym(k, k, gram.At(k, k)+add)
	}
	var chol mat.Cholesky
	if !chol.Factorize(&gram) {
		return nil, fmt.Errorf("%d papers do not tell the pieces apart", len(fit.papers))
	}
	var right, turn mat.Dense
	right.Mul(x.T(), y)
	if err := chol.SolveTo(&turn, &right); err != nil {
		return nil, fmt.Errorf("turn the builtin model: %w", err)
	}
	out := make([]float32, len(s.weight)*fit.dim)
	row := mat.NewVecDense(s.dim, nil)
	var turned mat.VecDense
	for i := range s.weight {
		for k := range s.dim {
			row.SetVec(k, float64(s.unit[i*s.dim+k]-common[k]))
		}
		turned.MulVec(turn.T(), row)
		for k := range fit.dim {
			out[i*fit.dim+k] = float32(turned.AtVec(k))
		}
	}
	return out, nil
}

const (
	steps = 20 // of conjugate gradients; the change is below 1 % then
	block = 32 // columns that are fitted together
)

// ridge returns the vectors of the pieces, e, that make |A e − target|² + r |e − prior|²
// least, a row of A being the shares of a paper: conjugate gradients with a diagonal
// preconditioner, from prior (Hestenes & Stiefel 1952). Each column is fitted by itself,
// so the outcome does not depend on how many cores there are.
func (s *pieces) ridge(ctx context.Context, fit *set, prior []float32, r float64, progress func(done, of int)) ([]float32, error) {
	scale := make([]float32, len(s.weight))
	for i := range scale {
		scale[i] = float32(r)
	}
	for _, p := range fit.papers {
		for _, x := range p {
			scale[x.piece] += x.part * x.part
		}
	}
	out := slices.Clone(prior)
	blocks := (fit.dim + block - 1) / block
	var next, done atomic.Int64
	var wg sync.WaitGroup
	var telling sync.Mutex
	for range min(runtime.GOMAXPROCS(0), blocks) {
		wg.Go(func() {
			for ctx.Err() == nil {
				at := int(next.Add(1)) - 1
				if at >= blocks {
					return
				}
				from := at * block
				column(ctx, fit, scale, out, from, min(block, fit.dim-from), float32(r))
				telling.Lock()
				progress(int(done.Add(1)), blocks)
				telling.Unlock()
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

// column fits the columns from … from+wide of e in place.
func column(ctx context.Context, fit *set, scale, e []float32, from, wide int, r float32) {
	n := len(scale)
	residual, z, d, ad := make([]float32, n*wide), make([]float32, n*wide), make([]float32, n*wide), make([]float32, n*wide)
	v := make([]float32, wide)
	for i, p := range fit.papers { // residual = Aᵀ (target − A e)
		clear(v)
		mean(p, e, fit.dim, from, v)
		for k := range v {
			v[k] = fit.target[i*fit.dim+from+k] - v[k]
		}
		spread(p, v, residual)
	}
	precondition(z, residual, scale, wide)
	copy(d, z)
	rz := products(residual, z, wide)
	for range steps {
		if ctx.Err() != nil {
			return
		}
		for i := range ad { // ad = (AᵀA + r) d
			ad[i] = r * d[i]
		}
		for _, p := range fit.papers {
			clear(v)
			mean(p, d, wide, 0, v)
			spread(p, v, ad)
		}
		dad := products(d, ad, wide)
		for i := range n {
			for k := range wide {
				step := float32(rz[k] / max(dad[k], 1e-30))
				e[i*fit.dim+from+k] += step * d[i*wide+k]
				residual[i*wide+k] -= step * ad[i*wide+k]
			}
		}
		precondition(z, residual, scale, wide)
		now := products(residual, z, wide)
		for i := range n {
			for k := range wide {
				d[i*wide+k] = z[i*wide+k] + float32(now[k]/max(rz[k], 1e-30))*d[i*wide+k]
			}
		}
		rz = now
	}
}

// spread adds v, times its share, to the row of each piece of a paper.
func spread(p []share, v, rows []float32) {
	for _, s := range p {
		row := rows[int(s.piece)*len(v):][:len(v)]
		for k, x := range v {
			row[k] += s.part * x
		}
	}
}

func precondition(z, residual, scale []float32, wide int) {
	for i, s := range scale {
		for k := range wide {
			z[i*wide+k] = residual[i*wide+k] / s
		}
	}
}

// products returns the inner product of each column of a with that of b.
func products(a, b []float32, wide int) []float64 {
	sums := make([]float64, wide)
	for i := 0; i < len(a); i += wide {
		for k := range sums {
			sums[k] += float64(a[i+k]) * float64(b[i+k])
		}
	}
	return sums
}
