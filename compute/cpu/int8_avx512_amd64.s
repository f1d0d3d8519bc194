//go:build amd64

#include "textflag.h"

// Tiles of products with repacked weights, for AVX-512 with VNNI: a panel of 32 rows of W times 1, 2, 4 or 6 rows of x.
//
//	AX  the panel          Z0..Z11   sums, two for each row of x
//	BX  the records        Z12..Z23  the group's integer sums, likewise
//	CX  groups to go       Z24, Z25  quads of rows 0..15 and 16..31 of the panel
//	SI  groups of a unit   Z26       a quad of x, or a scale
//	DX  the group          Z27, Z28  the weight's scales, Z29, Z30 its minima, Z31 a mask

// The integer sums begin with what undoes the offset, at o of each record.
#define BEGIN(o, lo, hi) \
	VPBROADCASTD o(BX), lo \
	VMOVDQA64    lo, hi
#define BEGIN1(o) BEGIN(o, Z12, Z13)
#define BEGIN2(o) \
	BEGIN1(o)                \
	BEGIN((o)+48, Z14, Z15)
#define BEGIN4(o) \
	BEGIN2(o)                \
	BEGIN((o)+96, Z16, Z17)  \
	BEGIN((o)+144, Z18, Z19)
#define BEGIN6(o) \
	BEGIN4(o)                \
	BEGIN((o)+192, Z20, Z21) \
	BEGIN((o)+240, Z22, Z23)

// A quad of W, in Z24 and Z25, times that of each row of x at o of its record.
#define DOT(o, lo, hi) \
	VPBROADCASTD o(BX), Z26    \
	VPDPBUSD     Z26, Z24, lo  \
	VPDPBUSD     Z26, Z25, hi
#define DOT1(o) DOT(o, Z12, Z13)
#define DOT2(o) \
	DOT1(o)                \
	DOT((o)+48, Z14, Z15)
#define DOT4(o) \
	DOT2(o)                \
	DOT((o)+96, Z16, Z17)  \
	DOT((o)+144, Z18, Z19)
#define DOT6(o) \
	DOT4(o)                \
	DOT((o)+192, Z20, Z21) \
	DOT((o)+240, Z22, Z23)

// The integer sums times the weight's scale times d, which is at o of the record.
#define SCALE(o, lo, hi, slo, shi) \
	VCVTDQ2PS    lo, lo        \
	VCVTDQ2PS    hi, hi        \
	VBROADCASTSS o(BX), Z26    \
	VMULPS       Z27, lo, lo   \
	VMULPS       Z28, hi, hi   \
	VMULPS       Z26, lo, lo   \
	VMULPS       Z26, hi, hi   \
	VADDPS       lo, slo, slo  \
	VADDPS       hi, shi, shi
#define SCALE1 SCALE(32, Z12, Z13, Z0, Z1)
#define SCALE2 \
	SCALE1                         \
	SCALE(80, Z14, Z15, Z2, Z3)
#define SCALE4 \
	SCALE2                         \
	SCALE(128, Z16, Z17, Z4, Z5)   \
	SCALE(176, Z18, Z19, Z6, Z7)
#define SCALE6 \
	SCALE4                         \
	SCALE(224, Z20, Z21, Z8, Z9)   \
	SCALE(272, Z22, Z23, Z10, Z11)

// The minima times d·Σq.
#define LEAST(o, slo, shi) \
	VBROADCASTSS o(BX), Z26     \
	VMULPS       Z26, Z29, Z24  \
	VMULPS       Z26, Z30, Z25  \
	VSUBPS       Z24, slo, slo  \
	VSUBPS       Z25, shi, shi
#define LEAST1 LEAST(44, Z0, Z1)
#define LEAST2 \
	LEAST1                 \
	LEAST(92, Z2, Z3)
#define LEAST4 \
	LEAST2                 \
	LEAST(140, Z4, Z5)     \
	LEAST(188, Z6, Z7)
