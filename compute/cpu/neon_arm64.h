// Vector instructions that Go's assembler has no name for. Each takes the numbers of vector registers, the
// destination first, as Arm's manual writes it (Go's own instructions in these files have it last), and is named
// after its mnemonic and the lanes it works on.

// d = n op m, in 4 lanes of float32.
#define FADD4S(d, n, m) WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d)) // FADD Vd.4S, Vn.4S, Vm.4S
#define FSUB4S(d, n, m) WORD $(0x4ea0d400 | (m)<<16 | (n)<<5 | (d)) // FSUB Vd.4S, Vn.4S, Vm.4S
#define FMUL4S(d, n, m) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL Vd.4S, Vn.4S, Vm.4S
#define FDIV4S(d, n, m) WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d)) // FDIV Vd.4S, Vn.4S, Vm.4S
#define FMAX4S(d, n, m) WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d)) // FMAX Vd.4S, Vn.4S, Vm.4S; a NaN wins
#define FMIN4S(d, n, m) WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d)) // FMIN Vd.4S, Vn.4S, Vm.4S; a NaN wins

// d += n·m and d -= n·m, rounded once.
#define FMLA4S(d, n, m) WORD $(0x4e20cc00 | (m)<<16 | (n)<<5 | (d)) // FMLA Vd.4S, Vn.4S, Vm.4S
#define FMLS4S(d, n, m) WORD $(0x4ea0cc00 | (m)<<16 | (n)<<5 | (d)) // FMLS Vd.4S, Vn.4S, Vm.4S

// The same by lane i of m alone.
#define FMUL4SI(d, n, m, i) WORD $(0x4f809000 | ((i)&1)<<21 | (m)<<16 | ((i)>>1)<<11 | (n)<<5 | (d)) // FMUL Vd.4S, Vn.4S, Vm.S[i]
#define FMLA4SI(d, n, m, i) WORD $(0x4f801000 | ((i)&1)<<21 | (m)<<16 | ((i)>>1)<<11 | (n)<<5 | (d)) // FMLA Vd.4S, Vn.4S, Vm.S[i]

// d = op n, in 4 lanes.
#define FABS4S(d, n)   WORD $(0x4ea0f800 | (n)<<5 | (d)) // FABS Vd.4S, Vn.4S
#define FLTZ4S(d, n)   WORD $(0x4ea0e800 | (n)<<5 | (d)) // FCMLT Vd.4S, Vn.4S, #0.0: all bits where below 0
#define FNEG4S(d, n)   WORD $(0x6ea0f800 | (n)<<5 | (d)) // FNEG Vd.4S, Vn.4S
#define FSQRT4S(d, n)  WORD $(0x6ea1f800 | (n)<<5 | (d)) // FSQRT Vd.4S, Vn.4S
#define FRINTN4S(d, n) WORD $(0x4e218800 | (n)<<5 | (d)) // FRINTN Vd.4S, Vn.4S: nearest whole number, ties to even
#define FCVTNS4S(d, n) WORD $(0x4e21a800 | (n)<<5 | (d)) // FCVTNS Vd.4S, Vn.4S: to int32; a NaN becomes 0
#define SCVTF4SX(d, n) WORD $(0x4f28e400 | (n)<<5 | (d)) // SCVTF Vd.4S, Vn.4S, #24: from int32, divided by 2^24

// d = n where d's bits are set, m where not.
#define BSL16B(d, n, m) WORD $(0x6e601c00 | (m)<<16 | (n)<<5 | (d)) // BSL Vd.16B, Vn.16B, Vm.16B

// From int32.
#define SCVTF4S(d, n) WORD $(0x4e21d800 | (n)<<5 | (d)) // SCVTF Vd.4S, Vn.4S

