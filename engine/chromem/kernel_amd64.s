#include "textflag.h"

// AHEAD is how many bytes before they are needed rows are asked of memory. The
// processor itself does not look past a page of 4 kB.
#define AHEAD 16384

// The first two functions take four rows at a time, so that what is read of the query
// serves four times, and add up four sums with horizontal additions:
//
//	hadd(hadd(a, b), hadd(c, d)) = [Σa Σb Σc Σd] in each half

// func vnni(out *int32, rows *uint8, query *int8, width, n int, biased int32)
TEXT ·vnni(SB), NOSPLIT, $0-44
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ query+16(FP), DX
	MOVQ width+24(FP), CX
	MOVQ n+32(FP), R8
	MOVL biased+40(FP), AX
	VMOVD AX, X9
	VPBROADCASTD X9, X9
	LEAQ (CX)(CX*2), R9 // three rows
	MOVQ SI, R10 // as far as read

vnniRows:
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	MOVQ DX, BX
	MOVQ CX, AX

vnniChunk: // 64 codes of the query, signed, times those of the rows, unsigned
	PREFETCHT0 AHEAD(R10)
	PREFETCHT0 AHEAD+64(R10)
	PREFETCHT0 AHEAD+128(R10)
	PREFETCHT0 AHEAD+192(R10)
	ADDQ $256, R10
	VMOVDQU64 (BX), Z4
	VMOVDQU64 (SI), Z5
	VMOVDQU64 (SI)(CX*1), Z6
	VMOVDQU64 (SI)(CX*2), Z7
	VMOVDQU64 (SI)(R9*1), Z8
	VPDPBUSD Z4, Z5, Z0
	VPDPBUSD Z4, Z6, Z1
	VPDPBUSD Z4, Z7, Z2
	VPDPBUSD Z4, Z8, Z3
	ADDQ $64, BX
	ADDQ $64, SI
	SUBQ $64, AX
	JNZ vnniChunk

	VEXTRACTI64X4 $1, Z0, Y4
	VEXTRACTI64X4 $1, Z1, Y5
	VEXTRACTI64X4 $1, Z2, Y6
	VEXTRACTI64X4 $1, Z3, Y7
	VPADDD Y4, Y0, Y0
	VPADDD Y5, Y1, Y1
	VPADDD Y6, Y2, Y2
	VPADDD Y7, Y3, Y3
	VPHADDD Y1, Y0, Y0
	VPHADDD Y3, Y2, Y2
	VPHADDD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPSUBD X9, X0, X0
	VMOVDQU X0, (DI)
	ADDQ $16, DI
	ADDQ R9, SI // past the other three rows
	SUBQ $4, R8
	JNZ vnniRows
	VZEROUPPER
	RET

// SUM adds up four sums of 512 bits and writes them less what q, the number of a
// query, has too much to its place in out.
#define SUM(q, ZA, ZB, ZC, ZD, YA, YB, YC, YD, XA) \
	VEXTRACTI64X4 $1, ZA, Y16 \
	VEXTRACTI64X4 $1, ZB, Y17 \
	VEXTRACTI64X4 $1, ZC, Y18 \
	VEXTRACTI64X4 $1, ZD, Y19 \
	VPADDD Y16, YA, YA \
	VPADDD Y17, YB, YB \
	VPADDD Y18, YC, YC \
	VPADDD Y19, YD, YD \
	VPHADDD YB, YA, YA \
	VPHADDD YD, YC, YC \
	VPHADDD YC, YA, YA \
	VEXTRACTI32X4 $1, YA, X16 \
	VPBROADCASTD (4*q)(R13), X17 \
	VPADDD X16, XA, XA \
	VPSUBD X17, XA, XA \
	VMOVDQU XA, (4096*q)(DI)

#define TIMES(query, ZA, ZB, ZC, ZD) \
	VMOVDQU64 (query)(AX*1), Z20 \
	VPDPBUSD Z20, Z16, ZA \
	VPDPBUSD Z20, Z17, ZB \
	VPDPBUSD Z20, Z18, ZC \
	VPDPBUSD Z20, Z19, ZD

