//go:build arm64

#include "textflag.h"

// Packing of the matrix product's operands.

// Turns 4 rows of 4 values: w to z hold them, then V16 to V19 the columns.
#define TURN4(w, x, y, z, c0, c1, c2, c3) \
	VTRN1 x.S4, w.S4, V24.S4   \
	VTRN2 x.S4, w.S4, V25.S4   \
	VTRN1 z.S4, y.S4, V26.S4   \
	VTRN2 z.S4, y.S4, V27.S4   \
	VZIP1 V26.D2, V24.D2, c0.D2 \
	VZIP1 V27.D2, V25.D2, c1.D2 \
	VZIP2 V26.D2, V24.D2, c2.D2 \
	VZIP2 V27.D2, V25.D2, c3.D2

// Four runs of 8 values. They may overlap, so they are written in order.
#define RUNS4 \
	FSTPQ (F16, F20), (R0) \
	ADD   R1, R0           \
	FSTPQ (F17, F21), (R0) \
	ADD   R1, R0           \
	FSTPQ (F18, F22), (R0) \
	ADD   R1, R0           \
	FSTPQ (F19, F23), (R0) \
	ADD   R1, R0

// func transpose8(dst *float32, dstStride int, rows *[8]*float32, groups int)
// Turns 8 rows of 8·groups values into 8·groups runs of 8 values, dstStride values apart.
TEXT ·transpose8(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD dstStride+8(FP), R1
	LSL  $2, R1
	MOVD rows+16(FP), R2
	MOVD groups+24(FP), R3
	LDP  0(R2), (R4, R5)
	LDP  16(R2), (R6, R7)
	LDP  32(R2), (R8, R9)
	LDP  48(R2), (R10, R11)

group:
	FLDPQ.P 32(R4), (F0, F1)
	FLDPQ.P 32(R5), (F2, F3)
	FLDPQ.P 32(R6), (F4, F5)
	FLDPQ.P 32(R7), (F6, F7)
	FLDPQ.P 32(R8), (F8, F9)
	FLDPQ.P 32(R9), (F10, F11)
	FLDPQ.P 32(R10), (F12, F13)
	FLDPQ.P 32(R11), (F14, F15)
	TURN4(V0, V2, V4, V6, V16, V17, V18, V19)
	TURN4(V8, V10, V12, V14, V20, V21, V22, V23)
	RUNS4
	TURN4(V1, V3, V5, V7, V16, V17, V18, V19)
	TURN4(V9, V11, V13, V15, V20, V21, V22, V23)
	RUNS4
	SUBS    $1, R3
	BNE     group
	RET

// func spread4(dst *float32, stride int, src *float32, panels, fours int)
// Copies panels runs of 4·fours values, one after the other in src, to places in dst that lie stride values apart.
TEXT ·spread4(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD stride+8(FP), R1
	LSL  $2, R1
	MOVD src+16(FP), R2
	MOVD panels+24(FP), R3
	MOVD fours+32(FP), R4

panel:
	MOVD R0, R5
	SUBS $2, R4, R6
	BLT  four

eight:
	FLDPQ.P 32(R2), (F0, F1)
	FSTPQ.P (F0, F1), 32(R5)
	SUBS    $2, R6
	BGE     eight

four:
	TBZ     $0, R6, next
	FMOVQ.P 16(R2), F0
	FMOVQ   F0, (R5)

next:
	ADD  R1, R0
	SUBS $1, R3
	BNE  panel
	RET
