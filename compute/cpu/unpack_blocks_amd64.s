//go:build amd64

#include "textflag.h"

// Rows of 4-bit and 6-bit blocks unpacked to float32, with AVX2 and FMA and again with AVX-512F, where a 4-bit value
// picks its float32 out of a register that holds all 16. What the bytes of a block are is said in package compute. Every
// value has the bits that compute.Decode gives it: where a product and a difference are fused, the product is exact.

DATA nf4Levels<>+0(SB)/4, $0xbf800000
DATA nf4Levels<>+4(SB)/4, $0xbf3239b1
DATA nf4Levels<>+8(SB)/4, $0xbf066b30
DATA nf4Levels<>+12(SB)/4, $0xbeca32a0
DATA nf4Levels<>+16(SB)/4, $0xbe91a24d
DATA nf4Levels<>+20(SB)/4, $0xbe3d353f
DATA nf4Levels<>+24(SB)/4, $0xbdba7871
DATA nf4Levels<>+28(SB)/4, $0x00000000
DATA nf4Levels<>+32(SB)/4, $0x3da2faff
DATA nf4Levels<>+36(SB)/4, $0x3e24cae3
DATA nf4Levels<>+40(SB)/4, $0x3e7c04dd
DATA nf4Levels<>+44(SB)/4, $0x3ead033a
DATA nf4Levels<>+48(SB)/4, $0x3ee1a4b8
DATA nf4Levels<>+52(SB)/4, $0x3f1007ab
DATA nf4Levels<>+56(SB)/4, $0x3f3913b3
DATA nf4Levels<>+60(SB)/4, $0x3f800000
GLOBL nf4Levels<>(SB), RODATA|NOPTR, $64

// 0 to 15, then -8 to 7
DATA sixteen<>+0(SB)/4, $0x00000000
DATA sixteen<>+4(SB)/4, $0x3f800000
DATA sixteen<>+8(SB)/4, $0x40000000
DATA sixteen<>+12(SB)/4, $0x40400000
DATA sixteen<>+16(SB)/4, $0x40800000
DATA sixteen<>+20(SB)/4, $0x40a00000
DATA sixteen<>+24(SB)/4, $0x40c00000
DATA sixteen<>+28(SB)/4, $0x40e00000
DATA sixteen<>+32(SB)/4, $0x41000000
DATA sixteen<>+36(SB)/4, $0x41100000
DATA sixteen<>+40(SB)/4, $0x41200000
DATA sixteen<>+44(SB)/4, $0x41300000
DATA sixteen<>+48(SB)/4, $0x41400000
DATA sixteen<>+52(SB)/4, $0x41500000
DATA sixteen<>+56(SB)/4, $0x41600000
DATA sixteen<>+60(SB)/4, $0x41700000
DATA sixteen<>+64(SB)/4, $0xc1000000
DATA sixteen<>+68(SB)/4, $0xc0e00000
DATA sixteen<>+72(SB)/4, $0xc0c00000
DATA sixteen<>+76(SB)/4, $0xc0a00000
DATA sixteen<>+80(SB)/4, $0xc0800000
DATA sixteen<>+84(SB)/4, $0xc0400000
DATA sixteen<>+88(SB)/4, $0xc0000000
DATA sixteen<>+92(SB)/4, $0xbf800000
DATA sixteen<>+96(SB)/4, $0x00000000
DATA sixteen<>+100(SB)/4, $0x3f800000
DATA sixteen<>+104(SB)/4, $0x40000000
DATA sixteen<>+108(SB)/4, $0x40400000
DATA sixteen<>+112(SB)/4, $0x40800000
DATA sixteen<>+116(SB)/4, $0x40a00000
DATA sixteen<>+120(SB)/4, $0x40c00000
DATA sixteen<>+124(SB)/4, $0x40e00000
GLOBL sixteen<>(SB), RODATA|NOPTR, $128

DATA nibbles<>+0(SB)/4, $15
DATA nibbles<>+4(SB)/4, $8
DATA nibbles<>+8(SB)/4, $0x0f0f0f0f
DATA nibbles<>+12(SB)/4, $0x30303030
DATA nibbles<>+16(SB)/4, $0x20202020
GLOBL nibbles<>(SB), RODATA|NOPTR, $20