#define LEAST6 \
	LEAST4                 \
	LEAST(236, Z8, Z9)     \
	LEAST(284, Z10, Z11)

#define ZERO(r) VPXORD r, r, r
#define ZERO1 \
	ZERO(Z0) \
	ZERO(Z1)
#define ZERO2 \
	ZERO1    \
	ZERO(Z2) \
	ZERO(Z3)
#define ZERO4 \
	ZERO2    \
	ZERO(Z4) \
	ZERO(Z5) \
	ZERO(Z6) \
	ZERO(Z7)
#define ZERO6 \
	ZERO4     \
	ZERO(Z8)  \
	ZERO(Z9)  \
	ZERO(Z10) \
	ZERO(Z11)

// A row of y; the flags still hold whether it is added to.
#define PUT(lo, hi, label) \
	VMULPS  Z26, lo, lo    \
	VMULPS  Z26, hi, hi    \
	JEQ     label          \
	VADDPS  0(DI), lo, lo  \
	VADDPS  64(DI), hi, hi \
label:                     \
	VMOVUPS lo, 0(DI)      \
	VMOVUPS hi, 64(DI)     \
	LEAQ    (DI)(DX*4), DI
#define PUT1 \
	PUT(Z0, Z1, put0)
#define PUT2 \
	PUT1              \
	PUT(Z2, Z3, put1)
#define PUT4 \
	PUT2              \
	PUT(Z4, Z5, put2) \
	PUT(Z6, Z7, put3)
#define PUT6 \
	PUT4                \
	PUT(Z8, Z9, put4)   \
	PUT(Z10, Z11, put5)

#define ARGS \
	MOVQ panel+0(FP), AX \
	MOVQ x+8(FP), BX     \
	MOVQ groups+16(FP), CX

#define STORE(puts) \
	MOVQ         y+24(FP), DI       \
	MOVQ         ldy+32(FP), DX     \
	VBROADCASTSS alpha+40(FP), Z26  \
	CMPL         acc+44(FP), $0     \
	puts                            \
	VZEROUPPER                      \
	RET

#define MASK(bits) \
	MOVL         $bits, DX \
	VPBROADCASTD DX, Z31

// The processor's own prefetching stops at pages, and does not keep up where bytes are unpacked: 8 KB ahead is asked for.
#define AHEAD9(reg) \
	PREFETCHT0 8192(reg) \
	PREFETCHT0 8256(reg) \
	PREFETCHT0 8320(reg) \
	PREFETCHT0 8384(reg) \
	PREFETCHT0 8448(reg) \
	PREFETCHT0 8512(reg) \
	PREFETCHT0 8576(reg) \
	PREFETCHT0 8640(reg) \
	PREFETCHT0 8704(reg)
#define AHEAD13(reg) \
	AHEAD9(reg)           \
	PREFETCHT0 8768(reg) \
	PREFETCHT0 8832(reg) \
	PREFETCHT0 8896(reg) \
	PREFETCHT0 8960(reg)
#define AHEAD17(reg) \
	AHEAD13(reg)           \
	PREFETCHT0 9024(reg) \
	PREFETCHT0 9088(reg) \
	PREFETCHT0 9152(reg) \
	PREFETCHT0 9216(reg)
#define NOTHING(reg)

// Q8_0: a single row of x is little enough to do between the bytes for the processor to keep up.

#define BYTES(o) \
	VMOVDQU64 o(AX), Z24      \
	VMOVDQU64 (o+64)(AX), Z25

#define Q8(ahead, zero, begin, dot, scale, puts, height) \
	ARGS                     \
	zero                     \
