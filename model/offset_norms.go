package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
)

// lowKey lists the weights of Gemma's norms that half precision holds and that do not come back from the 1+w that GGUF files
// have, as they are below the last bit of 1: "blk.4.ffn_norm.weight 17 3.1e-06" is value 17 of that tensor.
const lowKey = "cria.offset_norms"

// lowNorms is the entries of lowKey; none for most models.
func (m *Model) lowNorms() []string {
	if !m.cfg.Norms.Offset {
		return nil
	}
	var list []string
	for _, t := range m.tensors {
		if !m.family.partOf(t.Name).norm() {
			continue
		}
		for i, w := range t.Floats() {
			if (w+1)-1 != w && (compute.F16ToF32(compute.F32ToF16(w)) == w || compute.BF16ToF32(compute.F32ToBF16(w)) == w) {
				list = append(list, fmt.Sprintf("%s %d %v", m.family.ggufName(t.Name), i, w))
			}
		}
	}
	return list
}

// lowNorm is one entry.
type lowNorm struct {
	index  int
	weight float32
}

// readLowNorms reads the entries of a file by tensor. What is not written as it should be is passed over: the file is a model
// without, too.
func readLowNorms(file *gguf.File) map[string][]lowNorm {
	list, _, _ := gguf.Lookup[[]string](file, lowKey)
	low := map[string][]lowNorm{}
	for _, s := range list {
		var name string
		var n lowNorm
		if k, err := fmt.Sscanf(s, "%s %d %g", &name, &n.index, &n.weight); k == 3 && err == nil {
			low[name] = append(low[name], n)
		}
	}
	return low
}

// restore puts entries into a norm's values, of which 1 was taken, where they are what the file's values were made from.
func restore(t rawTensor, low []lowNorm) rawTensor {
	if len(low) == 0 {
		return t
	}
	t.data = slices.Clone(t.data)
	for _, n := range low {
		if n.index < 0 || n.index >= product(t.shape) {
			continue
		}
		at := t.data[4*n.index : 4*n.index+4]
		var now [1]float32
		compute.Decode(now[:], compute.F32, at)
		if (n.weight+1)-1 == now[0] && math.Abs(float64(n.weight)) < 1e-3 {
			_ = compute.Encode(at, compute.F32, []float32{n.weight}) // float32 holds everything
		}
	}
	return t
}
