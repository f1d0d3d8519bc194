//go:build amd64

#include "textflag.h"

// Rows of the blocks that rest in files more seldom unpacked to float32, with AVX2 and FMA and again with AVX-512F. What
// the bytes of a block are is said in package compute. Every value has the bits that compute.Decode gives it: products
// that are fused with a sum or a difference are exact.

// 0 to 15, then 16 to 31
DATA upTo31<>+0(SB)/4, $0x00000000
DATA upTo31<>+4(SB)/4, $0x3f800000
DATA upTo31<>+8(SB)/4, $0x40000000
DATA upTo31<>+12(SB)/4, $0x40400000
DATA upTo31<>+16(SB)/4, $0x40800000
DATA upTo31<>+20(SB)/4, $0x40a00000
DATA upTo31<>+24(SB)/4, $0x40c00000
DATA upTo31<>+28(SB)/4, $0x40e00000
DATA upTo31<>+32(SB)/4, $0x41000000
DATA upTo31<>+36(SB)/4, $0x41100000
DATA upTo31<>+40(SB)/4, $0x41200000
DATA upTo31<>+44(SB)/4, $0x41300000
DATA upTo31<>+48(SB)/4, $0x41400000
DATA upTo31<>+52(SB)/4, $0x41500000
DATA upTo31<>+56(SB)/4, $0x41600000
DATA upTo31<>+60(SB)/4, $0x41700000
DATA upTo31<>+64(SB)/4, $0x41800000
DATA upTo31<>+68(SB)/4, $0x41880000
DATA upTo31<>+72(SB)/4, $0x41900000
DATA upTo31<>+76(SB)/4, $0x41980000
DATA upTo31<>+80(SB)/4, $0x41a00000
DATA upTo31<>+84(SB)/4, $0x41a80000
DATA upTo31<>+88(SB)/4, $0x41b00000
DATA upTo31<>+92(SB)/4, $0x41b80000
DATA upTo31<>+96(SB)/4, $0x41c00000
DATA upTo31<>+100(SB)/4, $0x41c80000
DATA upTo31<>+104(SB)/4, $0x41d00000
DATA upTo31<>+108(SB)/4, $0x41d80000
DATA upTo31<>+112(SB)/4, $0x41e00000
DATA upTo31<>+116(SB)/4, $0x41e80000
DATA upTo31<>+120(SB)/4, $0x41f00000
DATA upTo31<>+124(SB)/4, $0x41f80000
GLOBL upTo31<>(SB), RODATA|NOPTR, $128

// -16 to -1; what follows in upTo31 goes on.
DATA below0<>+0(SB)/4, $0xc1800000
DATA below0<>+4(SB)/4, $0xc1700000
DATA below0<>+8(SB)/4, $0xc1600000
DATA below0<>+12(SB)/4, $0xc1500000
DATA below0<>+16(SB)/4, $0xc1400000
DATA below0<>+20(SB)/4, $0xc1300000
DATA below0<>+24(SB)/4, $0xc1200000
DATA below0<>+28(SB)/4, $0xc1100000
DATA below0<>+32(SB)/4, $0xc1000000
DATA below0<>+36(SB)/4, $0xc0e00000
DATA below0<>+40(SB)/4, $0xc0c00000
DATA below0<>+44(SB)/4, $0xc0a00000
DATA below0<>+48(SB)/4, $0xc0800000
DATA below0<>+52(SB)/4, $0xc0400000
DATA below0<>+56(SB)/4, $0xc0000000
DATA below0<>+60(SB)/4, $0xbf800000
GLOBL below0<>(SB), RODATA|NOPTR, $64

