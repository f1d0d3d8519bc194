//go:build amd64

#include "textflag.h"

// The register tiles of the matrix product: C[mr,nr] (+)= alpha · A·B over kc steps. A's value of row r at step s lies at
// a + r·aLane + s·aStep and is broadcast; B's nr values of step s lie side by side at b + s·bStep. So rows of a matrix are
// read where they are, and packed panels too. The accumulators are scaled, then added, never fused, so that a tile
// written through a scratch tile at the edge of a matrix has the bits of one written in place. kc is at least 1.
//
// Registers: AX, R8, R9, SI, R14, R15 point at rows 0, 4, 8, … of A, R10 is 1 lane, R11 3 lanes, R12 a step of A;
// BX is B and R13 its step; DI is C and DX its row; CX counts steps. All in bytes.

#define ARGUMENTS \
	MOVQ kc+0(FP), CX       \
	MOVQ a+8(FP), AX        \
	MOVQ aLane+16(FP), R10  \
	MOVQ aStep+24(FP), R12  \
	MOVQ b+32(FP), BX       \
	MOVQ bStep+40(FP), R13  \
	MOVQ c+48(FP), DI       \
	MOVQ ldc+56(FP), DX     \
	SHLQ $2, R10            \
	SHLQ $2, R12            \
	SHLQ $2, R13            \
	SHLQ $2, DX             \
	LEAQ (R10)(R10*2), R11

#define ZERO2(zero, r0, r1) \
	zero r0, r0, r0 \
	zero r1, r1, r1

// One row of a tile of two vectors: v0, v1 are B's, t takes A's value.
#define FMA2(addr, v0, v1, t, lo, hi) \
	VBROADCASTSS addr, t       \
	VFMADD231PS  v0, t, lo     \
	VFMADD231PS  v1, t, hi

#define STORE2(lo, hi, alpha, width) \
	VMULPS  lo, alpha, lo     \
	VMULPS  hi, alpha, hi     \
	VMOVUPS lo, 0(DI)         \
	VMOVUPS hi, width(DI)     \
	ADDQ    DX, DI

#define ADD2(lo, hi, alpha, width) \
	VMULPS  lo, alpha, lo         \
	VMULPS  hi, alpha, hi         \
	VADDPS  0(DI), lo, lo         \
	VADDPS  width(DI), hi, hi     \
	VMOVUPS lo, 0(DI)             \
	VMOVUPS hi, width(DI)         \
	ADDQ    DX, DI

// AVX2: 12 accumulators, 12 FMA for 8 loads a step.
// func gemm6x16(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)
TEXT ·gemm6x16(SB), NOSPLIT, $0-72
	ARGUMENTS
	LEAQ (AX)(R10*4), R8
	ZERO2(VXORPS, Y0, Y1)
	ZERO2(VXORPS, Y2, Y3)
	ZERO2(VXORPS, Y4, Y5)
	ZERO2(VXORPS, Y6, Y7)
	ZERO2(VXORPS, Y8, Y9)
	ZERO2(VXORPS, Y10, Y11)

loop:
	VMOVUPS (BX), Y12
	VMOVUPS 32(BX), Y13
	FMA2((AX), Y12, Y13, Y14, Y0, Y1)
	FMA2((AX)(R10*1), Y12, Y13, Y15, Y2, Y3)
	FMA2((AX)(R10*2), Y12, Y13, Y14, Y4, Y5)
	FMA2((AX)(R11*1), Y12, Y13, Y15, Y6, Y7)
	FMA2((R8), Y12, Y13, Y14, Y8, Y9)
	FMA2((R8)(R10*1), Y12, Y13, Y15, Y10, Y11)
	ADDQ R12, AX
	ADDQ R12, R8
	ADDQ R13, BX
	DECQ CX
	JNZ  loop

	VBROADCASTSS alpha+64(FP), Y15
	MOVL         acc+68(FP), CX
	TESTL        CX, CX
	JNZ          add
	STORE2(Y0, Y1, Y15, 32)
	STORE2(Y2, Y3, Y15, 32)
	STORE2(Y4, Y5, Y15, 32)
	STORE2(Y6, Y7, Y15, 32)
	STORE2(Y8, Y9, Y15, 32)
	STORE2(Y10, Y11, Y15, 32)
	VZEROUPPER
	RET

