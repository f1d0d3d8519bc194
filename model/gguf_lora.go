package model

import "cmp"

// GGUFLinear is where a GGUF file has a linear layer of the blocks.
type GGUFLinear struct {
	Tensor  string // "blk.0.attn_q.weight"
	Out, In int
	// Row says which of the layer's rows stands at a row of the file; nil where they are in the same order.
	Row func(row int) int
}

// GGUFLinears is general.architecture of the model's family, and where its GGUF files have the linear layers, by name.
func (m *Model) GGUFLinears() (arch string, layers map[string]GGUFLinear) {
	layers = make(map[string]GGUFLinear, len(m.linears))
	for _, l := range m.linears {
		g := GGUFLinear{Tensor: m.family.ggufName(l.Name + ".weight"), Out: l.Out(), In: l.In()}
		if m.family.interleaves(m.family.partOf(l.Name + ".weight")) {
			g.Row = func(row int) int { return interleaved(row, m.cfg.HeadDim) }
		}
		layers[l.Name] = g
	}
	return cmp.Or(m.family.gguf, llama.gguf), layers
}
