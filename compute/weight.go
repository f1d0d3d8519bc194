package compute

import (
	"fmt"
	"strings"
)

// Type is the format in which a matrix rests.
type Type uint8

// The formats. F16 and BF16 hold value by value; the others hold blocks of values along a row, and are GGUF's, byte for
// byte, but for two: NF4 is the 4-bit normal float of Dettmers et al. 2023 (QLoRA), which rests in memory only, and NF4DQ
// the same with its scales in 8 bits, which rest together for a whole matrix. The file named after each says what its
// blocks hold.
const (
	F32 Type = iota
	F16
	BF16
	Q8_0
	Q4_0
	Q4_K
	Q6_K
	NF4
	NF4DQ
	Q4_1
	Q5_0
	Q5_1
	Q2_K
	Q3_K
	Q5_K
	IQ4_NL
	MXFP4
	IQ4_XS
)

var types = [...]struct {
	name              string
	block, blockBytes int
}{
	F32:  {"F32", 1, 4},
	F16:  {"F16", 1, 2},
	BF16: {"BF16", 1, 2},
	Q8_0: {"Q8_0", q8Block, q8Bytes},
	Q4_0: {"Q4_0", q4Block, q4Bytes},
	Q4_K: {"Q4_K", kBlock, q4kBytes},
	Q6_K: {"Q6_K", kBlock, q6kBytes},
	NF4:  {"NF4", nf4Block, nf4Bytes},

	NF4DQ: {"NF4-DQ", nf4Block, nf4dqBytes},

	Q4_1:   {"Q4_1", q4Block, q41Bytes},
	Q5_0:   {"Q5_0", q4Block, q50Bytes},
	Q5_1:   {"Q5_1", q4Block, q51Bytes},
	Q2_K:   {"Q2_K", kBlock, q2kBytes},
	Q3_K:   {"Q3_K", kBlock, q3kBytes},
	Q5_K:   {"Q5_K", kBlock, q5kBytes},
	IQ4_NL: {"IQ4_NL", q4Block, iq4Bytes},
	MXFP4:  {"MXFP4", q4Block, mxfp4Bytes},
	IQ4_XS: {"IQ4_XS", kBlock, iq4xsBytes},
}

// Types lists every format whose rows stand alone, for tests that run over all of them. NF4DQ does not.
func Types() []Type {
	return []Type{F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K, NF4, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, MXFP4, IQ4_XS}
}

// ParseType is the format of that name, in capitals or not, or an error that lists the names.
func ParseType(name string) (Type, error) {
	for _, t := range Types() {
		if strings.EqualFold(t.String(), name) {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%q is no number format: want %s", name, strings.Join(TypeNames(), ", "))
}

// TypeNames lists the names of [Types] as people type them: f32, q8_0.
func TypeNames() []string {
	var names []string
	for _, t := range Types() {
		names = append(names, strings.ToLower(t.String()))
	}
	return names
}

// String is the name that files and people use: F32, BF16, Q8_0, Q4_K.
func (t Type) String() string {
	if int(t) < len(types) {
		return types[t].name
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// Block is how many values of a row share a block; a row's length is a multiple of it.
func (t Type) Block() int { return types[t].block }

// RowBytes is the bytes of a row of cols values.
func (t Type) RowBytes(cols int) int { return cols / types[t].block * types[t].blockBytes }

// Size is the bytes of a matrix of so many values.
func (t Type) Size(values int) int {
	n := t.RowBytes(values)
	if t == NF4DQ {
		n += nf4dqTail(values / nf4Block)
	}
	return n
}

// RepackedAs is the type like whose matrices [Memory].Repack lays one of t out: t itself, or a larger one that holds t's
// values exactly; false where t has no products in integers.
func (t Type) RepackedAs() (Type, bool) {
	switch t {
	case Q8_0, Q4_0, Q5_1, Q4_K, Q5_K, Q6_K:
		return t, true
	case Q4_1:
		return Q5_1, true
	case Q5_0, IQ4_NL, MXFP4:
		return Q8_0, true
	case Q3_K:
		return Q6_K, true
	}
	return t, false
}

// Weight is a matrix [Rows, Cols] at rest. Rows is a linear layer's output width, Cols its input width.
type Weight struct {
	Type       Type
	Rows, Cols int
	values     Buffer // F32
	data       []byte // every other type
	repacked   []byte // in place of data after [Memory].Repack
}

// F32Weight is the matrix [rows, cols] whose values are b: what a step writes to b is what the next product reads.
func F32Weight(b Buffer, rows, cols int) Weight {
	if b.Len() != rows*cols {
		panic(fmt.Sprintf("compute: %d values for a %d×%d matrix", b.Len(), rows, cols))
	}
	return Weight{Type: F32, Rows: rows, Cols: cols, values: b}
}

// DataWeight is the matrix of a type other than F32 whose bytes are data. Backends call it from NewWeight.
func DataWeight(t Type, rows, cols int, data []byte) Weight {
	return Weight{Type: t, Rows: rows, Cols: cols, data: data}
}

// RepackedWeight is the matrix whose bytes a backend laid out anew. Backends call it from Repack.
func RepackedWeight(t Type, rows, cols int, laidOut []byte) Weight {
	return Weight{Type: t, Rows: rows, Cols: cols, repacked: laidOut}
}

// CheckWeight says why a matrix of that type and shape cannot have size bytes, or nil where it can.
func CheckWeight(t Type, rows, cols, size int) error {
	switch {
	case int(t) >= len(types):
		return fmt.Errorf("unknown number format %d", t)
	case rows <= 0 || cols <= 0:
		return fmt.Errorf("a %d×%d matrix has no values", rows, cols)
	case cols%t.Block() != 0:
		return fmt.Errorf("rows of %d values do not fit %s, whose blocks hold %d", cols, t, t.Block())
	case t == NF4DQ && size != t.Size(rows*cols) || t != NF4DQ && (size%rows != 0 || size/rows != t.RowBytes(cols)):
		return fmt.Errorf("%d bytes for a %d×%d matrix in %s, which takes %d", size, rows, cols, t, t.Size(rows*cols))
	}
	return nil
}

// Values is the numbers of an F32 matrix, empty for other types.
func (w Weight) Values() Buffer { return w.values }

// Data is the bytes of a matrix of another type than F32, nil for F32. A repacked matrix has none: that something other
// than a product wants them is a mistake in the program.
func (w Weight) Data() []byte {
	if w.repacked != nil {
		panic("compute: a repacked weight is for MatMul and for CrossEntropy without gradients alone")
	}
	return w.data
}

// Repacked is the bytes as the backend laid them out, nil where the matrix is not repacked.
func (w Weight) Repacked() []byte { return w.repacked }

// Bytes is the memory that the matrix takes at rest.
func (w Weight) Bytes() int {
	if w.repacked != nil {
		return len(w.repacked)
	}
	return w.Type.Size(w.Rows * w.Cols)
}

// IsZero says whether there is no matrix at all.
func (w Weight) IsZero() bool { return w.Rows == 0 }
