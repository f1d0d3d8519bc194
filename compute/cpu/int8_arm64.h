// Integer tiles for NEON: y[height,16] (+)= alpha · x·Wᵀ for half the rows of a panel of W and one or two rows of x, as
// int8.go describes them. An including file defines DOT(d, n, m, i): the four lanes of d += n's four runs of four bytes,
// each times the run i of m.
//
// Registers: V0 to V3 are the sums of the first row of x, V4 to V7 of the second; V8 to V11 and V12 to V15 a group's sums
// of integers; V16, V17 and V18, V19 a group's bytes of x; V28 and V29 the rest of its records: d, low, high, d·Σq in
// lanes 0 to 3. V20 to V23 are weights, V24 to V27 scales once the products are done, before that scratch of DOT.
// R0 is the group of the panel, R1 the record, R2 counts groups, R3 and R4 are y and its row, R5, R6, R10 are where the
// half begins in quads, in float16 and in bytes; R9 is the super-block and R8 counts its groups.

#define ARGUMENTS \
	MOVD panel+0(FP), R0   \
	MOVD x+8(FP), R1       \
	MOVD groups+16(FP), R2 \
	MOVD y+24(FP), R3      \
	MOVD ldy+32(FP), R4    \
	MOVD half+48(FP), R10  \
	LSL  $2, R4            \
	LSL  $4, R10           \
	LSL  $1, R10, R6       \
	LSL  $2, R10, R5       \
	ZERO8

// One row of x, or two.
#define LOAD1 \
	FLDPQ (R1), (F16, F17) \
	FMOVQ 32(R1), F28      \
	ADD   $48, R1

#define LOAD2 \
	FLDPQ (R1), (F16, F17)   \
	FMOVQ 32(R1), F28        \
	FLDPQ 48(R1), (F18, F19) \
	FMOVQ 80(R1), F29        \
	ADD   $96, R1

// A group's sums begin at lane k of the record, or at 0.
#define START1(k) \
	DUP4SI(8, 28, k)  \
	DUP4SI(9, 28, k)  \
	DUP4SI(10, 28, k) \
	DUP4SI(11, 28, k)

#define START2(k) \
	START1(k)         \
	DUP4SI(12, 29, k) \
	DUP4SI(13, 29, k) \
	DUP4SI(14, 29, k) \
	DUP4SI(15, 29, k)

#define CLEAR1 \
	VEOR V8.B16, V8.B16, V8.B16    \
	VEOR V9.B16, V9.B16, V9.B16    \
	VEOR V10.B16, V10.B16, V10.B16 \
	VEOR V11.B16, V11.B16, V11.B16

#define CLEAR2 \
	CLEAR1                         \
	VEOR V12.B16, V12.B16, V12.B16 \
	VEOR V13.B16, V13.B16, V13.B16 \
	VEOR V14.B16, V14.B16, V14.B16 \
	VEOR V15.B16, V15.B16, V15.B16

// The four rows of W in w, the j-th such, times quad i of half h of the group.
#define DOTS1(j, w, h, i) \
	DOT((8+j), w, (16+h), i)

#define DOTS2(j, w, h, i) \
	DOT((8+j), w, (16+h), i) \
	DOT((12+j), w, (18+h), i)

// s += a·scale·d, each step rounded.
#define ADDROW(s, a, x) \
	SCVTF4S((a+0), (a+0))           \
	SCVTF4S((a+1), (a+1))           \
	SCVTF4S((a+2), (a+2))           \
	SCVTF4S((a+3), (a+3))           \
	FMUL4S((a+0), (a+0), 24)        \
	FMUL4S((a+1), (a+1), 25)        \
	FMUL4S((a+2), (a+2), 26)        \
	FMUL4S((a+3), (a+3), 27)        \
	FMUL4SI((a+0), (a+0), x, 0)     \
	FMUL4SI((a+1), (a+1), x, 0)     \
	FMUL4SI((a+2), (a+2), x, 0)     \
	FMUL4SI((a+3), (a+3), x, 0)     \
	FADD4S((s+0), (s+0), (a+0))     \
	FADD4S((s+1), (s+1), (a+1))     \
	FADD4S((s+2), (s+2), (a+2))     \
	FADD4S((s+3), (s+3), (a+3))

#define ADDUP1 ADDROW(0, 8, 28)

#define ADDUP2 \
	ADDROW(0, 8, 28) \
	ADDROW(4, 12, 29)

// s -= minimum·(d·Σq).
#define LESSROW(s, x) \
	FMUL4SI(20, 24, x, 3)      \
	FMUL4SI(21, 25, x, 3)      \
	FMUL4SI(22, 26, x, 3)      \
	FMUL4SI(23, 27, x, 3)      \
	FSUB4S((s+0), (s+0), 20)   \
	FSUB4S((s+1), (s+1), 21)   \
	FSUB4S((s+2), (s+2), 22)   \
	FSUB4S((s+3), (s+3), 23)

