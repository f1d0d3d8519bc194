//go:build amd64

#include "textflag.h"

// Tiles of products with repacked weights, for AVX2: half a panel, 16 rows of W, times 1 or 2 rows of x. Of the panel's
// quads a half has every other cache line.
//
//	AX  the quads           Y0..Y3    sums, two for each row of x
//	R8  the f16             Y4..Y7    the group's integer sums, likewise
//	R9  the bytes           Y8, Y9    quads of 8 rows of the panel each; then the weight's scales
//	BX  the records         Y10, Y11  their sizes; then minima
//	CX  groups to go        Y12, Y13  a quad of x, its products
//	SI  groups of a unit    Y14       words of 1, Y15 a mask

DATA wordsOfOne<>+0(SB)/4, $0x00010001
GLOBL wordsOfOne<>(SB), RODATA|NOPTR, $4

#define ARGS \
	MOVQ         panel+0(FP), R8        \
	MOVQ         x+8(FP), BX            \
	MOVQ         groups+16(FP), CX      \
	MOVQ         half+48(FP), DX        \
	VPBROADCASTD wordsOfOne<>(SB), Y14

#define MASK(bits) \
	MOVL         $bits, R10 \
	VMOVD        R10, X15   \
	VPBROADCASTD X15, Y15

#define ZERO1 \
	VPXOR Y0, Y0, Y0 \
	VPXOR Y1, Y1, Y1
#define ZERO2 \
	ZERO1            \
	VPXOR Y2, Y2, Y2 \
	VPXOR Y3, Y3, Y3

#define CLEAR1 \
	VPXOR Y4, Y4, Y4 \
	VPXOR Y5, Y5, Y5
#define CLEAR2 \
	CLEAR1           \
	VPXOR Y6, Y6, Y6 \
	VPXOR Y7, Y7, Y7

#define BEGIN1(o) \
	VPBROADCASTD o(BX), Y4 \
	VMOVDQA      Y4, Y5
#define BEGIN2(o) \
	BEGIN1(o)                   \
	VPBROADCASTD (o+48)(BX), Y6 \
	VMOVDQA      Y6, Y7

// Signed bytes in Y8 and Y9, their sizes in Y10 and Y11: the sign goes to x, because the unsigned side of VPMADDUBSW may
// be 128 then, and two products fit a word.
#define SIGNED(o, lo, hi) \
	VPBROADCASTD o(BX), Y12      \
	VPSIGNB      Y8, Y12, Y13    \
	VPMADDUBSW   Y13, Y10, Y13   \
	VPMADDWD     Y14, Y13, Y13   \
	VPADDD       Y13, lo, lo     \
	VPSIGNB      Y9, Y12, Y13    \
	VPMADDUBSW   Y13, Y11, Y13   \
	VPMADDWD     Y14, Y13, Y13   \
	VPADDD       Y13, hi, hi
#define SIGNED1(o) SIGNED(o, Y4, Y5)
#define SIGNED2(o) \
	SIGNED1(o)               \
	SIGNED((o)+48, Y6, Y7)

// Values of six bits.
#define WIDE(o, lo, hi) \
	VPBROADCASTD o(BX), Y12    \
	VPMADDUBSW   Y12, Y8, Y13  \
	VPMADDWD     Y14, Y13, Y13 \
	VPADDD       Y13, lo, lo   \
	VPMADDUBSW   Y12, Y9, Y13  \
	VPMADDWD     Y14, Y13, Y13 \
	VPADDD       Y13, hi, hi
#define WIDE1(o) WIDE(o, Y4, Y5)
#define WIDE2(o) \
	WIDE1(o)             \
	WIDE((o)+48, Y6, Y7)

// Values of four bits: a group's sums fit words.
#define WORDS(o, lo, hi) \
	VPBROADCASTD o(BX), Y12   \
	VPMADDUBSW   Y12, Y8, Y13 \
	VPADDW       Y13, lo, lo  \
	VPMADDUBSW   Y12, Y9, Y13 \
	VPADDW       Y13, hi, hi
#define WORDS1(o) WORDS(o, Y4, Y5)
#define WORDS2(o) \
	WORDS1(o)             \
	WORDS((o)+48, Y6, Y7)

