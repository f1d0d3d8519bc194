package cpu

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/cria-llm/cria/compute"
)

// A repacked weight is panels of 32 rows, one after the other, the last filled up with zeros. A panel goes through its
// rows' values from the first to the last, a group of 32 values of all its rows at a time. Four neighbouring values of a
// row, a quad, stand side by side as unsigned bytes; the quads of the 32 rows stand side by side in turn, so that lane r
// of a vector of 32-bit lanes is row r and a product needs no shuffle. What a group holds, by type, with f16 and bytes of
// 32 rows each:
//
//	Q8_0  scales f16 | quads 0..7, each value plus 128
//	Q4_0  scales f16 | quads 0..3 in the low halves of bytes, 4..7 in the high halves, each value plus 8
//	Q5_1  scales f16 | minima f16, with their sign changed | halves as Q4_0, values as they are, then the fifth bits as Q5_K
//	Q4_K  scales, minima bytes | as Q4_0, values as they are; before each 8 groups: d f16, dmin f16
//	Q5_K  as Q4_K, then the fifth bits: bit i of a byte is that of quad i
//	Q6_K  scales of values 0..15, of 16..31, signed bytes | low four bits as Q4_0 | high two bits: quads 0..3 in one
//	      run of bytes, from its lowest bits up, and 4..7 in another; each value plus 32; before each 8 groups: d f16
//
// A weight takes about the bytes that it took before. Q5_0, IQ4_NL and MXFP4 are laid out as Q8_0, Q4_1 as Q5_1 and Q3_K as Q6_K,
// which hold their values exactly and take up to twice the bytes.
const (
	panelRows = 32
	groupSize = 32             // values of a row in a group, and of x that share a scale
	quadBytes = 4 * panelRows  // one quad of each row
	quads     = groupSize / 4  // of a row in a group
	superSize = 256            // values of a row that share d in Q4_K and Q6_K
	f16Rows   = 2 * panelRows  // a float16 of each row
	superLen  = superSize / 32 // groups

	q8Group  = f16Rows + quads*quadBytes
	q4Group  = f16Rows + quads/2*quadBytes
	q51Group = 2*f16Rows + quads/2*quadBytes + quadBytes
	q4kGroup = 2*panelRows + quads/2*quadBytes
	q4kSuper = 2*f16Rows + superLen*q4kGroup
	q5kGroup = q4kGroup + quadBytes
	q5kSuper = 2*f16Rows + superLen*q5kGroup
	q6kGroup = 2*panelRows + quads/2*quadBytes + 2*quadBytes
	q6kSuper = f16Rows + superLen*q6kGroup
)

// integerType is what a type with products in integers needs besides its kernels.
type integerType struct {
	values int   // of a row that unit holds
	unit   int   // bytes of a panel for them
	offset int32 // that the unsigned values of a panel are too large by
	// split: the halves of a group have a scale each, so the offset is undone for each half alone.
	split bool
	// lay writes one row's values into a unit, beginning at a place of its block in the row.
	lay func(unit []byte, r int, block []byte)
}

func integer(t compute.Type) (integerType, bool) {
	switch t {
	case compute.Q8_0:
		return integerType{values: groupSize, unit: q8Group, offset: 128, lay: layQ8}, true
	case compute.Q4_0:
		return integerType{values: groupSize, unit: q4Group, offset: 8, lay: layQ4}, true
	case compute.Q5_1:
		return integerType{values: groupSize, unit: q51Group, lay: layQ51}, true
	case compute.Q4_K:
		return integerType{values: superSize, unit: q4kSuper, lay: layQ4K}, true
	case compute.Q5_K:
		return integerType{values: superSize, unit: q5kSuper, lay: layQ5K}, true
	case compute.Q6_K:
		return integerType{values: superSize, unit: q6kSuper, offset: 32, split: true, lay: layQ6K}, true
	}
	as, ok := t.RepackedAs()
	if !ok {
		return integerType{}, false
	}
	it, ok := integer(as)
	switch t {
	case compute.Q4_1:
		it.lay = layQ41
	case compute.Q5_0:
		it.lay = layQ50
	case compute.IQ4_NL:
		it.lay = layIQ4
	case compute.MXFP4:
		it.lay = layMXFP4
	case compute.Q3_K:
		it.lay = layQ3K
	}
	return it, ok
}

// panelBytes is the size of a panel of rows of cols values.
func (it *integerType) panelBytes(cols int) int { return cols / it.values * it.unit }

// Repack implements [compute.Memory]. It is false where the type or the instruction set has no kernels for integers.
func (b *Backend) Repack(w compute.Weight) (compute.Weight, bool) {
	it, ok := integer(w.Type)
	if !ok || b.kernels.integers.tile == nil || slices.Contains(b.kernels.integers.without, w.Type) || !scalesFit(w) {
		return compute.Weight{}, false
	}
	panels := (w.Rows + panelRows - 1) / panelRows
	laid := b.arena.bytes(panels * it.panelBytes(w.Cols))
	b.pool.run(&repackJob{it: it, w: w, data: w.Data(), laid: laid}, panels)
	return compute.RepackedWeight(w.Type, w.Rows, w.Cols, laid), true
}

