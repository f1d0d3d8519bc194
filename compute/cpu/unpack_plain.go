package cpu

import (
	"encoding/binary"

	"github.com/cria-llm/cria/compute"
)

// plainDotRow is x · row for a row resting in t.
func plainDotRow(t compute.Type, x []float32, row []byte) float32 {
	var s float32
	switch t {
	case compute.F16:
		for i, v := range x {
			s += v * compute.F16ToF32(binary.LittleEndian.Uint16(row[2*i:]))
		}
	case compute.BF16:
		for i, v := range x {
			s += v * compute.BF16ToF32(binary.LittleEndian.Uint16(row[2*i:]))
		}
	default:
		var block [blockMax]float32
		n := t.Block()
		for size := t.RowBytes(n); len(x) > 0; x, row = x[n:], row[size:] {
			compute.Decode(block[:n], t, row[:size])
			s += plainDot(x[:n], block[:n])
		}
	}
	return s
}

// blockMax is the values of the largest block.
const blockMax = 256

// plainUnpack sets dst to a row resting in t.
func plainUnpack(t compute.Type, dst []float32, src []byte) { compute.Decode(dst, t, src) }
