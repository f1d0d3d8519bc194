package gguf

import (
	"fmt"
	"strconv"
	"strings"
)

// Mix is a named choice of types for a model's tensors, as llama-quantize has them: most matrices in one type, and those
// that a model is most sensitive to in a finer one.
type Mix string

// mixes says, for every mix, the type of most matrices and its number under general.file_type.
var mixes = [...]struct {
	name     Mix
	base     Type
	fileType uint32
}{
	{"F32", F32, 0}, {"F16", F16, 1}, {"BF16", BF16, 32}, {"Q8_0", Q8_0, 7}, {"Q6_K", Q6_K, 18},
	{"Q5_K_M", Q5_K, 17}, {"Q5_K_S", Q5_K, 16}, {"Q5_1", Q5_1, 9}, {"Q5_0", Q5_0, 8},
	{"Q4_K_M", Q4_K, 15}, {"Q4_K_S", Q4_K, 14}, {"IQ4_NL", IQ4_NL, 25}, {"IQ4_XS", IQ4_XS, 30},
	{"Q4_1", Q4_1, 3}, {"Q4_0", Q4_0, 2},
	{"Q3_K_L", Q3_K, 13}, {"Q3_K_M", Q3_K, 12}, {"Q3_K_S", Q3_K, 11}, {"Q2_K", Q2_K, 10},
}

// MixNames lists the mixes, the finest first.
func MixNames() []string {
	var names []string
	for _, m := range mixes {
		names = append(names, string(m.name))
	}
	return names
}

// ParseMix is the mix of that name, in capitals or not. Q4_K and Q5_K stand for their mixes of middle size, as in llama.cpp.
func ParseMix(name string) (Mix, error) {
	full := strings.ToUpper(name)
	switch full {
	case "Q3_K", "Q4_K", "Q5_K":
		full += "_M"
	}
	for _, m := range mixes {
		if string(m.name) == full {
			return m.name, nil
		}
	}
	return "", fmt.Errorf("%q is no type to write a model in: want %s", name, strings.Join(MixNames(), ", "))
}

// Base is the type of most matrices.
func (m Mix) Base() Type {
	t, _ := m.entry()
	return t
}

// FileType is the mix's number under general.file_type.
func (m Mix) FileType() uint32 {
	_, n := m.entry()
	return n
}

func (m Mix) entry() (Type, uint32) {
	for _, e := range mixes {
		if e.name == m {
			return e.base, e.fileType
		}
	}
	return F32, 0
}

// Traits is what a mix must know of a model besides its tensors.
type Traits struct {
	Layers, Heads, KVHeads int
	Importance             bool // whether there is an importance matrix
}

// Types is the type that each tensor is written in, given its name and shape: norms, biases, positions and all else that is
// no matrix of weights in F32, matrices as the mix says, in the name's place in llama.cpp's rules. A matrix whose rows do
// not fill the type's blocks goes to a finer type with smaller ones, and to F16 where they do not fill those.
func (m Mix) Types(of Traits, tensors []Tensor) []Type {
	base, _ := m.entry()
	tied := true
	for _, t := range tensors {
		tied = tied && t.Name != "output.weight"
	}
	types := make([]Type, len(tensors))
	for i, t := range tensors {
		switch {
		case !isWeight(t):
			types[i] = F32
		case base.Block() == 1:
			types[i] = base
		default:
			types[i] = thatFits(m.choose(t, of, tied), t.Shape[len(t.Shape)-1])
		}
	}
	return types
}

// isWeight says whether a tensor is a matrix that may be quantised.
func isWeight(t Tensor) bool {
	if len(t.Shape) < 2 || !strings.HasSuffix(t.Name, "weight") || t.Name == "position_embd.weight" || t.Name == "token_types.weight" {
		return false
	}
	return !strings.Contains(t.Name, "_norm.weight") && !strings.Contains(t.Name, "ffn_gate_inp.weight")
}