// Widening the lower or the upper (…2) half of n.
#define FCVTL4S(d, n)  WORD $(0x0e217800 | (n)<<5 | (d)) // FCVTL Vd.4S, Vn.4H: float16 to float32
#define FCVTL24S(d, n) WORD $(0x4e217800 | (n)<<5 | (d)) // FCVTL2 Vd.4S, Vn.8H
#define FCVTL2D(d, n)  WORD $(0x0e617800 | (n)<<5 | (d)) // FCVTL Vd.2D, Vn.2S: float32 to float64
#define FCVTL22D(d, n) WORD $(0x4e617800 | (n)<<5 | (d)) // FCVTL2 Vd.2D, Vn.4S
#define SXTL8H(d, n)   WORD $(0x0f08a400 | (n)<<5 | (d)) // SXTL Vd.8H, Vn.8B: signed bytes
#define SXTL28H(d, n)  WORD $(0x4f08a400 | (n)<<5 | (d)) // SXTL2 Vd.8H, Vn.16B
#define SXTL4S(d, n)   WORD $(0x0f10a400 | (n)<<5 | (d)) // SXTL Vd.4S, Vn.4H
#define SXTL24S(d, n)  WORD $(0x4f10a400 | (n)<<5 | (d)) // SXTL2 Vd.4S, Vn.8H

// Products of signed bytes. SDOT is an extension (FEAT_DotProd).
#define SDOT4SI(d, n, m, i) WORD $(0x4f80e000 | ((i)&1)<<21 | (m)<<16 | ((i)>>1)<<11 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[i]
#define SMULL8H(d, n, m)    WORD $(0x0e20c000 | (m)<<16 | (n)<<5 | (d)) // SMULL Vd.8H, Vn.8B, Vm.8B
#define SMULL28H(d, n, m)   WORD $(0x4e20c000 | (m)<<16 | (n)<<5 | (d)) // SMULL2 Vd.8H, Vn.16B, Vm.16B
#define ADDP8H(d, n, m)     WORD $(0x4e60bc00 | (m)<<16 | (n)<<5 | (d)) // ADDP Vd.8H, Vn.8H, Vm.8H
#define SADALP4S(d, n)      WORD $(0x4e606800 | (n)<<5 | (d))           // SADALP Vd.4S, Vn.8H: d += sums of neighbours
#define DUP4SI(d, n, i)     WORD $(0x4e040400 | (i)<<19 | (n)<<5 | (d)) // DUP Vd.4S, Vn.S[i]

// In 2 lanes of float64.
#define FADD2D(d, n, m) WORD $(0x4e60d400 | (m)<<16 | (n)<<5 | (d)) // FADD Vd.2D, Vn.2D, Vm.2D
#define FMLA2D(d, n, m) WORD $(0x4e60cc00 | (m)<<16 | (n)<<5 | (d)) // FMLA Vd.2D, Vn.2D, Vm.2D

// Across lanes.
#define FADDP4S(d, n, m) WORD $(0x6e20d400 | (m)<<16 | (n)<<5 | (d)) // FADDP Vd.4S, Vn.4S, Vm.4S: sums of neighbours
#define FADDPS(d, n)     WORD $(0x7e30d800 | (n)<<5 | (d))           // FADDP Sd, Vn.2S
#define FADDPD(d, n)     WORD $(0x7e70d800 | (n)<<5 | (d))           // FADDP Dd, Vn.2D
#define FMAXVS(d, n)     WORD $(0x6e30f800 | (n)<<5 | (d))           // FMAXV Sd, Vn.4S
#define UMAXVS(d, n)     WORD $(0x6eb0a800 | (n)<<5 | (d))           // UMAXV Sd, Vn.4S
#define SADDLVH(d, n)    WORD $(0x4e303800 | (n)<<5 | (d))           // SADDLV Hd, Vn.16B: the sum of signed bytes

// The sum of n's 4 lanes, in d's lowest.
#define HSUM4S(d, n) \
	FADDP4S(d, n, n) \
	FADDPS(d, d)

// The accumulators of a long sum, V0 to V7: set to zero, and added up in V0's lowest lane.
#define ZERO8 \
	VEOR V0.B16, V0.B16, V0.B16 \
	VEOR V1.B16, V1.B16, V1.B16 \
	VEOR V2.B16, V2.B16, V2.B16 \
	VEOR V3.B16, V3.B16, V3.B16 \
	VEOR V4.B16, V4.B16, V4.B16 \
	VEOR V5.B16, V5.B16, V5.B16 \
	VEOR V6.B16, V6.B16, V6.B16 \
	VEOR V7.B16, V7.B16, V7.B16

#define SUM8 \
	FADD4S(0, 0, 1) \
	FADD4S(2, 2, 3) \
	FADD4S(4, 4, 5) \
	FADD4S(6, 6, 7) \
	FADD4S(0, 0, 2) \
	FADD4S(4, 4, 6) \
	FADD4S(0, 0, 4) \
	HSUM4S(0, 0)
