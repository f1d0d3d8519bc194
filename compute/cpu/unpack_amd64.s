//go:build amd64

#include "textflag.h"
#include "sum_amd64.h"

// Kernels for weights in their resting types, for AVX2, FMA and F16C: products with a row, and rows unpacked to float32.
// n is a positive multiple of 8, or whole blocks are counted; the Go wrappers in unpack_amd64.go finish the tail.

// func dotF16x8(x *float32, w *byte, n int) float32
TEXT ·dotF16x8(SB), NOSPLIT, $0-28
	MOVQ   x+0(FP), SI
	MOVQ   w+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3

quad:
	CMPQ CX, $32
	JLT  single
	PREFETCHT0  4096(DI)
	VCVTPH2PS   (DI), Y4
	VCVTPH2PS   16(DI), Y5
	VCVTPH2PS   32(DI), Y6
	VCVTPH2PS   48(DI), Y7
	VFMADD231PS (SI), Y4, Y0
	VFMADD231PS 32(SI), Y5, Y1
	VFMADD231PS 64(SI), Y6, Y2
	VFMADD231PS 96(SI), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $64, DI
	SUBQ        $32, CX
	JMP         quad

single:
	TESTQ CX, CX
	JZ    done
	VCVTPH2PS   (DI), Y4
	VFMADD231PS (SI), Y4, Y0
	ADDQ        $32, SI
	ADDQ        $16, DI
	SUBQ        $8, CX
	JMP         single

done:
	VADDPS Y1, Y0, Y0
	VADDPS Y3, Y2, Y2
	VADDPS Y2, Y0, Y0
	HSUM
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// func dotBF16x8(x *float32, w *byte, n int) float32
TEXT ·dotBF16x8(SB), NOSPLIT, $0-28
	MOVQ   x+0(FP), SI
	MOVQ   w+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3

quad:
	CMPQ CX, $32
	JLT  single
	PREFETCHT0  4096(DI)
	VPMOVZXWD   (DI), Y4
	VPMOVZXWD   16(DI), Y5
	VPMOVZXWD   32(DI), Y6
	VPMOVZXWD   48(DI), Y7
	VPSLLD      $16, Y4, Y4
	VPSLLD      $16, Y5, Y5
	VPSLLD      $16, Y6, Y6
	VPSLLD      $16, Y7, Y7
	VFMADD231PS (SI), Y4, Y0
	VFMADD231PS 32(SI), Y5, Y1
	VFMADD231PS 64(SI), Y6, Y2
	VFMADD231PS 96(SI), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $64, DI
	SUBQ        $32, CX
	JMP         quad

single:
	TESTQ CX, CX
	JZ    done
	VPMOVZXWD   (DI), Y4
	VPSLLD      $16, Y4, Y4
	VFMADD231PS (SI), Y4, Y0
	ADDQ        $32, SI
	ADDQ        $16, DI
	SUBQ        $8, CX
	JMP         single

done:
	VADDPS Y1, Y0, Y0
	VADDPS Y3, Y2, Y2
	VADDPS Y2, Y0, Y0
	HSUM
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// func dotQ8(x *float32, w *byte, blocks int) float32
TEXT ·dotQ8(SB), NOSPLIT, $0-28
	MOVQ   x+0(FP), SI
	MOVQ   w+8(FP), DI
	MOVQ   blocks+16(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1

loop:
	MOVWLZX      (DI), AX
	VMOVD        AX, X3
	VCVTPH2PS    X3, X3
	VBROADCASTSS X3, Y3
	VPMOVSXBD    2(DI), Y4
	VPMOVSXBD    10(DI), Y5
	VPMOVSXBD    18(DI), Y6
	VPMOVSXBD    26(DI), Y7
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VCVTDQ2PS    Y6, Y6
	VCVTDQ2PS    Y7, Y7
	VMULPS       (SI), Y4, Y4
	VMULPS       32(SI), Y5, Y5
	VFMADD231PS  64(SI), Y6, Y4
	VFMADD231PS  96(SI), Y7, Y5
	VFMADD231PS  Y3, Y4, Y0
	VFMADD231PS  Y3, Y5, Y1
	ADDQ         $34, DI
	ADDQ         $128, SI
	DECQ         CX
	JNZ          loop
	VADDPS       Y1, Y0, Y0
	HSUM
	VMOVSS       X0, ret+24(FP)
	VZEROUPPER
	RET

// func unpackF16x8(dst *float32, src *byte, n int)
TEXT ·unpackF16x8(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

quad:
	CMPQ       CX, $32
	JLT        single
	PREFETCHT0 2048(SI)
	VCVTPH2PS  (SI), Y0
	VCVTPH2PS  16(SI), Y1
	VCVTPH2PS  32(SI), Y2
	VCVTPH2PS  48(SI), Y3
	VMOVUPS    Y0, (DI)
	VMOVUPS    Y1, 32(DI)
	VMOVUPS    Y2, 64(DI)
	VMOVUPS    Y3, 96(DI)
	ADDQ       $64, SI
	ADDQ       $128, DI
	SUBQ       $32, CX
	JMP        quad

single:
	TESTQ     CX, CX
	JZ        done
	VCVTPH2PS (SI), Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JMP       single

done:
	VZEROUPPER
	RET

// func unpackBF16x8(dst *float32, src *byte, n int)
TEXT ·unpackBF16x8(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

quad:
	CMPQ       CX, $32
	JLT        single
	PREFETCHT0 2048(SI)
	VPMOVZXWD  (SI), Y0
	VPMOVZXWD  16(SI), Y1
	VPMOVZXWD  32(SI), Y2
	VPMOVZXWD  48(SI), Y3
	VPSLLD     $16, Y0, Y0
	VPSLLD     $16, Y1, Y1
	VPSLLD     $16, Y2, Y2
	VPSLLD     $16, Y3, Y3
	VMOVUPS    Y0, (DI)
	VMOVUPS    Y1, 32(DI)
	VMOVUPS    Y2, 64(DI)
	VMOVUPS    Y3, 96(DI)
	ADDQ       $64, SI
	ADDQ       $128, DI
	SUBQ       $32, CX
	JMP        quad

single:
	TESTQ     CX, CX
	JZ        done
	VPMOVZXWD (SI), Y0
	VPSLLD    $16, Y0, Y0
	VMOVUPS   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $8, CX
	JMP       single

done:
	VZEROUPPER
	RET

// func unpackQ8(dst *float32, src *byte, blocks int)
TEXT ·unpackQ8(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX

loop:
	MOVWLZX      (SI), AX
	VMOVD        AX, X3
	VCVTPH2PS    X3, X3
	VBROADCASTSS X3, Y3
	VPMOVSXBD    2(SI), Y4
	VPMOVSXBD    10(SI), Y5
	VPMOVSXBD    18(SI), Y6
	VPMOVSXBD    26(SI), Y7
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VCVTDQ2PS    Y6, Y6
	VCVTDQ2PS    Y7, Y7
	VMULPS       Y3, Y4, Y4
	VMULPS       Y3, Y5, Y5
	VMULPS       Y3, Y6, Y6
	VMULPS       Y3, Y7, Y7
	VMOVUPS      Y4, 0(DI)
	VMOVUPS      Y5, 32(DI)
	VMOVUPS      Y6, 64(DI)
	VMOVUPS      Y7, 96(DI)
	ADDQ         $34, SI
	ADDQ         $128, DI
	DECQ         CX
	JNZ          loop
	VZEROUPPER
	RET