// choose is the type of a matrix, whether its rows fit or not.
func (m Mix) choose(t Tensor, of Traits, tied bool) Type {
	base, _ := m.entry()
	layer := layerOf(t.Name)
	is := func(part string) bool { return strings.Contains(t.Name, part) }
	switch {
	case t.Name == "output.weight" || tied && t.Name == "token_embd.weight":
		if base == Q8_0 || t.Shape[len(t.Shape)-1]%base.Block() != 0 {
			return Q8_0
		}
		return Q6_K
	case is("attn_v.weight"):
		return m.chooseValue(layer, of)
	case is("attn_qkv.weight"):
		switch m {
		case "Q3_K_M", "Q3_K_L":
			return Q4_K
		case "Q4_K_M":
			return Q5_K
		case "Q5_K_M":
			return Q6_K
		}
	case is("ffn_down"):
		return m.chooseDown(layer, of)
	case is("attn_output.weight"):
		switch m {
		case "Q2_K":
			return Q3_K
		case "Q3_K_M":
			return Q4_K
		case "Q3_K_L":
			return Q5_K
		}
	}
	return base
}

// chooseValue is the type of a matrix that makes an attention's values.
func (m Mix) chooseValue(layer int, of Traits) Type {
	t, _ := m.entry()
	shared := of.KVHeads > 0 && of.Heads/of.KVHeads >= 4 // so many queries' heads share it that its bytes hardly count
	switch {
	case m == "Q2_K" && shared:
		t = Q4_K
	case m == "Q2_K":
		t = Q3_K
	case m == "Q3_K_M" && layer < 2, m == "Q3_K_L", (m == "IQ4_NL" || m == "IQ4_XS") && shared, m == "Q4_K_S" && layer < 4:
		t = Q5_K
	case m == "Q3_K_M":
		t = Q4_K
	case (m == "Q4_K_M" || m == "Q5_K_M") && moreBits(layer, of.Layers):
		t = Q6_K
	}
	if of.Layers == 80 && of.KVHeads < of.Heads && (t == Q3_K || t == Q4_K) { // the models of 70 billion
		t = Q5_K
	}
	return t
}

// chooseDown is the type of a feed-forward block's last matrix.
func (m Mix) chooseDown(layer int, of Traits) Type {
	t, _ := m.entry()
	early := layer < of.Layers/8
	switch {
	case m == "Q2_K":
		return Q3_K
	case m == "Q3_K_M" && layer < of.Layers/16, m == "Q3_K_L", m == "Q4_K_S" && early, (m == "IQ4_NL" || m == "IQ4_XS") && early && !of.Importance:
		return Q5_K
	case m == "Q3_K_M":
		return Q4_K
	case (m == "Q4_K_M" || m == "Q5_K_M") && moreBits(layer, of.Layers):
		return Q6_K
	case m == "Q4_0" && early && of.Importance:
		return Q4_1
	case m == "Q5_0" && early && of.Importance:
		return Q5_1
	}
	return t
}

// moreBits says whether a layer is one of those that the middle mixes give more bits: the first and last eighths, and every
// third between them.
func moreBits(layer, layers int) bool {
	return layer < layers/8 || layer >= 7*layers/8 || (layer-layers/8)%3 == 2
}

// layerOf is the number in a name like blk.3.attn_v.weight, and 0 where there is none.
func layerOf(name string) int {
	rest, ok := strings.CutPrefix(name, "blk.")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// thatFits is t where rows of cols fill its blocks, and the type that takes its place where they do not.
func thatFits(t Type, cols int) Type {
	if cols%t.Block() == 0 {
		return t
	}
	switch t {
	case Q2_K, Q3_K, IQ4_XS:
		t = IQ4_NL
	case Q4_K:
		t = Q5_0
	case Q5_K:
		t = Q5_1
	case Q6_K:
		t = Q8_0
	}
	if cols%t.Block() != 0 {
		return F16
	}
	return t
}
