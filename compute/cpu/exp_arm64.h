// e^x for NEON. Its constants, and those of GELU, are in exp_arm64.s and gelu_arm64.s.

// V16 to V28, in that order.
#define EXPCONSTS \
	MOVD    $·expc(SB), R10  \
	VLD1R.P 4(R10), [V16.S4] \
	VLD1R.P 4(R10), [V17.S4] \
	VLD1R.P 4(R10), [V18.S4] \
	VLD1R.P 4(R10), [V19.S4] \
	VLD1R.P 4(R10), [V20.S4] \
	VLD1R.P 4(R10), [V21.S4] \
	VLD1R.P 4(R10), [V22.S4] \
	VLD1R.P 4(R10), [V23.S4] \
	VLD1R.P 4(R10), [V24.S4] \
	VLD1R.P 4(R10), [V25.S4] \
	VLD1R.P 4(R10), [V26.S4] \
	VLD1R.P 4(R10), [V27.S4] \
	VLD1R   (R10), [V28.S4]

// V0 = e^r - 1 and V1 = 2^n of e^V0 = 2^n·e^r, using V2 and V3, and the same of V4 with V5 to V7, side by side to hide the
// latency of the polynomial. A NaN stays one.
#define EXPPARTS \
	FMIN4S(0, 0, 16)  \
	FMIN4S(4, 4, 16)  \
	FMAX4S(0, 0, 17)  \
	FMAX4S(4, 4, 17)  \
	FMUL4S(1, 0, 18)  \
	FMUL4S(5, 4, 18)  \
	FRINTN4S(1, 1)    \
	FRINTN4S(5, 5)    \
	FMLS4S(0, 1, 19)  \
	FMLS4S(4, 5, 19)  \
	FMLS4S(0, 1, 20)  \
	FMLS4S(4, 5, 20)  \
	HORNER(V22, 2, V2, 21, 0) \
	HORNER(V22, 6, V6, 21, 4) \
	HORNER(V23, 3, V3, 2, 0)  \
	HORNER(V23, 7, V7, 6, 4)  \
	HORNER(V24, 2, V2, 3, 0)  \
	HORNER(V24, 6, V6, 7, 4)  \
	HORNER(V25, 3, V3, 2, 0)  \
	HORNER(V25, 7, V7, 6, 4)  \
	HORNER(V26, 2, V2, 3, 0)  \
	HORNER(V26, 6, V6, 7, 4)  \
	FMUL4S(3, 0, 0)   \
	FMUL4S(7, 4, 4)   \
	FMLA4S(0, 2, 3)   \
	FMLA4S(4, 6, 7)   \
	FCVTNS4S(1, 1)    \
	FCVTNS4S(5, 5)    \
	VADD V28.S4, V1.S4, V1.S4 \
	VADD V28.S4, V5.S4, V5.S4 \
	VSHL $23, V1.S4, V1.S4    \
	VSHL $23, V5.S4, V5.S4

// X = e^X for the registers V0 and V4, the one using V1 to V3, the other V5 to V7.
#define EXP \
	EXPPARTS          \
	FADD4S(0, 0, 27)  \
	FADD4S(4, 4, 27)  \
	FMUL4S(0, 0, 1)   \
	FMUL4S(4, 4, 5)

// V2 = e^V0 - 1 and V6 = e^V4 - 1, exact to some units of their own size near 0 too.
#define EXPM1 \
	EXPPARTS          \
	FSUB4S(2, 1, 27)  \
	FSUB4S(6, 5, 27)  \
	FMLA4S(2, 0, 1)   \
	FMLA4S(6, 4, 5)

// d (the register vd) = c + p·x.
#define HORNER(c, d, vd, p, x) \
	VMOV c.B16, vd.B16 \
	FMLA4S(d, p, x)
