//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// Rows of a weight that rests in a type of blocks. Each kernel works on whole blocks, one at least, of the layouts that
// package compute describes, and rounds where the plain twin does.

// Places to take 4 of 16 bytes from, each to the top of a lane; past the end, a byte becomes 0. An int32 that holds
// a byte at its top is the byte times 2^24, which the conversion to float32 divides out again.
DATA bytes<>+0(SB)/8, $0x01ffffff00ffffff
DATA bytes<>+8(SB)/8, $0x03ffffff02ffffff
DATA bytes<>+16(SB)/8, $0x05ffffff04ffffff
DATA bytes<>+24(SB)/8, $0x07ffffff06ffffff
DATA bytes<>+32(SB)/8, $0x09ffffff08ffffff
DATA bytes<>+40(SB)/8, $0x0bffffff0affffff
DATA bytes<>+48(SB)/8, $0x0dffffff0cffffff
DATA bytes<>+56(SB)/8, $0x0fffffff0effffff
GLOBL bytes<>(SB), RODATA|NOPTR, $64

// V28 to V31.
#define BYTEPLACES \
	MOVD $bytes<>(SB), R10 \
	VLD1 (R10), [V28.B16, V29.B16, V30.B16, V31.B16]

// The Q8_0 block at R1: its scale in V16's lowest lane, its bytes as floats in V20 to V27.
#define LOADQ8 \
	MOVHU  (R1), R3      \
	FMOVS  R3, F16       \
	FCVTHS F16, F16      \
	FMOVQ  2(R1), F17    \
	FMOVQ  18(R1), F18   \
	ADD    $34, R1       \
	VTBL   V28.B16, [V17.B16], V20.B16 \
	VTBL   V29.B16, [V17.B16], V21.B16 \
	VTBL   V30.B16, [V17.B16], V22.B16 \
	VTBL   V31.B16, [V17.B16], V23.B16 \
	VTBL   V28.B16, [V18.B16], V24.B16 \
	VTBL   V29.B16, [V18.B16], V25.B16 \
	VTBL   V30.B16, [V18.B16], V26.B16 \
	VTBL   V31.B16, [V18.B16], V27.B16 \
	SCVTF4SX(20, 20) \
	SCVTF4SX(21, 21) \
	SCVTF4SX(22, 22) \
	SCVTF4SX(23, 23) \
	SCVTF4SX(24, 24) \
	SCVTF4SX(25, 25) \
	SCVTF4SX(26, 26) \
	SCVTF4SX(27, 27)

