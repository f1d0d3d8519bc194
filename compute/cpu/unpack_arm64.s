//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// Rows of a weight that rests in F16 or BF16, multiplied or unpacked. Each kernel works on n values, n a positive multiple
// of 8.

// 8 float16 in w, times x and y, into accumulators s and t.
#define MULF16(w, x, y, s, t) \
	FCVTL4S(28, w)   \
	FCVTL24S(29, w)  \
	FMLA4S(s, 28, x) \
	FMLA4S(t, 29, y)

// func dotF16x8(x *float32, w *byte, n int) float32
TEXT ·dotF16x8(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD w+8(FP), R1
	MOVD n+16(FP), R2
	ZERO8
	SUBS $32, R2
	BLT  rest

many:
	FLDPQ (R1), (F24, F25)
	FLDPQ 32(R1), (F26, F27)
	FLDPQ (R0), (F16, F17)
	FLDPQ 32(R0), (F18, F19)
	FLDPQ 64(R0), (F20, F21)
	FLDPQ 96(R0), (F22, F23)
	MULF16(24, 16, 17, 0, 1)
	MULF16(25, 18, 19, 2, 3)
	MULF16(26, 20, 21, 4, 5)
	MULF16(27, 22, 23, 6, 7)
	ADD   $128, R0
	ADD   $64, R1
	SUBS  $32, R2
	BGE   many

rest:
	ADDS $32, R2
	BEQ  done

few:
	FMOVQ.P 16(R1), F24
	FLDPQ.P 32(R0), (F16, F17)
	MULF16(24, 16, 17, 0, 1)
	SUBS    $8, R2
	BNE     few

done:
	SUM8
	FMOVS F0, ret+24(FP)
	RET

// 8 bfloat16 in w, widened by zeros (V31) below, times x and y, into accumulators s and t.
#define MULBF16(w, x, y, s, t) \
	VZIP1 w.H8, V31.H8, V28.H8 \
	VZIP2 w.H8, V31.H8, V29.H8 \
	FMLA4S(s, 28, x) \
	FMLA4S(t, 29, y)

// func dotBF16x8(x *float32, w *byte, n int) float32
TEXT ·dotBF16x8(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD w+8(FP), R1
	MOVD n+16(FP), R2
	ZERO8
	VEOR V31.B16, V31.B16, V31.B16
	SUBS $32, R2
	BLT  rest

many:
	FLDPQ (R1), (F24, F25)
	FLDPQ 32(R1), (F26, F27)
	FLDPQ (R0), (F16, F17)
	FLDPQ 32(R0), (F18, F19)
	FLDPQ 64(R0), (F20, F21)
	FLDPQ 96(R0), (F22, F23)
	MULBF16(V24, 16, 17, 0, 1)
	MULBF16(V25, 18, 19, 2, 3)
	MULBF16(V26, 20, 21, 4, 5)
	MULBF16(V27, 22, 23, 6, 7)
	ADD   $128, R0
	ADD   $64, R1
	SUBS  $32, R2
	BGE   many

rest:
	ADDS $32, R2
	BEQ  done

few:
	FMOVQ.P 16(R1), F24
	FLDPQ.P 32(R0), (F16, F17)
	MULBF16(V24, 16, 17, 0, 1)
	SUBS    $8, R2
	BNE     few

done:
	SUM8
	FMOVS F0, ret+24(FP)
	RET

// func unpackF16x8(dst *float32, src *byte, n int)
TEXT ·unpackF16x8(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2

loop:
	FMOVQ.P 16(R1), F2
	FCVTL4S(0, 2)
	FCVTL24S(1, 2)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func unpackBF16x8(dst *float32, src *byte, n int)
TEXT ·unpackBF16x8(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	VEOR V31.B16, V31.B16, V31.B16

loop:
	FMOVQ.P 16(R1), F2
	VZIP1   V2.H8, V31.H8, V0.H8
	VZIP2   V2.H8, V31.H8, V1.H8
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET
