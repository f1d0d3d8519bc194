//go:build amd64

#include "textflag.h"

// Records of rounded x, with AVX2. Sizes of floats are compared as integers, which sorts what is not finite above all else.

DATA span<>+0(SB)/4, $127.0
GLOBL span<>(SB), RODATA|NOPTR, $4

// Dwords of four bytes, in the order that packing within halves of a register leaves them in, put right.
DATA unpacked<>+0(SB)/4, $0
DATA unpacked<>+4(SB)/4, $4
DATA unpacked<>+8(SB)/4, $1
DATA unpacked<>+12(SB)/4, $5
DATA unpacked<>+16(SB)/4, $2
DATA unpacked<>+20(SB)/4, $6
DATA unpacked<>+24(SB)/4, $3
DATA unpacked<>+28(SB)/4, $7
GLOBL unpacked<>(SB), RODATA|NOPTR, $32

// func avx2Round(dst *byte, step int, x *float32, groups int, offset, split int32)
TEXT ·avx2Round(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         step+8(FP), DX
	MOVQ         x+16(FP), SI
	MOVQ         groups+24(FP), CX
	MOVL         offset+32(FP), R8
	NEGL         R8
	VMOVD        R8, X14
	VPBROADCASTD X14, X14               // -offset
	MOVL         split+36(FP), R8
	DECL         R8
	VMOVD        R8, X13                // lane 0 all ones where the sum of the halves is wanted
	VMOVDQU      unpacked<>(SB), Y12
	VMOVSS       span<>(SB), X11
	VPCMPEQD     Y15, Y15, Y15
	VPSRLD       $1, Y15, Y15           // all but the sign

group:
	VMOVUPS      0(SI), Y0
	VMOVUPS      32(SI), Y1
	VMOVUPS      64(SI), Y2
	VMOVUPS      96(SI), Y3
	VPAND        Y15, Y0, Y4
	VPAND        Y15, Y1, Y5
	VPAND        Y15, Y2, Y6
	VPAND        Y15, Y3, Y7
	VPMAXUD      Y5, Y4, Y4
	VPMAXUD      Y7, Y6, Y6
	VPMAXUD      Y6, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPMAXUD      X5, X4, X4
	VPSHUFD      $0x4e, X4, X5
	VPMAXUD      X5, X4, X4
	VPSHUFD      $0xb1, X4, X5
	VPMAXUD      X5, X4, X4             // the largest size
	VMOVD        X4, AX
	CMPL         AX, $0x7f800000
	JAE          bad
	VDIVSS       X4, X11, X7            // 127 / size
	VDIVSS       X11, X4, X8            // d
	VMOVD        X7, AX
	CMPL         AX, $0x7f800000
	JEQ          tiny
	VBROADCASTSS X7, Y7
	VMULPS       Y7, Y0, Y0
	VMULPS       Y7, Y1, Y1
	VMULPS       Y7, Y2, Y2
	VMULPS       Y7, Y3, Y3
	VCVTPS2DQ    Y0, Y0
	VCVTPS2DQ    Y1, Y1
	VCVTPS2DQ    Y2, Y2
	VCVTPS2DQ    Y3, Y3
	VPADDD       Y1, Y0, Y4
	VPADDD       Y3, Y2, Y5
	VPHADDD      Y5, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPADDD       X5, X4, X4
	VPHADDD      X4, X4, X4             // sums of the halves: low, high, low, high
	VPSHUFD      $0xb1, X4, X5
	VPADDD       X5, X4, X6
	VCVTDQ2PS    X6, X6
	VMULSS       X8, X6, X6
	VPAND        X13, X5, X5
	VPADDD       X5, X4, X4
	VPMULLD      X14, X4, X4
	VPACKSSDW    Y1, Y0, Y0
	VPACKSSDW    Y3, Y2, Y2
	VPACKSSWB    Y2, Y0, Y0
	VPERMD       Y0, Y12, Y0
	VMOVDQU      Y0, 0(DI)
	VMOVSS       X8, 32(DI)
	VMOVQ        X4, 36(DI)
	VMOVSS       X6, 44(DI)

next:
	ADDQ $128, SI
	ADDQ DX, DI
	DECQ CX
	JNZ  group
	VZEROUPPER
	RET

tiny:
	VPXOR   Y0, Y0, Y0
	VMOVDQU Y0, 0(DI)
	VMOVDQU X0, 32(DI)
	JMP     next

bad:
	VPXOR   Y0, Y0, Y0
	VMOVDQU Y0, 0(DI)
	MOVL    $0x7fc00000, AX
	MOVL    AX, 32(DI)
	MOVQ    $0, 36(DI)
	MOVL    AX, 44(DI)
	JMP     next