// func dotQ8(x *float32, w *byte, blocks int) float32
TEXT ·dotQ8(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD w+8(FP), R1
	MOVD blocks+16(FP), R2
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	BYTEPLACES

loop:
	LOADQ8
	FLDPQ (R0), (F8, F9)
	FLDPQ 32(R0), (F10, F11)
	FLDPQ 64(R0), (F12, F13)
	FLDPQ 96(R0), (F14, F15)
	ADD   $128, R0
	FMUL4S(4, 20, 8)
	FMUL4S(5, 21, 9)
	FMUL4S(6, 22, 10)
	FMUL4S(7, 23, 11)
	FMLA4S(4, 24, 12)
	FMLA4S(5, 25, 13)
	FMLA4S(6, 26, 14)
	FMLA4S(7, 27, 15)
	FMLA4SI(0, 4, 16, 0)
	FMLA4SI(1, 5, 16, 0)
	FMLA4SI(2, 6, 16, 0)
	FMLA4SI(3, 7, 16, 0)
	SUBS  $1, R2
	BNE   loop
	FADD4S(0, 0, 1)
	FADD4S(2, 2, 3)
	FADD4S(0, 0, 2)
	HSUM4S(0, 0)
	FMOVS F0, ret+24(FP)
	RET

// func unpackQ8(dst *float32, src *byte, blocks int)
TEXT ·unpackQ8(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD blocks+16(FP), R2
	BYTEPLACES

loop:
	LOADQ8
	FMUL4SI(20, 20, 16, 0)
	FMUL4SI(21, 21, 16, 0)
	FMUL4SI(22, 22, 16, 0)
	FMUL4SI(23, 23, 16, 0)
	FMUL4SI(24, 24, 16, 0)
	FMUL4SI(25, 25, 16, 0)
	FMUL4SI(26, 26, 16, 0)
	FMUL4SI(27, 27, 16, 0)
	FSTPQ (F20, F21), (R0)
	FSTPQ (F22, F23), 32(R0)
	FSTPQ (F24, F25), 64(R0)
	FSTPQ (F26, F27), 96(R0)
	ADD   $128, R0
	SUBS  $1, R2
	BNE   loop
	RET

// 16 signed bytes in v as floats in V20 to V23.
#define FLOATS(v) \
	VTBL V28.B16, [v.B16], V20.B16 \
	VTBL V29.B16, [v.B16], V21.B16 \
	VTBL V30.B16, [v.B16], V22.B16 \
	VTBL V31.B16, [v.B16], V23.B16 \
	SCVTF4SX(20, 20) \
	SCVTF4SX(21, 21) \
	SCVTF4SX(22, 22) \
	SCVTF4SX(23, 23)

// V20 to V23 times lane i of s.
#define SCALE(s, i) \
	FMUL4SI(20, 20, s, i) \
	FMUL4SI(21, 21, s, i) \
	FMUL4SI(22, 22, s, i) \
	FMUL4SI(23, 23, s, i)

#define STORE16 \
	FSTPQ.P (F20, F21), 32(R0) \
	FSTPQ.P (F22, F23), 32(R0)

// func unpackQ4(dst *float32, src *byte, blocks int)
TEXT ·unpackQ4(SB), NOSPLIT, $0-24
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  blocks+16(FP), R2
	BYTEPLACES
	VMOVI $15, V26.B16
	VMOVI $8, V27.B16

loop:
	MOVHU  (R1), R3
	FMOVS  R3, F16
	FCVTHS F16, F16
	FMOVQ  2(R1), F17
	ADD    $18, R1
	VAND   V26.B16, V17.B16, V18.B16
	VUSHR  $4, V17.B16, V19.B16
	VSUB   V27.B16, V18.B16, V18.B16
	VSUB   V27.B16, V19.B16, V19.B16
	FLOATS(V18)
	SCALE(16, 0)
	STORE16
	FLOATS(V19)
	SCALE(16, 0)
	STORE16
	SUBS   $1, R2
	BNE    loop
	RET

// 16 halves in v as their levels in V20 to V23: each of the four bytes of a level is looked up in its own table, V24 to
// V27, and the four are woven together.
#define LEVELS(v) \
	VTBL  v.B16, [V24.B16], V20.B16     \
	VTBL  v.B16, [V25.B16], V21.B16     \
	VTBL  v.B16, [V26.B16], V22.B16     \
	VTBL  v.B16, [V27.B16], V23.B16     \
	VZIP1 V21.B16, V20.B16, V4.B16      \
	VZIP2 V21.B16, V20.B16, V5.B16      \
	VZIP1 V23.B16, V22.B16, V6.B16      \
	VZIP2 V23.B16, V22.B16, V7.B16      \
	VZIP1 V6.H8, V4.H8, V20.H8          \
	VZIP2 V6.H8, V4.H8, V21.H8          \
	VZIP1 V7.H8, V5.H8, V22.H8          \
	VZIP2 V7.H8, V5.H8, V23.H8

// func unpackNF4(dst *float32, src *byte, blocks int, levels *[16]float32)
TEXT ·unpackNF4(SB), NOSPLIT, $0-32
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  blocks+16(FP), R2
	MOVD  levels+24(FP), R3
	VLD4  (R3), [V24.B16, V25.B16, V26.B16, V27.B16] // byte i of all levels in V(24+i)
	VMOVI $15, V31.B16

loop:
	FMOVS (R1), F16
	FMOVQ 4(R1), F17
	FMOVQ 20(R1), F18
	ADD   $36, R1
	VAND  V31.B16, V17.B16, V0.B16
	VAND  V31.B16, V18.B16, V1.B16
	VUSHR $4, V17.B16, V2.B16
	VUSHR $4, V18.B16, V3.B16
	LEVELS(V0)
	SCALE(16, 0)
	STORE16
	LEVELS(V1)
	SCALE(16, 0)
	STORE16
	LEVELS(V2)
	SCALE(16, 0)
	STORE16
	LEVELS(V3)
	SCALE(16, 0)
	STORE16
	SUBS  $1, R2
	BNE   loop
	RET

// 16 values in v times lane i of s, less the minimum in V7.
#define LESS16(v, s, i) \
	FLOATS(v)         \
	SCALE(s, i)       \
	FSUB4S(20, 20, 7) \
	FSUB4S(21, 21, 7) \
	FSUB4S(22, 22, 7) \
	FSUB4S(23, 23, 7) \
	STORE16

// A run of 32 bytes: its low halves are a group scaled by lane i of s, its high halves one by lane j; m holds the minima.
#define RUN(s, m, i, j) \
	FLDPQ.P 32(R1), (F17, F18)         \
	VAND    V26.B16, V17.B16, V24.B16  \
	VAND    V26.B16, V18.B16, V25.B16  \
	VUSHR   $4, V17.B16, V17.B16       \
	VUSHR   $4, V18.B16, V18.B16       \
	VDUP    m.S[i], V7.S4              \
	LESS16(V24, s, i)                  \
	LESS16(V25, s, i)                  \
	VDUP    m.S[j], V7.S4              \
	LESS16(V17, s, j)                  \
	LESS16(V18, s, j)

// func unpackQ4K(dst *float32, src *byte, blocks int)
// The scales and minima of a block become V0, V1 and V2, V3.
TEXT ·unpackQ4K(SB), NOSPLIT, $0-24
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  blocks+16(FP), R2
	BYTEPLACES
	VMOVI $15, V26.B16
	VMOVI $63, V27.B16

loop:
	MOVHU  (R1), R3
	FMOVS  R3, F16
	FCVTHS F16, F16                     // d
	MOVHU  2(R1), R3
	FMOVS  R3, F19
	FCVTHS F19, F19                     // dmin
	FMOVQ  4(R1), F17
	ADD    $16, R1
	VAND   V27.B16, V17.B16, V18.B16    // scales and minima 0 to 3
	VUSHR  $6, V17.B16, V4.B16
	VSHL   $4, V4.B16, V4.B16           // the high bits of 4 to 7
	VAND   V26.B16, V17.B16, V5.B16
	VUSHR  $4, V17.B16, V6.B16
	VMOV   V5.S[2], V5.S[0]
	VMOV   V6.S[2], V5.S[1]             // their low bits
	VORR   V4.B16, V5.B16, V5.B16
	VZIP1  V5.S4, V18.S4, V18.S4
	FLOATS(V18)
	FMUL4SI(0, 20, 16, 0)
	FMUL4SI(1, 21, 16, 0)
	FMUL4SI(2, 22, 19, 0)
	FMUL4SI(3, 23, 19, 0)
	RUN(0, V2, 0, 1)
	RUN(0, V2, 2, 3)
	RUN(1, V3, 0, 1)
	RUN(1, V3, 2, 3)
	SUBS   $1, R2
	BNE    loop
	RET

// 16 values: the low bits in V18, the high bits at their place in V19 among others. Lane i of s is the scale.
#define SIX(s, i) \
	VAND V25.B16, V19.B16, V19.B16 \
	VORR V19.B16, V18.B16, V18.B16 \
	VSUB V24.B16, V18.B16, V18.B16 \
	FLOATS(V18)                    \
	SCALE(s, i)                    \
	STORE16

// The four parts of half a block, 32 values each. Its low bits are V4 to V7, its high bits V16 and V17; s and t hold
// its 8 scales.
#define HALF(s, t) \
	VAND  V26.B16, V4.B16, V18.B16 \
	VSHL  $4, V16.B16, V19.B16     \
	SIX(s, 0)                      \
	VAND  V26.B16, V5.B16, V18.B16 \
	VSHL  $4, V17.B16, V19.B16     \
	SIX(s, 1)                      \
	VAND  V26.B16, V6.B16, V18.B16 \
	VSHL  $2, V16.B16, V19.B16     \
	SIX(s, 2)                      \
	VAND  V26.B16, V7.B16, V18.B16 \
	VSHL  $2, V17.B16, V19.B16     \
	SIX(s, 3)                      \
	VUSHR $4, V4.B16, V18.B16      \
	VMOV  V16.B16, V19.B16         \
	SIX(t, 0)                      \
	VUSHR $4, V5.B16, V18.B16      \
	VMOV  V17.B16, V19.B16         \
	SIX(t, 1)                      \
	VUSHR $4, V6.B16, V18.B16      \
	VUSHR $2, V16.B16, V19.B16     \
	SIX(t, 2)                      \
	VUSHR $4, V7.B16, V18.B16      \
	VUSHR $2, V17.B16, V19.B16     \
	SIX(t, 3)

// func unpackQ6K(dst *float32, src *byte, blocks int)
// The scales of a block become V0 to V3.
TEXT ·unpackQ6K(SB), NOSPLIT, $0-24
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  blocks+16(FP), R2
	BYTEPLACES
	VMOVI $32, V24.B16
	VMOVI $48, V25.B16
	VMOVI $15, V26.B16

loop:
	MOVHU  208(R1), R3
	FMOVS  R3, F16
	FCVTHS F16, F16
	FMOVQ  192(R1), F17
	FLOATS(V17)
	FMUL4SI(0, 20, 16, 0)
	FMUL4SI(1, 21, 16, 0)
	FMUL4SI(2, 22, 16, 0)
	FMUL4SI(3, 23, 16, 0)
	FLDPQ  (R1), (F4, F5)
	FLDPQ  32(R1), (F6, F7)
	FLDPQ  128(R1), (F16, F17)
	HALF(0, 1)
	FLDPQ  64(R1), (F4, F5)
	FLDPQ  96(R1), (F6, F7)
	FLDPQ  160(R1), (F16, F17)
	HALF(2, 3)
	ADD    $210, R1
	SUBS   $1, R2
	BNE    loop
	RET
