package adapter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
)

const (
	configFile  = "adapter_config.json"
	weightsFile = "adapter_model.safetensors"

	prefix  = "base_model.model."
	suffixA = ".lora_A.weight"
	suffixB = ".lora_B.weight"
	suffixM = ".lora_magnitude_vector"
)

// Load reads an adapter folder. Tensors in F16 or BF16 become float32.
func Load(dir string) (*Adapter, error) {
	a, err := load(dir)
	if err != nil {
		return nil, fmt.Errorf("load adapter %s: %w", dir, err)
	}
	return a, nil
}

func load(dir string) (*Adapter, error) {
	cfg, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, weightsFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "adapter_model.bin")); err == nil {
			return nil, fmt.Errorf("%s is missing and adapter_model.bin, a Python pickle, is not read: save it as safetensors", weightsFile)
		}
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	a := &Adapter{Config: cfg}
	if a.Modules, err = readModules(file, &cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", weightsFile, err)
	}
	if a.Whole, err = readWhole(file, &cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", weightsFile, err)
	}
	if a.Provenance, err = ReadProvenance(dir); err != nil {
		return nil, err
	}
	return a, nil
}

// readModules pairs the tensors up and holds their shapes to the configuration.
func readModules(file *safetensors.File, cfg *Config) (map[string]Pair, error) {
	modules := map[string]Pair{}
	for _, name := range file.Names() {
		switch {
		case strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffixA):
			module := strings.TrimSuffix(strings.TrimPrefix(name, prefix), suffixA)
			p, err := readPair(file, cfg, module)
			if err != nil {
				return nil, err
			}
			modules[module] = p
		case strings.HasPrefix(name, prefix) && (strings.HasSuffix(name, suffixB) || cfg.DoRA && strings.HasSuffix(name, suffixM)):
			other := strings.TrimSuffix(strings.TrimSuffix(name, suffixB), suffixM) + suffixA
			if _, ok := file.Tensor(other); !ok {
				return nil, fmt.Errorf("tensor %q has no other half %q", name, other)
			}
		case wholeModule(name, cfg.ModulesToSave) != "":
		default:
			return nil, fmt.Errorf("tensor %q is not supported yet: want names such as %smodel.layers.0.self_attn.q_proj%s", name, prefix, suffixA)
		}
	}
	if len(modules) == 0 {
		return nil, fmt.Errorf("no tensors")
	}
	return modules, nil
}

// wholeModule is the name of the module whose matrix a tensor holds whole, where it is one of those listed.
func wholeModule(tensor string, listed []string) string {
	module := strings.TrimSuffix(strings.TrimPrefix(tensor, prefix), ".weight")
	if len(module)+len(prefix)+len(".weight") == len(tensor) && slices.Contains(listed, module[strings.LastIndexByte(module, '.')+1:]) {
		return module
	}
	return ""
}

// readWhole reads the matrices that modules_to_save lists.
func readWhole(file *safetensors.File, cfg *Config) (map[string]Matrix, error) {
	whole := map[string]Matrix{}
	found := map[string]bool{}
	for _, name := range file.Names() {
		module := wholeModule(name, cfg.ModulesToSave)
		if module == "" {
			continue
		}
		t, _ := file.Tensor(name)
		if len(t.Shape) != 2 || t.Shape[0] < 1 || t.Shape[1] < 1 {
			return nil, fmt.Errorf("tensor %q has shape %v, want a matrix", name, t.Shape)
		}
		values, err := floats(t)
		if err != nil {
			return nil, err
		}
		whole[module] = Matrix{Values: values, Rows: t.Shape[0], Cols: t.Shape[1]}
		found[module[strings.LastIndexByte(module, '.')+1:]] = true
	}
	for _, leaf := range cfg.ModulesToSave {
		if !found[leaf] {
			return nil, fmt.Errorf("no tensor %s…%s.weight, which modules_to_save of %s lists", prefix, leaf, configFile)
		}
	}
	return whole, nil
}

func readPair(file *safetensors.File, cfg *Config, module string) (Pair, error) {
	r, alpha, err := cfg.module(module)
	if err != nil {
		return Pair{}, err
	}
	nameA, nameB := prefix+module+suffixA, prefix+module+suffixB
	a, _ := file.Tensor(nameA)
	b, ok := file.Tensor(nameB)
	if !ok {
		return Pair{}, fmt.Errorf("tensor %q has no other half %q", nameA, nameB)
	}
	if len(a.Shape) != 2 || a.Shape[0] != r || a.Shape[1] < 1 {
		return Pair{}, fmt.Errorf("tensor %q has shape %v, want [r, in] with r = %d of %s", nameA, a.Shape, r, configFile)
	}
	if len(b.Shape) != 2 || b.Shape[1] != r || b.Shape[0] < 1 {
		return Pair{}, fmt.Errorf("tensor %q has shape %v, want [out, r] with r = %d of %s", nameB, b.Shape, r, configFile)
	}
	p := Pair{R: r, In: a.Shape[1], Out: b.Shape[0], Scale: cfg.scale(r, alpha)}
	if p.A, err = floats(a); err != nil {
		return Pair{}, err
	}
	if p.B, err = floats(b); err != nil || !cfg.DoRA {
		return p, err
	}
	nameM := prefix + module + suffixM
	m, ok := file.Tensor(nameM)
	if !ok || len(m.Shape) != 1 || m.Shape[0] != p.Out {
		return Pair{}, fmt.Errorf("tensor %q of shape [%d] is missing: use_dora of %s is true", nameM, p.Out, configFile)
	}
	p.Magnitude, err = floats(m)
	return p, err
}

// floats decodes a tensor.
func floats(t safetensors.Tensor) ([]float32, error) {
	types := []compute.Type{compute.F32, compute.F16, compute.BF16}
	i := slices.IndexFunc(types, func(typ compute.Type) bool { return typ.String() == t.DType })
	if i < 0 {
		return nil, fmt.Errorf("tensor %q is in %s, which is not supported (supported: F32, F16, BF16)", t.Name, t.DType)
	}
	n := 1
	for _, d := range t.Shape {
		n *= d // the file has as many bytes, so it does not overflow
	}
	x := make([]float32, n)
	compute.Decode(x, types[i], t.Data)
	if i := slices.IndexFunc(x, func(v float32) bool { return v-v != 0 }); i >= 0 {
		return nil, fmt.Errorf("tensor %q holds %g at index %d", t.Name, x[i], i)
	}
	return x, nil
}
