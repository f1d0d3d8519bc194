//go:build amd64

#include "textflag.h"

// The register tiles of the matrix product: C[mr,nr] (+)= alpha · A·B over kc steps, A packed mr values a step,
// B packed nr values a step. The accumulators are scaled, then added, never fused, so that a tile written through
// a scratch tile at the edge of a matrix has the bits of one written in place.

#define STEP6(ao, bo) \
	VMOVUPS      (bo+0)(BX), Y12   \
	VMOVUPS      (bo+32)(BX), Y13  \
	VBROADCASTSS (ao+0)(AX), Y14   \
	VBROADCASTSS (ao+4)(AX), Y15   \
	VFMADD231PS  Y12, Y14, Y0      \
	VFMADD231PS  Y13, Y14, Y1      \
	VFMADD231PS  Y12, Y15, Y2      \
	VFMADD231PS  Y13, Y15, Y3      \
	VBROADCASTSS (ao+8)(AX), Y14   \
	VBROADCASTSS (ao+12)(AX), Y15  \
	VFMADD231PS  Y12, Y14, Y4      \
	VFMADD231PS  Y13, Y14, Y5      \
	VFMADD231PS  Y12, Y15, Y6      \
	VFMADD231PS  Y13, Y15, Y7      \
	VBROADCASTSS (ao+16)(AX), Y14  \
	VBROADCASTSS (ao+20)(AX), Y15  \
	VFMADD231PS  Y12, Y14, Y8      \
	VFMADD231PS  Y13, Y14, Y9      \
	VFMADD231PS  Y12, Y15, Y10     \
	VFMADD231PS  Y13, Y15, Y11

#define ROW6(lo, hi) \
	VMULPS  lo, Y15, lo     \
	VMULPS  hi, Y15, hi     \
	VMOVUPS lo, 0(DI)       \
	VMOVUPS hi, 32(DI)      \
	ADDQ    DX, DI

#define ADD6(lo, hi) \
	VMULPS  lo, Y15, lo     \
	VMULPS  hi, Y15, hi     \
	VADDPS  0(DI), lo, lo   \
	VADDPS  32(DI), hi, hi  \
	VMOVUPS lo, 0(DI)       \
	VMOVUPS hi, 32(DI)      \
	ADDQ    DX, DI

// func gemm6x16(kc int, a, b, c *float32, ldc int, alpha float32, acc uint32)
TEXT ·gemm6x16(SB), NOSPLIT, $0-48
	MOVQ   kc+0(FP), CX
	MOVQ   a+8(FP), AX
	MOVQ   b+16(FP), BX
	MOVQ   c+24(FP), DI
	MOVQ   ldc+32(FP), DX
	SHLQ   $2, DX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	MOVQ   CX, SI
	SHRQ   $2, SI
	JZ     tail

loop:
	STEP6(0, 0)
	STEP6(24, 64)
	STEP6(48, 128)
	STEP6(72, 192)
	ADDQ $96, AX
	ADDQ $256, BX
	DECQ SI
	JNZ  loop

tail:
	ANDQ $3, CX
	JZ   write

one:
	STEP6(0, 0)
	ADDQ $24, AX
	ADDQ $64, BX
	DECQ CX
	JNZ  one

write:
	VBROADCASTSS alpha+40(FP), Y15
	MOVL         acc+44(FP), CX
	TESTL        CX, CX
	JNZ          add
	ROW6(Y0, Y1)
	ROW6(Y2, Y3)
	ROW6(Y4, Y5)
	ROW6(Y6, Y7)
	ROW6(Y8, Y9)
	ROW6(Y10, Y11)
	VZEROUPPER
	RET

add:
	ADD6(Y0, Y1)
	ADD6(Y2, Y3)
	ADD6(Y4, Y5)
	ADD6(Y6, Y7)
	ADD6(Y8, Y9)
	ADD6(Y10, Y11)
	VZEROUPPER
	RET

// One row of the 12×32 tile: two accumulators.
#define FMA12(off, lo, hi, t) \
	VBROADCASTSS off(AX), t     \
	VFMADD231PS  Z24, t, lo     \
	VFMADD231PS  Z25, t, hi