loop:                        \
	ahead(AX)                \
	VCVTPH2PS 0(AX), Z27     \
	VCVTPH2PS 32(AX), Z28    \
	begin(36)                \
	BYTES(64)                \
	dot(0)                   \
	BYTES(192)               \
	dot(4)                   \
	BYTES(320)               \
	dot(8)                   \
	BYTES(448)               \
	dot(12)                  \
	BYTES(576)               \
	dot(16)                  \
	BYTES(704)               \
	dot(20)                  \
	BYTES(832)               \
	dot(24)                  \
	BYTES(960)               \
	dot(28)                  \
	scale                    \
	ADDQ $1088, AX           \
	ADDQ $(48*height), BX    \
	DECQ CX                  \
	JNZ  loop                \
	STORE(puts)

// func avx512Q8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q8x1(SB), NOSPLIT, $0-48
	Q8(NOTHING, ZERO1, BEGIN1, DOT1, SCALE1, PUT1, 1)

// func avx512Q8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q8x2(SB), NOSPLIT, $0-48
	Q8(AHEAD17, ZERO2, BEGIN2, DOT2, SCALE2, PUT2, 2)

// func avx512Q8x4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q8x4(SB), NOSPLIT, $0-48
	Q8(AHEAD17, ZERO4, BEGIN4, DOT4, SCALE4, PUT4, 4)

// func avx512Q8x6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q8x6(SB), NOSPLIT, $0-48
	Q8(AHEAD17, ZERO6, BEGIN6, DOT6, SCALE6, PUT6, 6)

// Halves of bytes: quads 0..3 below, 4..7 above.
#define LOW(o) \
	VPANDD o(AX), Z31, Z24      \
	VPANDD (o+64)(AX), Z31, Z25
#define HIGH(o) \
	VPSRLD $4, o(AX), Z24       \
	VPSRLD $4, (o+64)(AX), Z25  \
	VPANDD Z31, Z24, Z24        \
	VPANDD Z31, Z25, Z25

#define HALVES(o, dot) \
	LOW(o)        \
	dot(0)        \
	LOW(o+128)    \
	dot(4)        \
	LOW(o+256)    \
	dot(8)        \
	LOW(o+384)    \
	dot(12)       \
	HIGH(o)       \
	dot(16)       \
	HIGH(o+128)   \
	dot(20)       \
	HIGH(o+256)   \
	dot(24)       \
	HIGH(o+384)   \
	dot(28)

// Q4_0

#define Q4(zero, begin, dot, scale, puts, height) \
	ARGS                  \
	MASK(0x0f0f0f0f)      \
	zero                  \
loop:                     \
	AHEAD9(AX)            \
	VCVTPH2PS 0(AX), Z27  \
	VCVTPH2PS 32(AX), Z28 \
	begin(36)             \
	HALVES(64, dot)       \
	scale                 \
	ADDQ $576, AX         \
	ADDQ $(48*height), BX \
	DECQ CX               \
	JNZ  loop             \
	STORE(puts)

// func avx512Q4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4x1(SB), NOSPLIT, $0-48
	Q4(ZERO1, BEGIN1, DOT1, SCALE1, PUT1, 1)

// func avx512Q4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4x2(SB), NOSPLIT, $0-48
	Q4(ZERO2, BEGIN2, DOT2, SCALE2, PUT2, 2)

// func avx512Q4x4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4x4(SB), NOSPLIT, $0-48
	Q4(ZERO4, BEGIN4, DOT4, SCALE4, PUT4, 4)

// func avx512Q4x6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4x6(SB), NOSPLIT, $0-48
	Q4(ZERO6, BEGIN6, DOT6, SCALE6, PUT6, 6)

// Q4_K: units of d, dmin and 8 groups. AX is at the unit, DX at the group.

#define Q4K(zero, begin, dot, scale, least, puts, height) \
	ARGS                          \
	MASK(0x0f0f0f0f)              \
	zero                          \
unit:                             \
	LEAQ 128(AX), DX              \
	MOVQ $8, SI                   \
