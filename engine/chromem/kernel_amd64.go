package chromem

import (
	"math"

	"golang.org/x/sys/cpu"
)

// fastKernel returns the quickest kernel of this machine.
func fastKernel() kernel {
	switch {
	case hasVNNI:
		return kernel{vnniProducts, vnniFour, avx2Sieve}
	case cpu.X86.HasAVX2:
		return kernel{avx2Products, nil, avx2Sieve}
	}
	return goKernel
}

var hasVNNI = cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX2

// vnniProducts wants hasVNNI.
func vnniProducts(out []int32, rows []uint8, query []int8) {
	n := len(out) &^ 3
	if n > 0 {
		_ = rows[n*len(query)-1]
		vnni(&out[0], &rows[0], &query[0], len(query), n, bias*sum(query))
	}
	if n < len(out) {
		goProducts(out[n:], rows[n*len(query):], query)
	}
}

// vnniFour wants hasVNNI.
func vnniFour(out *[4][segmentRows]int32, n int, rows []uint8, queries *[4][]int8) {
	width := len(queries[0])
	fours := n &^ 3
	if fours > 0 {
		var first [4]*int8
		var biased [4]int32
		for i, q := range queries {
			first[i], biased[i] = &q[:width][0], bias*sum(q)
		}
		_ = rows[fours*width-1]
		vnni4(out, &rows[0], &first, width, fours, &biased)
	}
	for i, q := range queries {
		goProducts(out[i][fours:n], rows[fours*width:], q)
	}
}

// sum adds up the codes of a query.
func sum(query []int8) (s int32) {
	for _, q := range query {
		s += int32(q)
	}
	return s
}

// avx2Products wants AVX2.
func avx2Products(out []int32, rows []uint8, query []int8) {
	n := len(out) &^ 3
	if n > 0 {
		_ = rows[n*len(query)-1]
		avx2(&out[0], &rows[0], &query[0], len(query), n)
	}
	if n < len(out) {
		goProducts(out[n:], rows[n*len(query):], query)
	}
}

// vnni writes the products of n rows, a multiple of 4. biased is bias times the
// sum of the query.
//
//go:noescape
func vnni(out *int32, rows *uint8, query *int8, width, n int, biased int32)

// vnni4 writes the products of n rows, a multiple of 4, with four queries.
//
//go:noescape
func vnni4(out *[4][segmentRows]int32, rows *uint8, queries *[4]*int8, width, n int, biased *[4]int32)

// avx2 writes the products of n rows, a multiple of 4.
//
//go:noescape
func avx2(out *int32, rows *uint8, query *int8, width, n int)

// avx2Sieve wants AVX2.
func avx2Sieve(passed *marks, found []int32, m *meanings, a *aim, threshold float64) {
	// In float32 the sum of the four terms is off by less than 2e-5: each is
	// rounded at most four times, their sizes sum to no more than 31 (norms of
	// means are at most 1, so ‖y‖ and ‖p‖ are at most 2, what is lost in coding is
	// no longer, and ‖ŷ‖ and ‖p̂‖ are at most 4), and there are three additions.
	least := math.Nextafter32(float32(threshold-a.mean-a.slack-2e-5), float32(math.Inf(-1)))
	if len(found) > 0 {
		sieve(&passed[0], &found[0], m, (len(found)+7)/8, float32(a.scale), above(a.norm), above(a.err), least)
	}
	passed.cut(len(found))
}

// sieve does the work of avx2Sieve for eights of rows.
//
//go:noescape
func sieve(passed *uint64, found *int32, m *meanings, eights int, scale, norm, err, least float32)