// The levels of IQ4_NL.
DATA iq4Levels<>+0(SB)/4, $0xc2fe0000
DATA iq4Levels<>+4(SB)/4, $0xc2d00000
DATA iq4Levels<>+8(SB)/4, $0xc2a60000
DATA iq4Levels<>+12(SB)/4, $0xc2820000
DATA iq4Levels<>+16(SB)/4, $0xc2440000
DATA iq4Levels<>+20(SB)/4, $0xc20c0000
DATA iq4Levels<>+24(SB)/4, $0xc1b00000
DATA iq4Levels<>+28(SB)/4, $0xc1200000
DATA iq4Levels<>+32(SB)/4, $0x3f800000
DATA iq4Levels<>+36(SB)/4, $0x41500000
DATA iq4Levels<>+40(SB)/4, $0x41c80000
DATA iq4Levels<>+44(SB)/4, $0x42180000
DATA iq4Levels<>+48(SB)/4, $0x42540000
DATA iq4Levels<>+52(SB)/4, $0x428a0000
DATA iq4Levels<>+56(SB)/4, $0x42b20000
DATA iq4Levels<>+60(SB)/4, $0x42e20000
GLOBL iq4Levels<>(SB), RODATA|NOPTR, $64

// The levels of MXFP4.
DATA mxfp4Levels<>+0(SB)/4, $0x00000000
DATA mxfp4Levels<>+4(SB)/4, $0x3f800000
DATA mxfp4Levels<>+8(SB)/4, $0x40000000
DATA mxfp4Levels<>+12(SB)/4, $0x40400000
DATA mxfp4Levels<>+16(SB)/4, $0x40800000
DATA mxfp4Levels<>+20(SB)/4, $0x40c00000
DATA mxfp4Levels<>+24(SB)/4, $0x41000000
DATA mxfp4Levels<>+28(SB)/4, $0x41400000
DATA mxfp4Levels<>+32(SB)/4, $0x00000000
DATA mxfp4Levels<>+36(SB)/4, $0xbf800000
DATA mxfp4Levels<>+40(SB)/4, $0xc0000000
DATA mxfp4Levels<>+44(SB)/4, $0xc0400000
DATA mxfp4Levels<>+48(SB)/4, $0xc0800000
DATA mxfp4Levels<>+52(SB)/4, $0xc0c00000
DATA mxfp4Levels<>+56(SB)/4, $0xc1000000
DATA mxfp4Levels<>+60(SB)/4, $0xc1400000
GLOBL mxfp4Levels<>(SB), RODATA|NOPTR, $64

// 0 to 7, then numbers to mask with.
DATA masks<>+0(SB)/4, $0
DATA masks<>+4(SB)/4, $1
DATA masks<>+8(SB)/4, $2
DATA masks<>+12(SB)/4, $3
DATA masks<>+16(SB)/4, $4
DATA masks<>+20(SB)/4, $5
DATA masks<>+24(SB)/4, $6
DATA masks<>+28(SB)/4, $7
DATA masks<>+32(SB)/4, $15
DATA masks<>+36(SB)/4, $16
GLOBL masks<>(SB), RODATA|NOPTR, $40

// The float16 at a place, in every lane.
#define HALF(at, x, to) \
	MOVWLZX      at, AX     \
	VMOVD        AX, x      \
	VCVTPH2PS    x, x       \
	VBROADCASTSS x, to

// The scale of an MXFP4 block, in every lane of to: 2^(e-128), of which 0 and 1 are subnormal.
#define E8M0(to) \
	MOVBLZX      (SI), CX       \
	MOVL         $0x00200000, AX \
	SHLL         CX, AX         \
	LEAL         -1(CX), DX     \
	SHLL         $23, DX        \
	CMPL         CX, $2         \
	CMOVLGE      DX, AX         \
	VMOVD        AX, X3         \
	VBROADCASTSS X3, to

// Sixteen bytes at from pick 32 values out of the 16 in Z3.
#define PICK32(from) \
	VPMOVZXBD from, Z4   \
	VPSRLD    $4, Z4, Z5 \
	VPERMPS   Z3, Z4, Z4 \
	VPERMPS   Z3, Z5, Z5 \
	VMOVUPS   Z4, 0(DI)  \
	VMOVUPS   Z5, 64(DI)

