package computetest

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// moreBlocks is value i of a block of the types that rest in files more seldom.
func moreBlocks(t compute.Type, block []byte, i int) float64 {
	first, second := half(binary.LittleEndian.Uint16(block)), half(binary.LittleEndian.Uint16(block[2:]))
	switch t {
	case compute.Q4_1:
		return once(first*nibble(block[4+i%16], i/16*4) + second)
	case compute.Q5_0:
		return first * (nibble(block[6+i%16], i/16*4) + 16*bit(block[2:], i) - 16)
	case compute.Q5_1:
		return once(first*(nibble(block[8+i%16], i/16*4)+16*bit(block[4:], i)) + second)
	case compute.IQ4_NL:
		return first * iq4Level(block[2+i%16], i/16*4)
	case compute.IQ4_XS:
		g := i / 32
		scale := nibble(block[4+g/2], g%2*4) + 16*bit(block[2:], 2*g) + 32*bit(block[2:], 2*g+1)
		return once(first * (scale - 32) * iq4Level(block[8+16*g+i%16], i/16%2*4))
	case compute.MXFP4:
		return mxfp4Value(block[0], int(nibble(block[1+i%16], i/16*4)))
	case compute.Q5_K:
		// The halves of a Q4_K block stand 32 bytes later, and the fifth bits of group g are bit g of those bytes.
		q4 := append(append([]byte{}, block[:16]...), block[48:176]...)
		with, without := q4kScales(q4, i/32)
		q := nibble(q4[16+i/64*32+i%32], i/32%2*4) + 16*bit(block[16+i%32:], i/32)
		return once(first*with*q - second*without)
	case compute.Q2_K:
		d, dmin := half(binary.LittleEndian.Uint16(block[80:])), half(binary.LittleEndian.Uint16(block[82:]))
		return once(d*nibble(block[i/16], 0)*pair(block[16:], i) - dmin*nibble(block[i/16], 4))
	case compute.Q3_K:
		d, s, g := half(binary.LittleEndian.Uint16(block[108:])), block[96:108], i/16
		scale := nibble(s[g%8], g/8*4) + 16*float64(s[8+g%4]>>(2*(g/4))&3)
		return d * (scale - 32) * (pair(block[32:], i) + 4*bit(block[i%32:], i/32) - 4)
	}
	panic(fmt.Sprintf("computetest: no reference for %s", t))
}

// iq4Level is the level that four bits of b stand for.
func iq4Level(b byte, at int) float64 {
	levels := [16]float64{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}
	return levels[int(nibble(b, at))]
}

// bit is bit i of bytes, from the lowest of the first on.
func bit(b []byte, i int) float64 { return float64(b[i/8] >> (i % 8) & 1) }

// pair is the two bits of value i: the values of half a block lie 32 apart in the same bytes.
func pair(b []byte, i int) float64 { return float64(b[i/128*32+i%32] >> (i / 32 % 4 * 2) & 3) }

// mxfp4Value is a value of E2M1 (a sign, two bits of exponent, one of fraction) times a power of two.
func mxfp4Value(e byte, q int) float64 {
	size := float64(q&1) / 2
	if exponent := q >> 1 & 3; exponent > 0 {
		size = math.Ldexp(1+float64(q&1)/2, exponent-1)
	}
	if q>>3 != 0 {
		size = -size
	}
	return once(math.Ldexp(size, int(e)-127))
}