// With AVX-VNNI all of it is one instruction, which the assembler knows in its wider encoding alone: here VPDPBUSD Y12, Y8
// and Y9, to each of the sums.
#define VNNI_Y8_Y4 BYTE $0xc4; BYTE $0xc2; BYTE $0x3d; BYTE $0x50; BYTE $0xe4
#define VNNI_Y9_Y5 BYTE $0xc4; BYTE $0xc2; BYTE $0x35; BYTE $0x50; BYTE $0xec
#define VNNI_Y8_Y6 BYTE $0xc4; BYTE $0xc2; BYTE $0x3d; BYTE $0x50; BYTE $0xf4
#define VNNI_Y9_Y7 BYTE $0xc4; BYTE $0xc2; BYTE $0x35; BYTE $0x50; BYTE $0xfc
#define VNNI1(o) \
	VPBROADCASTD o(BX), Y12 \
	VNNI_Y8_Y4              \
	VNNI_Y9_Y5
#define VNNI2(o) \
	VNNI1(o)                     \
	VPBROADCASTD (o+48)(BX), Y12 \
	VNNI_Y8_Y6                   \
	VNNI_Y9_Y7
#define VNNIBEGIN1 BEGIN1(36)
#define VNNIBEGIN2 BEGIN2(36)
#define NOTHING(o)

// Words of sums to sums, and what undoes the offset.
#define WIDEN1(o) \
	VPMADDWD     Y14, Y4, Y4 \
	VPMADDWD     Y14, Y5, Y5 \
	VPBROADCASTD o(BX), Y12  \
	VPADDD       Y12, Y4, Y4 \
	VPADDD       Y12, Y5, Y5
#define WIDEN2(o) \
	WIDEN1(o)                    \
	VPMADDWD     Y14, Y6, Y6     \
	VPMADDWD     Y14, Y7, Y7     \
	VPBROADCASTD (o+48)(BX), Y12 \
	VPADDD       Y12, Y6, Y6     \
	VPADDD       Y12, Y7, Y7

// The integer sums times the weight's scale times d.
#define SCALE(o, lo, hi, slo, shi) \
	VCVTDQ2PS    lo, lo       \
	VCVTDQ2PS    hi, hi       \
	VBROADCASTSS o(BX), Y12   \
	VMULPS       Y8, lo, lo   \
	VMULPS       Y9, hi, hi   \
	VMULPS       Y12, lo, lo  \
	VMULPS       Y12, hi, hi  \
	VADDPS       lo, slo, slo \
	VADDPS       hi, shi, shi
#define SCALE1 SCALE(32, Y4, Y5, Y0, Y1)
#define SCALE2 \
	SCALE1                      \
	SCALE(80, Y6, Y7, Y2, Y3)

// The minima times d·Σq.
#define LEAST(o, slo, shi) \
	VBROADCASTSS o(BX), Y12     \
	VMULPS       Y12, Y10, Y13  \
	VMULPS       Y12, Y11, Y12  \
	VSUBPS       Y13, slo, slo  \
	VSUBPS       Y12, shi, shi
#define LEAST1 LEAST(44, Y0, Y1)
#define LEAST2 \
	LEAST1               \
	LEAST(92, Y2, Y3)

#define PUT(lo, hi, label) \
	VMULPS  Y12, lo, lo    \
	VMULPS  Y12, hi, hi    \
	JEQ     label          \
	VADDPS  0(DI), lo, lo  \
	VADDPS  32(DI), hi, hi \
label:                     \
	VMOVUPS lo, 0(DI)      \
	VMOVUPS hi, 32(DI)     \
	LEAQ    (DI)(DX*4), DI
#define PUT1 \
	PUT(Y0, Y1, put0)
#define PUT2 \
	PUT1              \
	PUT(Y2, Y3, put1)

#define STORE(puts) \
	MOVQ         y+24(FP), DI       \
	MOVQ         ldy+32(FP), DX     \
	VBROADCASTSS alpha+40(FP), Y12  \
	CMPL         acc+44(FP), $0     \
	puts                            \
	VZEROUPPER                      \
	RET

// Both halves' lines of what lies 4 KB ahead are asked for: a half alone reads every other line, which is no stream that
// the processor would see.
#define AHEAD(o) \
	PREFETCHT0 (o+4096)(AX) \
	PREFETCHT0 (o+4160)(AX)

// Q8_0

