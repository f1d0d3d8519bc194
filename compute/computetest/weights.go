package computetest

import (
	"encoding/binary"
	"math"

	"github.com/cria-llm/cria/compute"
)

// weight is a random matrix resting in t, and its values.
func (s *suite) weight(t compute.Type, rows, cols int) (compute.Weight, []float64) {
	s.t.Helper()
	return s.weightOf(t, rows, cols, s.bytes(t, rows*cols))
}

func (s *suite) weightOf(t compute.Type, rows, cols int, data []byte) (compute.Weight, []float64) {
	s.t.Helper()
	w, err := s.b.NewWeight(t, rows, cols, data)
	if err != nil {
		s.t.Fatalf("NewWeight %s %d×%d: %v", t, rows, cols, err)
	}
	return w, decode(t, data, rows*cols)
}

// bytes is n random values resting in t, most of them between 1/8 and 4 in size, some zero or subnormal.
func (s *suite) bytes(t compute.Type, n int) []byte {
	data := make([]byte, 0, t.RowBytes(n))
	switch t {
	case compute.F32:
		for _, v := range s.normal(n, 1) {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	case compute.F16:
		for range n {
			data = binary.LittleEndian.AppendUint16(data, s.half(12, 16)|uint16(s.r.IntN(2))<<15)
		}
	case compute.BF16:
		for _, v := range s.normal(n, 1) {
			data = binary.LittleEndian.AppendUint16(data, uint16(math.Float32bits(v)>>16))
		}
	default:
		for range n / t.Block() {
			data = append(data, s.block(t)...)
		}
	}
	return data
}

// block is a random block whose scales suit the size of its integers.
func (s *suite) block(t compute.Type) []byte {
	b := make([]byte, t.RowBytes(t.Block()))
	for i := range b {
		b[i] = byte(s.r.IntN(256))
	}
	exponents := map[compute.Type][2]int{compute.Q8_0: {8, 10}, compute.Q4_0: {11, 14}, compute.Q4_K: {5, 8}, compute.Q6_K: {4, 6}, compute.NF4: {14, 17},
		compute.Q4_1: {11, 14}, compute.Q5_0: {10, 13}, compute.Q5_1: {10, 13}, compute.Q2_K: {9, 12}, compute.Q3_K: {7, 9}, compute.Q5_K: {4, 7},
		compute.IQ4_NL: {8, 10}, compute.IQ4_XS: {3, 5}, compute.MXFP4: {12, 15}}[t]
	at, _ := scales(t)
	for _, a := range at {
		setScale(t, b, a, s.half(exponents[0], exponents[1]))
	}
	return b
}

// half is a positive binary16 whose biased exponent lies in lo..hi, or once in a while is 0.
func (s *suite) half(lo, hi int) uint16 {
	exponent := lo + s.r.IntN(hi-lo+1)
	if s.r.IntN(50) == 0 {
		exponent = 0
	}
	return uint16(exponent<<10 | s.r.IntN(1024))
}
