//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

// GELU and the soft cap for NEON. Each kernel works on n values, n a positive multiple of 8. Gates stand in V8 and V9, what
// they gate in V10 and V11, the gradients of a backward in V12 and V13.

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

// V29 to V31, V14 and V15, four constants each.
#define GELUCONSTS \
	MOVD   $·geluc(SB), R10 \
	VLD1.P 48(R10), [V29.S4, V30.S4, V31.S4] \
	VLD1   (R10), [V14.S4, V15.S4]

// a and b are the gates within ±13, using t.
#define CLAMPED(a, b, t) \
	DUP4SI(t, 29, 0) \
	FMIN4S(a, 8, t)  \
	FMIN4S(b, 9, t)  \
	DUP4SI(t, 29, 1) \
	FMAX4S(a, a, t)  \
	FMAX4S(b, b, t)

// V0 and V4 are e^-v with v = 2·√(2/π)·(z + 0.044715·z³) of the gates z.
#define TANHGATE \
	CLAMPED(0, 4, 2)     \
	FMUL4S(1, 0, 0)      \
	FMUL4S(5, 4, 4)      \
	DUP4SI(2, 29, 2)     \
	DUP4SI(6, 29, 2)     \
	FMLA4SI(2, 1, 29, 3) \
	FMLA4SI(6, 5, 29, 3) \
	FMUL4S(0, 0, 2)      \
	FMUL4S(4, 4, 6)      \
	EXP

// func geluTanh8(y, gate, u *float32, n int)
TEXT ·geluTanh8(SB), NOSPLIT, $0-32
	MOVD y+0(FP), R0
	MOVD gate+8(FP), R1
	MOVD u+16(FP), R2
	MOVD n+24(FP), R3
	EXPCONSTS
	GELUCONSTS

loop:
	FLDPQ.P 32(R1), (F8, F9)
	FLDPQ.P 32(R2), (F10, F11)
	TANHGATE
	FADD4S(0, 0, 27)
	FADD4S(4, 4, 27)
	FMUL4S(8, 8, 10)
	FMUL4S(9, 9, 11)
	FDIV4S(0, 8, 0)
	FDIV4S(4, 9, 4)
	FSTPQ.P (F0, F4), 32(R0)
	SUBS    $8, R3
	BNE     loop
	RET

// func geluTanhBack8(dg, du, dy, gate, u *float32, n int)
// s = 1/(1+e^-v), 1-s = e^-v·s; du = dy·z·s; dg = dy·u·s·(1 + (1-s)·z·v')
TEXT ·geluTanhBack8(SB), NOSPLIT, $0-48
	MOVD dg+0(FP), R0
	MOVD du+8(FP), R1
	MOVD dy+16(FP), R2
	MOVD gate+24(FP), R3
	MOVD u+32(FP), R4
	MOVD n+40(FP), R5
	EXPCONSTS
	GELUCONSTS

loop:
	FLDPQ.P 32(R3), (F8, F9)
	FLDPQ.P 32(R4), (F10, F11)
	FLDPQ.P 32(R2), (F12, F13)
	TANHGATE
	FADD4S(1, 0, 27)
	FADD4S(5, 4, 27)
	FDIV4S(1, 27, 1)           // s
	FDIV4S(5, 27, 5)
	FMUL4S(0, 0, 1)            // 1-s
	FMUL4S(4, 4, 5)
	CLAMPED(2, 6, 3)
	FMUL4S(0, 0, 2)
	FMUL4S(4, 4, 6)
	FMUL4S(2, 2, 2)
	FMUL4S(6, 6, 6)
	DUP4SI(3, 30, 0)
	DUP4SI(7, 30, 0)
	FMLA4SI(3, 2, 30, 1)       // v'
	FMLA4SI(7, 6, 30, 1)
	VMOV    V27.B16, V2.B16
	VMOV    V27.B16, V6.B16
	FMLA4S(2, 0, 3)            // 1 + (1-s)·z·v'
	FMLA4S(6, 4, 7)
	FMUL4S(12, 12, 1)          // dy·s
	FMUL4S(13, 13, 5)
	FMUL4S(10, 12, 10)
	FMUL4S(11, 13, 11)
	FMUL4S(0, 10, 2)
	FMUL4S(4, 11, 6)
	FMUL4S(8, 12, 8)
	FMUL4S(9, 13, 9)
	FSTPQ.P (F0, F4), 32(R0)
	FSTPQ.P (F8, F9), 32(R1)
	SUBS    $8, R5
	BNE     loop
	RET

