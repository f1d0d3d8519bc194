package safetensors

import (
	"fmt"
	"math"
	"math/bits"
)

// ItemSize is the bytes of one number of a format, and whether the format is known. The formats are F64, F32, F16,
// BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8 and BOOL.
func ItemSize(dtype string) (int, bool) {
	switch dtype {
	case "F64", "I64", "U64":
		return 8, true
	case "F32", "I32", "U32":
		return 4, true
	case "F16", "BF16", "I16", "U16":
		return 2, true
	case "F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL":
		return 1, true
	}
	return 0, false
}

// sizeOf is the bytes of a tensor of that format and shape, or why it cannot be.
func sizeOf(dtype string, shape []int) (int, error) {
	item, ok := ItemSize(dtype)
	if !ok {
		return 0, fmt.Errorf("unknown number format %q", dtype)
	}
	return shapeSize(item, dtype, shape)
}

// shapeSize is the bytes of so many numbers of item bytes.
func shapeSize(item int, dtype string, shape []int) (int, error) {
	size := uint64(item)
	for _, n := range shape {
		if n < 0 {
			return 0, fmt.Errorf("shape %v has a negative length", shape)
		}
		hi, lo := bits.Mul64(size, uint64(n))
		if hi != 0 || lo > math.MaxInt {
			return 0, fmt.Errorf("shape %v in %s is more than can be addressed", shape, dtype)
		}
		size = lo
	}
	return int(size), nil
}