#define STEP12(ao, bo) \
	VMOVUPS (bo+0)(BX), Z24     \
	VMOVUPS (bo+64)(BX), Z25    \
	FMA12((ao+0), Z0, Z1, Z26)    \
	FMA12((ao+4), Z2, Z3, Z27)    \
	FMA12((ao+8), Z4, Z5, Z28)    \
	FMA12((ao+12), Z6, Z7, Z29)   \
	FMA12((ao+16), Z8, Z9, Z26)   \
	FMA12((ao+20), Z10, Z11, Z27) \
	FMA12((ao+24), Z12, Z13, Z28) \
	FMA12((ao+28), Z14, Z15, Z29) \
	FMA12((ao+32), Z16, Z17, Z26) \
	FMA12((ao+36), Z18, Z19, Z27) \
	FMA12((ao+40), Z20, Z21, Z28) \
	FMA12((ao+44), Z22, Z23, Z29)

#define ZERO12(lo, hi) \
	VPXORD lo, lo, lo \
	VPXORD hi, hi, hi

#define ROW12(lo, hi) \
	VMULPS  lo, Z31, lo     \
	VMULPS  hi, Z31, hi     \
	VMOVUPS lo, 0(DI)       \
	VMOVUPS hi, 64(DI)      \
	ADDQ    DX, DI

#define ADD12(lo, hi) \
	VMULPS  lo, Z31, lo     \
	VMULPS  hi, Z31, hi     \
	VADDPS  0(DI), lo, lo   \
	VADDPS  64(DI), hi, hi  \
	VMOVUPS lo, 0(DI)       \
	VMOVUPS hi, 64(DI)      \
	ADDQ    DX, DI

// func gemm12x32(kc int, a, b, c *float32, ldc int, alpha float32, acc uint32)
TEXT ·gemm12x32(SB), NOSPLIT, $0-48
	MOVQ kc+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ b+16(FP), BX
	MOVQ c+24(FP), DI
	MOVQ ldc+32(FP), DX
	SHLQ $2, DX
	ZERO12(Z0, Z1)
	ZERO12(Z2, Z3)
	ZERO12(Z4, Z5)
	ZERO12(Z6, Z7)
	ZERO12(Z8, Z9)
	ZERO12(Z10, Z11)
	ZERO12(Z12, Z13)
	ZERO12(Z14, Z15)
	ZERO12(Z16, Z17)
	ZERO12(Z18, Z19)
	ZERO12(Z20, Z21)
	ZERO12(Z22, Z23)
	MOVQ CX, SI
	SHRQ $2, SI
	JZ   tail

loop:
	STEP12(0, 0)
	STEP12(48, 128)
	STEP12(96, 256)
	STEP12(144, 384)
	ADDQ $192, AX
	ADDQ $512, BX
	DECQ SI
	JNZ  loop

tail:
	ANDQ $3, CX
	JZ   write

one:
	STEP12(0, 0)
	ADDQ $48, AX
	ADDQ $128, BX
	DECQ CX
	JNZ  one

write:
	VBROADCASTSS alpha+40(FP), Z31
	MOVL         acc+44(FP), CX
	TESTL        CX, CX
	JNZ          add
	ROW12(Z0, Z1)
	ROW12(Z2, Z3)
	ROW12(Z4, Z5)
	ROW12(Z6, Z7)
	ROW12(Z8, Z9)
	ROW12(Z10, Z11)
	ROW12(Z12, Z13)
	ROW12(Z14, Z15)
	ROW12(Z16, Z17)
	ROW12(Z18, Z19)
	ROW12(Z20, Z21)
	ROW12(Z22, Z23)
	VZEROUPPER
	RET

add:
	ADD12(Z0, Z1)
	ADD12(Z2, Z3)
	ADD12(Z4, Z5)
	ADD12(Z6, Z7)
	ADD12(Z8, Z9)
	ADD12(Z10, Z11)
	ADD12(Z12, Z13)
	ADD12(Z14, Z15)
	ADD12(Z16, Z17)
	ADD12(Z18, Z19)
	ADD12(Z20, Z21)
	ADD12(Z22, Z23)
	VZEROUPPER
	RET

