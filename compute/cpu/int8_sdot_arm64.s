//go:build arm64

#include "textflag.h"
#include "neon_arm64.h"

// Integer tiles for processors that multiply runs of four bytes at once (FEAT_DotProd): 16 products and sums an
// instruction, at the rate of FMLA, and x is taken by lane.

#define DOT(d, n, m, i) SDOT4SI(d, n, m, i)

#include "int8_arm64.h"

// func sdotQ8x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ8x1(SB), NOSPLIT, $0-56
	Q8TILE(LOAD1, CLEAR1, DOTS1, ADDUP1, WRITE1)

// func sdotQ8x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ8x2(SB), NOSPLIT, $0-56
	Q8TILE(LOAD2, CLEAR2, DOTS2, ADDUP2, WRITE2)

// func sdotQ4x1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ4x1(SB), NOSPLIT, $0-56
	Q4TILE(LOAD1, START1, DOTS1, ADDUP1, WRITE1)

// func sdotQ4x2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ4x2(SB), NOSPLIT, $0-56
	Q4TILE(LOAD2, START2, DOTS2, ADDUP2, WRITE2)

// func sdotQ4Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ4Kx1(SB), NOSPLIT, $0-56
	Q4KTILE(LOAD1, CLEAR1, DOTS1, ADDUP1, LESS1, WRITE1)

// func sdotQ4Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ4Kx2(SB), NOSPLIT, $0-56
	Q4KTILE(LOAD2, CLEAR2, DOTS2, ADDUP2, LESS2, WRITE2)

// func sdotQ6Kx1(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ6Kx1(SB), NOSPLIT, $0-56
	Q6KTILE(LOAD1, START1, DOTS1, ADDUP1, WRITE1)

// func sdotQ6Kx2(panel, x *byte, groups int, y *float32, ldy int, alpha float32, acc uint32, half int)
TEXT ·sdotQ6Kx2(SB), NOSPLIT, $0-56
	Q6KTILE(LOAD2, START2, DOTS2, ADDUP2, WRITE2)
