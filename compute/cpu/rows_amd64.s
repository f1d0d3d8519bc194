//go:build amd64

#include "textflag.h"
#include "sum_amd64.h"

// Attention of one query: products with rows that lie stride values apart. dim is a positive multiple of 8.

// One row of keys: acc += q · k.
#define KEY(addr, acc) VFMADD231PS addr, Y4, acc

// func dotRows8(dst, q, k *float32, n, dim, stride int, scale float32)
// dst[j] = scale · q·k_j for n rows, four at a time.
TEXT ·dotRows8(SB), NOSPLIT, $0-52
	MOVQ dst+0(FP), DI
	MOVQ k+16(FP), SI
	MOVQ n+24(FP), CX
	MOVQ stride+40(FP), DX
	SHLQ $2, DX
	LEAQ (DX)(DX*2), R8

four:
	CMPQ   CX, $4
	JLT    one
	MOVQ   q+8(FP), BX
	MOVQ   dim+32(FP), R9
	MOVQ   SI, AX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3

eight:
	VMOVUPS (BX), Y4
	KEY((AX), Y0)
	KEY((AX)(DX*1), Y1)
	KEY((AX)(DX*2), Y2)
	KEY((AX)(R8*1), Y3)
	ADDQ    $32, AX
	ADDQ    $32, BX
	SUBQ    $8, R9
	JNZ     eight

	// Sums of the four, side by side.
	VHADDPS      Y1, Y0, Y0
	VHADDPS      Y3, Y2, Y2
	VHADDPS      Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VBROADCASTSS scale+48(FP), X1
	VMULPS       X1, X0, X0
	VMOVUPS      X0, (DI)
	ADDQ         $16, DI
	LEAQ         (SI)(DX*4), SI
	SUBQ         $4, CX
	JMP          four

one:
	TESTQ  CX, CX
	JZ     done
	MOVQ   q+8(FP), BX
	MOVQ   dim+32(FP), R9
	MOVQ   SI, AX
	VXORPS Y0, Y0, Y0

last:
	VMOVUPS (BX), Y4
	KEY((AX), Y0)
	ADDQ    $32, AX
	ADDQ    $32, BX
	SUBQ    $8, R9
	JNZ     last

	// In the order of the four, so that a row's bits do not depend on its place.
	VHADDPS      Y0, Y0, Y0
	VHADDPS      Y0, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VMULSS       scale+48(FP), X0, X0
	VMOVSS       X0, (DI)
	ADDQ         $4, DI
	ADDQ         DX, SI
	DECQ         CX
	JMP          one

done:
	VZEROUPPER
	RET

// func sumRows8(y, p, v *float32, n, dim, stride int)
// y += Σ p_j · v_j over n rows: 32 values of y at a time, then 8.
TEXT ·sumRows8(SB), NOSPLIT, $0-48
	MOVQ y+0(FP), DI
	MOVQ v+16(FP), SI
	MOVQ dim+32(FP), R9
	MOVQ stride+40(FP), DX
	SHLQ $2, DX

wide:
	CMPQ    R9, $32
	JLT     narrow
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	MOVQ    p+8(FP), BX
	MOVQ    SI, AX
	MOVQ    n+24(FP), CX

wideRow:
	VBROADCASTSS (BX), Y4
	KEY((AX), Y0)
	KEY(32(AX), Y1)
	KEY(64(AX), Y2)
	KEY(96(AX), Y3)
	ADDQ         $4, BX
	ADDQ         DX, AX
	DECQ         CX
	JNZ          wideRow
	VMOVUPS      Y0, (DI)
	VMOVUPS      Y1, 32(DI)
	VMOVUPS      Y2, 64(DI)
	VMOVUPS      Y3, 96(DI)
	ADDQ         $128, DI
	ADDQ         $128, SI
	SUBQ         $32, R9
	JMP          wide

narrow:
	TESTQ   R9, R9
	JZ      end
	VMOVUPS (DI), Y0
	MOVQ    p+8(FP), BX
	MOVQ    SI, AX
	MOVQ    n+24(FP), CX

narrowRow:
	VBROADCASTSS (BX), Y4
	KEY((AX), Y0)
	ADDQ         $4, BX
	ADDQ         DX, AX
	DECQ         CX
	JNZ          narrowRow
	VMOVUPS      Y0, (DI)
	ADDQ         $32, DI
	ADDQ         $32, SI
	SUBQ         $8, R9
	JMP          narrow

end:
	VZEROUPPER
	RET
