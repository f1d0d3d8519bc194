//go:build amd64

#include "textflag.h"
#include "sum_amd64.h"
#include "exp_avx2_amd64.h"

// Vector kernels for AVX2 and FMA. Each works on n values, n a positive multiple of 8 (or whole blocks); the Go
// wrappers in vec_amd64.go finish the tail.

// Constants of e^x, of AVX2 and AVX-512: the polynomial of Moshier's Cephes expf, on r = x - n·ln 2 in two parts.
DATA ·expc+0(SB)/4, $0x42b00a3d  // 88.02
DATA ·expc+4(SB)/4, $0xc2aea8f6  // -87.33
DATA ·expc+8(SB)/4, $0x3fb8aa3b  // 1/ln 2
DATA ·expc+12(SB)/4, $0x3f318000 // ln 2, high
DATA ·expc+16(SB)/4, $0xb95e8083 // ln 2, low
DATA ·expc+20(SB)/4, $0x39506967
DATA ·expc+24(SB)/4, $0x3ab743ce
DATA ·expc+28(SB)/4, $0x3c088908
DATA ·expc+32(SB)/4, $0x3d2aa9c1
DATA ·expc+36(SB)/4, $0x3e2aaaaa
DATA ·expc+40(SB)/4, $0x3f000000
DATA ·expc+44(SB)/4, $0x3f800000 // 1
DATA ·expc+48(SB)/4, $0x0000007f // 127
DATA ·expc+52(SB)/4, $0x80000000 // sign
GLOBL ·expc(SB), RODATA|NOPTR, $56

// func expSum8(dst, src *float32, n int, sub float32) float32
TEXT ·expSum8(SB), NOSPLIT, $32-36
	MOVQ   dst+0(FP), DI
	MOVQ   src+8(FP), SI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0
	VMOVUPS Y0, sum-32(SP)
	EXPCONSTS

loop:
	VBROADCASTSS sub+24(FP), Y3
	VMOVUPS      (SI), Y0
	VSUBPS       Y3, Y0, Y0
	EXP
	VMOVUPS      Y0, (DI)
	VADDPS       sum-32(SP), Y0, Y0
	VMOVUPS      Y0, sum-32(SP)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          loop
	HSUM
	VMOVSS       X0, ret+32(FP)
	VZEROUPPER
	RET

