// e^x for AVX2. Its constants, and those of GELU, are in vec_amd64.s and gelu_avx2_amd64.s.

#define EXPCONSTS \
	VBROADCASTSS ·expc+0(SB), Y4   \
	VBROADCASTSS ·expc+4(SB), Y5   \
	VBROADCASTSS ·expc+8(SB), Y6   \
	VBROADCASTSS ·expc+12(SB), Y7  \
	VBROADCASTSS ·expc+16(SB), Y8  \
	VBROADCASTSS ·expc+20(SB), Y9  \
	VBROADCASTSS ·expc+24(SB), Y10 \
	VBROADCASTSS ·expc+28(SB), Y11 \
	VBROADCASTSS ·expc+32(SB), Y12 \
	VBROADCASTSS ·expc+36(SB), Y13 \
	VBROADCASTSS ·expc+40(SB), Y14 \
	VBROADCASTSS ·expc+44(SB), Y15

// Y2 = e^r - 1 and Y1 = 2^n of e^Y0 = 2^n·e^r, using Y3. A NaN stays one: MIN and MAX return their second source then.
#define EXPPARTS \
	VMINPS       Y0, Y4, Y0         \
	VMAXPS       Y0, Y5, Y0         \
	VMULPS       Y6, Y0, Y1         \
	VROUNDPS     $8, Y1, Y1         \
	VFNMADD231PS Y7, Y1, Y0         \
	VFNMADD231PS Y8, Y1, Y0         \
	VMOVAPS      Y9, Y2             \
	VFMADD213PS  Y10, Y0, Y2        \
	VFMADD213PS  Y11, Y0, Y2        \
	VFMADD213PS  Y12, Y0, Y2        \
	VFMADD213PS  Y13, Y0, Y2        \
	VFMADD213PS  Y14, Y0, Y2        \
	VMULPS       Y0, Y0, Y3         \
	VFMADD213PS  Y0, Y3, Y2         \
	VCVTPS2DQ    Y1, Y1             \
	VPBROADCASTD ·expc+48(SB), Y3  \
	VPADDD       Y3, Y1, Y1         \
	VPSLLD       $23, Y1, Y1

// Y0 = e^Y0, using Y1, Y2, Y3.
#define EXP \
	EXPPARTS             \
	VADDPS   Y15, Y2, Y2 \
	VMULPS   Y1, Y2, Y0

// Y0 = e^Y0 - 1, exact to some units of its own size near 0 too, using Y1, Y2, Y3.
#define EXPM1 \
	EXPPARTS                \
	VSUBPS      Y15, Y1, Y0 \
	VFMADD231PS Y1, Y2, Y0