// arena hands out memory for weights that are read in one sweep, side by side on huge pages: matrices alone are too small
// to fill any. It is given back when all that it handed out is let go.
type arena struct{ rest []byte }

const arenaChunk = 64 << 20

func (a *arena) bytes(n int) []byte {
	size := (n + 63) &^ 63
	if size > len(a.rest) {
		a.rest = alignedBytes(max(size, arenaChunk))
	}
	part := a.rest[:n:n]
	a.rest = a.rest[size:]
	return part
}

type repackJob struct {
	it         integerType
	w          compute.Weight
	data, laid []byte
}

func (j *repackJob) run(panel int, _ *worker) {
	size := j.it.panelBytes(j.w.Cols)
	rowBytes, blockBytes := j.w.Type.RowBytes(j.w.Cols), j.w.Type.RowBytes(j.it.values)
	for at, units := 0, j.laid[panel*size:(panel+1)*size]; len(units) > 0; at, units = at+blockBytes, units[j.it.unit:] {
		for r := range min(panelRows, j.w.Rows-panel*panelRows) {
			j.it.lay(units[:j.it.unit], r, j.data[(panel*panelRows+r)*rowBytes+at:][:blockBytes])
		}
	}
}

// alignedBytes is n zeros that start on a cache line.
func alignedBytes(n int) []byte {
	if n == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(alignedFloats((n+3)/4)))), n)
}

// quad is where quad i of row r stands from the first quad on.
func quad(i, r int) int { return i*quadBytes + 4*r }

func layQ8(unit []byte, r int, block []byte) {
	copy(unit[2*r:2*r+2], block)
	block, unit = block[2:34], unit[f16Rows:q8Group]
	for i := range quads {
		binary.LittleEndian.PutUint32(unit[quad(i, r):], binary.LittleEndian.Uint32(block[4*i:])^0x80808080)
	}
}

func layQ4(unit []byte, r int, block []byte) {
	copy(unit[2*r:2*r+2], block)
	block, unit = block[2:18], unit[f16Rows:q4Group]
	for i := range quads / 2 {
		copy(unit[quad(i, r):][:4], block[4*i:])
	}
}

// sixBits is the scale of group g of a block of Q4_K or Q5_K, and what scales its least value.
func sixBits(packed []byte, g int) (scale, least byte) {
	if g < 4 {
		return packed[g] & 63, packed[g+4] & 63
	}
	return packed[g+4]&15 | packed[g-4]>>6<<4, packed[g+4]>>4 | packed[g]>>6<<4
}

// layQ4K turns the block's runs of 64 values, low halves before high halves, into groups of 32.
func layQ4K(unit []byte, r int, block []byte) {
	copy(unit[2*r:2*r+2], block)
	copy(unit[f16Rows+2*r:][:2], block[2:])
	packed, halves := block[4:16], block[16:144]
	for g := range superLen {
		group := unit[2*f16Rows+g*q4kGroup:][:q4kGroup]
		group[r], group[panelRows+r] = sixBits(packed, g)
		group = group[2*panelRows:]
		run, shift := halves[g/2*32:][:32], g%2*4
		for i := range 16 {
			group[quad(i/4, r)+i%4] = run[i]>>shift&15 | run[16+i]>>shift&15<<4
		}
	}
}

// layQ5K lays the four low bits as layQ4K does, whose block has no fifth bits in between.
func layQ5K(unit []byte, r int, block []byte) {
	copy(unit[2*r:2*r+2], block)
	copy(unit[f16Rows+2*r:][:2], block[2:])
	packed, top, halves := block[4:16], block[16:48], block[48:176]
	for g := range superLen {
		group := unit[2*f16Rows+g*q5kGroup:][:q5kGroup]
		group[r], group[panelRows+r] = sixBits(packed, g)
		group = group[2*panelRows:]
		run, shift := halves[g/2*32:][:32], g%2*4
		for i := range 16 {
			group[quad(i/4, r)+i%4] = run[i]>>shift&15 | run[16+i]>>shift&15<<4
		}
		for i, v := range top {
			group[quad(quads/2, r)+i%4] |= v >> g & 1 << (i / 4)
		}
	}
}

func layQ6K(unit []byte, r int, block []byte) {
	low, high, scales, d := block[:128], block[128:192], block[192:208], block[208:210]
	copy(unit[2*r:2*r+2], d)
	for g := range superLen {
		group := unit[f16Rows+g*q6kGroup:][:q6kGroup]
		group[r], group[panelRows+r] = scales[2*g], scales[2*g+1]
		group = group[2*panelRows:]
		part, half := g%4, g/4 // of 32 values in the block's halves of 128
		bits, top := low[half*64+part%2*32:][:32], high[half*32:][:32]
		for i := range 16 {
			group[quad(i/4, r)+i%4] = bits[i]>>(part/2*4)&15 | bits[16+i]>>(part/2*4)&15<<4
		}
		for i := range 32 {
			group[quad(quads/2+i/16, r)+i%4] |= top[i] >> (2 * part) & 3 << (i / 4 % 4 * 2)
		}
	}
}