#define BYTES(o) \
	AHEAD(o)                   \
	VPXOR  o(AX), Y15, Y8      \
	VPXOR  (o+32)(AX), Y15, Y9 \
	VPABSB Y8, Y10             \
	VPABSB Y9, Y11
#define UNSIGNEDBYTES(o) \
	AHEAD(o)                 \
	VMOVDQU o(AX), Y8        \
	VMOVDQU (o+32)(AX), Y9

#define Q8(zero, begin, bytes, dot, scale, puts, height) \
	ARGS                   \
	MASK(0x80808080)       \
	SHLQ $5, DX            \
	LEAQ 64(R8)(DX*2), AX  \
	ADDQ DX, R8            \
	zero                   \
loop:                      \
	begin                  \
	bytes(0)               \
	dot(0)                 \
	bytes(128)             \
	dot(4)                 \
	bytes(256)             \
	dot(8)                 \
	bytes(384)             \
	dot(12)                \
	bytes(512)             \
	dot(16)                \
	bytes(640)             \
	dot(20)                \
	bytes(768)             \
	dot(24)                \
	bytes(896)             \
	dot(28)                \
	VCVTPH2PS 0(R8), Y8    \
	VCVTPH2PS 16(R8), Y9   \
	scale                  \
	ADDQ $1088, AX         \
	ADDQ $1088, R8         \
	ADDQ $(48*height), BX  \
	DECQ CX                \
	JNZ  loop              \
	STORE(puts)

// func avx2Q8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q8x1(SB), NOSPLIT, $0-56
	Q8(ZERO1, CLEAR1, BYTES, SIGNED1, SCALE1, PUT1, 1)

// func avx2Q8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q8x2(SB), NOSPLIT, $0-56
	Q8(ZERO2, CLEAR2, BYTES, SIGNED2, SCALE2, PUT2, 2)

// func avxVNNIQ8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ8x1(SB), NOSPLIT, $0-56
	Q8(ZERO1, VNNIBEGIN1, UNSIGNEDBYTES, VNNI1, SCALE1, PUT1, 1)

// func avxVNNIQ8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ8x2(SB), NOSPLIT, $0-56
	Q8(ZERO2, VNNIBEGIN2, UNSIGNEDBYTES, VNNI2, SCALE2, PUT2, 2)

// Halves of bytes: quads 0..3 below, 4..7 above.
#define LOW(o) \
	AHEAD(o)                   \
	VPAND o(AX), Y15, Y8       \
	VPAND (o+32)(AX), Y15, Y9
#define HIGH(o) \
	VMOVDQU o(AX), Y8        \
	VMOVDQU (o+32)(AX), Y9   \
	VPSRLD  $4, Y8, Y8       \
	VPSRLD  $4, Y9, Y9       \
	VPAND   Y15, Y8, Y8      \
	VPAND   Y15, Y9, Y9

#define HALVES(dot) \
	LOW(0)    \
	dot(0)    \
	LOW(128)  \
	dot(4)    \
	LOW(256)  \
	dot(8)    \
	LOW(384)  \
	dot(12)   \
	HIGH(0)   \
	dot(16)   \
	HIGH(128) \
	dot(20)   \
	HIGH(256) \
	dot(24)   \
	HIGH(384) \
	dot(28)

// Q4_0

#define Q4(zero, begin, dot, widen, scale, puts, height) \
	ARGS                   \
	MASK(0x0f0f0f0f)       \
	SHLQ $5, DX            \
	LEAQ 64(R8)(DX*2), AX  \
	ADDQ DX, R8            \
	zero                   \
loop:                      \
	begin                  \
	HALVES(dot)            \
	VCVTPH2PS 0(R8), Y8    \
	VCVTPH2PS 16(R8), Y9   \
	widen(36)              \
	scale                  \
	ADDQ $576, AX          \
	ADDQ $576, R8          \
	ADDQ $(48*height), BX  \
	DECQ CX                \
	JNZ  loop              \
	STORE(puts)

// func avx2Q4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q4x1(SB), NOSPLIT, $0-56
	Q4(ZERO1, CLEAR1, WORDS1, WIDEN1, SCALE1, PUT1, 1)

// func avx2Q4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q4x2(SB), NOSPLIT, $0-56
	Q4(ZERO2, CLEAR2, WORDS2, WIDEN2, SCALE2, PUT2, 2)

