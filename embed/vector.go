package embed

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// A Vector is an embedding: finite float32 numbers, unit Euclidean norm.
type Vector []float32

// normSlack is how far from 1 the norm of a Vector may be. Ollama's are within
// 1e-7; float16 models reach 5e-4.
const normSlack = 1e-3

// ErrVector is wrapped by every refusal of Check.
var ErrVector = errors.New("bad vector")

// Check refuses a vector that is not of dim finite numbers with norm
// 1 ± 1e-3.
func (v Vector) Check(dim int) error {
	if err := v.CheckQuery(dim); err != nil {
		return err
	}
	if n := v.Norm(); math.Abs(n-1) > normSlack {
		return fmt.Errorf("%w: norm %.4f, want 1", ErrVector, n)
	}
	return nil
}

// CheckQuery refuses a vector that is not of dim finite numbers or has no
// direction. Unlike Check it takes any other length.
func (v Vector) CheckQuery(dim int) error {
	if len(v) != dim {
		return fmt.Errorf("%w: %d dimensions, want %d", ErrVector, len(v), dim)
	}
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%w: component %d is %v", ErrVector, i, x)
		}
	}
	if n := v.Norm(); n == 0 || math.IsInf(n, 0) {
		return fmt.Errorf("%w: norm %v, so no direction", ErrVector, n)
	}
	return nil
}

// Norm returns the Euclidean norm, summed in float64.
func (v Vector) Norm() float64 {
	var s float64
	for _, x := range v {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s)
}

// Unit returns v scaled to norm 1, as a new vector. It returns nil if v has no
// direction (norm 0 or not finite).
func (v Vector) Unit() Vector {
	n := v.Norm()
	if n == 0 || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil
	}
	u := make(Vector, len(v))
	for i, x := range v {
		u[i] = float32(float64(x) / n)
	}
	return u
}

// Dot is the canonical inner product of Kindred: the same bits on every
// machine. Eight running float32 sums take the components i, i+8, i+16, …; they
// are added pairwise, (0+4)+(2+6) + (1+5)+(3+7), and the components past the
// last multiple of eight are added one by one. Every product is rounded to
// float32 before it is added (the conversions forbid fused multiply-add). It
// panics if b is shorter than a.
func Dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	i := 0
	for ; i+8 <= len(a); i += 8 {
		x, y := a[i:i+8:i+8], b[i:i+8:i+8]
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
		s4 += float32(x[4] * y[4])
		s5 += float32(x[5] * y[5])
		s6 += float32(x[6] * y[6])
		s7 += float32(x[7] * y[7])
	}
	s := ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
	for ; i < len(a); i++ {
		s += float32(a[i] * b[i])
	}
	return s
}

func (s Space) hash() string {
	b, err := json.Marshal(s)
	if err != nil { // unreachable: strings and an int
		panic(err)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:6])
}