// func unpackQ41x16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ41x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS upTo31<>+0(SB), Z15

loop:
	HALF(0(SI), X3, Z3)
	HALF(2(SI), X2, Z2)
	VFMADD213PS Z2, Z15, Z3
	PICK32(4(SI))
	ADDQ        $20, SI
	ADDQ        $128, DI
	DECQ        R8
	JNZ         loop
	VZEROUPPER
	RET

// func unpackIQ4x16(dst *float32, src *byte, blocks int)
TEXT ·unpackIQ4x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS iq4Levels<>+0(SB), Z15

loop:
	HALF(0(SI), X3, Z3)
	VMULPS Z15, Z3, Z3
	PICK32(2(SI))
	ADDQ   $18, SI
	ADDQ   $128, DI
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET

// func unpackMXFP4x16(dst *float32, src *byte, blocks int)
TEXT ·unpackMXFP4x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS mxfp4Levels<>+0(SB), Z15

loop:
	E8M0(Z3)
	VMULPS Z15, Z3, Z3
	PICK32(1(SI))
	ADDQ   $17, SI
	ADDQ   $128, DI
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET

// Sixteen bytes at from pick 32 values out of the 16 in Z3, or out of those in Z2 where the bits at top are set.
#define PICKTOP(top, from) \
	MOVWLZX   top, AX          \
	MOVWLZX   2+top, BX        \
	KMOVW     AX, K1           \
	KMOVW     BX, K2           \
	VPMOVZXBD from, Z4         \
	VPSRLD    $4, Z4, Z5       \
	VPERMPS   Z3, Z4, Z6       \
	VPERMPS   Z3, Z5, Z7       \
	VPERMPS   Z2, Z4, K1, Z6   \
	VPERMPS   Z2, Z5, K2, Z7   \
	VMOVUPS   Z6, 0(DI)        \
	VMOVUPS   Z7, 64(DI)

// func unpackQ50x16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ50x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS below0<>+0(SB), Z15
	VMOVUPS upTo31<>+0(SB), Z14

loop:
	HALF(0(SI), X3, Z3)
	VMULPS Z14, Z3, Z2
	VMULPS Z15, Z3, Z3
	PICKTOP(2(SI), 6(SI))
	ADDQ   $22, SI
	ADDQ   $128, DI
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET

// func unpackQ51x16(dst *float32, src *byte, blocks int)
TEXT ·unpackQ51x16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS upTo31<>+0(SB), Z15
	VMOVUPS upTo31<>+64(SB), Z14

loop:
	HALF(0(SI), X3, Z3)
	HALF(2(SI), X1, Z1)
	VMOVAPS     Z3, Z2
	VFMADD213PS Z1, Z14, Z2
	VFMADD213PS Z1, Z15, Z3
	PICKTOP(4(SI), 8(SI))
	ADDQ        $24, SI
	ADDQ        $128, DI
	DECQ        R8
	JNZ         loop
	VZEROUPPER
	RET

// Eight bytes at from give the values of their low halves, in Y6, and of their high halves, in Y7, with the fifth bits that
// the lowest bits of AX and BX are. Y13 to Y15 hold 0 to 7, 16s and 15s.
#define FIVEBITS(from) \
	VMOVD        AX, X4        \
	VMOVD        BX, X5        \
	VPBROADCASTD X4, Y4        \
	VPBROADCASTD X5, Y5        \
	VPSRLVD      Y13, Y4, Y4   \
	VPSRLVD      Y13, Y5, Y5   \
	VPSLLD       $4, Y4, Y4    \
	VPSLLD       $4, Y5, Y5    \
	VPAND        Y14, Y4, Y4   \
	VPAND        Y14, Y5, Y5   \
	VPMOVZXBD    from, Y6      \
	VPSRLD       $4, Y6, Y7    \
	VPAND        Y15, Y6, Y6   \
	VPOR         Y4, Y6, Y6    \
	VPOR         Y5, Y7, Y7