// func vnni4(out *[4][segmentRows]int32, rows *uint8, queries *[4]*int8, width, n int, biased *[4]int32)
TEXT ·vnni4(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ queries+16(FP), AX
	MOVQ 0(AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	MOVQ 24(AX), R11
	MOVQ width+24(FP), DX
	MOVQ n+32(FP), R12
	MOVQ biased+40(FP), R13
	LEAQ (DX)(DX*2), BX // three rows
	MOVQ SI, CX // as far as read

vnni4Rows:
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	VPXORD Z4, Z4, Z4
	VPXORD Z5, Z5, Z5
	VPXORD Z6, Z6, Z6
	VPXORD Z7, Z7, Z7
	VPXORD Z8, Z8, Z8
	VPXORD Z9, Z9, Z9
	VPXORD Z10, Z10, Z10
	VPXORD Z11, Z11, Z11
	VPXORD Z12, Z12, Z12
	VPXORD Z13, Z13, Z13
	VPXORD Z14, Z14, Z14
	VPXORD Z15, Z15, Z15
	XORQ AX, AX

vnni4Chunk:
	PREFETCHT0 AHEAD(CX)
	PREFETCHT0 AHEAD+64(CX)
	PREFETCHT0 AHEAD+128(CX)
	PREFETCHT0 AHEAD+192(CX)
	ADDQ $256, CX
	VMOVDQU64 (SI), Z16
	VMOVDQU64 (SI)(DX*1), Z17
	VMOVDQU64 (SI)(DX*2), Z18
	VMOVDQU64 (SI)(BX*1), Z19
	TIMES(R8, Z0, Z1, Z2, Z3)
	TIMES(R9, Z4, Z5, Z6, Z7)
	TIMES(R10, Z8, Z9, Z10, Z11)
	TIMES(R11, Z12, Z13, Z14, Z15)
	ADDQ $64, SI
	ADDQ $64, AX
	CMPQ AX, DX
	JLT vnni4Chunk

	SUM(0, Z0, Z1, Z2, Z3, Y0, Y1, Y2, Y3, X0)
	SUM(1, Z4, Z5, Z6, Z7, Y4, Y5, Y6, Y7, X4)
	SUM(2, Z8, Z9, Z10, Z11, Y8, Y9, Y10, Y11, X8)
	SUM(3, Z12, Z13, Z14, Z15, Y12, Y13, Y14, Y15, X12)
	ADDQ $16, DI
	ADDQ BX, SI // past the other three rows
	SUBQ $4, R12
	JNZ vnni4Rows
	VZEROUPPER
	RET

// func avx2(out *int32, rows *uint8, query *int8, width, n int)
TEXT ·avx2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ query+16(FP), DX
	MOVQ width+24(FP), CX
	MOVQ n+32(FP), R8
	LEAQ (CX)(CX*2), R9 // three rows
	MOVQ SI, R10 // as far as read
	VPCMPEQD Y10, Y10, Y10
	VPSRLW $15, Y10, Y14 // 1 in each 16 bits
	VPSLLW $7, Y14, Y11
	VPSLLW $15, Y14, Y12
	VPOR Y11, Y12, Y11 // 0x80 in each byte: turns code + bias into code

avx2Rows:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	MOVQ DX, BX
	MOVQ CX, AX

avx2Chunk: // |query| times row with the sign of query: pairs stay below 2¹⁵
	PREFETCHT0 AHEAD(R10)
	PREFETCHT0 AHEAD+64(R10)
	ADDQ $128, R10
	VMOVDQU (BX), Y4
	VPABSB Y4, Y9
	VPXOR (SI), Y11, Y5
	VPXOR (SI)(CX*1), Y11, Y6
	VPXOR (SI)(CX*2), Y11, Y7
	VPXOR (SI)(R9*1), Y11, Y8
	VPSIGNB Y4, Y5, Y5
	VPSIGNB Y4, Y6, Y6
	VPSIGNB Y4, Y7, Y7
	VPSIGNB Y4, Y8, Y8
	VPMADDUBSW Y5, Y9, Y5
	VPMADDUBSW Y6, Y9, Y6
	VPMADDUBSW Y7, Y9, Y7
	VPMADDUBSW Y8, Y9, Y8
	VPMADDWD Y14, Y5, Y5
	VPMADDWD Y14, Y6, Y6
	VPMADDWD Y14, Y7, Y7
	VPMADDWD Y14, Y8, Y8
	VPADDD Y5, Y0, Y0
	VPADDD Y6, Y1, Y1
	VPADDD Y7, Y2, Y2
	VPADDD Y8, Y3, Y3
	ADDQ $32, BX
	ADDQ $32, SI
	SUBQ $32, AX
	JNZ avx2Chunk

	VPHADDD Y1, Y0, Y0
	VPHADDD Y3, Y2, Y2
	VPHADDD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VMOVDQU X0, (DI)
	ADDQ $16, DI
	ADDQ R9, SI
	SUBQ $4, R8
	JNZ avx2Rows
	VZEROUPPER
	RET

// func sieve(passed *uint64, found *int32, m *meanings, eights int, scale, norm, err, least float32)
TEXT ·sieve(SB), NOSPLIT, $0-48
	MOVQ passed+0(FP), DI
	MOVQ found+8(FP), SI
	MOVQ m+16(FP), DX // scale, tilt, err, norm: 4096 bytes each
	MOVQ eights+24(FP), CX
	VBROADCASTSS scale+32(FP), Y4
	VBROADCASTSS norm+36(FP), Y5
	VBROADCASTSS err+40(FP), Y6
	VBROADCASTSS least+44(FP), Y7

sieveEight: // product·scale·row's scale + tilt + row's err·norm + row's norm·err ≥ least
	VCVTDQ2PS (SI), Y0
	VMULPS Y4, Y0, Y0
	VMULPS (DX), Y0, Y0
	VADDPS 4096(DX), Y0, Y0
	VMULPS 8192(DX), Y5, Y1
	VMULPS 12288(DX), Y6, Y2
	VADDPS Y2, Y1, Y1
	VADDPS Y1, Y0, Y0
	VCMPPS $13, Y7, Y0, Y0
	VMOVMSKPS Y0, AX
	MOVB AX, (DI)
	ADDQ $32, SI
	ADDQ $32, DX
	INCQ DI
	DECQ CX
	JNZ sieveEight
	VZEROUPPER
	RET