// func avxVNNIQ4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ4x1(SB), NOSPLIT, $0-56
	Q4(ZERO1, VNNIBEGIN1, VNNI1, NOTHING, SCALE1, PUT1, 1)

// func avxVNNIQ4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ4x2(SB), NOSPLIT, $0-56
	Q4(ZERO2, VNNIBEGIN2, VNNI2, NOTHING, SCALE2, PUT2, 2)

// Q4_K: units of d, dmin and 8 groups. R8 is at the unit's d, R9 at the group's scales.

#define Q4K(zero, begin, dot, widen, scale, least, puts, height) \
	ARGS                     \
	MASK(0x0f0f0f0f)         \
	MOVQ DX, R9              \
	SHLQ $4, R9              \
	LEAQ 128(R8)(R9*1), R9   \
	SHLQ $5, DX              \
	LEAQ 192(R8)(DX*2), AX   \
	ADDQ DX, R8              \
	zero                     \
unit:                        \
	MOVQ $8, SI              \
group:                       \
	begin                    \
	HALVES(dot)              \
	VPMOVZXBD 0(R9), Y8      \
	VPMOVZXBD 8(R9), Y9      \
	VPMOVZXBD 32(R9), Y10    \
	VPMOVZXBD 40(R9), Y11    \
	VCVTDQ2PS Y8, Y8         \
	VCVTDQ2PS Y9, Y9         \
	VCVTDQ2PS Y10, Y10       \
	VCVTDQ2PS Y11, Y11       \
	VCVTPH2PS 0(R8), Y12     \
	VCVTPH2PS 16(R8), Y13    \
	VMULPS    Y12, Y8, Y8    \
	VMULPS    Y13, Y9, Y9    \
	VCVTPH2PS 64(R8), Y12    \
	VCVTPH2PS 80(R8), Y13    \
	VMULPS    Y12, Y10, Y10  \
	VMULPS    Y13, Y11, Y11  \
	widen(36)                \
	scale                    \
	least                    \
	ADDQ $576, AX            \
	ADDQ $576, R9            \
	ADDQ $(48*height), BX    \
	DECQ SI                  \
	JNZ  group               \
	ADDQ $128, AX            \
	ADDQ $128, R9            \
	ADDQ $4736, R8           \
	SUBQ $8, CX              \
	JNZ  unit                \
	STORE(puts)

// func avx2Q4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q4Kx1(SB), NOSPLIT, $0-56
	Q4K(ZERO1, CLEAR1, WORDS1, WIDEN1, SCALE1, LEAST1, PUT1, 1)

// func avx2Q4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q4Kx2(SB), NOSPLIT, $0-56
	Q4K(ZERO2, CLEAR2, WORDS2, WIDEN2, SCALE2, LEAST2, PUT2, 2)

// func avxVNNIQ4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ4Kx1(SB), NOSPLIT, $0-56
	Q4K(ZERO1, VNNIBEGIN1, VNNI1, NOTHING, SCALE1, LEAST1, PUT1, 1)

// func avxVNNIQ4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ4Kx2(SB), NOSPLIT, $0-56
	Q4K(ZERO2, VNNIBEGIN2, VNNI2, NOTHING, SCALE2, LEAST2, PUT2, 2)

// Q6_K: units of d and 8 groups, each group in two halves with a scale of their own.

DATA highBits<>+0(SB)/8, $0x3030303030303030
DATA highBits<>+8(SB)/8, $0x3030303030303030
DATA highBits<>+16(SB)/8, $0x3030303030303030
DATA highBits<>+24(SB)/8, $0x3030303030303030
GLOBL highBits<>(SB), RODATA|NOPTR, $32

// TOP adds two bits of the bytes at o, shifted to their place, to the quads.
#define TOP(shift, n, o) \
	VMOVDQU o(AX), Y10                  \
	VMOVDQU (o+32)(AX), Y11             \
	shift   $n, Y10, Y10                \
	shift   $n, Y11, Y11                \
	VPAND   highBits<>(SB), Y10, Y10    \
	VPAND   highBits<>(SB), Y11, Y11    \
	VPOR    Y10, Y8, Y8                 \
	VPOR    Y11, Y9, Y9

