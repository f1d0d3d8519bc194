package export

import "github.com/cria-llm/cria/compute"

// kind is a type that weights are exported in, and how far it may be from its source.
type kind struct {
	name  string
	maxKL float64 // mean over tokens, in nats
	float bool    // one of the plain types, which Hugging Face folders hold
}

// kinds lists them, the most exact first. The limits are a few times what models of a billion weights are measured at, for
// small models lose more; they are there to find what is broken.
func kinds() []kind {
	return []kind{
		{"F32", 1e-6, true},
		{"F16", 1e-4, true},
		{"BF16", 1e-3, true},
		{"Q8_0", 0.01, false},
		{"Q6_K", 0.03, false},
		{"Q5_K_M", 0.06, false},
		{"Q4_K_M", 0.15, false},
		{"Q4_0", 0.3, false},
	}
}

// Types lists the types that weights can be exported in; a mix such as Q4_K_M has several.
func Types() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// limitOf is the most that the mean KL of an export of that type may be.
func limitOf(name string) float64 {
	for _, k := range kinds() {
		if k.name == name {
			return k.maxKL
		}
	}
	return 1e-6 // an adapter, whose numbers stay as they are
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