// func transpose8(dst *float32, dstStride int, rows *[8]*float32, groups int)
// Turns 8 rows of 8·groups values into 8·groups runs of 8 values, dstStride values apart.
TEXT ·transpose8(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), DX
	SHLQ $2, DX
	MOVQ rows+16(FP), BX
	MOVQ groups+24(FP), CX
	MOVQ 0(BX), R8
	MOVQ 8(BX), R9
	MOVQ 16(BX), R10
	MOVQ 24(BX), R11
	MOVQ 32(BX), R12
	MOVQ 40(BX), R13
	MOVQ 48(BX), AX
	MOVQ 56(BX), SI
	XORQ BX, BX

group:
	VMOVUPS    (R8)(BX*1), Y0
	VMOVUPS    (R9)(BX*1), Y1
	VMOVUPS    (R10)(BX*1), Y2
	VMOVUPS    (R11)(BX*1), Y3
	VMOVUPS    (R12)(BX*1), Y4
	VMOVUPS    (R13)(BX*1), Y5
	VMOVUPS    (AX)(BX*1), Y6
	VMOVUPS    (SI)(BX*1), Y7
	ADDQ       $32, BX
	VUNPCKLPS  Y1, Y0, Y8
	VUNPCKHPS  Y1, Y0, Y9
	VUNPCKLPS  Y3, Y2, Y10
	VUNPCKHPS  Y3, Y2, Y11
	VUNPCKLPS  Y5, Y4, Y12
	VUNPCKHPS  Y5, Y4, Y13
	VUNPCKLPS  Y7, Y6, Y14
	VUNPCKHPS  Y7, Y6, Y15
	VUNPCKLPD  Y10, Y8, Y0
	VUNPCKHPD  Y10, Y8, Y1
	VUNPCKLPD  Y11, Y9, Y2
	VUNPCKHPD  Y11, Y9, Y3
	VUNPCKLPD  Y14, Y12, Y4
	VUNPCKHPD  Y14, Y12, Y5
	VUNPCKLPD  Y15, Y13, Y6
	VUNPCKHPD  Y15, Y13, Y7
	VPERM2F128 $0x20, Y4, Y0, Y8
	VPERM2F128 $0x20, Y5, Y1, Y9
	VPERM2F128 $0x20, Y6, Y2, Y10
	VPERM2F128 $0x20, Y7, Y3, Y11
	VPERM2F128 $0x31, Y4, Y0, Y12
	VPERM2F128 $0x31, Y5, Y1, Y13
	VPERM2F128 $0x31, Y6, Y2, Y14
	VPERM2F128 $0x31, Y7, Y3, Y15
	VMOVUPS    Y8, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y9, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y10, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y11, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y12, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y13, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y14, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y15, (DI)
	ADDQ       DX, DI
	DECQ       CX
	JNZ        group
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

// func spread4(dst *float32, stride int, src *float32, panels, fours int)
// Copies panels runs of 4·fours values, one after the other in src, to places in dst that lie stride values apart.
TEXT ·spread4(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ stride+8(FP), DX
	SHLQ $2, DX
	MOVQ src+16(FP), SI
	MOVQ panels+24(FP), CX
	MOVQ fours+32(FP), R8

panel:
	MOVQ DI, BX
	MOVQ R8, AX

eight:
	CMPQ    AX, $2
	JLT     four
	VMOVUPS (SI), Y0
	VMOVUPS Y0, (BX)
	ADDQ    $32, SI
	ADDQ    $32, BX
	SUBQ    $2, AX
	JMP     eight

four:
	TESTQ   AX, AX
	JZ      next
	VMOVUPS (SI), X0
	VMOVUPS X0, (BX)
	ADDQ    $16, SI

next:
	ADDQ DX, DI
	DECQ CX
	JNZ  panel
	VZEROUPPER
	RET