#define SIXBITS(nibbles, o, top, dot) \
	nibbles(0)          \
	TOP(VPSLLD, 4, top) \
	dot(o)              \
	nibbles(128)        \
	TOP(VPSLLD, 2, top) \
	dot(o+4)            \
	nibbles(256)        \
	TOP(VPSRLD, 0, top) \
	dot(o+8)            \
	nibbles(384)        \
	TOP(VPSRLD, 2, top) \
	dot(o+12)

#define SIGNEDSCALES(o) \
	VPMOVSXBD o(R9), Y8      \
	VPMOVSXBD (o+8)(R9), Y9  \
	VCVTDQ2PS Y8, Y8         \
	VCVTDQ2PS Y9, Y9         \
	VCVTPH2PS 0(R8), Y10     \
	VCVTPH2PS 16(R8), Y11    \
	VMULPS    Y10, Y8, Y8    \
	VMULPS    Y11, Y9, Y9

#define Q6K(zero, begin, dot, scale, puts, height) \
	ARGS                         \
	MASK(0x0f0f0f0f)             \
	MOVQ DX, R9                  \
	SHLQ $4, R9                  \
	LEAQ 64(R8)(R9*1), R9        \
	SHLQ $5, DX                  \
	LEAQ 128(R8)(DX*2), AX       \
	ADDQ DX, R8                  \
	zero                         \
unit:                            \
	MOVQ $8, SI                  \
group:                           \
	begin(36)                    \
	SIXBITS(LOW, 0, 512, dot)    \
	SIGNEDSCALES(0)              \
	scale                        \
	begin(40)                    \
	SIXBITS(HIGH, 16, 640, dot)  \
	SIGNEDSCALES(32)             \
	scale                        \
	ADDQ $832, AX                \
	ADDQ $832, R9                \
	ADDQ $(48*height), BX        \
	DECQ SI                      \
	JNZ  group                   \
	ADDQ $64, AX                 \
	ADDQ $64, R9                 \
	ADDQ $6720, R8               \
	SUBQ $8, CX                  \
	JNZ  unit                    \
	STORE(puts)

// func avx2Q6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q6Kx1(SB), NOSPLIT, $0-56
	Q6K(ZERO1, BEGIN1, WIDE1, SCALE1, PUT1, 1)

// func avx2Q6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q6Kx2(SB), NOSPLIT, $0-56
	Q6K(ZERO2, BEGIN2, WIDE2, SCALE2, PUT2, 2)

// func avxVNNIQ6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ6Kx1(SB), NOSPLIT, $0-56
	Q6K(ZERO1, BEGIN1, VNNI1, SCALE1, PUT1, 1)

// func avxVNNIQ6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ6Kx2(SB), NOSPLIT, $0-56
	Q6K(ZERO2, BEGIN2, VNNI2, SCALE2, PUT2, 2)

// Q5_K: as Q4_K, with the fifth bits after the halves.

DATA fifthBits<>+0(SB)/8, $0x1010101010101010
DATA fifthBits<>+8(SB)/8, $0x1010101010101010
DATA fifthBits<>+16(SB)/8, $0x1010101010101010
DATA fifthBits<>+24(SB)/8, $0x1010101010101010
GLOBL fifthBits<>(SB), RODATA|NOPTR, $32

#define FIFTH(shift, n) \
	VMOVDQU 512(AX), Y10                \
	VMOVDQU 544(AX), Y11                \
	shift   $n, Y10, Y10                \
	shift   $n, Y11, Y11                \
	VPAND   fifthBits<>(SB), Y10, Y10   \
	VPAND   fifthBits<>(SB), Y11, Y11   \
	VPOR    Y10, Y8, Y8                 \
	VPOR    Y11, Y9, Y9

#define FIVEBITS(dot) \
	LOW(0)           \
	FIFTH(VPSLLD, 4) \
	dot(0)           \
	LOW(128)         \
	FIFTH(VPSLLD, 3) \
	dot(4)           \
	LOW(256)         \
	FIFTH(VPSLLD, 2) \
	dot(8)           \
	LOW(384)         \
	FIFTH(VPSLLD, 1) \
	dot(12)          \
	HIGH(0)          \
	FIFTH(VPSRLD, 0) \
	dot(16)          \
	HIGH(128)        \
	FIFTH(VPSRLD, 1) \
	dot(20)          \
	HIGH(256)        \
	FIFTH(VPSRLD, 2) \
	dot(24)          \
	HIGH(384)        \
	FIFTH(VPSRLD, 3) \
	dot(28)

