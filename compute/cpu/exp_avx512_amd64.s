//go:build amd64

#include "textflag.h"

// e^x and what is made of it for AVX-512, 16 values at a time and the rest under a mask: n is positive.

// The constants are those of vec_amd64.s.

#define CONSTANTS \
	VBROADCASTSS ·expc+0(SB), Z16  \
	VBROADCASTSS ·expc+4(SB), Z17  \
	VBROADCASTSS ·expc+8(SB), Z18  \
	VBROADCASTSS ·expc+12(SB), Z19 \
	VBROADCASTSS ·expc+16(SB), Z20 \
	VBROADCASTSS ·expc+20(SB), Z21 \
	VBROADCASTSS ·expc+24(SB), Z22 \
	VBROADCASTSS ·expc+28(SB), Z23 \
	VBROADCASTSS ·expc+32(SB), Z24 \
	VBROADCASTSS ·expc+36(SB), Z25 \
	VBROADCASTSS ·expc+40(SB), Z26 \
	VBROADCASTSS ·expc+44(SB), Z27 \
	VBROADCASTSS ·expc+48(SB), Z28 \
	VBROADCASTSS ·expc+52(SB), Z29

// Z0 = e^Z0, using Z1, Z2, Z3. A NaN stays one: MIN and MAX return their second source then.
#define EXP \
	VMINPS       Z0, Z16, Z0   \
	VMAXPS       Z0, Z17, Z0   \
	VMULPS       Z18, Z0, Z1   \
	VRNDSCALEPS  $8, Z1, Z1    \
	VFNMADD231PS Z19, Z1, Z0   \
	VFNMADD231PS Z20, Z1, Z0   \
	VMOVAPS      Z21, Z2       \
	VFMADD213PS  Z22, Z0, Z2   \
	VFMADD213PS  Z23, Z0, Z2   \
	VFMADD213PS  Z24, Z0, Z2   \
	VFMADD213PS  Z25, Z0, Z2   \
	VFMADD213PS  Z26, Z0, Z2   \
	VMULPS       Z0, Z0, Z3    \
	VFMADD213PS  Z0, Z3, Z2    \
	VADDPS       Z27, Z2, Z2   \
	VCVTPS2DQ    Z1, Z1        \
	VPADDD       Z28, Z1, Z1   \
	VPSLLD       $23, Z1, Z1   \
	VMULPS       Z1, Z2, Z0

// K1 is the lanes that are left of CX values, at most 16.
#define MASK \
	MOVQ     $16, AX  \
	CMPQ     CX, AX   \
	CMOVQLT  CX, AX   \
	MOVL     $-1, R9  \
	BZHIL    AX, R9, R9 \
	KMOVW    R9, K1

// func expSum16(dst, src *float32, n int, sub float32) float32
TEXT ·expSum16(SB), NOSPLIT, $0-36
	MOVQ   dst+0(FP), DI
	MOVQ   src+8(FP), SI
	MOVQ   n+16(FP), CX
	VBROADCASTSS sub+24(FP), Z30
	VPXORD Z31, Z31, Z31
	CONSTANTS

loop:
	MASK
	VMOVUPS.Z (SI), K1, Z0
	VSUBPS    Z30, Z0, Z0
	EXP
	VMOVUPS   Z0, K1, (DI)
	VADDPS    Z0, Z31, K1, Z31
	ADDQ      $64, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JG        loop
	VEXTRACTF64X4 $1, Z31, Y0
	VADDPS        Y0, Y31, Y0
	VEXTRACTF128  $1, Y0, X1
	VADDPS        X1, X0, X0
	VPERMILPS     $0x4e, X0, X1
	VADDPS        X1, X0, X0
	VPERMILPS     $0xb1, X0, X1
	VADDPS        X1, X0, X0
	VMOVSS        X0, ret+32(FP)
	VZEROUPPER
	RET

// func silu16(y, gate, u *float32, n int)
TEXT ·silu16(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ u+16(FP), BX
	MOVQ n+24(FP), CX
	CONSTANTS

loop:
	MASK
	VMOVUPS.Z (SI), K1, Z4
	VMOVUPS.Z (BX), K1, Z5
	VPXORD    Z29, Z4, Z0
	EXP
	VADDPS    Z27, Z0, Z0
	VMULPS    Z5, Z4, Z1
	VDIVPS    Z0, Z1, Z0
	VMOVUPS   Z0, K1, (DI)
	ADDQ      $64, SI
	ADDQ      $64, BX
	ADDQ      $64, DI
	SUBQ      $16, CX
	JG        loop
	VZEROUPPER
	RET

// func siluBack16(dg, du, dy, gate, u *float32, n int)
// s = 1/(1+e^-g); du = dy·g·s; dg = dy·u·s·(1 + g·(1-s))
TEXT ·siluBack16(SB), NOSPLIT, $0-48
	MOVQ dg+0(FP), DI
	MOVQ du+8(FP), DX
	MOVQ dy+16(FP), R8
	MOVQ gate+24(FP), SI
	MOVQ u+32(FP), BX
	MOVQ n+40(FP), CX
	CONSTANTS

loop:
	MASK
	VMOVUPS.Z   (SI), K1, Z4
	VMOVUPS.Z   (BX), K1, Z5
	VMOVUPS.Z   (R8), K1, Z6
	VPXORD      Z29, Z4, Z0
	EXP
	VADDPS      Z27, Z0, Z0
	VDIVPS      Z0, Z27, Z0
	VMULPS      Z6, Z0, Z1
	VSUBPS      Z0, Z27, Z3
	VFMADD213PS Z27, Z4, Z3
	VMULPS      Z5, Z1, Z0
	VMULPS      Z3, Z0, Z0
	VMULPS      Z4, Z1, Z1
	VMOVUPS     Z0, K1, (DI)
	VMOVUPS     Z1, K1, (DX)
	ADDQ        $64, SI
	ADDQ        $64, BX
	ADDQ        $64, DI
	ADDQ        $64, DX
	ADDQ        $64, R8
	SUBQ        $16, CX
	JG          loop
	VZEROUPPER
	RET
