package gguf

import (
	"fmt"
	"math"
	"math/bits"
)

// Type is the number format of a tensor, by its number in ggml.
type Type uint32

// The number formats that a file can hold.
const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q8_1    Type = 9
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	IQ4_XS  Type = 23
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	BF16    Type = 30
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	MXFP4   Type = 39
	NVFP4   Type = 40
	Q1_0    Type = 41
)

// types says, for every format, how many numbers of a row make a block and how many bytes a block takes: the
// scales and minima, then the numbers. A zero block is a number that ggml does not use, or not any more.
var types = [...]struct {
	name         string
	block, bytes int
}{
	F32:     {"F32", 1, 4},
	F16:     {"F16", 1, 2},
	Q4_0:    {"Q4_0", 32, 2 + 16},
	Q4_1:    {"Q4_1", 32, 2 + 2 + 16},
	4:       {"Q4_2", 0, 0},
	5:       {"Q4_3", 0, 0},
	Q5_0:    {"Q5_0", 32, 2 + 4 + 16},
	Q5_1:    {"Q5_1", 32, 2 + 2 + 4 + 16},
	Q8_0:    {"Q8_0", 32, 2 + 32},
	Q8_1:    {"Q8_1", 32, 2 + 2 + 32},
	Q2_K:    {"Q2_K", 256, 16 + 64 + 2 + 2},
	Q3_K:    {"Q3_K", 256, 32 + 64 + 12 + 2},
	Q4_K:    {"Q4_K", 256, 2 + 2 + 12 + 128},
	Q5_K:    {"Q5_K", 256, 2 + 2 + 12 + 32 + 128},
	Q6_K:    {"Q6_K", 256, 128 + 64 + 16 + 2},
	Q8_K:    {"Q8_K", 256, 4 + 256 + 32},
	IQ2_XXS: {"IQ2_XXS", 256, 2 + 64},
	IQ2_XS:  {"IQ2_XS", 256, 2 + 64 + 8},
	IQ3_XXS: {"IQ3_XXS", 256, 2 + 64 + 32},
	IQ1_S:   {"IQ1_S", 256, 2 + 32 + 16},
	IQ4_NL:  {"IQ4_NL", 32, 2 + 16},
	IQ3_S:   {"IQ3_S", 256, 2 + 64 + 8 + 32 + 4},
	IQ2_S:   {"IQ2_S", 256, 2 + 64 + 8 + 8},
	IQ4_XS:  {"IQ4_XS", 256, 2 + 2 + 4 + 128},
	I8:      {"I8", 1, 1},
	I16:     {"I16", 1, 2},
	I32:     {"I32", 1, 4},
	I64:     {"I64", 1, 8},
	F64:     {"F64", 1, 8},
	IQ1_M:   {"IQ1_M", 256, 32 + 16 + 8},
	BF16:    {"BF16", 1, 2},
	31:      {"Q4_0_4_4", 0, 0},
	32:      {"Q4_0_4_8", 0, 0},
	33:      {"Q4_0_8_8", 0, 0},
	TQ1_0:   {"TQ1_0", 256, 48 + 4 + 2},
	TQ2_0:   {"TQ2_0", 256, 64 + 2},
	36:      {"IQ4_NL_4_4", 0, 0},
	37:      {"IQ4_NL_4_8", 0, 0},
	38:      {"IQ4_NL_8_8", 0, 0},
	MXFP4:   {"MXFP4", 32, 1 + 16},
	NVFP4:   {"NVFP4", 64, 4 + 32},
	Q1_0:    {"Q1_0", 128, 2 + 16},
}

// String is the format's name as llama.cpp writes it, in capitals: F32, Q8_0, Q4_K.
func (t Type) String() string {
	if int64(t) < int64(len(types)) && types[t].name != "" {
		return types[t].name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Known says whether files may hold the format.
func (t Type) Known() bool { return int64(t) < int64(len(types)) && types[t].block > 0 }

// Block is how many numbers of a row make a block, and 0 for an unknown type.
func (t Type) Block() int {
	if !t.Known() {
		return 0
	}
	return types[t].block
}

// BlockBytes is the bytes of a block, and 0 for an unknown type.
func (t Type) BlockBytes() int {
	if !t.Known() {
		return 0
	}
	return types[t].bytes
}

// check says why a tensor cannot have this type.
func (t Type) check() error {
	switch {
	case t.Known():
		return nil
	case int64(t) < int64(len(types)):
		return fmt.Errorf("type %d (%s) is no longer part of the format: quantise the model again", uint32(t), t)
	}
	return fmt.Errorf("unknown type %d: it is newer than this program; take a file in another type", uint32(t))
}

// Size is the bytes that a tensor of that shape, outermost first, takes, or why there is none.
func (t Type) Size(shape []int) (int, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	if len(shape) > maxDims {
		return 0, fmt.Errorf("shape %v has %d dimensions, more than %d", shape, len(shape), maxDims)
	}
	row := 1
	if len(shape) > 0 {
		row = shape[len(shape)-1]
	}
	if row%t.Block() != 0 {
		return 0, fmt.Errorf("shape %v: rows of %d do not fit %s, whose blocks hold %d", shape, row, t, t.Block())
	}
	// The count of numbers must itself be a count, also of a tensor where one length is zero.
	n, empty := uint64(1), false
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative length", shape)
		}
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, fmt.Errorf("shape %v is more than can be addressed", shape)
		}
		n = lo
	}
	if empty {
		return 0, nil
	}
	hi, lo := bits.Mul64(n/uint64(t.Block()), uint64(t.BlockBytes()))
	if hi != 0 || lo > math.MaxInt {
		return 0, fmt.Errorf("shape %v in %s is more than can be addressed", shape, t)
	}
	return int(lo), nil
}
