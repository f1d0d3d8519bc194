//go:build amd64

#include "textflag.h"

// Dot products of some rows of W with rows of x: y[t·yRow+r] (+)= alpha · w_r · x_t for groups·4 rows of x and two (AVX2) or
// four (AVX-512) of W, in float32, float16 or bfloat16. n is a positive multiple of the vector's lanes. The sum is scaled,
// then added, never fused.
//
// Registers: AX is W and R10 its row, R11 three rows; BX is x and R12 its row, R13 three rows, in bytes; R14 is as far
// below in W as the rows that come next, which are asked for; DI is y and DX its row; R9 counts groups and CX values.

#define ARGUMENTS \
	MOVQ wRow+8(FP), R10    \
	MOVQ xRow+24(FP), R12   \
	MOVQ y+40(FP), DI       \
	MOVQ yRow+48(FP), DX    \
	MOVQ groups+56(FP), R9  \
	MOVQ ahead+64(FP), R14  \
	MOVQ x+16(FP), SI       \
	SHLQ $2, R12            \
	SHLQ $2, DX             \
	LEAQ (R10)(R10*2), R11  \
	LEAQ (R12)(R12*2), R13

#define GROUP \
	MOVQ w+0(FP), AX  \
	MOVQ n+32(FP), CX \
	MOVQ SI, BX

#define NEXT \
	LEAQ (SI)(R12*4), SI \
	XORQ R14, R14

// Sixteen values of a row of W.
#define F32x16(addr, z) VMOVUPS addr, z
#define F16x16(addr, z) VCVTPH2PS addr, z
#define BF16x16(addr, z) \
	VPMOVZXWD addr, z    \
	VPSLLD    $16, z, z

// A row of W with the four of x.
#define FMA4(z, a, b, c, d) \
	VFMADD231PS Z20, z, a \
	VFMADD231PS Z21, z, b \
	VFMADD231PS Z22, z, c \
	VFMADD231PS Z23, z, d

#define STEP512(LOAD, bytes) \
	LOAD((AX), Z16)               \
	LOAD((AX)(R10*1), Z17)        \
	LOAD((AX)(R10*2), Z18)        \
	LOAD((AX)(R11*1), Z19)        \
	VMOVUPS (BX), Z20             \
	VMOVUPS (BX)(R12*1), Z21      \
	VMOVUPS (BX)(R12*2), Z22      \
	VMOVUPS (BX)(R13*1), Z23      \
	FMA4(Z16, Z0, Z1, Z2, Z3)     \
	FMA4(Z17, Z4, Z5, Z6, Z7)     \
	FMA4(Z18, Z8, Z9, Z10, Z11)   \
	FMA4(Z19, Z12, Z13, Z14, Z15) \
	ADDQ $bytes, AX               \
	ADDQ $64, BX                  \
	SUBQ $16, CX

#define AHEAD \
	PREFETCHT0 (AX)(R14*1)         \
	LEAQ       (AX)(R14*1), R8     \
	PREFETCHT0 (R8)(R10*1)         \
	PREFETCHT0 (R8)(R10*2)         \
	PREFETCHT0 (R8)(R11*1)

#define CLEAR4(a, b, c, d) \
	VPXORD a, a, a \
	VPXORD b, b, b \
	VPXORD c, c, c \
	VPXORD d, d, d

#define CLEAR16 \
	CLEAR4(Z0, Z1, Z2, Z3)   \
	CLEAR4(Z4, Z5, Z6, Z7)   \
	CLEAR4(Z8, Z9, Z10, Z11) \
	CLEAR4(Z12, Z13, Z14, Z15)

#define HALVE(z, y) \
	VEXTRACTF64X4 $1, z, Y16 \
	VADDPS        Y16, y, y

// Sums of four vectors of eight lanes, side by side in x; t is free.
#define TOTAL4(a, b, c, d, x, t) \
	VHADDPS      b, a, a         \
	VHADDPS      d, c, c         \
	VHADDPS      c, a, a         \
	VEXTRACTF128 $1, a, t        \
	VADDPS       t, x, x

#define HALVES \
	HALVE(Z0, Y0)   \
	HALVE(Z1, Y1)   \
	HALVE(Z2, Y2)   \
	HALVE(Z3, Y3)   \
	HALVE(Z4, Y4)   \
	HALVE(Z5, Y5)   \
	HALVE(Z6, Y6)   \
	HALVE(Z7, Y7)   \
	HALVE(Z8, Y8)   \
	HALVE(Z9, Y9)   \
	HALVE(Z10, Y10) \
	HALVE(Z11, Y11) \
	HALVE(Z12, Y12) \
	HALVE(Z13, Y13) \
	HALVE(Z14, Y14) \
	HALVE(Z15, Y15)

// The four rows of W of one row of x.
#define PUT4(x) \
	VMULPS  X15, x, x \
	VMOVUPS x, (DI)   \
	ADDQ    DX, DI

#define ADD4(x) \
	VMULPS  X15, x, x    \
	VADDPS  (DI), x, x   \
	VMOVUPS x, (DI)      \
	ADDQ    DX, DI

#define FINISH512(group) \
	HALVES                               \
	TOTAL4(Y0, Y4, Y8, Y12, X0, X4)      \
	TOTAL4(Y1, Y5, Y9, Y13, X1, X5)      \
	TOTAL4(Y2, Y6, Y10, Y14, X2, X6)     \
	TOTAL4(Y3, Y7, Y11, Y15, X3, X7)     \
	VBROADCASTSS alpha+72(FP), X15       \
	MOVL         acc+76(FP), CX          \
	TESTL        CX, CX                  \
	JNZ          add                     \
	PUT4(X0)                             \
	PUT4(X1)                             \
	PUT4(X2)                             \
	PUT4(X3)                             \
	JMP          next                    \