// The float16 at a place, in every lane of Y3 or Z3.
#define HALF(at, to) \
	MOVWLZX      at, AX     \
	VMOVD        AX, X3     \
	VCVTPH2PS    X3, X3     \
	VBROADCASTSS X3, to

// func unpackQ4(dst *float32, src *byte, blocks int)
TEXT ·unpackQ4(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD nibbles<>+0(SB), Y15
	VPBROADCASTD nibbles<>+4(SB), Y14

loop:
	HALF((SI), Y3)
	VPMOVZXBD 2(SI), Y4
	VPMOVZXBD 10(SI), Y5
	VPSRLD    $4, Y4, Y6
	VPSRLD    $4, Y5, Y7
	VPAND     Y15, Y4, Y4
	VPAND     Y15, Y5, Y5
	VPSUBD    Y14, Y4, Y4
	VPSUBD    Y14, Y5, Y5
	VPSUBD    Y14, Y6, Y6
	VPSUBD    Y14, Y7, Y7
	VCVTDQ2PS Y4, Y4
	VCVTDQ2PS Y5, Y5
	VCVTDQ2PS Y6, Y6
	VCVTDQ2PS Y7, Y7
	VMULPS    Y3, Y4, Y4
	VMULPS    Y3, Y5, Y5
	VMULPS    Y3, Y6, Y6
	VMULPS    Y3, Y7, Y7
	VMOVUPS   Y4, 0(DI)
	VMOVUPS   Y5, 32(DI)
	VMOVUPS   Y6, 64(DI)
	VMOVUPS   Y7, 96(DI)
	ADDQ      $18, SI
	ADDQ      $128, DI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET

// func unpackQ4x16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ4x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), CX
	VMOVUPS sixteen<>+64(SB), Z15

loop:
	HALF((SI), Z3)
	VMULPS    Z15, Z3, Z3
	VPMOVZXBD 2(SI), Z4
	VPSRLD    $4, Z4, Z5
	VPERMPS   Z3, Z4, Z4
	VPERMPS   Z3, Z5, Z5
	VMOVUPS   Z4, 0(DI)
	VMOVUPS   Z5, 64(DI)
	ADDQ      $18, SI
	ADDQ      $128, DI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET

// func unpackQ8x16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ8x16(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX

loop:
	HALF((SI), Z3)
	VPMOVSXBD 2(SI), Z4
	VPMOVSXBD 18(SI), Z5
	VCVTDQ2PS Z4, Z4
	VCVTDQ2PS Z5, Z5
	VMULPS    Z3, Z4, Z4
	VMULPS    Z3, Z5, Z5
	VMOVUPS   Z4, 0(DI)
	VMOVUPS   Z5, 64(DI)
	ADDQ      $34, SI
	ADDQ      $128, DI
	DECQ      CX
	JNZ       loop
	VZEROUPPER
	RET

// Eight bytes at from give eight values at low and eight at high. Y12 and Y13 hold the lower and the upper eight levels.
#define NF4EIGHT(from, low, high) \
	VPMOVZXBD from, Y4           \
	VPERMPS   Y12, Y4, Y5        \
	VPERMPS   Y13, Y4, Y6        \
	VPSLLD    $28, Y4, Y7        \
	VBLENDVPS Y7, Y6, Y5, Y5     \
	VMOVUPS   Y5, low            \
	VPSRLD    $4, Y4, Y8         \
	VPERMPS   Y12, Y8, Y5        \
	VPERMPS   Y13, Y8, Y6        \
	VPSLLD    $24, Y4, Y7        \
	VBLENDVPS Y7, Y6, Y5, Y5     \
	VMOVUPS   Y5, high

// func unpackNF4(dst *float32, src *byte, blocks int)
TEXT ·unpackNF4(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), CX
	VMOVUPS nf4Levels<>+0(SB), Y14
	VMOVUPS nf4Levels<>+32(SB), Y15

loop:
	VBROADCASTSS (SI), Y3
	VMULPS       Y14, Y3, Y12
	VMULPS       Y15, Y3, Y13
	NF4EIGHT(4(SI), 0(DI), 128(DI))
	NF4EIGHT(12(SI), 32(DI), 160(DI))
	NF4EIGHT(20(SI), 64(DI), 192(DI))
	NF4EIGHT(28(SI), 96(DI), 224(DI))
	ADDQ         $36, SI
	ADDQ         $256, DI
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// func unpackNF4x16(dst *float32, src *byte, blocks int)
TEXT ·unpackNF4x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), CX
	VMOVUPS nf4Levels<>+0(SB), Z15

