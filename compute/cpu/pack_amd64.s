//go:build amd64

#include "textflag.h"

// Packing of the matrix product's operands.

// func transpose8(dst *float32, dstStride int, rows *[8]*float32, groups int)
// Turns 8 rows of 8·groups values into 8·groups runs of 8 values, dstStride values apart.
TEXT ·transpose8(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), DX
	SHLQ $2, DX
	MOVQ rows+16(FP), BX
	MOVQ groups+24(FP), CX
	MOVQ 0(BX), R8
	MOVQ 8(BX), R9
	MOVQ 16(BX), R10
	MOVQ 24(BX), R11
	MOVQ 32(BX), R12
	MOVQ 40(BX), R13
	MOVQ 48(BX), AX
	MOVQ 56(BX), SI
	XORQ BX, BX

group:
	VMOVUPS    (R8)(BX*1), Y0
	VMOVUPS    (R9)(BX*1), Y1
	VMOVUPS    (R10)(BX*1), Y2
	VMOVUPS    (R11)(BX*1), Y3
	VMOVUPS    (R12)(BX*1), Y4
	VMOVUPS    (R13)(BX*1), Y5
	VMOVUPS    (AX)(BX*1), Y6
	VMOVUPS    (SI)(BX*1), Y7
	ADDQ       $32, BX
	VUNPCKLPS  Y1, Y0, Y8
	VUNPCKHPS  Y1, Y0, Y9
	VUNPCKLPS  Y3, Y2, Y10
	VUNPCKHPS  Y3, Y2, Y11
	VUNPCKLPS  Y5, Y4, Y12
	VUNPCKHPS  Y5, Y4, Y13
	VUNPCKLPS  Y7, Y6, Y14
	VUNPCKHPS  Y7, Y6, Y15
	VUNPCKLPD  Y10, Y8, Y0
	VUNPCKHPD  Y10, Y8, Y1
	VUNPCKLPD  Y11, Y9, Y2
	VUNPCKHPD  Y11, Y9, Y3
	VUNPCKLPD  Y14, Y12, Y4
	VUNPCKHPD  Y14, Y12, Y5
	VUNPCKLPD  Y15, Y13, Y6
	VUNPCKHPD  Y15, Y13, Y7
	VPERM2F128 $0x20, Y4, Y0, Y8
	VPERM2F128 $0x20, Y5, Y1, Y9
	VPERM2F128 $0x20, Y6, Y2, Y10
	VPERM2F128 $0x20, Y7, Y3, Y11
	VPERM2F128 $0x31, Y4, Y0, Y12
	VPERM2F128 $0x31, Y5, Y1, Y13
	VPERM2F128 $0x31, Y6, Y2, Y14
	VPERM2F128 $0x31, Y7, Y3, Y15
	VMOVUPS    Y8, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y9, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y10, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y11, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y12, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y13, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y14, (DI)
	ADDQ       DX, DI
	VMOVUPS    Y15, (DI)
	ADDQ       DX, DI
	DECQ       CX
	JNZ        group
	VZEROUPPER
	RET

// func spread4(dst *float32, stride int, src *float32, panels, fours int)
// Copies panels runs of 4·fours values, one after the other in src, to places in dst that lie stride values apart.
TEXT ·spread4(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ stride+8(FP), DX
	SHLQ $2, DX
	MOVQ src+16(FP), SI
	MOVQ panels+24(FP), CX
	MOVQ fours+32(FP), R8

panel:
	MOVQ DI, BX
	MOVQ R8, AX

eight:
	CMPQ    AX, $2
	JLT     four
	VMOVUPS (SI), Y0
	VMOVUPS Y0, (BX)
	ADDQ    $32, SI
	ADDQ    $32, BX
	SUBQ    $2, AX
	JMP     eight

four:
	TESTQ   AX, AX
	JZ      next
	VMOVUPS (SI), X0
	VMOVUPS X0, (BX)
	ADDQ    $16, SI

next:
	ADDQ DX, DI
	DECQ CX
	JNZ  panel
	VZEROUPPER
	RET

// func prefetch(p *byte, n int)
TEXT ·prefetch(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

line:
	PREFETCHT0 (SI)
	ADDQ       $64, SI
	SUBQ       $64, CX
	JG         line
	RET
