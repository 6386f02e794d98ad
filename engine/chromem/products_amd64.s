#include "textflag.h"

// Both functions take four rows at a time, so that what is read of the query
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

vnniRows:
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	MOVQ DX, BX
	MOVQ CX, AX

vnniChunk: // 64 codes of the query, signed, times those of the rows, unsigned
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

// func avx2(out *int32, rows *uint8, query *int8, width, n int)
TEXT ·avx2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ query+16(FP), DX
	MOVQ width+24(FP), CX
	MOVQ n+32(FP), R8
	LEAQ (CX)(CX*2), R9 // three rows
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
