//go:build amd64

#include "textflag.h"

// Rows of Q2_K, Q3_K and Q5_K unpacked to float32, as in unpack_more_amd64.s.

DATA kNumbers<>+0(SB)/4, $3
DATA kNumbers<>+4(SB)/4, $4
DATA kNumbers<>+8(SB)/4, $15
DATA kNumbers<>+12(SB)/4, $16
DATA kNumbers<>+16(SB)/4, $32
DATA kNumbers<>+20(SB)/4, $1
DATA kNumbers<>+24(SB)/4, $2
GLOBL kNumbers<>(SB), RODATA|NOPTR, $28

// 0 to 15, then 16 to 31
DATA kSteps<>+0(SB)/4, $0x00000000
DATA kSteps<>+4(SB)/4, $0x3f800000
DATA kSteps<>+8(SB)/4, $0x40000000
DATA kSteps<>+12(SB)/4, $0x40400000
DATA kSteps<>+16(SB)/4, $0x40800000
DATA kSteps<>+20(SB)/4, $0x40a00000
DATA kSteps<>+24(SB)/4, $0x40c00000
DATA kSteps<>+28(SB)/4, $0x40e00000
DATA kSteps<>+32(SB)/4, $0x41000000
DATA kSteps<>+36(SB)/4, $0x41100000
DATA kSteps<>+40(SB)/4, $0x41200000
DATA kSteps<>+44(SB)/4, $0x41300000
DATA kSteps<>+48(SB)/4, $0x41400000
DATA kSteps<>+52(SB)/4, $0x41500000
DATA kSteps<>+56(SB)/4, $0x41600000
DATA kSteps<>+60(SB)/4, $0x41700000
DATA kSteps<>+64(SB)/4, $0x41800000
DATA kSteps<>+68(SB)/4, $0x41880000
DATA kSteps<>+72(SB)/4, $0x41900000
DATA kSteps<>+76(SB)/4, $0x41980000
DATA kSteps<>+80(SB)/4, $0x41a00000
DATA kSteps<>+84(SB)/4, $0x41a80000
DATA kSteps<>+88(SB)/4, $0x41b00000
DATA kSteps<>+92(SB)/4, $0x41b80000
DATA kSteps<>+96(SB)/4, $0x41c00000
DATA kSteps<>+100(SB)/4, $0x41c80000
DATA kSteps<>+104(SB)/4, $0x41d00000
DATA kSteps<>+108(SB)/4, $0x41d80000
DATA kSteps<>+112(SB)/4, $0x41e00000
DATA kSteps<>+116(SB)/4, $0x41e80000
DATA kSteps<>+120(SB)/4, $0x41f00000
DATA kSteps<>+124(SB)/4, $0x41f80000
GLOBL kSteps<>(SB), RODATA|NOPTR, $128

// The eight steps d·scale of a Q5_K block at (R10), the eight dmin·minimum after them, as of Q4_K.
#define Q5KSCALES \
	MOVL         4(SI), AX          \
	MOVL         8(SI), BX          \
	MOVL         12(SI), DX         \
	MOVL         AX, R8             \
	MOVL         BX, R9             \
	ANDL         $0x3f3f3f3f, R8    \
	ANDL         $0x3f3f3f3f, R9    \
	SHRL         $2, AX             \
	SHRL         $2, BX             \
	ANDL         $0x30303030, AX    \
	ANDL         $0x30303030, BX    \
	MOVL         DX, R11            \
	SHRL         $4, DX             \
	ANDL         $0x0f0f0f0f, R11   \
	ANDL         $0x0f0f0f0f, DX    \
	ORL          R11, AX            \
	ORL          DX, BX             \
	SHLQ         $32, AX            \
	SHLQ         $32, BX            \
	ORQ          R8, AX             \
	ORQ          R9, BX             \
	VMOVQ        AX, X0             \
	VMOVQ        BX, X1             \
	VPMOVZXBD    X0, Y0             \
	VPMOVZXBD    X1, Y1             \
	VCVTDQ2PS    Y0, Y0             \
	VCVTDQ2PS    Y1, Y1             \
	VMOVD        (SI), X2           \
	VCVTPH2PS    X2, X2             \
	VBROADCASTSS X2, Y3             \
	VMOVSHDUP    X2, X2             \
	VBROADCASTSS X2, Y2             \
	VMULPS       Y3, Y0, Y0         \
	VMULPS       Y2, Y1, Y1         \
	VMOVUPS      Y0, (R10)          \
	VMOVUPS      Y1, 32(R10)

