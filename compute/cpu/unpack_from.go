package cpu

import "github.com/cria-llm/cria/compute"

// A matrix in NF4-DQ has part of its numbers at its end, so that what is unpacked of one is found by its place.

// unpackFrom sets dst to a matrix's values from one on. Both are whole blocks.
func (k *kernels) unpackFrom(t compute.Type, dst []float32, data []byte, from int) {
	if t != compute.NF4DQ {
		start := t.RowBytes(from)
		k.unpack(t, dst, data[start:start+t.RowBytes(len(dst))])
		return
	}
	const blocks = 16
	block := t.Block()
	var plain [blocks * nf4Bytes]byte
	for at := 0; at < len(dst); at += blocks * block {
		n := min(blocks*block, len(dst)-at)
		part := plain[:n/block*nf4Bytes]
		compute.UnnestNF4(part, data, (from+at)/block)
		k.unpack(compute.NF4, dst[at:at+n], part)
	}
}

// nf4Bytes is the bytes of an NF4 block.
const nf4Bytes = 36

// dotFrom is x · as many of a matrix's values from one on.
func (k *kernels) dotFrom(t compute.Type, x []float32, data []byte, from int) float32 {
	if t != compute.NF4DQ {
		start := t.RowBytes(from)
		return k.dotRow(t, x, data[start:start+t.RowBytes(len(x))])
	}
	var s float32
	var piece [blockMax]float32
	for at := 0; at < len(x); at += blockMax {
		n := min(blockMax, len(x)-at)
		k.unpackFrom(t, piece[:n], data, from+at)
		s += k.dot(x[at:at+n], piece[:n])
	}
	return s
}