group:                            \
	AHEAD9(DX)                    \
	begin(36)                     \
	KHALVES(64, dot)              \
	VPMOVZXBD 0(DX), Z27          \
	VPMOVZXBD 16(DX), Z28         \
	VPMOVZXBD 32(DX), Z29         \
	VPMOVZXBD 48(DX), Z30         \
	VCVTDQ2PS Z27, Z27            \
	VCVTDQ2PS Z28, Z28            \
	VCVTDQ2PS Z29, Z29            \
	VCVTDQ2PS Z30, Z30            \
	VCVTPH2PS 0(AX), Z24          \
	VCVTPH2PS 32(AX), Z25         \
	VMULPS    Z24, Z27, Z27       \
	VMULPS    Z25, Z28, Z28       \
	VCVTPH2PS 64(AX), Z24         \
	VCVTPH2PS 96(AX), Z25         \
	VMULPS    Z24, Z29, Z29       \
	VMULPS    Z25, Z30, Z30       \
	scale                         \
	least                         \
	ADDQ $576, DX                 \
	ADDQ $(48*height), BX         \
	DECQ SI                       \
	JNZ  group                    \
	ADDQ $4736, AX                \
	SUBQ $8, CX                   \
	JNZ  unit                     \
	STORE(puts)

// As LOW, HIGH and HALVES, of the group at DX.
#define KLOW(o) \
	VPANDD o(DX), Z31, Z24      \
	VPANDD (o+64)(DX), Z31, Z25
#define KHIGH(o) \
	VPSRLD $4, o(DX), Z24       \
	VPSRLD $4, (o+64)(DX), Z25  \
	VPANDD Z31, Z24, Z24        \
	VPANDD Z31, Z25, Z25

#define KHALVES(o, dot) \
	KLOW(o)        \
	dot(0)         \
	KLOW(o+128)    \
	dot(4)         \
	KLOW(o+256)    \
	dot(8)         \
	KLOW(o+384)    \
	dot(12)        \
	KHIGH(o)       \
	dot(16)        \
	KHIGH(o+128)   \
	dot(20)        \
	KHIGH(o+256)   \
	dot(24)        \
	KHIGH(o+384)   \
	dot(28)

// func avx512Q4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4Kx1(SB), NOSPLIT, $0-48
	Q4K(ZERO1, BEGIN1, DOT1, SCALE1, LEAST1, PUT1, 1)

// func avx512Q4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4Kx2(SB), NOSPLIT, $0-48
	Q4K(ZERO2, BEGIN2, DOT2, SCALE2, LEAST2, PUT2, 2)

// func avx512Q4Kx4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4Kx4(SB), NOSPLIT, $0-48
	Q4K(ZERO4, BEGIN4, DOT4, SCALE4, LEAST4, PUT4, 4)

// func avx512Q4Kx6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q4Kx6(SB), NOSPLIT, $0-48
	Q4K(ZERO6, BEGIN6, DOT6, SCALE6, LEAST6, PUT6, 6)

// Q6_K: units of d and 8 groups, each group in two halves with a scale of their own. Z30 is the mask of the high two of
// six bits.

// TOP adds two bits of the bytes at o, shifted to their place, to the quads: 0xf8 is a | b&c.
#define TOP(o) \
	VMOVDQU64  o(DX), Z26              \
	VMOVDQU64  (o+64)(DX), Z29         \
	VPTERNLOGD $0xf8, Z30, Z26, Z24    \
	VPTERNLOGD $0xf8, Z30, Z29, Z25
#define SHIFTEDTOP(shift, n, o) \
	shift $n, o(DX), Z26               \
	shift $n, (o+64)(DX), Z29          \
	VPTERNLOGD $0xf8, Z30, Z26, Z24    \
	VPTERNLOGD $0xf8, Z30, Z29, Z25

