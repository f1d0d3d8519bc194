//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// The register tile of the matrix product for NEON: C[6,16] (+)= alpha · A·B over kc steps, kc at least 1. A's value of row
// r at step s lies at a + r·aLane + s·aStep; B's 16 values of step s lie side by side at b + s·bStep. So rows of a matrix
// are read where they are, and packed panels too. A is multiplied by lane, so nothing is broadcast.
//
// Row r of C is V(4r) to V(4r+3). Where the values of a row of A follow each other, V26 to V31 hold four steps of each of
// the six rows, and B passes through V24 and V25: all 32 registers. Four steps are 96 FMLA for 14 loads of 22 registers.
// Where the values of a step follow each other, V28 and V29 hold them and V24 to V27 hold B: 24 FMLA for 4 loads of 6.
//
// A core with two pipes for FMLA (Cortex-A76, Neoverse N1) needs 12 cycles a step for the FMLA and 3 for the loads; one
// with four (Apple M1, Neoverse V1) 6 and 2. The 24 accumulators cover a latency of 4 on up to six pipes. So the tile runs
// at the speed of the pipes: 4 multiplications and additions a cycle on each.
//
// The accumulators are scaled, then added, never fused, so that a tile written through a scratch tile at the edge of a
// matrix has the bits of one written in place.
//
// Registers: R0 counts steps; R1 to R6 are rows of A, R7 a step of A; R8 is B and R9 its step; R10 is C and R11 its row.
// All in bytes.

// Quads j and j+1 of all rows += V24, V25 · lane i of V26 to V31.
#define QUADS(j, i) \
	FMLA4SI((j+0), 24, 26, i)  \
	FMLA4SI((j+1), 25, 26, i)  \
	FMLA4SI((j+4), 24, 27, i)  \
	FMLA4SI((j+5), 25, 27, i)  \
	FMLA4SI((j+8), 24, 28, i)  \
	FMLA4SI((j+9), 25, 28, i)  \
	FMLA4SI((j+12), 24, 29, i) \
	FMLA4SI((j+13), 25, 29, i) \
	FMLA4SI((j+16), 24, 30, i) \
	FMLA4SI((j+17), 25, 30, i) \
	FMLA4SI((j+20), 24, 31, i) \
	FMLA4SI((j+21), 25, 31, i)

// One step, by lane i.
#define STEP(i) \
	FLDPQ (R8), (F24, F25)   \
	QUADS(0, i)              \
	FLDPQ 32(R8), (F24, F25) \
	ADD   R9, R8             \
	QUADS(2, i)

// Quad j of all rows += register b · the six values in V28 and V29.
#define QUAD(j, b) \
	FMLA4SI((j+0), b, 28, 0)  \
	FMLA4SI((j+4), b, 28, 1)  \
	FMLA4SI((j+8), b, 28, 2)  \
	FMLA4SI((j+12), b, 28, 3) \
	FMLA4SI((j+16), b, 29, 0) \
	FMLA4SI((j+20), b, 29, 1)

#define ZERO4(q0, q1, q2, q3) \
	VEOR q0.B16, q0.B16, q0.B16 \
	VEOR q1.B16, q1.B16, q1.B16 \
	VEOR q2.B16, q2.B16, q2.B16 \
	VEOR q3.B16, q3.B16, q3.B16

#define SCALE4(r) \
	FMUL4SI((r+0), (r+0), 28, 0) \
	FMUL4SI((r+1), (r+1), 28, 0) \
	FMUL4SI((r+2), (r+2), 28, 0) \
	FMUL4SI((r+3), (r+3), 28, 0)

#define STORE4(f0, f1, f2, f3) \
	FSTPQ (f0, f1), 0(R10)  \
	FSTPQ (f2, f3), 32(R10) \
	ADD   R11, R10

#define ADD4(r) \
	FLDPQ  0(R10), (F24, F25)  \
	FLDPQ  32(R10), (F26, F27) \
	FADD4S((r+0), (r+0), 24)   \
	FADD4S((r+1), (r+1), 25)   \
	FADD4S((r+2), (r+2), 26)   \
	FADD4S((r+3), (r+3), 27)

// func gemm6x16(kc int, a *float32, aLane, aStep int, b *float32, bStep int, c *float32, ldc int, alpha float32, acc uint32)
TEXT ·gemm6x16(SB), NOSPLIT, $0-72
	MOVD kc+0(FP), R0
	MOVD a+8(FP), R1
	MOVD aLane+16(FP), R12
	MOVD aStep+24(FP), R7
	MOVD b+32(FP), R8
	MOVD bStep+40(FP), R9
	MOVD c+48(FP), R10
	MOVD ldc+56(FP), R11
	LSL  $2, R7
	LSL  $2, R9
	LSL  $2, R11
	ZERO4(V0, V1, V2, V3)
	ZERO4(V4, V5, V6, V7)
	ZERO4(V8, V9, V10, V11)
	ZERO4(V12, V13, V14, V15)
	ZERO4(V16, V17, V18, V19)
	ZERO4(V20, V21, V22, V23)
	CMP  $1, R12
	BEQ  packed

	ADD  R12<<2, R1, R2
	ADD  R12<<2, R2, R3
	ADD  R12<<2, R3, R4
	ADD  R12<<2, R4, R5
	ADD  R12<<2, R5, R6
	CMP  $4, R7
	BNE  one
	SUBS $4, R0
	BLT  rest

four:
	FMOVQ.P 16(R1), F26
	FMOVQ.P 16(R2), F27
	FMOVQ.P 16(R3), F28
	FMOVQ.P 16(R4), F29
	FMOVQ.P 16(R5), F30
	FMOVQ.P 16(R6), F31
	STEP(0)
	STEP(1)
	STEP(2)
	STEP(3)
	SUBS    $4, R0
	BGE     four

rest:
	ADDS $4, R0
	BEQ  write

one:
	FMOVS (R1), F26
	FMOVS (R2), F27
	FMOVS (R3), F28
	FMOVS (R4), F29
	FMOVS (R5), F30
	FMOVS (R6), F31
	ADD   R7, R1
	ADD   R7, R2
	ADD   R7, R3
	ADD   R7, R4
	ADD   R7, R5
	ADD   R7, R6
	STEP(0)
	SUBS  $1, R0
	BNE   one
	B     write

packed:
	FMOVQ (R1), F28
	FMOVD 16(R1), F29
	FLDPQ (R8), (F24, F25)
	FLDPQ 32(R8), (F26, F27)
	ADD   R7, R1
	ADD   R9, R8
	QUAD(0, 24)
	QUAD(1, 25)
	QUAD(2, 26)
	QUAD(3, 27)
	SUBS  $1, R0
	BNE   packed

write:
	FMOVS alpha+64(FP), F28
	MOVWU acc+68(FP), R0
	SCALE4(0)
	SCALE4(4)
	SCALE4(8)
	SCALE4(12)
	SCALE4(16)
	SCALE4(20)
	CBNZ  R0, add
	STORE4(F0, F1, F2, F3)
	STORE4(F4, F5, F6, F7)
	STORE4(F8, F9, F10, F11)
	STORE4(F12, F13, F14, F15)
	STORE4(F16, F17, F18, F19)
	STORE4(F20, F21, F22, F23)
	RET

add:
	ADD4(0)
	STORE4(F0, F1, F2, F3)
	ADD4(4)
	STORE4(F4, F5, F6, F7)
	ADD4(8)
	STORE4(F8, F9, F10, F11)
	ADD4(12)
	STORE4(F12, F13, F14, F15)
	ADD4(16)
	STORE4(F16, F17, F18, F19)
	ADD4(20)
	STORE4(F20, F21, F22, F23)
	RET

// func pause(n int)
// Waits n turns of a spin loop. YIELD does nothing on most cores; ISB empties the pipeline, some 10 ns.
TEXT ·pause(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0

again:
	ISB  $15
	SUBS $1, R0
	BNE  again
	RET
