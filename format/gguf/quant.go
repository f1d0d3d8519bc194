package gguf

import (
	"fmt"
	"strings"

	"github.com/cria-llm/cria/compute"
)

// converted is the formats that have a twin in compute: those whose numbers can be converted and multiplied.
var converted = [...]struct {
	here Type
	name compute.Type
}{
	{F32, compute.F32},
	{F16, compute.F16},
	{BF16, compute.BF16},
	{Q8_0, compute.Q8_0},
	{Q4_0, compute.Q4_0},
	{Q4_K, compute.Q4_K},
	{Q6_K, compute.Q6_K},
	{Q4_1, compute.Q4_1},
	{Q5_0, compute.Q5_0},
	{Q5_1, compute.Q5_1},
	{Q2_K, compute.Q2_K},
	{Q3_K, compute.Q3_K},
	{Q5_K, compute.Q5_K},
	{IQ4_NL, compute.IQ4_NL},
	{MXFP4, compute.MXFP4},
	{IQ4_XS, compute.IQ4_XS},
}

// Compute is the name in compute of numbers that rest in the format, or an error that lists the formats which have one.
func (t Type) Compute() (compute.Type, error) {
	for _, c := range converted {
		if c.here == t {
			return c.name, nil
		}
	}
	var names []string
	for _, c := range converted {
		names = append(names, c.here.String())
	}
	return 0, fmt.Errorf("%s is not supported: take a file in another type, or quantise the model again (supported: %s)", t, strings.Join(names, ", "))
}

// TypeOf is the format of compute's numbers in a file, and false where files have none.
func TypeOf(t compute.Type) (Type, bool) {
	for _, c := range converted {
		if c.name == t {
			return c.here, true
		}
	}
	return 0, false
}

// Decode converts the len(dst) numbers of a row, or of whole rows, to float32, from a format that [Type.Compute] knows.
func Decode(dst []float32, t Type, src []byte) error {
	to, err := checkConversion("decode", len(dst), t, len(src))
	if err != nil {
		return err
	}
	compute.Decode(dst, to, src)
	return nil
}

// Encode converts whole rows of float32 to a format that [Type.Compute] knows, as llama.cpp's reference does. A number
// that a block cannot hold is an error, as [compute.Encode] says: its whole block would be lost.
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
	to, err := t.Compute()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", verb, err)
	}
	switch {
	case values%t.Block() != 0:
		return 0, fmt.Errorf("%s %s: %d values do not fill blocks of %d", verb, t, values, t.Block())
	case values/t.Block() != size/t.BlockBytes() || size%t.BlockBytes() != 0:
		return 0, fmt.Errorf("%s %s: %d values take %d bytes, not %d", verb, t, values, values/t.Block()*t.BlockBytes(), size)
	}
	return to, nil
}
