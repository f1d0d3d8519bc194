//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// Vector kernels for NEON on float32. Each works on n values, n a positive multiple of 8; the Go wrappers in
// vec_arm64.go finish the tail.

// func dot8(a, b *float32, n int) float32
// Two loads for each FMLA bound it: eight accumulators cover the latency of what three load pipes feed.
TEXT ·dot8(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R2
	ZERO8
	SUBS $32, R2
	BLT  rest

many:
	FLDPQ (R0), (F16, F17)
	FLDPQ (R1), (F24, F25)
	FLDPQ 32(R0), (F18, F19)
	FLDPQ 32(R1), (F26, F27)
	FLDPQ 64(R0), (F20, F21)
	FLDPQ 64(R1), (F28, F29)
	FLDPQ 96(R0), (F22, F23)
	FLDPQ 96(R1), (F30, F31)
	FMLA4S(0, 16, 24)
	FMLA4S(1, 17, 25)
	FMLA4S(2, 18, 26)
	FMLA4S(3, 19, 27)
	FMLA4S(4, 20, 28)
	FMLA4S(5, 21, 29)
	FMLA4S(6, 22, 30)
	FMLA4S(7, 23, 31)
	ADD   $128, R0
	ADD   $128, R1
	SUBS  $32, R2
	BGE   many

rest:
	ADDS $32, R2
	BEQ  done

few:
	FLDPQ.P 32(R0), (F16, F17)
	FLDPQ.P 32(R1), (F24, F25)
	FMLA4S(0, 16, 24)
	FMLA4S(1, 17, 25)
	SUBS    $8, R2
	BNE     few

done:
	SUM8
	FMOVS F0, ret+24(FP)
	RET

// func dotMul8(a, b, c *float32, n int) float32
// Σ a ⊙ b ⊙ c
TEXT ·dotMul8(SB), NOSPLIT, $0-36
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD c+16(FP), R2
	MOVD n+24(FP), R3
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16

loop:
	FLDPQ.P 32(R0), (F16, F17)
	FLDPQ.P 32(R1), (F18, F19)
	FLDPQ.P 32(R2), (F20, F21)
	FMUL4S(16, 16, 18)
	FMUL4S(17, 17, 19)
	FMLA4S(0, 16, 20)
	FMLA4S(1, 17, 21)
	SUBS    $8, R3
	BNE     loop
	FADD4S(0, 0, 1)
	HSUM4S(0, 0)
	FMOVS   F0, ret+32(FP)
	RET

// func axpy8(y, x *float32, n int, alpha float32)
TEXT ·axpy8(SB), NOSPLIT, $0-28
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS alpha+24(FP), F31

loop:
	FLDPQ.P 32(R1), (F2, F3)
	FLDPQ   (R0), (F0, F1)
	FMLA4SI(0, 2, 31, 0)
	FMLA4SI(1, 3, 31, 0)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func mulScale8(y, x, w *float32, n int, alpha float32)
// y = alpha·x ⊙ w
TEXT ·mulScale8(SB), NOSPLIT, $0-36
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  w+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS alpha+32(FP), F31

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R2), (F2, F3)
	FMUL4SI(0, 0, 31, 0)
	FMUL4SI(1, 1, 31, 0)
	FMUL4S(0, 0, 2)
	FMUL4S(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R3
	BNE     loop
	RET

// func addMulScale8(y, x, w *float32, n int, alpha float32)
// y += alpha·x ⊙ w
TEXT ·addMulScale8(SB), NOSPLIT, $0-36
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  w+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS alpha+32(FP), F31

loop:
	FLDPQ.P 32(R1), (F2, F3)
	FLDPQ.P 32(R2), (F4, F5)
	FLDPQ   (R0), (F0, F1)
	FMUL4SI(2, 2, 31, 0)
	FMUL4SI(3, 3, 31, 0)
	FMLA4S(0, 2, 4)
	FMLA4S(1, 3, 5)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R3
	BNE     loop
	RET

// func rope8(a, b, cos, sin *float32, n int, sign float32)
// (a, b) = (a·cos - b·sign·sin, b·cos + a·sign·sin)
TEXT ·rope8(SB), NOSPLIT, $0-44
	MOVD  a+0(FP), R0
	MOVD  b+8(FP), R1
	MOVD  cos+16(FP), R2
	MOVD  sin+24(FP), R3
	MOVD  n+32(FP), R4
	FMOVS sign+40(FP), F31

loop:
	FLDPQ   (R0), (F0, F1)
	FLDPQ   (R1), (F2, F3)
	FLDPQ.P 32(R2), (F4, F5)
	FLDPQ.P 32(R3), (F6, F7)
	FMUL4SI(6, 6, 31, 0)
	FMUL4SI(7, 7, 31, 0)
	FMUL4S(16, 0, 4)
	FMUL4S(17, 1, 5)
	FMUL4S(18, 2, 4)
	FMUL4S(19, 3, 5)
	FMLS4S(16, 2, 6)
	FMLS4S(17, 3, 7)
	FMLA4S(18, 0, 6)
	FMLA4S(19, 1, 7)
	FSTPQ.P (F16, F17), 32(R0)
	FSTPQ.P (F18, F19), 32(R1)
	SUBS    $8, R4
	BNE     loop
	RET

// func max8(x *float32, n int) float32
TEXT ·max8(SB), NOSPLIT, $0-20
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R1
	FLDPQ (R0), (F0, F1)

loop:
	FLDPQ.P 32(R0), (F2, F3)
	FMAX4S(0, 0, 2)
	FMAX4S(1, 1, 3)
	SUBS    $8, R1
	BNE     loop
	FMAX4S(0, 0, 1)
	FMAXVS(0, 0)
	FMOVS   F0, ret+16(FP)
	RET

// func sum8(x *float32, n int) float64
TEXT ·sum8(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16

loop:
	FLDPQ.P 32(R0), (F16, F17)
	FCVTL2D(18, 16)
	FCVTL22D(19, 16)
	FCVTL2D(20, 17)
	FCVTL22D(21, 17)
	FADD2D(0, 0, 18)
	FADD2D(1, 1, 19)
	FADD2D(2, 2, 20)
	FADD2D(3, 3, 21)
	SUBS    $8, R1
	BNE     loop
	FADD2D(0, 0, 1)
	FADD2D(2, 2, 3)
	FADD2D(0, 0, 2)
	FADDPD(0, 0)
	FMOVD   F0, ret+16(FP)
	RET

// func subScale8(y, x *float32, n int, sub, alpha float32)
// y = (x - sub)·alpha
TEXT ·subScale8(SB), NOSPLIT, $0-32
	MOVD  y+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS sub+24(FP), F16
	FMOVS alpha+28(FP), F17
	VDUP  V16.S[0], V16.S4
	VDUP  V17.S[0], V17.S4

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FSUB4S(0, 0, 16)
	FSUB4S(1, 1, 16)
	FMUL4S(0, 0, 17)
	FMUL4S(1, 1, 17)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func capSlope8(y, capped *float32, n int, inverse float32)
// y *= 1 - (capped·inverse)²
TEXT ·capSlope8(SB), NOSPLIT, $0-28
	MOVD  y+0(FP), R0
	MOVD  capped+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS inverse+24(FP), F16
	VDUP  V16.S[0], V16.S4
	FMOVS $1.0, F17
	VDUP  V17.S[0], V17.S4

loop:
	FLDPQ   (R0), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FMUL4S(2, 2, 16)
	FMUL4S(3, 3, 16)
	VMOV    V17.B16, V4.B16
	VMOV    V17.B16, V5.B16
	FMLS4S(4, 2, 2)
	FMLS4S(5, 3, 3)
	FMUL4S(0, 0, 4)
	FMUL4S(1, 1, 5)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func sumSquares8(x *float32, n int) float64
TEXT ·sumSquares8(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16

loop:
	FLDPQ.P 32(R0), (F16, F17)
	FCVTL2D(18, 16)
	FCVTL22D(19, 16)
	FCVTL2D(20, 17)
	FCVTL22D(21, 17)
	FMLA2D(0, 18, 18)
	FMLA2D(1, 19, 19)
	FMLA2D(2, 20, 20)
	FMLA2D(3, 21, 21)
	SUBS    $8, R1
	BNE     loop
	FADD2D(0, 0, 1)
	FADD2D(2, 2, 3)
	FADD2D(0, 0, 2)
	FADDPD(0, 0)
	FMOVD   F0, ret+16(FP)
	RET

// func adamw8(p, grad, m, v *float32, n int, k *adamK)
// Four values a turn: the root and the quotient take most of the time.
TEXT ·adamw8(SB), NOSPLIT, $0-48
	MOVD    p+0(FP), R0
	MOVD    grad+8(FP), R1
	MOVD    m+16(FP), R2
	MOVD    v+24(FP), R3
	MOVD    n+32(FP), R4
	MOVD    k+40(FP), R5
	VLD1R.P 4(R5), [V16.S4] // gradient scale
	VLD1R.P 4(R5), [V17.S4] // beta1
	VLD1R.P 4(R5), [V18.S4] // 1-beta1
	VLD1R.P 4(R5), [V19.S4] // beta2
	VLD1R.P 4(R5), [V20.S4] // 1-beta2
	VLD1R.P 4(R5), [V21.S4] // lr/(1-beta1^t)
	VLD1R.P 4(R5), [V22.S4] // 1/sqrt(1-beta2^t)
	VLD1R.P 4(R5), [V23.S4] // eps
	VLD1R   (R5), [V24.S4]  // 1-lr·decay

loop:
	FMOVQ.P 16(R1), F0
	FMOVQ   (R2), F1
	FMOVQ   (R3), F2
	FMOVQ   (R0), F3
	FMUL4S(0, 0, 16)
	FMUL4S(1, 1, 17)
	FMLA4S(1, 0, 18)
	FMUL4S(2, 2, 19)
	FMUL4S(0, 0, 0)
	FMLA4S(2, 0, 20)
	FMOVQ.P F1, 16(R2)
	FMOVQ.P F2, 16(R3)
	FSQRT4S(2, 2)
	VMOV    V23.B16, V4.B16
	FMLA4S(4, 2, 22)
	FMUL4S(1, 1, 21)
	FDIV4S(1, 1, 4)
	FMUL4S(3, 3, 24)
	FSUB4S(3, 3, 1)
	FMOVQ.P F3, 16(R0)
	SUBS    $4, R4
	BNE     loop
	RET
