//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// func neonRound(dst *byte, step int, x *float32, groups int, offset int32, split uint32)
// Writes the records of 32·groups values, step bytes apart.
TEXT ·neonRound(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  step+8(FP), R1
	MOVD  x+16(FP), R2
	MOVD  groups+24(FP), R3
	MOVW  offset+32(FP), R4
	MOVWU split+36(FP), R5
	MOVD  $0x7f800000, R6 // infinity
	MOVD  $0x42fe0000, R7 // 127
	FMOVS R7, F26
	MOVD  $0x7fffffff, R7
	VDUP  R7, V27.S4

group:
	FLDPQ.P 32(R2), (F0, F1)
	FLDPQ.P 32(R2), (F2, F3)
	FLDPQ.P 32(R2), (F4, F5)
	FLDPQ.P 32(R2), (F6, F7)

	// The largest size: sizes of floats are ordered as their bits are.
	VAND    V27.B16, V0.B16, V16.B16
	VAND    V27.B16, V1.B16, V17.B16
	VAND    V27.B16, V2.B16, V18.B16
	VAND    V27.B16, V3.B16, V19.B16
	VAND    V27.B16, V4.B16, V20.B16
	VAND    V27.B16, V5.B16, V21.B16
	VAND    V27.B16, V6.B16, V22.B16
	VAND    V27.B16, V7.B16, V23.B16
	VUMAX   V17.S4, V16.S4, V16.S4
	VUMAX   V19.S4, V18.S4, V18.S4
	VUMAX   V21.S4, V20.S4, V20.S4
	VUMAX   V23.S4, V22.S4, V22.S4
	VUMAX   V18.S4, V16.S4, V16.S4
	VUMAX   V22.S4, V20.S4, V20.S4
	VUMAX   V20.S4, V16.S4, V16.S4
	UMAXVS(16, 16)
	FMOVS   F16, R8
	CMPW    R6, R8
	BHS     notFinite
	FDIVS   F16, F26, F17 // 127/size
	FMOVS   F17, R9
	CMPW    R6, R9
	BEQ     zeros
	FDIVS   F26, F16, F18 // d

	FMUL4SI(0, 0, 17, 0)
	FMUL4SI(1, 1, 17, 0)
	FMUL4SI(2, 2, 17, 0)
	FMUL4SI(3, 3, 17, 0)
	FMUL4SI(4, 4, 17, 0)
	FMUL4SI(5, 5, 17, 0)
	FMUL4SI(6, 6, 17, 0)
	FMUL4SI(7, 7, 17, 0)
	FCVTNS4S(0, 0)
	FCVTNS4S(1, 1)
	FCVTNS4S(2, 2)
	FCVTNS4S(3, 3)
	FCVTNS4S(4, 4)
	FCVTNS4S(5, 5)
	FCVTNS4S(6, 6)
	FCVTNS4S(7, 7)

	// The low bytes alone: all are within ±127.
	VUZP1   V1.H8, V0.H8, V0.H8
	VUZP1   V3.H8, V2.H8, V2.H8
	VUZP1   V5.H8, V4.H8, V4.H8
	VUZP1   V7.H8, V6.H8, V6.H8
	VUZP1   V2.B16, V0.B16, V0.B16
	VUZP1   V6.B16, V4.B16, V1.B16
	SADDLVH(2, 0)
	SADDLVH(3, 1)
	FMOVS   F2, R8
	FMOVS   F3, R9
	MOVH    R8, R8
	MOVH    R9, R9
	ADD     R8, R9, R10
	SCVTFWS R10, F19
	FMULS   F18, F19, F19
	MNEGW   R4, R8, R8
	MNEGW   R4, R9, R9

write:
	FSTPQ   (F0, F1), (R0)
	CBNZ    R5, apart
	ADD     R9, R8, R8

apart:
	FMOVS   F18, 32(R0)
	MOVW    R8, 36(R0)
	MOVW    R9, 40(R0)
	FMOVS   F19, 44(R0)
	ADD     R1, R0
	SUBS    $1, R3
	BNE     group
	RET

notFinite: // d is not a number
	MOVD    $0x7fc00000, R8
	FMOVS   R8, F18
	FMOVS   R8, F19
	B       nothing

zeros:
	FMOVS   ZR, F18
	FMOVS   ZR, F19

nothing:
	VEOR    V0.B16, V0.B16, V0.B16
	VEOR    V1.B16, V1.B16, V1.B16
	MOVD    ZR, R8
	MOVD    ZR, R9
	B       write