#define LESS1 LESSROW(0, 28)

#define LESS2 \
	LESSROW(0, 28) \
	LESSROW(4, 29)

// 16 float16 at R7 as floats in V24 to V27.
#define HALFSCALES \
	FLDPQ (R7), (F20, F21) \
	FCVTL4S(24, 20)        \
	FCVTL24S(25, 20)       \
	FCVTL4S(26, 21)        \
	FCVTL24S(27, 21)

// 16 signed bytes at R11 times 16 float16 at R7, in V24 to V27.
#define BYTESCALES \
	FMOVQ (R11), F22       \
	FLDPQ (R7), (F20, F21) \
	SXTL8H(23, 22)         \
	SXTL28H(22, 22)        \
	SXTL4S(24, 23)         \
	SXTL24S(25, 23)        \
	SXTL4S(26, 22)         \
	SXTL24S(27, 22)        \
	SCVTF4S(24, 24)        \
	SCVTF4S(25, 25)        \
	SCVTF4S(26, 26)        \
	SCVTF4S(27, 27)        \
	FCVTL4S(22, 20)        \
	FCVTL24S(23, 20)       \
	FMUL4S(24, 22, 24)     \
	FMUL4S(25, 23, 25)     \
	FCVTL4S(22, 21)        \
	FCVTL24S(23, 21)       \
	FMUL4S(26, 22, 26)     \
	FMUL4S(27, 23, 27)

// y (+)= alpha·sums, never fused.
#define SCALEROW(s) \
	FMUL4SI((s+0), (s+0), 28, 0) \
	FMUL4SI((s+1), (s+1), 28, 0) \
	FMUL4SI((s+2), (s+2), 28, 0) \
	FMUL4SI((s+3), (s+3), 28, 0)

#define ADDTO(s) \
	FLDPQ (R3), (F20, F21)   \
	FLDPQ 32(R3), (F22, F23) \
	FADD4S((s+0), (s+0), 20) \
	FADD4S((s+1), (s+1), 21) \
	FADD4S((s+2), (s+2), 22) \
	FADD4S((s+3), (s+3), 23)

#define WRITE1 \
	FMOVS alpha+40(FP), F28 \
	MOVWU acc+44(FP), R7    \
	SCALEROW(0)             \
	CBZ   R7, write1        \
	ADDTO(0)                \
write1: \
	FSTPQ (F0, F1), (R3)    \
	FSTPQ (F2, F3), 32(R3)

#define WRITE2 \
	WRITE1                  \
	ADD   R4, R3            \
	SCALEROW(4)             \
	CBZ   R7, write2        \
	ADDTO(4)                \
write2: \
	FSTPQ (F4, F5), (R3)    \
	FSTPQ (F6, F7), 32(R3)

// One quad of Q8_0, 128 (V30) taken off its bytes, which begins at off from R7.
#define Q8QUAD(DOTS, off, h, i) \
	FLDPQ off(R7), (F20, F21)      \
	FLDPQ (off+32)(R7), (F22, F23) \
	VEOR  V30.B16, V20.B16, V20.B16 \
	VEOR  V30.B16, V21.B16, V21.B16 \
	VEOR  V30.B16, V22.B16, V22.B16 \
	VEOR  V30.B16, V23.B16, V23.B16 \
	DOTS(0, 20, h, i) \
	DOTS(1, 21, h, i) \
	DOTS(2, 22, h, i) \
	DOTS(3, 23, h, i)

#define Q8TILE(LOAD, CLEAR, DOTS, ADDUP, WRITE) \
	ARGUMENTS                  \
	VMOVI $128, V30.B16        \
group: \
	LOAD                       \
	CLEAR                      \
	ADD   R5, R0, R7           \
	ADD   $64, R7              \
	Q8QUAD(DOTS, 0, 0, 0)      \
	Q8QUAD(DOTS, 128, 0, 1)    \
	Q8QUAD(DOTS, 256, 0, 2)    \
	Q8QUAD(DOTS, 384, 0, 3)    \
	Q8QUAD(DOTS, 512, 1, 0)    \
	Q8QUAD(DOTS, 640, 1, 1)    \
	Q8QUAD(DOTS, 768, 1, 2)    \
	Q8QUAD(DOTS, 896, 1, 3)    \
	ADD   R6, R0, R7           \
	HALFSCALES                 \
	ADDUP                      \
	ADD   $1088, R0            \
	SUBS  $1, R2               \
	BNE   group                \
	WRITE                      \
	RET

// Four rows of a quad pair of halves of bytes: the low ones (by 15 in V30) are quad i, the high ones quad 4+i.
#define Q4ROWS(DOTS, j, w, v, i) \
	VAND  V30.B16, v.B16, V31.B16 \
	DOTS(j, 31, 0, i)             \
	VUSHR $4, v.B16, v.B16        \
	DOTS(j, w, 1, i)