#define SIXBITS(nibbles, o, top, dot) \
	nibbles(64)                \
	SHIFTEDTOP(VPSLLD, 4, top) \
	dot(o)                     \
	nibbles(192)               \
	SHIFTEDTOP(VPSLLD, 2, top) \
	dot(o+4)                   \
	nibbles(320)               \
	TOP(top)                   \
	dot(o+8)                   \
	nibbles(448)               \
	SHIFTEDTOP(VPSRLD, 2, top) \
	dot(o+12)

#define SIGNEDSCALES(o) \
	VPMOVSXBD o(DX), Z27       \
	VPMOVSXBD (o+16)(DX), Z28  \
	VCVTDQ2PS Z27, Z27         \
	VCVTDQ2PS Z28, Z28         \
	VCVTPH2PS 0(AX), Z24       \
	VCVTPH2PS 32(AX), Z25      \
	VMULPS    Z24, Z27, Z27    \
	VMULPS    Z25, Z28, Z28

#define Q6K(zero, begin, dot, scale, puts, height) \
	ARGS                            \
	MASK(0x30303030)                \
	VMOVDQA64 Z31, Z30              \
	MASK(0x0f0f0f0f)                \
	zero                            \
unit:                               \
	LEAQ 64(AX), DX                 \
	MOVQ $8, SI                     \
group:                              \
	AHEAD13(DX)                     \
	begin(36)                       \
	SIXBITS(KLOW, 0, 576, dot)      \
	SIGNEDSCALES(0)                 \
	scale                           \
	begin(40)                       \
	SIXBITS(KHIGH, 16, 704, dot)    \
	SIGNEDSCALES(32)                \
	scale                           \
	ADDQ $832, DX                   \
	ADDQ $(48*height), BX           \
	DECQ SI                         \
	JNZ  group                      \
	ADDQ $6720, AX                  \
	SUBQ $8, CX                     \
	JNZ  unit                       \
	STORE(puts)

// func avx512Q6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q6Kx1(SB), NOSPLIT, $0-48
	Q6K(ZERO1, BEGIN1, DOT1, SCALE1, PUT1, 1)

// func avx512Q6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q6Kx2(SB), NOSPLIT, $0-48
	Q6K(ZERO2, BEGIN2, DOT2, SCALE2, PUT2, 2)

// func avx512Q6Kx4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q6Kx4(SB), NOSPLIT, $0-48
	Q6K(ZERO4, BEGIN4, DOT4, SCALE4, PUT4, 4)

// func avx512Q6Kx6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q6Kx6(SB), NOSPLIT, $0-48
	Q6K(ZERO6, BEGIN6, DOT6, SCALE6, PUT6, 6)

// Q5_K: as Q4_K, with the fifth bits after the halves. Z30 is their mask until the minima are loaded.

#define FIVEBITS(o, dot) \
	KLOW(o)                        \
	SHIFTEDTOP(VPSLLD, 4, o+512)   \
	dot(0)                         \
	KLOW(o+128)                    \
	SHIFTEDTOP(VPSLLD, 3, o+512)   \
	dot(4)                         \
	KLOW(o+256)                    \
	SHIFTEDTOP(VPSLLD, 2, o+512)   \
	dot(8)                         \
	KLOW(o+384)                    \
	SHIFTEDTOP(VPSLLD, 1, o+512)   \
	dot(12)                        \
	KHIGH(o)                       \
	TOP(o+512)                     \
	dot(16)                        \
	KHIGH(o+128)                   \
	SHIFTEDTOP(VPSRLD, 1, o+512)   \
	dot(20)                        \
	KHIGH(o+256)                   \
	SHIFTEDTOP(VPSRLD, 2, o+512)   \
	dot(24)                        \
	KHIGH(o+384)                   \
	SHIFTEDTOP(VPSRLD, 3, o+512)   \
	dot(28)

#define Q5K(zero, begin, dot, scale, least, puts, height) \
	ARGS                          \
	MASK(0x0f0f0f0f)              \
	MOVL $0x10101010, DI          \
	zero                          \
