package chromem

import "golang.org/x/sys/cpu"

// fastProducts returns the quickest products function of this machine.
func fastProducts() products {
	switch {
	case hasVNNI:
		return vnniProducts
	case cpu.X86.HasAVX2:
		return avx2Products
	}
	return goProducts
}

var hasVNNI = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX2

// vnniProducts wants hasVNNI.
func vnniProducts(out []int32, rows []uint8, query []int8) {
	n := len(out) &^ 3
	if n > 0 {
		var sum int32
		for _, q := range query {
			sum += int32(q)
		}
		_ = rows[n*len(query)-1]
		vnni(&out[0], &rows[0], &query[0], len(query), n, bias*sum)
	}
	if n < len(out) {
		goProducts(out[n:], rows[n*len(query):], query)
	}
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

// avx2 writes the products of n rows, a multiple of 4.
//
//go:noescape
func avx2(out *int32, rows *uint8, query *int8, width, n int)