#define Q4QUAD(DOTS, off, i) \
	FLDPQ off(R7), (F20, F21)      \
	FLDPQ (off+32)(R7), (F22, F23) \
	Q4ROWS(DOTS, 0, 20, V20, i)    \
	Q4ROWS(DOTS, 1, 21, V21, i)    \
	Q4ROWS(DOTS, 2, 22, V22, i)    \
	Q4ROWS(DOTS, 3, 23, V23, i)

#define Q4QUADS(DOTS) \
	ADD   R5, R0, R7     \
	ADD   $64, R7        \
	Q4QUAD(DOTS, 0, 0)   \
	Q4QUAD(DOTS, 128, 1) \
	Q4QUAD(DOTS, 256, 2) \
	Q4QUAD(DOTS, 384, 3)

#define Q4TILE(LOAD, START, DOTS, ADDUP, WRITE) \
	ARGUMENTS            \
	VMOVI $15, V30.B16   \
group: \
	LOAD                 \
	START(1)             \
	Q4QUADS(DOTS)        \
	ADD   R6, R0, R7     \
	HALFSCALES           \
	ADDUP                \
	ADD   $576, R0       \
	SUBS  $1, R2         \
	BNE   group          \
	WRITE                \
	RET

#define Q4KTILE(LOAD, CLEAR, DOTS, ADDUP, LESS, WRITE) \
	ARGUMENTS            \
	VMOVI $15, V30.B16   \
super: \
	MOVD  R0, R9         \
	ADD   $128, R0       \
	MOVD  $8, R8         \
group: \
	LOAD                 \
	CLEAR                \
	Q4QUADS(DOTS)        \
	ADD   R10, R0, R11   \
	ADD   R6, R9, R7     \
	BYTESCALES           \
	ADDUP                \
	ADD   $32, R11       \
	ADD   $64, R7        \
	BYTESCALES           \
	LESS                 \
	ADD   $576, R0       \
	SUBS  $1, R8         \
	BNE   group          \
	SUBS  $8, R2         \
	BNE   super          \
	WRITE                \
	RET

#define LOWHALF  VAND V30.B16, V20.B16, V20.B16
#define HIGHHALF VUSHR $4, V20.B16, V20.B16
#define HIGH0    VSHL $4, V21.B16, V21.B16
#define HIGH1    VSHL $2, V21.B16, V21.B16
#define HIGH2    VMOV V21.B16, V21.B16
#define HIGH3    VUSHR $2, V21.B16, V21.B16

// Four rows of a quad of Q6_K: the four low bits at low from R7, the two above (48 in V31) at high.
#define Q6ROWS(DOTS, HALF, HIGH, j, low, high, h, i) \
	FMOVQ (low+16*j)(R7), F20       \
	FMOVQ (high+16*j)(R7), F21      \
	HALF                            \
	HIGH                            \
	VAND  V31.B16, V21.B16, V21.B16 \
	VORR  V21.B16, V20.B16, V20.B16 \
	DOTS(j, 20, h, i)

#define Q6QUAD(DOTS, HALF, HIGH, low, high, h, i) \
	Q6ROWS(DOTS, HALF, HIGH, 0, low, high, h, i) \
	Q6ROWS(DOTS, HALF, HIGH, 1, low, high, h, i) \
	Q6ROWS(DOTS, HALF, HIGH, 2, low, high, h, i) \
	Q6ROWS(DOTS, HALF, HIGH, 3, low, high, h, i)

// Half a group, whose scales begin at R11 and whose high bits at high.
#define Q6HALF(DOTS, HALF, ADDUP, high, h) \
	ADD  R5, R0, R7                             \
	ADD  $64, R7                                \
	Q6QUAD(DOTS, HALF, HIGH0, 0, high, h, 0)    \
	Q6QUAD(DOTS, HALF, HIGH1, 128, high, h, 1)  \
	Q6QUAD(DOTS, HALF, HIGH2, 256, high, h, 2)  \
	Q6QUAD(DOTS, HALF, HIGH3, 384, high, h, 3)  \
	ADD  R6, R9, R7                             \
	BYTESCALES                                  \
	ADDUP

#define Q6KTILE(LOAD, START, DOTS, ADDUP, WRITE) \
	ARGUMENTS            \
	VMOVI $15, V30.B16   \
	VMOVI $48, V31.B16   \
super: \
	MOVD  R0, R9         \
	ADD   $64, R0        \
	MOVD  $8, R8         \
group: \
	LOAD                 \
	START(1)             \
	ADD   R10, R0, R11   \
	Q6HALF(DOTS, LOWHALF, ADDUP, 512, 0)  \
	START(2)             \
	ADD   $32, R11       \
	Q6HALF(DOTS, HIGHHALF, ADDUP, 640, 1) \
	ADD   $832, R0       \
	SUBS  $1, R8         \
	BNE   group          \
	SUBS  $8, R2         \
	BNE   super          \
	WRITE                \
	RET