add:                                         \
	ADD4(X0)                             \
	ADD4(X1)                             \
	ADD4(X2)                             \
	ADD4(X3)                             \
next:                                        \
	NEXT                                 \
	DECQ         R9                      \
	JNZ          group                   \
	VZEROUPPER

// func dots4x4F32(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)
TEXT ·dots4x4F32(SB), NOSPLIT, $0-80
	ARGUMENTS

group:
	GROUP
	CLEAR16

loop:
	AHEAD
	STEP512(F32x16, 64)
	JNZ loop
	FINISH512(group)
	RET

// func dots4x4F16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)
TEXT ·dots4x4F16(SB), NOSPLIT, $0-80
	ARGUMENTS

group:
	GROUP
	CLEAR16

loop:
	AHEAD
	STEP512(F16x16, 32)
	JNZ loop
	FINISH512(group)
	RET

// func dots4x4BF16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)
TEXT ·dots4x4BF16(SB), NOSPLIT, $0-80
	ARGUMENTS

group:
	GROUP
	CLEAR16

loop:
	AHEAD
	STEP512(BF16x16, 32)
	JNZ loop
	FINISH512(group)
	RET

// Eight values of a row of W.
#define F32x8(addr, y) VMOVUPS addr, y
#define F16x8(addr, y) VCVTPH2PS addr, y
#define BF16x8(addr, y) \
	VPMOVZXWD addr, y   \
	VPSLLD    $16, y, y

#define STEP256(LOAD, bytes) \
	LOAD((AX), Y8)                   \
	LOAD((AX)(R10*1), Y9)            \
	VMOVUPS     (BX), Y10            \
	VMOVUPS     (BX)(R12*1), Y11     \
	VMOVUPS     (BX)(R12*2), Y12     \
	VMOVUPS     (BX)(R13*1), Y13     \
	VFMADD231PS Y10, Y8, Y0          \
	VFMADD231PS Y11, Y8, Y1          \
	VFMADD231PS Y12, Y8, Y2          \
	VFMADD231PS Y13, Y8, Y3          \
	VFMADD231PS Y10, Y9, Y4          \
	VFMADD231PS Y11, Y9, Y5          \
	VFMADD231PS Y12, Y9, Y6          \
	VFMADD231PS Y13, Y9, Y7          \
	PREFETCHT0  (AX)(R14*1)          \
	LEAQ        (AX)(R14*1), R8      \
	PREFETCHT0  (R8)(R10*1)          \
	ADDQ        $bytes, AX           \
	ADDQ        $32, BX              \
	SUBQ        $8, CX

#define CLEAR8 \
	VXORPS Y0, Y0, Y0 \
	VXORPS Y1, Y1, Y1 \
	VXORPS Y2, Y2, Y2 \
	VXORPS Y3, Y3, Y3 \
	VXORPS Y4, Y4, Y4 \
	VXORPS Y5, Y5, Y5 \
	VXORPS Y6, Y6, Y6 \
	VXORPS Y7, Y7, Y7

// The two rows of W of the rows of x that v and its upper half hold.
#define PUT2(v) \
	VMULPS  X15, v, v      \
	VMOVLPS v, (DI)        \
	VMOVHPS v, (DI)(DX*1)  \
	LEAQ    (DI)(DX*2), DI

#define ADD2(v) \
	VMULPS  X15, v, v             \
	VMOVSD  (DI), X14             \
	VMOVHPS (DI)(DX*1), X14, X14  \
	VADDPS  X14, v, v             \
	VMOVLPS v, (DI)               \
	VMOVHPS v, (DI)(DX*1)         \
	LEAQ    (DI)(DX*2), DI

#define FINISH256(group) \
	TOTAL4(Y0, Y1, Y2, Y3, X0, X1)       \
	TOTAL4(Y4, Y5, Y6, Y7, X4, X5)       \
	VUNPCKLPS    X4, X0, X1              \
	VUNPCKHPS    X4, X0, X2              \
	VBROADCASTSS alpha+72(FP), X15       \
	MOVL         acc+76(FP), CX          \
	TESTL        CX, CX                  \
	JNZ          add                     \
	PUT2(X1)                             \
	PUT2(X2)                             \
	JMP          next                    \
add:                                         \
	ADD2(X1)                             \
	ADD2(X2)                             \
next:                                        \
	NEXT                                 \
	DECQ         R9                      \
	JNZ          group                   \
	VZEROUPPER

// func dots2x4F32(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)
TEXT ·dots2x4F32(SB), NOSPLIT, $0-80
	ARGUMENTS

group:
	GROUP
	CLEAR8

loop:
	STEP256(F32x8, 32)
	JNZ loop
	FINISH256(group)
	RET

// func dots2x4F16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)
TEXT ·dots2x4F16(SB), NOSPLIT, $0-80
	ARGUMENTS

group:
	GROUP
	CLEAR8

loop:
	STEP256(F16x8, 16)
	JNZ loop
	FINISH256(group)
	RET

// func dots2x4BF16(w *byte, wRow int, x *float32, xRow, n int, y *float32, yRow, groups, ahead int, alpha float32, acc uint32)
TEXT ·dots2x4BF16(SB), NOSPLIT, $0-80
	ARGUMENTS

group:
	GROUP
	CLEAR8

loop:
	STEP256(BF16x8, 16)
	JNZ loop
	FINISH256(group)
	RET