loop:
	VBROADCASTSS (SI), Z3
	VMULPS       Z15, Z3, Z3
	VPMOVZXBD    4(SI), Z4
	VPMOVZXBD    20(SI), Z5
	VPSRLD       $4, Z4, Z6
	VPSRLD       $4, Z5, Z7
	VPERMPS      Z3, Z4, Z4
	VPERMPS      Z3, Z5, Z5
	VPERMPS      Z3, Z6, Z6
	VPERMPS      Z3, Z7, Z7
	VMOVUPS      Z4, 0(DI)
	VMOVUPS      Z5, 64(DI)
	VMOVUPS      Z6, 128(DI)
	VMOVUPS      Z7, 192(DI)
	ADDQ         $36, SI
	ADDQ         $256, DI
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// The eight steps d·scale of a Q4_K block at (R10), the eight dmin·minimum after them. The six-bit numbers are put
// together four at a time in general registers.
#define Q4KSCALES \
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

// Eight bytes at from give eight values of the run's first group at low and eight of its second at high.
#define Q4KEIGHT(from, low, high) \
	VPMOVZXBD   from, Y4          \
	VPSRLD      $4, Y4, Y5        \
	VPAND       Y15, Y4, Y4       \
	VCVTDQ2PS   Y4, Y4            \
	VCVTDQ2PS   Y5, Y5            \
	VFMSUB213PS Y10, Y8, Y4       \
	VFMSUB213PS Y11, Y9, Y5       \
	VMOVUPS     Y4, low           \
	VMOVUPS     Y5, high

// func unpackQ4K(dst *float32, src *byte, blocks int)
TEXT ·unpackQ4K(SB), NOSPLIT, $64-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD nibbles<>+0(SB), Y15

loop:
	LEAQ steps-64(SP), R10
	Q4KSCALES
	ADDQ $16, SI
	MOVQ $4, R12

run:
	VBROADCASTSS 0(R10), Y8
	VBROADCASTSS 4(R10), Y9
	VBROADCASTSS 32(R10), Y10
	VBROADCASTSS 36(R10), Y11
	Q4KEIGHT(0(SI), 0(DI), 128(DI))
	Q4KEIGHT(8(SI), 32(DI), 160(DI))
	Q4KEIGHT(16(SI), 64(DI), 192(DI))
	Q4KEIGHT(24(SI), 96(DI), 224(DI))
	ADDQ         $8, R10
	ADDQ         $32, SI
	ADDQ         $256, DI
	DECQ         R12
	JNZ          run
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// func unpackQ4Kx16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ4Kx16(SB), NOSPLIT, $64-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), CX
	VMOVUPS sixteen<>+0(SB), Z15

loop:
	LEAQ steps-64(SP), R10
	Q4KSCALES
	ADDQ $16, SI
	MOVQ $4, R12

run:
	VBROADCASTSS 0(R10), Z8
	VBROADCASTSS 4(R10), Z9
	VBROADCASTSS 32(R10), Z10
	VBROADCASTSS 36(R10), Z11
	VFMSUB213PS  Z10, Z15, Z8 // the 16 values of the first group, of the second
	VFMSUB213PS  Z11, Z15, Z9
	VPMOVZXBD    0(SI), Z4
	VPMOVZXBD    16(SI), Z5
	VPSRLD       $4, Z4, Z6
	VPSRLD       $4, Z5, Z7
	VPERMPS      Z8, Z4, Z4
	VPERMPS      Z8, Z5, Z5
	VPERMPS      Z9, Z6, Z6
	VPERMPS      Z9, Z7, Z7
	VMOVUPS      Z4, 0(DI)
	VMOVUPS      Z5, 64(DI)
	VMOVUPS      Z6, 128(DI)
	VMOVUPS      Z7, 192(DI)
	ADDQ         $8, R10
	ADDQ         $32, SI
	ADDQ         $256, DI
	DECQ         R12
	JNZ          run
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// The sixteen steps d·scale of a Q6_K block, at (R10).
#define Q6KSCALES \
	HALF(208(SI), Y3)            \
	VPMOVSXBD 192(SI), Y0        \
	VPMOVSXBD 200(SI), Y1        \
	VCVTDQ2PS Y0, Y0             \
	VCVTDQ2PS Y1, Y1             \
	VMULPS    Y3, Y0, Y0         \
	VMULPS    Y3, Y1, Y1         \
	VMOVUPS   Y0, (R10)          \
	VMOVUPS   Y1, 32(R10)