// Eight bytes at from, with fifth bits in bytes at top, give eight values of the run's first group at low and eight of its
// second at high. Y12 and Y13 hold the bit of either group, Y14 16s, Y15 15s.
#define Q5KEIGHT(from, top, low, high) \
	VPMOVZXBD   from, Y4          \
	VPMOVZXBD   top, Y6           \
	VPSRLD      $4, Y4, Y5        \
	VPAND       Y12, Y6, Y7       \
	VPAND       Y13, Y6, Y6       \
	VPCMPEQD    Y12, Y7, Y7       \
	VPCMPEQD    Y13, Y6, Y6       \
	VPAND       Y14, Y7, Y7       \
	VPAND       Y14, Y6, Y6       \
	VPAND       Y15, Y4, Y4       \
	VPOR        Y7, Y4, Y4        \
	VPOR        Y6, Y5, Y5        \
	VCVTDQ2PS   Y4, Y4            \
	VCVTDQ2PS   Y5, Y5            \
	VFMSUB213PS Y10, Y8, Y4       \
	VFMSUB213PS Y11, Y9, Y5       \
	VMOVUPS     Y4, low           \
	VMOVUPS     Y5, high

// func unpackQ5K(dst *float32, src *byte, blocks int)
TEXT ·unpackQ5K(SB), NOSPLIT, $64-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD kNumbers<>+8(SB), Y15
	VPBROADCASTD kNumbers<>+12(SB), Y14

loop:
	LEAQ         steps-64(SP), R10
	Q5KSCALES
	VPBROADCASTD kNumbers<>+20(SB), Y12
	VPBROADCASTD kNumbers<>+24(SB), Y13
	LEAQ         16(SI), R11
	ADDQ         $48, SI
	MOVQ         $4, R12

run:
	VBROADCASTSS 0(R10), Y8
	VBROADCASTSS 4(R10), Y9
	VBROADCASTSS 32(R10), Y10
	VBROADCASTSS 36(R10), Y11
	Q5KEIGHT(0(SI), 0(R11), 0(DI), 128(DI))
	Q5KEIGHT(8(SI), 8(R11), 32(DI), 160(DI))
	Q5KEIGHT(16(SI), 16(R11), 64(DI), 192(DI))
	Q5KEIGHT(24(SI), 24(R11), 96(DI), 224(DI))
	VPSLLD       $2, Y12, Y12
	VPSLLD       $2, Y13, Y13
	ADDQ         $8, R10
	ADDQ         $32, SI
	ADDQ         $256, DI
	DECQ         R12
	JNZ          run
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// func unpackQ5Kx16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ5Kx16(SB), NOSPLIT, $64-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), CX
	VMOVUPS kSteps<>+0(SB), Z14
	VMOVUPS kSteps<>+64(SB), Z15

loop:
	LEAQ         steps-64(SP), R10
	Q5KSCALES
	VPBROADCASTD kNumbers<>+20(SB), Z12
	VPBROADCASTD kNumbers<>+24(SB), Z13
	VPMOVZXBD    16(SI), Z16
	VPMOVZXBD    32(SI), Z17
	ADDQ         $48, SI
	MOVQ         $4, R12

