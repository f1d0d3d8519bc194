package model

import (
	"fmt"
	"slices"
)

// family is one architecture: how its configuration reads and what its tensors are called in each format. The block
// itself is the same for all.
type family struct {
	name       string
	modelTypes []string // of Hugging Face's config.json
	gguf       string   // general.architecture, also the prefix of its keys
	fromHF     func(*jsonConfig) (Config, error)
	fromGGUF   func(*ggufConfig) (Config, error)
	tensors    []tensorName
	ignore     []string // suffixes of tensor names that carry nothing
}

// tensorName is a tensor in Hugging Face's and in GGUF's words; %d is the layer.
type tensorName struct{ hf, gguf string }

func families() []*family { return []*family{&llama} }

func familyOfHF(modelType string) (*family, error) {
	var known []string
	for _, f := range families() {
		if slices.Contains(f.modelTypes, modelType) {
			return f, nil
		}
		known = append(known, f.modelTypes...)
	}
	return nil, fmt.Errorf("architecture %q is not supported (supported: %s)", modelType, join(known))
}

func familyOfGGUF(arch string) (*family, error) {
	var known []string
	for _, f := range families() {
		if f.gguf == arch {
			return f, nil
		}
		known = append(known, f.gguf)
	}
	return nil, fmt.Errorf("architecture %q is not supported (supported: %s)", arch, join(known))
}
