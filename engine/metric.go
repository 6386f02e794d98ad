package engine

import (
	"math"
	"sync"

	"kindred/embed"
)

// A metric evens out the directions in which papers differ most, which say the
// least of any one person: it multiplies by
//
//	A = (Σ + λ·σ²·I)⁻¹
//
// where Σ is the covariance of a sample of the corpus, and σ² the mean of its
// diagonal. With it the dense part of a model is the linear discriminant of the
// likes against the corpus, in closed form (Fisher 1936; the ridge on Σ is
// Friedman's, JASA 84, 1989). Without it every direction counts alike.
type metric struct {
	once   sync.Once
	sample []embed.Vector
	mean   []float64
	factor [][]float64 // L of the Cholesky factorisation L·Lᵀ, lower
}

const (
	// evened says how much of the mean variance is added to each direction: λ. On
	// citeulike-a-tune R@100 is .728 without a metric, .733 with 10, .734 with 3; on
	// authorfeed-even R@20 .227, .225, .225. Broad libraries gain, narrow ones lose
	// a little.
	evened = 10
	// fewest is how many papers a metric is made of at least.
	fewest = 100
)

// times returns A·v; v itself where there are too few papers to know.
func (m *metric) times(v []float64) []float64 {
	m.ready()
	if m.factor == nil {
		return v
	}
	out := make([]float64, len(v))
	for i, row := range m.factor { // L·y = v
		out[i] = (v[i] - product(row[:i], out)) / row[i]
	}
	for i := len(out) - 1; i >= 0; i-- { // Lᵀ·x = y
		out[i] /= m.factor[i][i]
		for j, f := range m.factor[i][:i] {
			out[j] -= float64(f * out[i])
		}
	}
	return out
}

// ready measures the sample, unless it has been.
func (m *metric) ready() { m.once.Do(m.measure) }

// product returns Σ a[i]·b[i], as four sums, which do not wait for each other.
func product(a, b []float64) float64 {
	var s [4]float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s[0] += float64(x[0] * y[0])
		s[1] += float64(x[1] * y[1])
		s[2] += float64(x[2] * y[2])
		s[3] += float64(x[3] * y[3])
	}
	for ; i < len(a); i++ {
		s[0] += float64(a[i] * b[i])
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func (m *metric) measure() {
	if len(m.sample) < fewest {
		return
	}
	dim := len(m.mean)
	a := make([][]float64, dim)
	for i := range a {
		a[i] = make([]float64, i+1)
	}
	offs := make([][]float64, len(m.sample))
	for n, v := range m.sample {
		offs[n] = make([]float64, dim)
		for i, f := range v {
			offs[n][i] = float64(f) - m.mean[i]
		}
	}
	const atOnce = 8 // rows
	each((dim+atOnce-1)/atOnce, func(n int) {
		for _, off := range offs {
			for i := n * atOnce; i < min((n+1)*atOnce, dim); i++ {
				f, row := off[i], a[i]
				for j, g := range off[:i+1] {
					row[j] += float64(f * g)
				}
			}
		}
	})
	var trace float64
	for i := range a {
		trace += a[i][i]
	}
	if trace == 0 { // they are all the same
		return
	}
	ridge := evened * trace / float64(dim)
	for i, row := range a { // Cholesky, in place
		for j := range row {
			sum := row[j]
			if i == j {
				sum += ridge
			}
			for k, f := range a[j][:j] {
				sum -= float64(row[k] * f)
			}
			if i == j {
				row[j] = math.Sqrt(sum)
			} else {
				row[j] = sum / a[j][j]
			}
		}
	}
	m.factor = a
}