run:
	VBROADCASTSS 0(R10), Z8
	VBROADCASTSS 4(R10), Z9
	VBROADCASTSS 32(R10), Z10
	VBROADCASTSS 36(R10), Z11
	VMOVAPS      Z8, Z18
	VMOVAPS      Z9, Z19
	VFMSUB213PS  Z10, Z14, Z8  // the lower 16 values of the first group, of the second
	VFMSUB213PS  Z11, Z14, Z9
	VFMSUB213PS  Z10, Z15, Z18 // the upper 16
	VFMSUB213PS  Z11, Z15, Z19
	VPTESTMD     Z12, Z16, K1
	VPTESTMD     Z12, Z17, K2
	VPTESTMD     Z13, Z16, K3
	VPTESTMD     Z13, Z17, K4
	VPMOVZXBD    0(SI), Z4
	VPMOVZXBD    16(SI), Z5
	VPSRLD       $4, Z4, Z6
	VPSRLD       $4, Z5, Z7
	VPERMPS      Z8, Z4, Z20
	VPERMPS      Z8, Z5, Z21
	VPERMPS      Z9, Z6, Z22
	VPERMPS      Z9, Z7, Z23
	VPERMPS      Z18, Z4, K1, Z20
	VPERMPS      Z18, Z5, K2, Z21
	VPERMPS      Z19, Z6, K3, Z22
	VPERMPS      Z19, Z7, K4, Z23
	VMOVUPS      Z20, 0(DI)
	VMOVUPS      Z21, 64(DI)
	VMOVUPS      Z22, 128(DI)
	VMOVUPS      Z23, 192(DI)
	VPSLLD       $2, Z12, Z12
	VPSLLD       $2, Z13, Z13
	ADDQ         $8, R10
	ADDQ         $32, SI
	ADDQ         $256, DI
	DECQ         R12
	JNZ          run
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// Two vectors of the low and high halves of eight of Q2_K's scale bytes: the steps d·scale at at, the dmin·minimum at
// least. Y3 holds d, Y2 dmin, Y15 15s.
#define Q2KSCALES(from, at, least) \
	VPMOVZXBD from, Y0       \
	VPSRLD    $4, Y0, Y1     \
	VPAND     Y15, Y0, Y0    \
	VCVTDQ2PS Y0, Y0         \
	VCVTDQ2PS Y1, Y1         \
	VMULPS    Y3, Y0, Y0     \
	VMULPS    Y2, Y1, Y1     \
	VMOVUPS   Y0, at         \
	VMOVUPS   Y1, least

// The halves of a group: eight pairs of bits in Y4 and eight in Y5, shifted.
#define Q2KGROUP(low, high, shift, step, least, to) \
	VBROADCASTSS step, Y8        \
	VBROADCASTSS least, Y9       \
	VPSRLD       shift, low, Y6  \
	VPSRLD       shift, high, Y7 \
	VPAND        Y14, Y6, Y6     \
	VPAND        Y14, Y7, Y7     \
	VCVTDQ2PS    Y6, Y6          \
	VCVTDQ2PS    Y7, Y7          \
	VFMSUB213PS  Y9, Y8, Y6      \
	VFMSUB213PS  Y9, Y8, Y7      \
	VMOVUPS      Y6, to(DI)      \
	VMOVUPS      Y7, 32+to(DI)

#define HALF(at, x, to) \
	MOVWLZX      at, AX     \
	VMOVD        AX, x      \
	VCVTPH2PS    x, x       \
	VBROADCASTSS x, to

// func unpackQ2K(dst *float32, src *byte, blocks int)
TEXT ·unpackQ2K(SB), NOSPLIT, $128-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD kNumbers<>+8(SB), Y15
	VPBROADCASTD kNumbers<>+0(SB), Y14

loop:
	LEAQ steps-128(SP), R10
	HALF(80(SI), X3, Y3)
	HALF(82(SI), X2, Y2)
	Q2KSCALES(0(SI), 0(R10), 64(R10))
	Q2KSCALES(8(SI), 32(R10), 96(R10))
	ADDQ $16, SI
	MOVQ $2, R12

half:
	VPMOVZXBD 0(SI), Y10
	VPMOVZXBD 8(SI), Y11
	VPMOVZXBD 16(SI), Y12
	VPMOVZXBD 24(SI), Y13
	Q2KGROUP(Y10, Y11, $0, 0(R10), 64(R10), 0)
	Q2KGROUP(Y12, Y13, $0, 4(R10), 68(R10), 64)
	Q2KGROUP(Y10, Y11, $2, 8(R10), 72(R10), 128)
	Q2KGROUP(Y12, Y13, $2, 12(R10), 76(R10), 192)
	Q2KGROUP(Y10, Y11, $4, 16(R10), 80(R10), 256)
	Q2KGROUP(Y12, Y13, $4, 20(R10), 84(R10), 320)
	Q2KGROUP(Y10, Y11, $6, 24(R10), 88(R10), 384)
	Q2KGROUP(Y12, Y13, $6, 28(R10), 92(R10), 448)
	ADDQ      $32, R10
	ADDQ      $32, SI
	ADDQ      $512, DI
	DECQ      R12
	JNZ       half
	ADDQ      $4, SI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET

#define Q2KGROUPx16(bits, shift, step, least, to) \
	VBROADCASTSS step, Z8        \
	VBROADCASTSS least, Z9       \
	VPSRLD       shift, bits, Z6 \
	VPANDD       Z14, Z6, Z6     \
	VCVTDQ2PS    Z6, Z6          \
	VFMSUB213PS  Z9, Z8, Z6      \
	VMOVUPS      Z6, to(DI)

// func unpackQ2Kx16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ2Kx16(SB), NOSPLIT, $128-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD kNumbers<>+8(SB), Y15
	VPBROADCASTD kNumbers<>+0(SB), Z14

loop:
	LEAQ steps-128(SP), R10
	HALF(80(SI), X3, Y3)
	HALF(82(SI), X2, Y2)
	Q2KSCALES(0(SI), 0(R10), 64(R10))
	Q2KSCALES(8(SI), 32(R10), 96(R10))
	ADDQ $16, SI
	MOVQ $2, R12

half:
	VPMOVZXBD 0(SI), Z10
	VPMOVZXBD 16(SI), Z11
	Q2KGROUPx16(Z10, $0, 0(R10), 64(R10), 0)
	Q2KGROUPx16(Z11, $0, 4(R10), 68(R10), 64)
	Q2KGROUPx16(Z10, $2, 8(R10), 72(R10), 128)
	Q2KGROUPx16(Z11, $2, 12(R10), 76(R10), 192)
	Q2KGROUPx16(Z10, $4, 16(R10), 80(R10), 256)
	Q2KGROUPx16(Z11, $4, 20(R10), 84(R10), 320)
	Q2KGROUPx16(Z10, $6, 24(R10), 88(R10), 384)
	Q2KGROUPx16(Z11, $6, 28(R10), 92(R10), 448)
	ADDQ      $32, R10
	ADDQ      $32, SI
	ADDQ      $512, DI
	DECQ      R12
	JNZ       half
	ADDQ      $4, SI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET

// The sixteen steps d·(scale-32) of a Q3_K block, at (R10). The six-bit scales are put together four at a time.
#define Q3KSCALES \
	HALF(108(SI), X3, Y3)           \
	MOVL         96(SI), AX         \
	MOVL         100(SI), BX        \
	MOVL         104(SI), DX        \
	MOVL         AX, R8             \
	MOVL         BX, R9             \
	SHRL         $4, AX             \
	SHRL         $4, BX             \
	ANDL         $0x0f0f0f0f, R8    \
	ANDL         $0x0f0f0f0f, R9    \
	ANDL         $0x0f0f0f0f, AX    \
	ANDL         $0x0f0f0f0f, BX    \
	MOVL         DX, R11            \
	SHLL         $4, R11            \
	ANDL         $0x30303030, R11   \
	ORL          R11, R8            \
	MOVL         DX, R11            \
	SHLL         $2, R11            \
	ANDL         $0x30303030, R11   \
	ORL          R11, R9            \
	MOVL         DX, R11            \
	ANDL         $0x30303030, R11   \
	ORL          R11, AX            \
	SHRL         $2, DX             \
	ANDL         $0x30303030, DX    \
	ORL          DX, BX             \
	SHLQ         $32, R9            \
	SHLQ         $32, BX            \
	ORQ          R9, R8             \
	ORQ          BX, AX             \
	VMOVQ        R8, X0             \
	VMOVQ        AX, X1             \
	VPMOVZXBD    X0, Y0             \
	VPMOVZXBD    X1, Y1             \
	VPBROADCASTD kNumbers<>+16(SB), Y2 \
	VPSUBD       Y2, Y0, Y0         \
	VPSUBD       Y2, Y1, Y1         \
	VCVTDQ2PS    Y0, Y0             \
	VCVTDQ2PS    Y1, Y1             \
	VMULPS       Y3, Y0, Y0         \
	VMULPS       Y3, Y1, Y1         \
	VMOVUPS      Y0, (R10)          \
	VMOVUPS      Y1, 32(R10)