add:
	ADD2(Y0, Y1, Y15, 32)
	ADD2(Y2, Y3, Y15, 32)
	ADD2(Y4, Y5, Y15, 32)
	ADD2(Y6, Y7, Y15, 32)
	ADD2(Y8, Y9, Y15, 32)
	ADD2(Y10, Y11, Y15, 32)
	VZEROUPPER
	RET

// AVX-512: 24 accumulators, 24 FMA for 14 loads a step.
// func gemm12x32(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)
TEXT ·gemm12x32(SB), NOSPLIT, $0-72
	ARGUMENTS
	LEAQ (AX)(R10*4), R8
	LEAQ (R8)(R10*4), R9
	ZERO2(VPXORD, Z0, Z1)
	ZERO2(VPXORD, Z2, Z3)
	ZERO2(VPXORD, Z4, Z5)
	ZERO2(VPXORD, Z6, Z7)
	ZERO2(VPXORD, Z8, Z9)
	ZERO2(VPXORD, Z10, Z11)
	ZERO2(VPXORD, Z12, Z13)
	ZERO2(VPXORD, Z14, Z15)
	ZERO2(VPXORD, Z16, Z17)
	ZERO2(VPXORD, Z18, Z19)
	ZERO2(VPXORD, Z20, Z21)
	ZERO2(VPXORD, Z22, Z23)

loop:
	VMOVUPS (BX), Z24
	VMOVUPS 64(BX), Z25
	FMA2((AX), Z24, Z25, Z26, Z0, Z1)
	FMA2((AX)(R10*1), Z24, Z25, Z27, Z2, Z3)
	FMA2((AX)(R10*2), Z24, Z25, Z28, Z4, Z5)
	FMA2((AX)(R11*1), Z24, Z25, Z29, Z6, Z7)
	FMA2((R8), Z24, Z25, Z30, Z8, Z9)
	FMA2((R8)(R10*1), Z24, Z25, Z31, Z10, Z11)
	FMA2((R8)(R10*2), Z24, Z25, Z26, Z12, Z13)
	FMA2((R8)(R11*1), Z24, Z25, Z27, Z14, Z15)
	FMA2((R9), Z24, Z25, Z28, Z16, Z17)
	FMA2((R9)(R10*1), Z24, Z25, Z29, Z18, Z19)
	FMA2((R9)(R10*2), Z24, Z25, Z30, Z20, Z21)
	FMA2((R9)(R11*1), Z24, Z25, Z31, Z22, Z23)
	ADDQ R12, AX
	ADDQ R12, R8
	ADDQ R12, R9
	ADDQ R13, BX
	DECQ CX
	JNZ  loop

	VBROADCASTSS alpha+64(FP), Z31
	MOVL         acc+68(FP), CX
	TESTL        CX, CX
	JNZ          add
	STORE2(Z0, Z1, Z31, 64)
	STORE2(Z2, Z3, Z31, 64)
	STORE2(Z4, Z5, Z31, 64)
	STORE2(Z6, Z7, Z31, 64)
	STORE2(Z8, Z9, Z31, 64)
	STORE2(Z10, Z11, Z31, 64)
	STORE2(Z12, Z13, Z31, 64)
	STORE2(Z14, Z15, Z31, 64)
	STORE2(Z16, Z17, Z31, 64)
	STORE2(Z18, Z19, Z31, 64)
	STORE2(Z20, Z21, Z31, 64)
	STORE2(Z22, Z23, Z31, 64)
	VZEROUPPER
	RET

add:
	ADD2(Z0, Z1, Z31, 64)
	ADD2(Z2, Z3, Z31, 64)
	ADD2(Z4, Z5, Z31, 64)
	ADD2(Z6, Z7, Z31, 64)
	ADD2(Z8, Z9, Z31, 64)
	ADD2(Z10, Z11, Z31, 64)
	ADD2(Z12, Z13, Z31, 64)
	ADD2(Z14, Z15, Z31, 64)
	ADD2(Z16, Z17, Z31, 64)
	ADD2(Z18, Z19, Z31, 64)
	ADD2(Z20, Z21, Z31, 64)
	ADD2(Z22, Z23, Z31, 64)
	VZEROUPPER
	RET

