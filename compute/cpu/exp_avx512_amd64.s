//go:build amd64

#include "textflag.h"
#include "exp_avx512_amd64.h"

// e^x and what is made of it for AVX-512, 16 values at a time and the rest under a mask: n is positive.

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
