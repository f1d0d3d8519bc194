package computetest

import (
	"encoding/binary"
	"math"

	"github.com/cria-llm/cria/compute"
)

// The values of 4-bit and 6-bit blocks, one at a time, from where each bit lies. Value i of a block is rounded to float32
// once, as its definition is: all products but the last operation's are exact in float32.

// nibble is four bits of b, counted from bit at.
func nibble(b byte, at int) float64 { return float64(b >> at & 15) }

func once(v float64) float64 { return float64(float32(v)) }

// q4Value is value i of a Q4_0 block: a binary16, then 16 bytes whose low halves come before all high halves.
func q4Value(block []byte, i int) float64 {
	return half(binary.LittleEndian.Uint16(block)) * (nibble(block[2+i%16], i/16*4) - 8)
}

// q4kValue is value i of a Q4_K block: two binary16, 12 bytes of scales and minima of six bits, 128 bytes of halves.
func q4kValue(block []byte, i int) float64 {
	d, dmin := half(binary.LittleEndian.Uint16(block)), half(binary.LittleEndian.Uint16(block[2:]))
	scale, least := q4kScales(block, i/32)
	return once(d*scale*nibble(block[16+i/64*32+i%32], i/32%2*4) - dmin*least)
}

// q4kScales is a group's six bits of scale and minimum: four from one byte and two from the top of another, or all from one.
func q4kScales(block []byte, group int) (scale, least float64) {
	s := block[4:16]
	if group >= 4 {
		return float64(s[group+4]%16 + s[group-4]/64*16), float64(s[group+4]/16 + s[group]/64*16)
	}
	return float64(s[group] % 64), float64(s[group+4] % 64)
}

// q6kValue is value i of a Q6_K block: 128 bytes of low four bits, 64 of high two, 16 signed scales, a binary16.
func q6kValue(block []byte, i int) float64 {
	low := block[i/128*64+i%64] >> (i % 128 / 64 * 4) & 15
	high := block[128+i/128*32+i%32] >> (i % 128 / 32 * 2) & 3
	d, scale := half(binary.LittleEndian.Uint16(block[208:])), int8(block[192+i/16])
	return once(d * float64(scale) * (float64(high)*16 + float64(low) - 32))
}

// nf4Value is value i of an NF4 block: a float32, then 32 bytes whose low halves come before all high halves.
func nf4Value(block []byte, i int) float64 {
	levels := [8]float64{0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
		0.44070982933044434, 0.5626170039176941, 0.7229568362236023}
	below := [8]float64{-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
		-0.18477343022823334, -0.09105003625154495, 0}
	size := float64(math.Float32frombits(binary.LittleEndian.Uint32(block)))
	switch q := int(nibble(block[4+i%32], i/32*4)); {
	case q == 15:
		return size
	case q >= 7:
		return once(size * float64(float32(levels[q-7])))
	default:
		return once(size * float64(float32(below[q])))
	}
}

// nf4dqValue is value i of a matrix of that many NF4-DQ blocks: 33 bytes each, the first of them the place of the block's
// scale in the dynamic code; then a float32 for each 256 scales, which multiplies them, and one that is added to all.
func nf4dqValue(data []byte, blocks, i int) float64 {
	block := data[i/64*33:][:33]
	tail := data[blocks*33:]
	most := math.Float32frombits(binary.LittleEndian.Uint32(tail[i/64/256*4:]))
	mean := math.Float32frombits(binary.LittleEndian.Uint32(tail[(blocks+255)/256*4:]))
	size := once(dynamicCode(true)[block[0]]*float64(most) + float64(mean))
	plain := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(size)))
	return nf4Value(append(plain, block[1:]...), i%64)
}

// scales says where in a block of t the floating-point scales lie, and whether they are float32.
func scales(t compute.Type) (at []int, single bool) {
	switch t {
	case compute.Q4_K, compute.Q5_K, compute.Q4_1, compute.Q5_1:
		return []int{0, 2}, false
	case compute.Q2_K:
		return []int{80, 82}, false
	case compute.Q3_K:
		return []int{108}, false
	case compute.Q6_K:
		return []int{208}, false
	case compute.NF4:
		return []int{0}, true
	}
	return []int{0}, false
}

// setScale writes a binary16 with the bits as scale of a block, widened where the block has float32, and its exponent alone
// where the block has no more.
func setScale(t compute.Type, block []byte, at int, bits uint16) {
	if t == compute.MXFP4 {
		block[at] = byte(bits>>10&31) + 127 - 15
		return
	}
	if _, single := scales(t); single {
		binary.LittleEndian.PutUint32(block[at:], math.Float32bits(float32(half(bits))))
		return
	}
	binary.LittleEndian.PutUint16(block[at:], bits)
}