#define STORE1(r) \
	VMULPS  r, Z31, r \
	VMOVUPS r, (DI)   \
	ADDQ    DX, DI

#define ADD1(r) \
	VMULPS  r, Z31, r      \
	VADDPS  (DI), r, r     \
	VMOVUPS r, (DI)        \
	ADDQ    DX, DI

// Four rows of a tile of one vector.
#define FMA1x4(base, r0, r1, r2, r3) \
	VFMADD231PS.BCST (base), Z24, r0         \
	VFMADD231PS.BCST (base)(R10*1), Z24, r1  \
	VFMADD231PS.BCST (base)(R10*2), Z24, r2  \
	VFMADD231PS.BCST (base)(R11*1), Z24, r3  \
	ADDQ             R12, base

#define EACH4(f, a, b, c, d) \
	f(a) \
	f(b) \
	f(c) \
	f(d)

#define ZERO1(r) VPXORD r, r, r

// AVX-512, where no more than 16 columns are left: 24 accumulators, 24 FMA for 25 loads a step.
// func gemm24x16(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)
TEXT ·gemm24x16(SB), NOSPLIT, $0-72
	ARGUMENTS
	LEAQ (AX)(R10*4), R8
	LEAQ (R8)(R10*4), R9
	LEAQ (R9)(R10*4), SI
	LEAQ (SI)(R10*4), R14
	LEAQ (R14)(R10*4), R15
	EACH4(ZERO1, Z0, Z1, Z2, Z3)
	EACH4(ZERO1, Z4, Z5, Z6, Z7)
	EACH4(ZERO1, Z8, Z9, Z10, Z11)
	EACH4(ZERO1, Z12, Z13, Z14, Z15)
	EACH4(ZERO1, Z16, Z17, Z18, Z19)
	EACH4(ZERO1, Z20, Z21, Z22, Z23)

loop:
	VMOVUPS (BX), Z24
	FMA1x4(AX, Z0, Z1, Z2, Z3)
	FMA1x4(R8, Z4, Z5, Z6, Z7)
	FMA1x4(R9, Z8, Z9, Z10, Z11)
	FMA1x4(SI, Z12, Z13, Z14, Z15)
	FMA1x4(R14, Z16, Z17, Z18, Z19)
	FMA1x4(R15, Z20, Z21, Z22, Z23)
	ADDQ R13, BX
	DECQ CX
	JNZ  loop

	VBROADCASTSS alpha+64(FP), Z31
	MOVL         acc+68(FP), CX
	TESTL        CX, CX
	JNZ          add
	EACH4(STORE1, Z0, Z1, Z2, Z3)
	EACH4(STORE1, Z4, Z5, Z6, Z7)
	EACH4(STORE1, Z8, Z9, Z10, Z11)
	EACH4(STORE1, Z12, Z13, Z14, Z15)
	EACH4(STORE1, Z16, Z17, Z18, Z19)
	EACH4(STORE1, Z20, Z21, Z22, Z23)
	VZEROUPPER
	RET

add:
	EACH4(ADD1, Z0, Z1, Z2, Z3)
	EACH4(ADD1, Z4, Z5, Z6, Z7)
	EACH4(ADD1, Z8, Z9, Z10, Z11)
	EACH4(ADD1, Z12, Z13, Z14, Z15)
	EACH4(ADD1, Z16, Z17, Z18, Z19)
	EACH4(ADD1, Z20, Z21, Z22, Z23)
	VZEROUPPER
	RET

// func cpuHasF16C() bool
TEXT ·cpuHasF16C(SB), NOSPLIT, $0-1
	MOVL  $1, AX
	XORL  CX, CX
	CPUID
	SHRL  $29, CX
	ANDL  $1, CX
	MOVB  CX, ret+0(FP)
	RET
