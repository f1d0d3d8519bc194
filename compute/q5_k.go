package compute

import "encoding/binary"

// A Q5_K block is a Q4_K block with 32 bytes of top bits before the halves: bit g of byte i is the fifth bit of value i of
// group g.
const (
	q5kTop   = q4kAt // where the top bits begin
	q5kAt    = q5kTop + kBlock/8
	q5kBytes = q5kAt + kBlock/2
)

func decodeQ5K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[kBlock:], src[q5kBytes:] {
		d := F16ToF32(binary.LittleEndian.Uint16(src))
		dmin := F16ToF32(binary.LittleEndian.Uint16(src[2:]))
		top := src[q5kTop:q5kAt]
		for g := range kBlock / q4kGroup {
			s, m := q4kScale(src[4:q4kAt], g)
			step, least := d*float32(s), dmin*float32(m)
			y := dst[g*q4kGroup:][:q4kGroup]
			for i, q := range src[q5kAt+g/2*q4kGroup:][:q4kGroup] {
				y[i] = float32(step*float32(q>>(g%2*4)&15|top[i]>>g&1<<4)) - least // the product is exact
			}
		}
	}
}

// encodeQ5K writes one block and returns whether its numbers can be held.
func encodeQ5K(dst []byte, src, importance []float32, _ float32) bool {
	search := rangeSearch{most: 31, from: -0.5, by: 0.1, turns: 15}
	if importance != nil {
		search = rangeSearch{most: 31, from: -0.9, by: 0.05, turns: 36}
	}
	var q [kBlock]byte
	if !encodeGroups(dst[:q4kAt], src, importance, search, &q) {
		return false
	}
	top := dst[q5kTop:q5kAt]
	clear(top)
	for i, v := range q {
		top[i%q4kGroup] |= v >> 4 << (i / q4kGroup)
	}
	for i := range kBlock / 2 {
		at := i/q4kGroup*2*q4kGroup + i%q4kGroup
		dst[q5kAt+i] = q[at]&15 | q[at+q4kGroup]<<4
	}
	return true
}