// V1 and V5 are Φ(z), and V0 and V4 e^(-z²/2), of the gates z: Φ(-|z|) by the polynomial, taken from 1 where z is not
// negative.
#define NORMAL \
	CLAMPED(0, 4, 2)        \
	FMUL4S(1, 0, 0)         \
	FMUL4S(5, 4, 4)         \
	FMUL4SI(0, 1, 30, 2)    \
	FMUL4SI(4, 5, 30, 2)    \
	EXP                     \
	CLAMPED(1, 5, 2)        \
	FABS4S(1, 1)            \
	FABS4S(5, 5)            \
	VMOV V27.B16, V2.B16    \
	VMOV V27.B16, V6.B16    \
	FMLA4SI(2, 1, 31, 0)    \
	FMLA4SI(6, 5, 31, 0)    \
	FDIV4S(1, 27, 2)        \
	FDIV4S(5, 27, 6)        \
	DUP4SI(2, 15, 0)        \
	DUP4SI(6, 15, 0)        \
	DUP4SI(3, 14, 3) \
	DUP4SI(7, 14, 3) \
	FMLA4S(3, 2, 1) \
	FMLA4S(7, 6, 5) \
	DUP4SI(2, 14, 2) \
	DUP4SI(6, 14, 2) \
	FMLA4S(2, 3, 1) \
	FMLA4S(6, 7, 5) \
	DUP4SI(3, 14, 1) \
	DUP4SI(7, 14, 1) \
	FMLA4S(3, 2, 1) \
	FMLA4S(7, 6, 5) \
	DUP4SI(2, 14, 0) \
	DUP4SI(6, 14, 0) \
	FMLA4S(2, 3, 1) \
	FMLA4S(6, 7, 5) \
	DUP4SI(3, 31, 3) \
	DUP4SI(7, 31, 3) \
	FMLA4S(3, 2, 1) \
	FMLA4S(7, 6, 5) \
	DUP4SI(2, 31, 2) \
	DUP4SI(6, 31, 2) \
	FMLA4S(2, 3, 1) \
	FMLA4S(6, 7, 5) \
	DUP4SI(3, 31, 1) \
	DUP4SI(7, 31, 1) \
	FMLA4S(3, 2, 1) \
	FMLA4S(7, 6, 5) \
	FMUL4S(2, 3, 1)         \
	FMUL4S(6, 7, 5)         \
	FMUL4S(2, 2, 0)         \
	FMUL4S(6, 6, 4)         \
	FSUB4S(3, 27, 2)        \
	FSUB4S(7, 27, 6)        \
	FLTZ4S(1, 8)            \
	FLTZ4S(5, 9)            \
	BSL16B(1, 2, 3)         \
	BSL16B(5, 6, 7)

// func gelu8(y, gate, u *float32, n int)
TEXT ·gelu8(SB), NOSPLIT, $0-32
	MOVD y+0(FP), R0
	MOVD gate+8(FP), R1
	MOVD u+16(FP), R2
	MOVD n+24(FP), R3
	EXPCONSTS
	GELUCONSTS

loop:
	FLDPQ.P 32(R1), (F8, F9)
	FLDPQ.P 32(R2), (F10, F11)
	NORMAL
	FMUL4S(8, 8, 10)
	FMUL4S(9, 9, 11)
	FMUL4S(0, 8, 1)
	FMUL4S(4, 9, 5)
	FSTPQ.P (F0, F4), 32(R0)
	SUBS    $8, R3
	BNE     loop
	RET

// func geluBack8(dg, du, dy, gate, u *float32, n int)
// du = dy·z·Φ(z); dg = dy·u·(Φ(z) + z·φ(z))
TEXT ·geluBack8(SB), NOSPLIT, $0-48
	MOVD dg+0(FP), R0
	MOVD du+8(FP), R1
	MOVD dy+16(FP), R2
	MOVD gate+24(FP), R3
	MOVD u+32(FP), R4
	MOVD n+40(FP), R5
	EXPCONSTS
	GELUCONSTS

loop:
	FLDPQ.P 32(R3), (F8, F9)
	FLDPQ.P 32(R4), (F10, F11)
	FLDPQ.P 32(R2), (F12, F13)
	NORMAL
	CLAMPED(2, 6, 3)
	FMUL4S(0, 0, 2)
	FMUL4S(4, 4, 6)
	VMOV    V1.B16, V3.B16
	VMOV    V5.B16, V7.B16
	FMLA4SI(3, 0, 30, 3)       // Φ(z) + z·φ(z)
	FMLA4SI(7, 4, 30, 3)
	FMUL4S(8, 12, 8)
	FMUL4S(9, 13, 9)
	FMUL4S(8, 8, 1)
	FMUL4S(9, 9, 5)
	FMUL4S(10, 12, 10)
	FMUL4S(11, 13, 11)
	FMUL4S(0, 10, 3)
	FMUL4S(4, 11, 7)
	FSTPQ.P (F0, F4), 32(R0)
	FSTPQ.P (F8, F9), 32(R1)
	SUBS    $8, R5
	BNE     loop
	RET

// func softCap8(y *float32, n int, limit, twice float32)
// y = limit·tanh(y/limit) = limit·E/(E + 2), E = e^(y·twice) - 1, twice = 2/limit
TEXT ·softCap8(SB), NOSPLIT, $0-24
	MOVD  y+0(FP), R0
	MOVD  n+8(FP), R1
	EXPCONSTS
	GELUCONSTS
	FMOVS limit+16(FP), F30
	FMOVS twice+20(FP), F29
	VDUP  V30.S[0], V30.S4
	VDUP  V29.S[0], V29.S4
	DUP4SI(8, 15, 1)
	DUP4SI(9, 15, 2)
	DUP4SI(10, 15, 3)

loop:
	FLDPQ   (R0), (F0, F4)
	FMUL4S(0, 0, 29)
	FMUL4S(4, 4, 29)
	FMIN4S(0, 0, 8)
	FMIN4S(4, 4, 8)
	FMAX4S(0, 0, 9)
	FMAX4S(4, 4, 9)
	EXPM1
	FADD4S(0, 2, 10)
	FADD4S(4, 6, 10)
	FDIV4S(0, 2, 0)
	FDIV4S(4, 6, 4)
	FMUL4S(0, 0, 30)
	FMUL4S(4, 4, 30)
	FSTPQ.P (F0, F4), 32(R0)
	SUBS    $8, R1
	BNE     loop
	RET
