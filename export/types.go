package export

import (
	"math"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/infer"
)

// Types lists the types that weights can be exported in; a mix such as Q4_K_M has several. Hugging Face folders hold the
// first three.
func Types() []string {
	names := []string{"F32", "F16", "BF16"}
	for _, name := range gguf.MixNames() {
		if m, err := gguf.ParseMix(name); err == nil && m.Base().Block() > 1 {
			names = append(names, name)
		}
	}
	return names
}

// limitOf is the most that the mean KL of an export of a model of so many weights may be, in nats a token. Types that round
// each value by itself lose next to nothing. What blocks of few bits lose follows from the bits of a weight: the limit is
// about four times what llama.cpp measures of a model of eight billion weights (0.0014 in Q8_0, 0.005 in Q6_K, 0.03 in
// Q4_K_M), and grows with the square root of how much smaller than a billion a model is, up to tenfold. It is there to find
// what is broken.
func limitOf(name string, params int) float64 {
	switch name {
	case "", "F32": // an adapter's numbers stay as they are
		return 1e-6
	case "F16":
		return 1e-4
	case "BF16":
		return 1e-3
	}
	mix, err := gguf.ParseMix(name)
	if err != nil {
		return 1e-6
	}
	return limitOfBlocks(mix.Base(), params)
}

func limitOfBlocks(t gguf.Type, params int) float64 {
	bits := 8 * float64(t.BlockBytes()) / float64(t.Block())
	small := math.Sqrt(1e9 / float64(min(max(params, 1e7), 1e9)))
	return min(2, 0.2*math.Pow(2.4, 4.5-bits)*small)
}

// Limit is the most that the mean KL of two models that should be the same may be: that of the coarsest type which one of
// them has and the other has not.
func Limit(a, b *infer.Assistant) float64 {
	x, y := weightTypes(a), weightTypes(b)
	limit, params := limitOf("", 0), a.Model().Config().Params()
	for _, list := range [][2]map[compute.Type]bool{{x, y}, {y, x}} {
		for t := range list[0] {
			if list[1][t] {
				continue
			}
			if in, ok := gguf.TypeOf(t); ok && in.Block() > 1 {
				limit = max(limit, limitOfBlocks(in, params))
			} else {
				limit = max(limit, limitOf(t.String(), params))
			}
		}
	}
	return limit
}

// weightTypes are the types that a model's matrices rest in.
func weightTypes(a *infer.Assistant) map[compute.Type]bool {
	types := map[compute.Type]bool{}
	for _, t := range a.Model().Tensors() {
		if len(t.Shape) > 1 {
			types[t.Type] = true
		}
	}
	return types
}

// typeOr is the type that was asked for, or the plain one that suits the source.
func (j *job) typeOr() string {
	if j.o.Type != "" {
		return j.o.Type
	}
	for _, t := range j.src.Model().Tensors() {
		if len(t.Shape) == 2 && t.Type == compute.BF16 {
			return "BF16"
		}
	}
	return "F16"
}
