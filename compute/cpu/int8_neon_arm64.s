//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// Integer tiles for processors without FEAT_DotProd (Cortex-A72 and before): 5 instructions where that has one. Two
// products of bytes fit 16 bits: 2·127·128 is below 2^15.

#define DOT(d, n, m, i) \
	DUP4SI(24, m, i)     \
	SMULL8H(25, n, 24)   \
	SMULL28H(26, n, 24)  \
	ADDP8H(25, 25, 26)   \
	SADALP4S(d, 25)

#include "int8_arm64.h"

// func neonQ8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ8x1(SB), NOSPLIT, $0-56
	Q8TILE(LOAD1, CLEAR1, DOTS1, ADDUP1, WRITE1)

// func neonQ8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ8x2(SB), NOSPLIT, $0-56
	Q8TILE(LOAD2, CLEAR2, DOTS2, ADDUP2, WRITE2)

// func neonQ4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ4x1(SB), NOSPLIT, $0-56
	Q4TILE(LOAD1, START1, DOTS1, ADDUP1, WRITE1)

// func neonQ4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ4x2(SB), NOSPLIT, $0-56
	Q4TILE(LOAD2, START2, DOTS2, ADDUP2, WRITE2)

// func neonQ4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ4Kx1(SB), NOSPLIT, $0-56
	Q4KTILE(LOAD1, CLEAR1, DOTS1, ADDUP1, LESS1, WRITE1)

// func neonQ4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ4Kx2(SB), NOSPLIT, $0-56
	Q4KTILE(LOAD2, CLEAR2, DOTS2, ADDUP2, LESS2, WRITE2)

// func neonQ6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ6Kx1(SB), NOSPLIT, $0-56
	Q6KTILE(LOAD1, START1, DOTS1, ADDUP1, WRITE1)

// func neonQ6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·neonQ6Kx2(SB), NOSPLIT, $0-56
	Q6KTILE(LOAD2, START2, DOTS2, ADDUP2, WRITE2)