// func silu8(y, gate, u *float32, n int)
TEXT ·silu8(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ gate+8(FP), SI
	MOVQ u+16(FP), BX
	MOVQ n+24(FP), CX
	EXPCONSTS

loop:
	VBROADCASTSS ·expc+52(SB), Y3
	VXORPS       (SI), Y3, Y0
	EXP
	VADDPS       Y15, Y0, Y0
	VMOVUPS      (SI), Y1
	VMULPS       (BX), Y1, Y1
	VDIVPS       Y0, Y1, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, SI
	ADDQ         $32, BX
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET

// func siluBack8(dg, du, dy, gate, u *float32, n int)
// s = 1/(1+e^-g); du = dy·g·s; dg = dy·u·s·(1 + g·(1-s))
TEXT ·siluBack8(SB), NOSPLIT, $0-48
	MOVQ dg+0(FP), DI
	MOVQ du+8(FP), DX
	MOVQ dy+16(FP), R8
	MOVQ gate+24(FP), SI
	MOVQ u+32(FP), BX
	MOVQ n+40(FP), CX
	EXPCONSTS

loop:
	VBROADCASTSS ·expc+52(SB), Y3
	VXORPS       (SI), Y3, Y0
	EXP
	VADDPS       Y15, Y0, Y0
	VDIVPS       Y0, Y15, Y0
	VMULPS       (R8), Y0, Y1
	VMOVUPS      (SI), Y2
	VSUBPS       Y0, Y15, Y3
	VFMADD213PS  Y15, Y2, Y3
	VMULPS       (BX), Y1, Y0
	VMULPS       Y3, Y0, Y0
	VMULPS       Y2, Y1, Y1
	VMOVUPS      Y0, (DI)
	VMOVUPS      Y1, (DX)
	ADDQ         $32, SI
	ADDQ         $32, BX
	ADDQ         $32, DI
	ADDQ         $32, DX
	ADDQ         $32, R8
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET

// func dot8(a, b *float32, n int) float32
TEXT ·dot8(SB), NOSPLIT, $0-28
	MOVQ   a+0(FP), SI
	MOVQ   b+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3

quad:
	CMPQ CX, $32
	JLT  single
	VMOVUPS     (SI), Y4
	VMOVUPS     32(SI), Y5
	VMOVUPS     64(SI), Y6
	VMOVUPS     96(SI), Y7
	VFMADD231PS (DI), Y4, Y0
	VFMADD231PS 32(DI), Y5, Y1
	VFMADD231PS 64(DI), Y6, Y2
	VFMADD231PS 96(DI), Y7, Y3
	ADDQ        $128, SI
	ADDQ        $128, DI
	SUBQ        $32, CX
	JMP         quad

single:
	TESTQ CX, CX
	JZ    done
	VMOVUPS     (SI), Y4
	VFMADD231PS (DI), Y4, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
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

// func axpy8(y, x *float32, n int, alpha float32)
TEXT ·axpy8(SB), NOSPLIT, $0-28
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS alpha+24(FP), Y1

loop:
	VMOVUPS     (DI), Y0
	VFMADD231PS (SI), Y1, Y0
	VMOVUPS     Y0, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         loop
	VZEROUPPER
	RET

// func mulScale8(y, x, w *float32, n int, alpha float32)
// y = alpha·x ⊙ w
TEXT ·mulScale8(SB), NOSPLIT, $0-36
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         w+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS alpha+32(FP), Y1

loop:
	VMULPS  (SI), Y1, Y0
	VMULPS  (BX), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, BX
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func addMulScale8(y, x, w *float32, n int, alpha float32)
// y += alpha·x ⊙ w
TEXT ·addMulScale8(SB), NOSPLIT, $0-36
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         w+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS alpha+32(FP), Y1

loop:
	VMULPS      (SI), Y1, Y0
	VMOVUPS     (DI), Y2
	VFMADD231PS (BX), Y0, Y2
	VMOVUPS     Y2, (DI)
	ADDQ        $32, SI
	ADDQ        $32, BX
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         loop
	VZEROUPPER
	RET

// func dotMul8(a, b, c *float32, n int) float32
// Σ a ⊙ b ⊙ c
TEXT ·dotMul8(SB), NOSPLIT, $0-36
	MOVQ   a+0(FP), SI
	MOVQ   b+8(FP), DI
	MOVQ   c+16(FP), BX
	MOVQ   n+24(FP), CX
	VXORPS Y0, Y0, Y0

loop:
	VMOVUPS     (SI), Y1
	VMULPS      (DI), Y1, Y1
	VFMADD231PS (BX), Y1, Y0
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, BX
	SUBQ        $8, CX
	JNZ         loop
	HSUM
	VMOVSS      X0, ret+32(FP)
	VZEROUPPER
	RET

// func rope8(a, b, cos, sin *float32, n int, sign float32)
// (a, b) = (a·cos - b·sign·sin, b·cos + a·sign·sin)
TEXT ·rope8(SB), NOSPLIT, $0-44
	MOVQ         a+0(FP), DI
	MOVQ         b+8(FP), SI
	MOVQ         cos+16(FP), BX
	MOVQ         sin+24(FP), DX
	MOVQ         n+32(FP), CX
	VBROADCASTSS sign+40(FP), Y7

loop:
	VMOVUPS      (DI), Y0
	VMOVUPS      (SI), Y1
	VMOVUPS      (BX), Y2
	VMULPS       (DX), Y7, Y3
	VMULPS       Y2, Y0, Y4
	VFNMADD231PS Y3, Y1, Y4
	VMULPS       Y2, Y1, Y5
	VFMADD231PS  Y3, Y0, Y5
	VMOVUPS      Y4, (DI)
	VMOVUPS      Y5, (SI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	ADDQ         $32, BX
	ADDQ         $32, DX
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET

// func max8(x *float32, n int) float32
TEXT ·max8(SB), NOSPLIT, $0-20
	MOVQ    x+0(FP), SI
	MOVQ    n+8(FP), CX
	VMOVUPS (SI), Y0

loop:
	VMAXPS       (SI), Y0, Y0
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          loop
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0x4e, X0, X1
	VMAXPS       X1, X0, X0
	VPERMILPS    $0xb1, X0, X1
	VMAXPS       X1, X0, X0
	VMOVSS       X0, ret+16(FP)
	VZEROUPPER
	RET

// func sumSquares8(x *float32, n int) float64
TEXT ·sumSquares8(SB), NOSPLIT, $0-24
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD    (SI), Y2
	VCVTPS2PD    16(SI), Y3
	VFMADD231PD  Y2, Y2, Y0
	VFMADD231PD  Y3, Y3, Y1
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          loop
	VADDPD       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VADDSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET

// func sum8(x *float32, n int) float64
TEXT ·sum8(SB), NOSPLIT, $0-24
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD    (SI), Y2
	VCVTPS2PD    16(SI), Y3
	VADDPD       Y2, Y0, Y0
	VADDPD       Y3, Y1, Y1
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          loop
	VADDPD       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VADDSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET

// func subScale8(y, x *float32, n int, sub, alpha float32)
// y = (x - sub)·alpha
TEXT ·subScale8(SB), NOSPLIT, $0-32
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS sub+24(FP), Y1
	VBROADCASTSS alpha+28(FP), Y2

loop:
	VMOVUPS (SI), Y0
	VSUBPS  Y1, Y0, Y0
	VMULPS  Y2, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     loop
	VZEROUPPER
	RET

// func capSlope8(y, capped *float32, n int, inverse float32)
// y *= 1 - (capped·inverse)²
TEXT ·capSlope8(SB), NOSPLIT, $0-28
	MOVQ         y+0(FP), DI
	MOVQ         capped+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS inverse+24(FP), Y1
	VBROADCASTSS ·expc+44(SB), Y2

loop:
	VMULPS       (SI), Y1, Y0
	VMOVAPS      Y2, Y3
	VFNMADD231PS Y0, Y0, Y3
	VMULPS       (DI), Y3, Y3
	VMOVUPS      Y3, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET

// func adamw8(p, grad, m, v *float32, n int, k *adamK)
TEXT ·adamw8(SB), NOSPLIT, $0-48
	MOVQ         p+0(FP), DI
	MOVQ         grad+8(FP), SI
	MOVQ         m+16(FP), BX
	MOVQ         v+24(FP), DX
	MOVQ         n+32(FP), CX
	MOVQ         k+40(FP), AX
	VBROADCASTSS 0(AX), Y8   // gradient scale
	VBROADCASTSS 4(AX), Y9   // beta1
	VBROADCASTSS 8(AX), Y10  // 1-beta1
	VBROADCASTSS 12(AX), Y11 // beta2
	VBROADCASTSS 16(AX), Y12 // 1-beta2
	VBROADCASTSS 20(AX), Y13 // lr/(1-beta1^t)
	VBROADCASTSS 24(AX), Y14 // 1/sqrt(1-beta2^t)
	VBROADCASTSS 28(AX), Y15 // eps
	VBROADCASTSS 32(AX), Y7  // 1-lr·decay

loop:
	VMULPS      (SI), Y8, Y0
	VMULPS      (BX), Y9, Y1
	VFMADD231PS Y0, Y10, Y1
	VMOVUPS     Y1, (BX)
	VMULPS      (DX), Y11, Y2
	VMULPS      Y0, Y0, Y0
	VFMADD231PS Y0, Y12, Y2
	VMOVUPS     Y2, (DX)
	VSQRTPS     Y2, Y2
	VFMADD213PS Y15, Y14, Y2
	VMULPS      Y13, Y1, Y1
	VDIVPS      Y2, Y1, Y1
	VMULPS      (DI), Y7, Y0
	VSUBPS      Y1, Y0, Y0
	VMOVUPS     Y0, (DI)
	ADDQ        $32, DI
	ADDQ        $32, SI
	ADDQ        $32, BX
	ADDQ        $32, DX
	SUBQ        $8, CX
	JNZ         loop
	VZEROUPPER
	RET

// func pause(n int)
// Waits n turns of a spin loop, telling the core so.
TEXT ·pause(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX

again:
	PAUSE
	DECQ CX
	JNZ  again
	RET