// The 128 values of half a block as signed bytes at (R11): of the low bits at low and the high bits at high.
#define Q6KBYTES(low0, low1, high) \
	VMOVDQU low0, Y0        \
	VMOVDQU low1, Y1        \
	VMOVDQU high, Y2        \
	VPAND   Y15, Y0, Y3     \
	VPAND   Y15, Y1, Y4     \
	VPSRLW  $4, Y0, Y5      \
	VPSRLW  $4, Y1, Y6      \
	VPAND   Y15, Y5, Y5     \
	VPAND   Y15, Y6, Y6     \
	VPSLLW  $4, Y2, Y7      \
	VPSLLW  $2, Y2, Y8      \
	VPSRLW  $2, Y2, Y9      \
	VPAND   Y14, Y7, Y7     \
	VPAND   Y14, Y8, Y8     \
	VPAND   Y14, Y2, Y2     \
	VPAND   Y14, Y9, Y9     \
	VPOR    Y7, Y3, Y3      \
	VPOR    Y8, Y4, Y4      \
	VPOR    Y2, Y5, Y5      \
	VPOR    Y9, Y6, Y6      \
	VPSUBB  Y13, Y3, Y3     \
	VPSUBB  Y13, Y4, Y4     \
	VPSUBB  Y13, Y5, Y5     \
	VPSUBB  Y13, Y6, Y6     \
	VMOVDQU Y3, 0(R11)      \
	VMOVDQU Y4, 32(R11)     \
	VMOVDQU Y5, 64(R11)     \
	VMOVDQU Y6, 96(R11)

// func unpackQ6K(dst *float32, src *byte, blocks int)
TEXT ·unpackQ6K(SB), NOSPLIT, $320-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD nibbles<>+8(SB), Y15
	VPBROADCASTD nibbles<>+12(SB), Y14
	VPBROADCASTD nibbles<>+16(SB), Y13

loop:
	LEAQ steps-320(SP), R10
	LEAQ bytes-256(SP), R11
	Q6KSCALES
	Q6KBYTES(0(SI), 32(SI), 128(SI))
	ADDQ $128, R11
	Q6KBYTES(64(SI), 96(SI), 160(SI))
	SUBQ $128, R11
	MOVQ $16, R12

group:
	VBROADCASTSS (R10), Y8
	VPMOVSXBD    (R11), Y4
	VPMOVSXBD    8(R11), Y5
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VMULPS       Y8, Y4, Y4
	VMULPS       Y8, Y5, Y5
	VMOVUPS      Y4, (DI)
	VMOVUPS      Y5, 32(DI)
	ADDQ         $4, R10
	ADDQ         $16, R11
	ADDQ         $64, DI
	DECQ         R12
	JNZ          group
	ADDQ         $210, SI
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET

// func unpackQ6Kx16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ6Kx16(SB), NOSPLIT, $320-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), CX
	VPBROADCASTD nibbles<>+8(SB), Y15
	VPBROADCASTD nibbles<>+12(SB), Y14
	VPBROADCASTD nibbles<>+16(SB), Y13

loop:
	LEAQ steps-320(SP), R10
	LEAQ bytes-256(SP), R11
	Q6KSCALES
	Q6KBYTES(0(SI), 32(SI), 128(SI))
	ADDQ $128, R11
	Q6KBYTES(64(SI), 96(SI), 160(SI))
	SUBQ $128, R11
	MOVQ $16, R12

group:
	VBROADCASTSS (R10), Z8
	VPMOVSXBD    (R11), Z4
	VCVTDQ2PS    Z4, Z4
	VMULPS       Z8, Z4, Z4
	VMOVUPS      Z4, (DI)
	ADDQ         $4, R10
	ADDQ         $16, R11
	ADDQ         $64, DI
	DECQ         R12
	JNZ          group
	ADDQ         $210, SI
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET
