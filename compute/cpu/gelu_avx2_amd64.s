//go:build amd64

#include "textflag.h"
#include "exp_avx2_amd64.h"

// GELU and the soft cap for AVX2 and FMA. Each kernel works on n values, n a positive multiple of 8.

// Constants of GELU: where its gates have become 0 and 1; those of the argument of GELUTanh and of its slope; those of the
// normal distribution, 1/√(2π) the last; and those of Φ(-z)·e^(z²/2) = t·(c1 + c2·t + … + c8·t⁷), t = 1/(1 + p·z), for z
// of 0 to 13, fitted for the least largest relative error, 1.2e-7. Then what e^x - 1 makes tanh from.
DATA ·geluc+0(SB)/4, $0x41500000 // 13
DATA ·geluc+4(SB)/4, $0xc1500000 // -13
DATA ·geluc+8(SB)/4, $0xbfcc422a // -2·√(2/π)
DATA ·geluc+12(SB)/4, $0xbd922279 // -2·√(2/π)·0.044715
DATA ·geluc+16(SB)/4, $0x3fcc422a // 2·√(2/π)
DATA ·geluc+20(SB)/4, $0x3e5b33b6 // 6·√(2/π)·0.044715
DATA ·geluc+24(SB)/4, $0xbf000000 // -1/2
DATA ·geluc+28(SB)/4, $0x3ecc422a // 1/√(2π)
DATA ·geluc+32(SB)/4, $0x3e99999a // p
DATA ·geluc+36(SB)/4, $0x3df4fd0b // c1
DATA ·geluc+40(SB)/4, $0x3df77ddd
DATA ·geluc+44(SB)/4, $0x3dcb7681
DATA ·geluc+48(SB)/4, $0x3e058be5
DATA ·geluc+52(SB)/4, $0xbd6a2859
DATA ·geluc+56(SB)/4, $0x3e572948
DATA ·geluc+60(SB)/4, $0xbe233414
DATA ·geluc+64(SB)/4, $0x3d144112 // c8
DATA ·geluc+68(SB)/4, $0x41b00000 // 22
DATA ·geluc+72(SB)/4, $0xc1b00000 // -22
DATA ·geluc+76(SB)/4, $0x40000000 // 2
GLOBL ·geluc(SB), RODATA|NOPTR, $80

// r = the 8 gates at SI, within ±13, using t.
#define CLAMPED(r, t) \
	VMOVUPS      (SI), r         \
	VBROADCASTSS ·geluc+0(SB), t \
	VMINPS       r, t, r         \
	VBROADCASTSS ·geluc+4(SB), t \
	VMAXPS       r, t, r

// Y0 = e^-v with v = 2·√(2/π)·(z + 0.044715·z³), of the gates z at SI.
#define TANHGATE \
	CLAMPED(Y0, Y1)                \
	VMULPS       Y0, Y0, Y1        \
	VBROADCASTSS ·geluc+8(SB), Y2  \
	VBROADCASTSS ·geluc+12(SB), Y3 \
	VFMADD231PS  Y3, Y1, Y2        \
	VMULPS       Y2, Y0, Y0        \
	EXP

// func geluTanh8(y, gate, u *float32, n int)
TEXT ·geluTanh8(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ u+16(FP), BX
	MOVQ n+24(FP), CX
	EXPCONSTS

loop:
	TANHGATE
	VADDPS  Y15, Y0, Y0
	VMOVUPS (SI), Y1
	VMULPS  (BX), Y1, Y1
	VDIVPS  Y0, Y1, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, BX
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func geluTanhBack8(dg, du, dy, gate, u *float32, n int)
// s = 1/(1+e^-v), 1-s = e^-v·s; du = dy·z·s; dg = dy·u·s·(1 + (1-s)·z·v')
TEXT ·geluTanhBack8(SB), NOSPLIT, $0-48
	MOVQ dg+0(FP), DI
	MOVQ du+8(FP), DX
	MOVQ dy+16(FP), R8
	MOVQ gate+24(FP), SI
	MOVQ u+32(FP), BX
	MOVQ n+40(FP), CX
	EXPCONSTS

loop:
	TANHGATE
	VADDPS       Y15, Y0, Y1
	VDIVPS       Y1, Y15, Y1
	VMULPS       Y1, Y0, Y0
	CLAMPED(Y2, Y3)
	VMULPS       Y2, Y0, Y0
	VMULPS       Y2, Y2, Y2
	VBROADCASTSS ·geluc+20(SB), Y3
	VMULPS       Y3, Y2, Y2
	VBROADCASTSS ·geluc+16(SB), Y3
	VADDPS       Y3, Y2, Y2
	VFMADD213PS  Y15, Y2, Y0
	VMULPS       (R8), Y1, Y1
	VMULPS       (BX), Y1, Y2
	VMULPS       Y2, Y0, Y0
	VMULPS       (SI), Y1, Y1
	VMOVUPS      Y0, (DI)
	VMOVUPS      Y1, (DX)
	ADDQ         $32, SI
	ADDQ         $32, BX
	ADDQ         $32, DI
	ADDQ         $32, DX
	ADDQ         $32, R8
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET

// Y3 = Φ(z) and Y0 = e^(-z²/2) of the gates z at SI: Φ(-|z|) by the polynomial, taken from 1 where z is not negative.
#define NORMAL \
	CLAMPED(Y0, Y1)                \
	VBROADCASTSS ·geluc+24(SB), Y1 \
	VMULPS       Y0, Y1, Y1        \
	VMULPS       Y1, Y0, Y0        \
	EXP                            \
	CLAMPED(Y1, Y2)                \
	VBROADCASTSS ·expc+52(SB), Y2  \
	VANDNPS      Y1, Y2, Y1        \
	VBROADCASTSS ·geluc+32(SB), Y2 \
	VFMADD213PS  Y15, Y2, Y1       \
	VDIVPS       Y1, Y15, Y1       \
	VBROADCASTSS ·geluc+64(SB), Y2 \
	VBROADCASTSS ·geluc+60(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VBROADCASTSS ·geluc+56(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VBROADCASTSS ·geluc+52(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VBROADCASTSS ·geluc+48(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VBROADCASTSS ·geluc+44(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VBROADCASTSS ·geluc+40(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VBROADCASTSS ·geluc+36(SB), Y3 \
	VFMADD213PS  Y3, Y1, Y2        \
	VMULPS       Y1, Y2, Y2        \
	VMULPS       Y0, Y2, Y2        \
	VSUBPS       Y2, Y15, Y3       \
	VMOVUPS      (SI), Y1          \
	VBLENDVPS    Y1, Y2, Y3, Y3

// func gelu8(y, gate, u *float32, n int)
TEXT ·gelu8(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ u+16(FP), BX
	MOVQ n+24(FP), CX
	EXPCONSTS

loop:
	NORMAL
	VMULPS  (BX), Y1, Y1
	VMULPS  Y3, Y1, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, BX
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func geluBack8(dg, du, dy, gate, u *float32, n int)
// du = dy·z·Φ(z); dg = dy·u·(Φ(z) + z·φ(z))
TEXT ·geluBack8(SB), NOSPLIT, $0-48
	MOVQ dg+0(FP), DI
	MOVQ du+8(FP), DX
	MOVQ dy+16(FP), R8
	MOVQ gate+24(FP), SI
	MOVQ u+32(FP), BX
	MOVQ n+40(FP), CX
	EXPCONSTS

loop:
	NORMAL
	CLAMPED(Y1, Y2)
	VMULPS       Y1, Y0, Y0
	VBROADCASTSS ·geluc+28(SB), Y2
	VFMADD213PS  Y3, Y2, Y0
	VMOVUPS      (R8), Y1
	VMULPS       (BX), Y1, Y2
	VMULPS       Y2, Y0, Y0
	VMULPS       (SI), Y1, Y1
	VMULPS       Y3, Y1, Y1
	VMOVUPS      Y0, (DI)
	VMOVUPS      Y1, (DX)
	ADDQ         $32, SI
	ADDQ         $32, BX
	ADDQ         $32, DI
	ADDQ         $32, DX
	ADDQ         $32, R8
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET

// func softCap8(y *float32, n int, limit, twice float32)
// y = limit·tanh(y/limit) = limit·E/(E + 2), E = e^(y·twice) - 1, twice = 2/limit
TEXT ·softCap8(SB), NOSPLIT, $0-24
	MOVQ y+0(FP), DI
	MOVQ n+8(FP), CX
	EXPCONSTS

loop:
	VBROADCASTSS twice+20(FP), Y0
	VMULPS       (DI), Y0, Y0
	VBROADCASTSS ·geluc+68(SB), Y1
	VMINPS       Y0, Y1, Y0
	VBROADCASTSS ·geluc+72(SB), Y1
	VMAXPS       Y0, Y1, Y0
	EXPM1
	VBROADCASTSS ·geluc+76(SB), Y1
	VADDPS       Y0, Y1, Y1
	VDIVPS       Y1, Y0, Y0
	VBROADCASTSS limit+16(FP), Y1
	VMULPS       Y1, Y0, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET
