package similarity

import (
	"slices"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
)

// Alike groups the unit vectors whose cosine is at least a threshold: each group holds two or more, in order, and a vector
// belongs to the group of any that it is so like. Every two are compared, in blocks that take 64 MiB at most.
func Alike(vectors [][]float32, cosine float64) [][]int {
	groups := newUnion(len(vectors))
	if len(vectors) < 2 {
		return nil
	}
	each := func(i, from int, cosines []float32) {
		for k, c := range cosines {
			if j := from + k; j < i && float64(c) >= cosine {
				groups.join(i, j)
			}
		}
	}
	device, err := cpu.New(cpu.Options{})
	if err != nil {
		// The plain way.
		for i, v := range vectors {
			row := make([]float32, i)
			for j := range row {
				row[j] = dot(v, vectors[j])
			}
			each(i, 0, row)
		}
		return groups.groups()
	}
	defer device.Close()
	const block = 256
	dim := len(vectors[0])
	width := min(len(vectors), 64<<20/4/block)
	flat := flatten(vectors)
	cosines := make([]float32, block*width)
	for from := 0; from < len(vectors); from += width {
		to := min(from+width, len(vectors))
		against := compute.F32Weight(compute.HostBuffer(flat[from*dim:to*dim]), to-from, dim)
		for first := from; first < len(vectors); first += block {
			n := min(block, len(vectors)-first)
			y := cosines[:n*(to-from)]
			device.MatMul(compute.HostBuffer(y), compute.HostBuffer(flat[first*dim:(first+n)*dim]), against, n, 1, false)
			i := first
			for row := range slices.Chunk(y, to-from) {
				each(i, from, row)
				i++
			}
		}
	}
	return groups.groups()
}

// flatten puts vectors of one length one after another.
func flatten(vectors [][]float32) []float32 {
	out := make([]float32, 0, len(vectors)*len(vectors[0]))
	for _, v := range vectors {
		out = append(out, v...)
	}
	return out
}
