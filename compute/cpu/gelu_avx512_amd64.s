//go:build amd64

#include "textflag.h"
#include "exp_avx512_amd64.h"

// GELU and the soft cap for AVX-512, 16 values at a time and the rest under a mask: n is positive. The constants and what is
// computed are those of gelu_avx2_amd64.s. Gates stand in Z4, within ±13 in Z9, what they gate in Z5.

#define CLAMP \
	VMINPS Z4, Z6, Z9 \
	VMAXPS Z9, Z7, Z9

// Z0 = e^-v.
#define TANHGATE \
	CLAMP                                 \
	VMULPS           Z9, Z9, Z1           \
	VBROADCASTSS     ·geluc+12(SB), Z0    \
	VFMADD213PS.BCST ·geluc+8(SB), Z1, Z0 \
	VMULPS           Z9, Z0, Z0           \
	EXP

// func geluTanh16(y, gate, u *float32, n int)
TEXT ·geluTanh16(SB), NOSPLIT, $0-32
	MOVQ         y+0(FP), DI
	MOVQ         gate+8(FP), SI
	MOVQ         u+16(FP), BX
	MOVQ         n+24(FP), CX
	CONSTANTS
	VBROADCASTSS ·geluc+0(SB), Z6
	VBROADCASTSS ·geluc+4(SB), Z7

loop:
	MASK
	VMOVUPS.Z (SI), K1, Z4
	VMOVUPS.Z (BX), K1, Z5
	TANHGATE
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

// func geluTanhBack16(dg, du, dy, gate, u *float32, n int)
TEXT ·geluTanhBack16(SB), NOSPLIT, $0-48
	MOVQ         dg+0(FP), DI
	MOVQ         du+8(FP), DX
	MOVQ         dy+16(FP), R8
	MOVQ         gate+24(FP), SI
	MOVQ         u+32(FP), BX
	MOVQ         n+40(FP), CX
	CONSTANTS
	VBROADCASTSS ·geluc+0(SB), Z6
	VBROADCASTSS ·geluc+4(SB), Z7

loop:
	MASK
	VMOVUPS.Z   (SI), K1, Z4
	VMOVUPS.Z   (BX), K1, Z5
	VMOVUPS.Z   (R8), K1, Z8
	TANHGATE
	VADDPS      Z27, Z0, Z1
	VDIVPS      Z1, Z27, Z1
	VMULPS      Z1, Z0, Z0
	VMULPS      Z9, Z0, Z0
	VMULPS      Z9, Z9, Z2
	VMULPS.BCST ·geluc+20(SB), Z2, Z2
	VADDPS.BCST ·geluc+16(SB), Z2, Z2
	VFMADD213PS Z27, Z2, Z0
	VMULPS      Z8, Z1, Z1
	VMULPS      Z5, Z1, Z2
	VMULPS      Z2, Z0, Z0
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

// Z3 = Φ(z) and Z0 = e^(-z²/2).
#define NORMAL \
	CLAMP                                  \
	VMULPS.BCST      ·geluc+24(SB), Z9, Z0 \
	VMULPS           Z9, Z0, Z0            \
	EXP                                    \
	VPANDND          Z9, Z29, Z1           \
	VBROADCASTSS     ·geluc+32(SB), Z2     \
	VFMADD213PS      Z27, Z2, Z1           \
	VDIVPS           Z1, Z27, Z1           \
	VBROADCASTSS     ·geluc+64(SB), Z2     \
	VFMADD213PS.BCST ·geluc+60(SB), Z1, Z2 \
	VFMADD213PS.BCST ·geluc+56(SB), Z1, Z2 \
	VFMADD213PS.BCST ·geluc+52(SB), Z1, Z2 \
	VFMADD213PS.BCST ·geluc+48(SB), Z1, Z2 \
	VFMADD213PS.BCST ·geluc+44(SB), Z1, Z2 \
	VFMADD213PS.BCST ·geluc+40(SB), Z1, Z2 \
	VFMADD213PS.BCST ·geluc+36(SB), Z1, Z2 \
	VMULPS           Z1, Z2, Z2            \
	VMULPS           Z0, Z2, Z2            \
	VSUBPS           Z2, Z27, Z3           \
	VPMOVD2M         Z4, K2                \
	VMOVAPS          Z2, K2, Z3

// func gelu16(y, gate, u *float32, n int)
TEXT ·gelu16(SB), NOSPLIT, $0-32
	MOVQ         y+0(FP), DI
	MOVQ         gate+8(FP), SI
	MOVQ         u+16(FP), BX
	MOVQ         n+24(FP), CX
	CONSTANTS
	VBROADCASTSS ·geluc+0(SB), Z6
	VBROADCASTSS ·geluc+4(SB), Z7

loop:
	MASK
	VMOVUPS.Z (SI), K1, Z4
	VMOVUPS.Z (BX), K1, Z5
	NORMAL
	VMULPS    Z5, Z4, Z0
	VMULPS    Z3, Z0, Z0
	VMOVUPS   Z0, K1, (DI)
	ADDQ      $64, SI
	ADDQ      $64, BX
	ADDQ      $64, DI
	SUBQ      $16, CX
	JG        loop
	VZEROUPPER
	RET

// func geluBack16(dg, du, dy, gate, u *float32, n int)
TEXT ·geluBack16(SB), NOSPLIT, $0-48
	MOVQ         dg+0(FP), DI
	MOVQ         du+8(FP), DX
	MOVQ         dy+16(FP), R8
	MOVQ         gate+24(FP), SI
	MOVQ         u+32(FP), BX
	MOVQ         n+40(FP), CX
	CONSTANTS
	VBROADCASTSS ·geluc+0(SB), Z6
	VBROADCASTSS ·geluc+4(SB), Z7

loop:
	MASK
	VMOVUPS.Z    (SI), K1, Z4
	VMOVUPS.Z    (BX), K1, Z5
	VMOVUPS.Z    (R8), K1, Z8
	NORMAL
	VMULPS       Z9, Z0, Z0
	VBROADCASTSS ·geluc+28(SB), Z2
	VFMADD213PS  Z3, Z2, Z0
	VMULPS       Z5, Z8, Z2
	VMULPS       Z2, Z0, Z0
	VMULPS       Z4, Z8, Z1
	VMULPS       Z3, Z1, Z1
	VMOVUPS      Z0, K1, (DI)
	VMOVUPS      Z1, K1, (DX)
	ADDQ         $64, SI
	ADDQ         $64, BX
	ADDQ         $64, DI
	ADDQ         $64, DX
	ADDQ         $64, R8
	SUBQ         $16, CX
	JG           loop
	VZEROUPPER
	RET

// func softCap16(y *float32, n int, limit, twice float32)
TEXT ·softCap16(SB), NOSPLIT, $0-24
	MOVQ         y+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS limit+16(FP), Z4
	VBROADCASTSS twice+20(FP), Z5
	VBROADCASTSS ·geluc+68(SB), Z6
	VBROADCASTSS ·geluc+72(SB), Z7
	VBROADCASTSS ·geluc+76(SB), Z8
	CONSTANTS

loop:
	MASK
	VMOVUPS.Z (DI), K1, Z0
	VMULPS    Z5, Z0, Z0
	VMINPS    Z0, Z6, Z0
	VMAXPS    Z0, Z7, Z0
	EXPM1
	VADDPS    Z8, Z0, Z1
	VDIVPS    Z1, Z0, Z0
	VMULPS    Z4, Z0, Z0
	VMOVUPS   Z0, K1, (DI)
	ADDQ      $64, DI
	SUBQ      $16, CX
	JG        loop
	VZEROUPPER
	RET