// func unpackQ50(dst *float32, src *byte, blocks int)
TEXT ·unpackQ50(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), R8
	VMOVDQU      masks<>+0(SB), Y13
	VPBROADCASTD masks<>+36(SB), Y14
	VPBROADCASTD masks<>+32(SB), Y15

loop:
	HALF(0(SI), X3, Y3)
	MOVL      2(SI), AX
	MOVL      AX, BX
	SHRL      $16, BX
	FIVEBITS(6(SI))
	VPSUBD    Y14, Y6, Y6
	VPSUBD    Y14, Y7, Y7
	VCVTDQ2PS Y6, Y6
	VCVTDQ2PS Y7, Y7
	VMULPS    Y3, Y6, Y6
	VMULPS    Y3, Y7, Y7
	VMOVUPS   Y6, 0(DI)
	VMOVUPS   Y7, 64(DI)
	SHRL      $8, AX
	SHRL      $8, BX
	FIVEBITS(14(SI))
	VPSUBD    Y14, Y6, Y6
	VPSUBD    Y14, Y7, Y7
	VCVTDQ2PS Y6, Y6
	VCVTDQ2PS Y7, Y7
	VMULPS    Y3, Y6, Y6
	VMULPS    Y3, Y7, Y7
	VMOVUPS   Y6, 32(DI)
	VMOVUPS   Y7, 96(DI)
	ADDQ      $22, SI
	ADDQ      $128, DI
	DECQ      R8
	JNZ       loop
	VZEROUPPER
	RET

// func unpackQ51(dst *float32, src *byte, blocks int)
TEXT ·unpackQ51(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), R8
	VMOVDQU      masks<>+0(SB), Y13
	VPBROADCASTD masks<>+36(SB), Y14
	VPBROADCASTD masks<>+32(SB), Y15

loop:
	HALF(0(SI), X3, Y3)
	HALF(2(SI), X2, Y2)
	MOVL        4(SI), AX
	MOVL        AX, BX
	SHRL        $16, BX
	FIVEBITS(8(SI))
	VCVTDQ2PS   Y6, Y6
	VCVTDQ2PS   Y7, Y7
	VFMADD213PS Y2, Y3, Y6
	VFMADD213PS Y2, Y3, Y7
	VMOVUPS     Y6, 0(DI)
	VMOVUPS     Y7, 64(DI)
	SHRL        $8, AX
	SHRL        $8, BX
	FIVEBITS(16(SI))
	VCVTDQ2PS   Y6, Y6
	VCVTDQ2PS   Y7, Y7
	VFMADD213PS Y2, Y3, Y6
	VFMADD213PS Y2, Y3, Y7
	VMOVUPS     Y6, 32(DI)
	VMOVUPS     Y7, 96(DI)
	ADDQ        $24, SI
	ADDQ        $128, DI
	DECQ        R8
	JNZ         loop
	VZEROUPPER
	RET

