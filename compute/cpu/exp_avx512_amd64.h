// e^x for AVX-512. Its constants, and those of GELU, are in vec_amd64.s and gelu_avx2_amd64.s.

#define CONSTANTS \
	VBROADCASTSS ·expc+0(SB), Z16  \
	VBROADCASTSS ·expc+4(SB), Z17  \
	VBROADCASTSS ·expc+8(SB), Z18  \
	VBROADCASTSS ·expc+12(SB), Z19 \
	VBROADCASTSS ·expc+16(SB), Z20 \
	VBROADCASTSS ·expc+20(SB), Z21 \
	VBROADCASTSS ·expc+24(SB), Z22 \
	VBROADCASTSS ·expc+28(SB), Z23 \
	VBROADCASTSS ·expc+32(SB), Z24 \
	VBROADCASTSS ·expc+36(SB), Z25 \
	VBROADCASTSS ·expc+40(SB), Z26 \
	VBROADCASTSS ·expc+44(SB), Z27 \
	VBROADCASTSS ·expc+48(SB), Z28 \
	VBROADCASTSS ·expc+52(SB), Z29

// Z2 = e^r - 1 and Z1 = 2^n of e^Z0 = 2^n·e^r, using Z3. A NaN stays one: MIN and MAX return their second source then.
#define EXPPARTS \
	VMINPS       Z0, Z16, Z0   \
	VMAXPS       Z0, Z17, Z0   \
	VMULPS       Z18, Z0, Z1   \
	VRNDSCALEPS  $8, Z1, Z1    \
	VFNMADD231PS Z19, Z1, Z0   \
	VFNMADD231PS Z20, Z1, Z0   \
	VMOVAPS      Z21, Z2       \
	VFMADD213PS  Z22, Z0, Z2   \
	VFMADD213PS  Z23, Z0, Z2   \
	VFMADD213PS  Z24, Z0, Z2   \
	VFMADD213PS  Z25, Z0, Z2   \
	VFMADD213PS  Z26, Z0, Z2   \
	VMULPS       Z0, Z0, Z3    \
	VFMADD213PS  Z0, Z3, Z2    \
	VCVTPS2DQ    Z1, Z1        \
	VPADDD       Z28, Z1, Z1   \
	VPSLLD       $23, Z1, Z1

// Z0 = e^Z0, using Z1, Z2, Z3.
#define EXP \
	EXPPARTS             \
	VADDPS   Z27, Z2, Z2 \
	VMULPS   Z1, Z2, Z0

// Z0 = e^Z0 - 1, exact to some units of its own size near 0 too, using Z1, Z2, Z3.
#define EXPM1 \
	EXPPARTS                \
	VSUBPS      Z27, Z1, Z0 \
	VFMADD231PS Z1, Z2, Z0

// K1 is the lanes that are left of CX values, at most 16.
#define MASK \
	MOVQ     $16, AX  \
	CMPQ     CX, AX   \
	CMOVQLT  CX, AX   \
	MOVL     $-1, R9  \
	BZHIL    AX, R9, R9 \
	KMOVW    R9, K1
