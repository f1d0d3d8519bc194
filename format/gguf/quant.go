package gguf

import (
	"fmt"

	"github.com/cria-llm/cria/compute"
)

// Decode converts the len(dst) numbers of a row, or of whole rows, from F32, F16, BF16 or Q8_0 to float32.
func Decode(dst []float32, t Type, src []byte) error {
	to, err := checkConversion("decode", len(dst), t, len(src))
	if err != nil {
		return err
	}
	compute.Decode(dst, to, src)
	return nil
}

// Encode converts whole rows of float32 to F32, F16, BF16 or Q8_0, bit for bit as llama.cpp's reference does. A
// number that a Q8_0 block cannot hold (infinite, not a number, or over 127·65504) is an error: its whole block
// would be lost. F16 and BF16 round to the nearest, ties to even, and past their range to infinity.
func Encode(dst []byte, t Type, src []float32) error {
	to, err := checkConversion("encode", len(src), t, len(dst))
	if err != nil {
		return err
	}
	return compute.Encode(dst, to, src)
}

// checkConversion holds the lengths of values and bytes to the type, and the type to those that are converted, whose
// name in compute it returns.
func checkConversion(verb string, values int, t Type, size int) (compute.Type, error) {
	var to compute.Type
	switch t {
	case F32:
		to = compute.F32
	case F16:
		to = compute.F16
	case BF16:
		to = compute.BF16
	case Q8_0:
		to = compute.Q8_0
	default:
		return 0, fmt.Errorf("%s %s: only F32, F16, BF16 and Q8_0 are converted", verb, t)
	}
	switch {
	case values%t.Block() != 0:
		return 0, fmt.Errorf("%s %s: %d values do not fill blocks of %d", verb, t, values, t.Block())
	case values/t.Block() != size/t.BlockBytes() || size%t.BlockBytes() != 0:
		return 0, fmt.Errorf("%s %s: %d values take %d bytes, not %d", verb, t, values, values/t.Block()*t.BlockBytes(), size)
	}
	return to, nil
}
