//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"
#include "exp_arm64.h"

// e^x and what is made of it. Each kernel works on n values, n a positive multiple of 8.

// Constants of e^x: the polynomial of Moshier's Cephes expf, on r = x - n·ln 2 in two parts.
DATA ·expc+0(SB)/4, $0x42b00a3d  // 88.02
DATA ·expc+4(SB)/4, $0xc2aea8f6  // -87.33
DATA ·expc+8(SB)/4, $0x3fb8aa3b  // 1/ln 2
DATA ·expc+12(SB)/4, $0x3f318000 // ln 2, high
DATA ·expc+16(SB)/4, $0xb95e8083 // ln 2, low
DATA ·expc+20(SB)/4, $0x39506967
DATA ·expc+24(SB)/4, $0x3ab743ce
DATA ·expc+28(SB)/4, $0x3c088908
DATA ·expc+32(SB)/4, $0x3d2aa9c1
DATA ·expc+36(SB)/4, $0x3e2aaaaa
DATA ·expc+40(SB)/4, $0x3f000000
DATA ·expc+44(SB)/4, $0x3f800000 // 1
DATA ·expc+48(SB)/4, $0x0000007f // 127
GLOBL ·expc(SB), RODATA|NOPTR, $52

// func expSum8(dst, src *float32, n int, sub float32) float32
TEXT ·expSum8(SB), NOSPLIT, $0-36
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS sub+24(FP), F29
	VDUP  V29.S[0], V29.S4
	VEOR  V30.B16, V30.B16, V30.B16
	VEOR  V31.B16, V31.B16, V31.B16
	EXPCONSTS

loop:
	FLDPQ.P 32(R1), (F0, F4)
	FSUB4S(0, 0, 29)
	FSUB4S(4, 4, 29)
	EXP
	FSTPQ.P (F0, F4), 32(R0)
	FADD4S(30, 30, 0)
	FADD4S(31, 31, 4)
	SUBS    $8, R2
	BNE     loop
	FADD4S(0, 30, 31)
	HSUM4S(0, 0)
	FMOVS   F0, ret+32(FP)
	RET

// func silu8(y, gate, u *float32, n int)
TEXT ·silu8(SB), NOSPLIT, $0-32
	MOVD y+0(FP), R0
	MOVD gate+8(FP), R1
	MOVD u+16(FP), R2
	MOVD n+24(FP), R3
	EXPCONSTS

loop:
	FLDPQ.P 32(R1), (F8, F9)
	FLDPQ.P 32(R2), (F10, F11)
	FNEG4S(0, 8)
	FNEG4S(4, 9)
	EXP
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

// func siluBack8(dg, du, dy, gate, u *float32, n int)
// s = 1/(1+e^-g); du = dy·g·s; dg = dy·u·s·(1 + g·(1-s))
TEXT ·siluBack8(SB), NOSPLIT, $0-48
	MOVD dg+0(FP), R0
	MOVD du+8(FP), R1
	MOVD dy+16(FP), R2
	MOVD gate+24(FP), R3
	MOVD u+32(FP), R4
	MOVD n+40(FP), R5
	EXPCONSTS

loop:
	FLDPQ.P 32(R3), (F8, F9)
	FLDPQ.P 32(R4), (F10, F11)
	FLDPQ.P 32(R2), (F12, F13)
	FNEG4S(0, 8)
	FNEG4S(4, 9)
	EXP
	FADD4S(0, 0, 27)
	FADD4S(4, 4, 27)
	FDIV4S(0, 27, 0)           // s
	FDIV4S(4, 27, 4)
	FMUL4S(12, 12, 0)          // dy·s
	FMUL4S(13, 13, 4)
	FSUB4S(1, 27, 0)
	FSUB4S(5, 27, 4)
	VMOV    V27.B16, V2.B16
	VMOV    V27.B16, V6.B16
	FMLA4S(2, 8, 1)            // 1 + g·(1-s)
	FMLA4S(6, 9, 5)
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