// func unpackQ41(dst *float32, src *byte, blocks int)
TEXT ·unpackQ41(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         blocks+16(FP), R8
	VPBROADCASTD masks<>+32(SB), Y15

loop:
	HALF(0(SI), X3, Y3)
	HALF(2(SI), X2, Y2)
	VPMOVZXBD   4(SI), Y4
	VPMOVZXBD   12(SI), Y5
	VPSRLD      $4, Y4, Y6
	VPSRLD      $4, Y5, Y7
	VPAND       Y15, Y4, Y4
	VPAND       Y15, Y5, Y5
	VCVTDQ2PS   Y4, Y4
	VCVTDQ2PS   Y5, Y5
	VCVTDQ2PS   Y6, Y6
	VCVTDQ2PS   Y7, Y7
	VFMADD213PS Y2, Y3, Y4
	VFMADD213PS Y2, Y3, Y5
	VFMADD213PS Y2, Y3, Y6
	VFMADD213PS Y2, Y3, Y7
	VMOVUPS     Y4, 0(DI)
	VMOVUPS     Y5, 32(DI)
	VMOVUPS     Y6, 64(DI)
	VMOVUPS     Y7, 96(DI)
	ADDQ        $20, SI
	ADDQ        $128, DI
	DECQ        R8
	JNZ         loop
	VZEROUPPER
	RET

// Eight bytes at from pick eight values for low and eight for high out of the lower eight in Y12 and the upper in Y13.
#define PICK8(from, low, high) \
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

// func unpackIQ4(dst *float32, src *byte, blocks int)
TEXT ·unpackIQ4(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS iq4Levels<>+0(SB), Y14
	VMOVUPS iq4Levels<>+32(SB), Y15

loop:
	HALF(0(SI), X3, Y3)
	VMULPS Y14, Y3, Y12
	VMULPS Y15, Y3, Y13
	PICK8(2(SI), 0(DI), 64(DI))
	PICK8(10(SI), 32(DI), 96(DI))
	ADDQ   $18, SI
	ADDQ   $128, DI
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET

// func unpackMXFP4(dst *float32, src *byte, blocks int)
TEXT ·unpackMXFP4(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS mxfp4Levels<>+0(SB), Y14
	VMOVUPS mxfp4Levels<>+32(SB), Y15

loop:
	E8M0(Y3)
	VMULPS Y14, Y3, Y12
	VMULPS Y15, Y3, Y13
	PICK8(1(SI), 0(DI), 64(DI))
	PICK8(9(SI), 32(DI), 96(DI))
	ADDQ   $17, SI
	ADDQ   $128, DI
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET

// A group's step d·(scale-32) of IQ4_XS, in every lane of to: its low half is the lowest of R10, its high bits are the
// lowest of R11, and both move on. X2 holds d.
#define XSSTEP(to) \
	MOVL         R10, AX      \
	ANDL         $15, AX      \
	SHRL         $4, R10      \
	MOVL         R11, BX      \
	ANDL         $3, BX       \
	SHRL         $2, R11      \
	SHLL         $4, BX       \
	ORL          BX, AX       \
	SUBL         $32, AX      \
	VXORPS       X3, X3, X3   \
	VCVTSI2SSL   AX, X3, X3   \
	VMULSS       X2, X3, X3   \
	VBROADCASTSS X3, to

// func unpackIQ4XS(dst *float32, src *byte, blocks int)
TEXT ·unpackIQ4XS(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS iq4Levels<>+0(SB), Y14
	VMOVUPS iq4Levels<>+32(SB), Y15

loop:
	HALF(0(SI), X2, Y2)
	MOVWLZX 2(SI), R11
	MOVL    4(SI), R10
	ADDQ    $8, SI
	MOVQ    $8, R12

group:
	XSSTEP(Y3)
	VMULPS Y14, Y3, Y12
	VMULPS Y15, Y3, Y13
	PICK8(0(SI), 0(DI), 64(DI))
	PICK8(8(SI), 32(DI), 96(DI))
	ADDQ   $16, SI
	ADDQ   $128, DI
	DECQ   R12
	JNZ    group
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET

// func unpackIQ4XSx16(dst *float32, src *byte, blocks int)
TEXT ·unpackIQ4XSx16(SB), NOSPLIT, $0-24
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    blocks+16(FP), R8
	VMOVUPS iq4Levels<>+0(SB), Z15

loop:
	HALF(0(SI), X2, Y2)
	MOVWLZX 2(SI), R11
	MOVL    4(SI), R10
	ADDQ    $8, SI
	MOVQ    $8, R12

group:
	XSSTEP(Z3)
	VMULPS Z15, Z3, Z3
	PICK32(0(SI))
	ADDQ   $16, SI
	ADDQ   $128, DI
	DECQ   R12
	JNZ    group
	DECQ   R8
	JNZ    loop
	VZEROUPPER
	RET
