package cpu

import (
	"encoding/binary"

	"github.com/cria-llm/cria/compute"
)

// Types that are laid out in the panels of another, which hold their values exactly. lay32 writes 32 signed values and their
// scale as those of a Q8_0 block.
func lay32(unit []byte, r int, scale uint16, values *[groupSize]int8) {
	binary.LittleEndian.PutUint16(unit[2*r:], scale)
	unit = unit[f16Rows:q8Group]
	for i, v := range values {
		unit[quad(i/4, r)+i%4] = byte(v) ^ 0x80
	}
}

func layQ50(unit []byte, r int, block []byte) {
	top := binary.LittleEndian.Uint32(block[2:])
	var values [groupSize]int8
	for i, v := range block[6:22] {
		values[i] = int8(v&15|byte(top>>i&1)<<4) - 16
		values[16+i] = int8(v>>4|byte(top>>(16+i)&1)<<4) - 16
	}
	lay32(unit, r, binary.LittleEndian.Uint16(block), &values)
}

// layQ51 changes the sign of the minimum, which a product subtracts.
func layQ51(unit []byte, r int, block []byte) {
	copy(unit[2*r:2*r+2], block)
	binary.LittleEndian.PutUint16(unit[f16Rows+2*r:], binary.LittleEndian.Uint16(block[2:])^0x8000)
	top, unit := binary.LittleEndian.Uint32(block[4:]), unit[2*f16Rows:q51Group]
	for i, v := range block[8:24] {
		unit[quad(i/4, r)+i%4] = v
	}
	for i := range groupSize {
		unit[quad(quads/2, r)+i%4] |= byte(top >> i & 1 << (i / 4))
	}
}

// layQ41 lays a block out as one of Q5_1 without fifth bits.
func layQ41(unit []byte, r int, block []byte) {
	var q51 [24]byte
	copy(q51[:4], block)
	copy(q51[8:], block[4:20])
	layQ51(unit, r, q51[:])
}

func layIQ4(unit []byte, r int, block []byte) {
	levels := compute.IQ4Levels()
	var values [groupSize]int8
	for i, v := range block[2:18] {
		values[i], values[16+i] = int8(levels[v&15]), int8(levels[v>>4])
	}
	lay32(unit, r, binary.LittleEndian.Uint16(block), &values)
}

// The powers of two that a float16 holds, by the byte of an MXFP4 block.
const leastE8M0, mostE8M0 = 128 - 24, 128 + 15

// scalesFit says whether the scales of a matrix have a place in the panels that it would be laid out in.
func scalesFit(w compute.Weight) bool {
	if w.Type != compute.MXFP4 {
		return true
	}
	data, size := w.Data(), w.Type.RowBytes(w.Type.Block())
	for at := 0; at < len(data); at += size {
		if e := data[at]; e < leastE8M0 || e > mostE8M0 {
			return false
		}
	}
	return true
}

func layMXFP4(unit []byte, r int, block []byte) {
	levels := compute.MXFP4Levels()
	var values [groupSize]int8
	for i, v := range block[1:17] {
		values[i], values[16+i] = int8(levels[v&15]), int8(levels[v>>4])
	}
	scale := compute.BF16ToF32(uint16(block[0]-1) << 7) // 2^(e-128)
	lay32(unit, r, compute.F32ToF16(scale), &values)
}

// layQ3K writes a block of Q3_K as one of Q6_K whose scales and values are as small.
func layQ3K(unit []byte, r int, block []byte) {
	var q6 [210]byte
	low, high, scales := q6[:128], q6[128:192], q6[192:208]
	for i := range 256 {
		q := block[32+i/128*32+i%32]>>(i%128/32*2)&3 | block[i%32]>>(i/32)&1<<2
		v := q + 32 - 4
		low[i/128*64+i%64] |= v & 15 << (i % 128 / 64 * 4)
		high[i/128*32+i%32] |= v >> 4 << (i % 128 / 32 * 2)
	}
	packed := block[96:108]
	for g := range scales {
		s := packed[g%8]>>(g/8*4)&15 | packed[8+g%4]>>(g/4*2)&3<<4
		scales[g] = s - 32
	}
	copy(q6[208:], block[108:110])
	layQ6K(unit, r, q6[:])
}