#define Q5K(zero, begin, dot, scale, least, puts, height) \
	ARGS                     \
	MASK(0x0f0f0f0f)         \
	MOVQ DX, R9              \
	SHLQ $4, R9              \
	LEAQ 128(R8)(R9*1), R9   \
	SHLQ $5, DX              \
	LEAQ 192(R8)(DX*2), AX   \
	ADDQ DX, R8              \
	zero                     \
unit:                        \
	MOVQ $8, SI              \
group:                       \
	begin(36)                \
	FIVEBITS(dot)            \
	VPMOVZXBD 0(R9), Y8      \
	VPMOVZXBD 8(R9), Y9      \
	VPMOVZXBD 32(R9), Y10    \
	VPMOVZXBD 40(R9), Y11    \
	VCVTDQ2PS Y8, Y8         \
	VCVTDQ2PS Y9, Y9         \
	VCVTDQ2PS Y10, Y10       \
	VCVTDQ2PS Y11, Y11       \
	VCVTPH2PS 0(R8), Y12     \
	VCVTPH2PS 16(R8), Y13    \
	VMULPS    Y12, Y8, Y8    \
	VMULPS    Y13, Y9, Y9    \
	VCVTPH2PS 64(R8), Y12    \
	VCVTPH2PS 80(R8), Y13    \
	VMULPS    Y12, Y10, Y10  \
	VMULPS    Y13, Y11, Y11  \
	scale                    \
	least                    \
	ADDQ $704, AX            \
	ADDQ $704, R9            \
	ADDQ $(48*height), BX    \
	DECQ SI                  \
	JNZ  group               \
	ADDQ $128, AX            \
	ADDQ $128, R9            \
	ADDQ $5760, R8           \
	SUBQ $8, CX              \
	JNZ  unit                \
	STORE(puts)

// func avx2Q5Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q5Kx1(SB), NOSPLIT, $0-56
	Q5K(ZERO1, BEGIN1, WIDE1, SCALE1, LEAST1, PUT1, 1)

// func avx2Q5Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q5Kx2(SB), NOSPLIT, $0-56
	Q5K(ZERO2, BEGIN2, WIDE2, SCALE2, LEAST2, PUT2, 2)

// func avxVNNIQ5Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ5Kx1(SB), NOSPLIT, $0-56
	Q5K(ZERO1, BEGIN1, VNNI1, SCALE1, LEAST1, PUT1, 1)

// func avxVNNIQ5Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ5Kx2(SB), NOSPLIT, $0-56
	Q5K(ZERO2, BEGIN2, VNNI2, SCALE2, LEAST2, PUT2, 2)

// Q5_1: the scales and minima of a group as they are, at R8.

#define Q51(zero, begin, dot, scale, least, puts, height) \
	ARGS                     \
	MASK(0x0f0f0f0f)         \
	SHLQ $5, DX              \
	LEAQ 128(R8)(DX*2), AX   \
	ADDQ DX, R8              \
	zero                     \
group:                       \
	begin(36)                \
	FIVEBITS(dot)            \
	VCVTPH2PS 0(R8), Y8      \
	VCVTPH2PS 16(R8), Y9     \
	VCVTPH2PS 64(R8), Y10    \
	VCVTPH2PS 80(R8), Y11    \
	scale                    \
	least                    \
	ADDQ $768, AX            \
	ADDQ $768, R8            \
	ADDQ $(48*height), BX    \
	DECQ CX                  \
	JNZ  group               \
	STORE(puts)

// func avx2Q51x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q51x1(SB), NOSPLIT, $0-56
	Q51(ZERO1, BEGIN1, WIDE1, SCALE1, LEAST1, PUT1, 1)

// func avx2Q51x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avx2Q51x2(SB), NOSPLIT, $0-56
	Q51(ZERO2, BEGIN2, WIDE2, SCALE2, LEAST2, PUT2, 2)

// func avxVNNIQ51x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ51x1(SB), NOSPLIT, $0-56
	Q51(ZERO1, BEGIN1, VNNI1, SCALE1, LEAST1, PUT1, 1)

// func avxVNNIQ51x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·avxVNNIQ51x2(SB), NOSPLIT, $0-56
	Q51(ZERO2, BEGIN2, VNNI2, SCALE2, LEAST2, PUT2, 2)
