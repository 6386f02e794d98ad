package chromem

import (
	"math"

	"kindred/embed"
)

// Beside its float32 vector each row has a code of one byte for each component,
// four times less to read. The code is of the vector less a centre near the mean
// of the rows, since a component that all rows share would take all the room.
// With the product of two codes goes a bound of its error, so that a row which
// the bound rules out need not be looked at, and the answer stays exact:
//
//	x·q = y·p + y·μ + μ·q      where y = x−μ, p = q−μ
//	y·p ≤ ŷ·p̂ + ‖y−ŷ‖·‖p‖ + ‖ŷ‖·‖p−p̂‖      (Cauchy–Schwarz)
//
// ŷ and p̂ are what the codes stand for, scale times whole numbers, and their
// product is a sum of whole numbers: the same on every machine and in any order.

// maxDim keeps sums of products of codes, and of codes + 128, within an int32.
const maxDim = 1 << 16

// codeWidth returns how many codes a row of dim components takes: whole cache
// lines, of which the query's last codes are 0.
func codeWidth(dim int) int { return (dim + 63) &^ 63 }

// A centre is what is taken from vectors before they are coded: μ.
type centre struct {
	number int // its place in table.centres
	mean   []float32
}

// Meanings say what the bytes of the rows of a segment stand for, and how far
// they may be off.
type meanings struct {
	scale [segmentRows]float32 // ŷ is scale times the codes
	tilt  [segmentRows]float32 // y·μ, rounded up
	err   [segmentRows]float32 // ‖y−ŷ‖, rounded up
	norm  [segmentRows]float32 // ‖ŷ‖, rounded up
}

// encode writes the codes of v + bias to out, whose length is codeWidth, and
// what they mean to row r of m.
func (c *centre) encode(v embed.Vector, out []uint8, m *meanings, r int) {
	q := quantise(c, v, out, bias)
	m.scale[r], m.tilt[r], m.err[r], m.norm[r] = q.scale, above(q.tilt), above(q.err), above(q.norm)
}

// A quantised says what the codes of v are. All but the scale, which is exact,
// are off by less than 1e-10.
type quantised struct {
	scale  float32 // ŷ is scale times the codes
	length float64 // ‖y‖
	tilt   float64 // y·μ
	err    float64 // ‖y−ŷ‖
	norm   float64 // ‖ŷ‖
}

// quantise writes the codes of v, each + plus, to out.
func quantise[T int8 | uint8](c *centre, v embed.Vector, out []T, plus int32) quantised {
	mean := c.mean[:len(v)]
	out = out[:len(v)]
	var largest float64
	for i, x := range v {
		largest = max(largest, math.Abs(float64(x)-float64(mean[i])))
	}
	q := quantised{scale: float32(largest / 127)}
	scale, inverse := float64(q.scale), 0.0
	if q.scale > 0 {
		inverse = 1 / scale
	}
	for i, x := range v {
		m := float64(mean[i])
		y := float64(x) - m
		k := min(max(int32(y*inverse+128.5)-128, -127), 127) // to the nearest
		out[i] = T(k + plus)
		z := float64(k) * scale
		q.length += y * y
		q.tilt += y * m
		q.err += (y - z) * (y - z)
		q.norm += z * z
	}
	q.length, q.err, q.norm = math.Sqrt(q.length), math.Sqrt(q.err), math.Sqrt(q.norm)
	return q
}

// above returns a float32 above x.
func above(x float64) float32 {
	return math.Nextafter32(float32(x), float32(math.Inf(1)))
}

// An aim is a query made ready for the rows around one centre.
type aim struct {
	codes []int8
	scale float64 // p̂ is scale times the codes
	norm  float64 // ‖p‖
	err   float64 // ‖p−p̂‖
	mean  float64 // μ·q
	slack float64 // room for rounding
}

// newAim prepares the query q, of norm 1.
func (c *centre) newAim(q embed.Vector) aim {
	a := aim{codes: make([]int8, codeWidth(len(q)))}
	k := quantise(c, q, a.codes, 0)
	a.scale, a.norm, a.err = float64(k.scale), k.length, k.err
	for i, x := range q {
		a.mean += float64(x) * float64(c.mean[i])
	}
	// embed.Dot rounds each product, and each of its sums takes part in at most
	// len/8 + 3 + 7 additions, so it is off by no more than n·u/(1−n·u) times the
	// sum of |x_i·q_i|, where n = len/8 + 11 and u = 2^-24; the sum is at most
	// ‖x‖·‖q‖, and these are within 1e-6 of 1. As n·u < 5e-4, 1.001·n·u is enough.
	// What this package computes in float64 is off by less than 1e-9;
	// tilt, rounded up to float32, by less than 2^-22.
	a.slack = 1.0/(1<<22) + 1.001*float64(len(q)/8+12)/(1<<24) + 1e-9
	return a
}

// bounds returns two numbers between which embed.Dot of the query and row r of a
// segment is, given the product of their codes.
func (a *aim) bounds(product int32, m *meanings, r int) (least, most float64) {
	about := float64(product)*a.scale*float64(m.scale[r]) + float64(m.tilt[r]) + a.mean
	off := float64(m.err[r])*a.norm + float64(m.norm[r])*a.err + a.slack
	return about - off, about + off
}