unit:                             \
	LEAQ 128(AX), DX              \
	MOVQ $8, SI                   \
group:                            \
	AHEAD13(DX)                   \
	VPBROADCASTD DI, Z30          \
	begin(36)                     \
	FIVEBITS(64, dot)             \
	VPMOVZXBD 0(DX), Z27          \
	VPMOVZXBD 16(DX), Z28         \
	VPMOVZXBD 32(DX), Z29         \
	VPMOVZXBD 48(DX), Z30         \
	VCVTDQ2PS Z27, Z27            \
	VCVTDQ2PS Z28, Z28            \
	VCVTDQ2PS Z29, Z29            \
	VCVTDQ2PS Z30, Z30            \
	VCVTPH2PS 0(AX), Z24          \
	VCVTPH2PS 32(AX), Z25         \
	VMULPS    Z24, Z27, Z27       \
	VMULPS    Z25, Z28, Z28       \
	VCVTPH2PS 64(AX), Z24         \
	VCVTPH2PS 96(AX), Z25         \
	VMULPS    Z24, Z29, Z29       \
	VMULPS    Z25, Z30, Z30       \
	scale                         \
	least                         \
	ADDQ $704, DX                 \
	ADDQ $(48*height), BX         \
	DECQ SI                       \
	JNZ  group                    \
	ADDQ $5760, AX                \
	SUBQ $8, CX                   \
	JNZ  unit                     \
	STORE(puts)

// func avx512Q5Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q5Kx1(SB), NOSPLIT, $0-48
	Q5K(ZERO1, BEGIN1, DOT1, SCALE1, LEAST1, PUT1, 1)

// func avx512Q5Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q5Kx2(SB), NOSPLIT, $0-48
	Q5K(ZERO2, BEGIN2, DOT2, SCALE2, LEAST2, PUT2, 2)

// func avx512Q5Kx4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q5Kx4(SB), NOSPLIT, $0-48
	Q5K(ZERO4, BEGIN4, DOT4, SCALE4, LEAST4, PUT4, 4)

// func avx512Q5Kx6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q5Kx6(SB), NOSPLIT, $0-48
	Q5K(ZERO6, BEGIN6, DOT6, SCALE6, LEAST6, PUT6, 6)

// Q5_1: the scales and minima of a group as they are. DX is at the group.

#define Q51(zero, begin, dot, scale, least, puts, height) \
	ARGS                      \
	MASK(0x0f0f0f0f)          \
	MOVQ AX, DX               \
	MOVL $0x10101010, DI      \
	zero                      \
group:                        \
	AHEAD13(DX)               \
	VPBROADCASTD DI, Z30      \
	begin(36)                 \
	FIVEBITS(128, dot)        \
	VCVTPH2PS 0(DX), Z27      \
	VCVTPH2PS 32(DX), Z28     \
	VCVTPH2PS 64(DX), Z29     \
	VCVTPH2PS 96(DX), Z30     \
	scale                     \
	least                     \
	ADDQ $768, DX             \
	ADDQ $(48*height), BX     \
	DECQ CX                   \
	JNZ  group                \
	STORE(puts)

// func avx512Q51x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q51x1(SB), NOSPLIT, $0-48
	Q51(ZERO1, BEGIN1, DOT1, SCALE1, LEAST1, PUT1, 1)

// func avx512Q51x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q51x2(SB), NOSPLIT, $0-48
	Q51(ZERO2, BEGIN2, DOT2, SCALE2, LEAST2, PUT2, 2)

// func avx512Q51x4(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q51x4(SB), NOSPLIT, $0-48
	Q51(ZERO4, BEGIN4, DOT4, SCALE4, LEAST4, PUT4, 4)

// func avx512Q51x6(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32)
TEXT ·avx512Q51x6(SB), NOSPLIT, $0-48
	Q51(ZERO6, BEGIN6, DOT6, SCALE6, LEAST6, PUT6, 6)
