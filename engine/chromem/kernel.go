package chromem

import "encoding/binary"

// bias is what is added to the code of a row to make it a byte.
const bias = 128

// A kernel is what the scan spends its time in.
type kernel struct {
	products products
	four     fourProducts // nil if it is no quicker than products four times
	sieve    sieveFunc
}

// goKernel is the kernel of every machine.
var goKernel = kernel{goProducts, nil, goSieve}

// A products function writes to out the inner product of the codes of a query
// with those of each of len(out) rows. rows holds code + bias, row-major;
// len(query) is the width of a row, a multiple of 64; no code is -128. All of
// these functions give the same numbers.
type products func(out []int32, rows []uint8, query []int8)

// A fourProducts function does what a products function does for the first n rows
// and four queries, reading each row once.
type fourProducts func(out *[4][segmentRows]int32, n int, rows []uint8, queries *[4][]int8)

// A sieveFunc marks the rows whose score may reach threshold, and perhaps a few
// more, given their products with a. The marks of other rows are cleared.
type sieveFunc func(passed *marks, found []int32, m *meanings, a *aim, threshold float64)

// marks has a bit for each row of a segment.
type marks [segmentRows / 64]uint64

// cut clears the marks from n on.
func (m *marks) cut(n int) {
	for i := range m {
		if have := n - 64*i; have < 64 {
			m[i] &= 1<<max(have, 0) - 1
		}
	}
}

func goSieve(passed *marks, found []int32, m *meanings, a *aim, threshold float64) {
	*passed = marks{}
	for r, product := range found {
		if _, most := a.bounds(product, m, r); most >= threshold {
			passed[r/64] |= 1 << (r % 64)
		}
	}
}

// goProducts is the products function of every machine. It multiplies two codes
// at once, as parts of words of 64 bits:
//
//	(a + b·2³²)·(d + c·2³²) = a·d + (a·c + b·d)·2³²   mod 2⁶⁴
//
// The sum of a·d stays within an int32, so the other can be told from it.
func goProducts(out []int32, rows []uint8, query []int8) {
	if len(out) == 0 {
		return
	}
	words := make([][4]uint64, len(query)/8)
	var biased int32
	for i := range words {
		q := query[i*8:][:8]
		for j := range words[i] {
			words[i][j] = uint64(int64(q[j])<<32 + int64(q[j+4]))
			biased += bias * (int32(q[j]) + int32(q[j+4]))
		}
	}
	for r := range out {
		s := int64(goProduct(rows[r*len(query):], words))
		out[r] = int32((s-int64(int32(s)))>>32) - biased
	}
}

// goProduct returns the sum of words for one row. It is not inlined, or it would
// lack registers.
//
//go:noinline
func goProduct(row []uint8, words [][4]uint64) uint64 {
	const mask = 0x000000ff_000000ff
	var s0, s1, s2, s3 uint64
	row = row[:8*len(words)]
	for i := range words {
		w := &words[i]
		x := binary.LittleEndian.Uint64(row[i*8 : i*8+8 : i*8+8])
		s0 += x & mask * w[0]
		s1 += x >> 8 & mask * w[1]
		s2 += x >> 16 & mask * w[2]
		s3 += x >> 24 & mask * w[3]
	}
	return s0 + s1 + s2 + s3
}