// Eight values: pairs of bits at from, shifted, and 4 less where the bit that Y12 holds is not in the byte at top. Y13 to
// Y15 hold 4s, 3s and zeros.
#define Q3KEIGHT(from, top, shift, to) \
	VPMOVZXBD from, Y4        \
	VPMOVZXBD top, Y5         \
	VPSRLD    shift, Y4, Y4   \
	VPAND     Y12, Y5, Y5     \
	VPAND     Y14, Y4, Y4     \
	VPCMPEQD  Y15, Y5, Y5     \
	VPAND     Y13, Y5, Y5     \
	VPSUBD    Y5, Y4, Y4      \
	VCVTDQ2PS Y4, Y4          \
	VMULPS    Y8, Y4, Y4      \
	VMOVUPS   Y4, to(DI)

// Two groups, of which the second's bytes stand 16 after the first's.
#define Q3KPAIR(shift, to) \
	VBROADCASTSS 0(R10), Y8                      \
	Q3KEIGHT(0(SI), 0(R11), shift, 0+to)         \
	Q3KEIGHT(8(SI), 8(R11), shift, 32+to)        \
	VBROADCASTSS 4(R10), Y8                      \
	Q3KEIGHT(16(SI), 16(R11), shift, 64+to)      \
	Q3KEIGHT(24(SI), 24(R11), shift, 96+to)      \
	VPSLLD       $1, Y12, Y12                    \
	ADDQ         $8, R10

// func unpackQ3K(dst *float32, src *byte, blocks int)
TEXT ·unpackQ3K(SB), NOSPLIT, $64-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPXOR        Y15, Y15, Y15
	VPBROADCASTD kNumbers<>+0(SB), Y14
	VPBROADCASTD kNumbers<>+4(SB), Y13

loop:
	LEAQ         steps-64(SP), R10
	Q3KSCALES
	VPBROADCASTD kNumbers<>+20(SB), Y12
	MOVQ         SI, R11
	ADDQ         $32, SI
	MOVQ         $2, R12

half:
	Q3KPAIR($0, 0)
	Q3KPAIR($2, 128)
	Q3KPAIR($4, 256)
	Q3KPAIR($6, 384)
	ADDQ $32, SI
	ADDQ $512, DI
	DECQ R12
	JNZ  half
	ADDQ $14, SI
	DECQ CX
	JNZ  loop
	VZEROUPPER
	RET

#define Q3KPAIRx16(shift, to) \
	VBROADCASTSS 0(R10), Z8         \
	VBROADCASTSS 4(R10), Z9         \
	VPTESTNMD    Z12, Z16, K1       \
	VPTESTNMD    Z12, Z17, K2       \
	VPSRLD       shift, Z10, Z4     \
	VPSRLD       shift, Z11, Z5     \
	VPANDD       Z14, Z4, Z4        \
	VPANDD       Z14, Z5, Z5        \
	VPSUBD       Z13, Z4, K1, Z4    \
	VPSUBD       Z13, Z5, K2, Z5    \
	VCVTDQ2PS    Z4, Z4             \
	VCVTDQ2PS    Z5, Z5             \
	VMULPS       Z8, Z4, Z4         \
	VMULPS       Z9, Z5, Z5         \
	VMOVUPS      Z4, to(DI)         \
	VMOVUPS      Z5, 64+to(DI)      \
	VPSLLD       $1, Z12, Z12       \
	ADDQ         $8, R10

// func unpackQ3Kx16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ3Kx16(SB), NOSPLIT, $64-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD kNumbers<>+0(SB), Z14
	VPBROADCASTD kNumbers<>+4(SB), Z13

loop:
	LEAQ         steps-64(SP), R10
	Q3KSCALES
	VPBROADCASTD kNumbers<>+20(SB), Z12
	VPMOVZXBD    0(SI), Z16
	VPMOVZXBD    16(SI), Z17
	ADDQ         $32, SI
	MOVQ         $2, R12

half:
	VPMOVZXBD 0(SI), Z10
	VPMOVZXBD 16(SI), Z11
	Q3KPAIRx16($0, 0)
	Q3KPAIRx16($2, 128)
	Q3KPAIRx16($4, 256)
	Q3KPAIRx16($6, 384)
	ADDQ      $32, SI
	ADDQ      $512, DI
	DECQ      R12
	JNZ       half
	ADDQ      $14, SI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET
