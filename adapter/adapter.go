// Package adapter holds low-rank adapters (LoRA, Hu et al. 2021, and its kin) as files and as plain numbers: it reads and writes the
// folder that Hugging Face's PEFT does, adapter_config.json and adapter_model.safetensors, and beside them cria.json,
// which says what the adapter was trained on.
//
// It never computes with a model and never guesses: a rank or an alpha that is not in the file is an error, and so is
// a setting that would change the numbers and is not supported.
//
//	a, err := adapter.Load("my-run/adapter")
//	err = a.CheckBase(m.Name(), m.Hash())
//	for name, p := range a.Modules { … p.A, p.B, p.Scale … }
package adapter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Adapter is a set of low-rank additions to the linear layers of one base model.
type Adapter struct {
	Config Config
	// Modules are by Hugging Face module name, "model.layers.3.self_attn.q_proj".
	Modules map[string]Pair
	// Whole are matrices of the base that were trained whole and stand in place of the base's: the embedding and the
	// output head, by module name ("model.embed_tokens", "lm_head"). PEFT calls them modules_to_save.
	Whole map[string]Matrix
	// Provenance is nil for an adapter that came without cria.json.
	Provenance *Provenance
}

// Pair is the addition to one layer: y += Scale · x · Aᵀ · Bᵀ. Where it has a magnitude every row of the sum of the base's
// weights and the addition then has that length (DoRA, Liu et al. 2024).
type Pair struct {
	A, B       []float32 // [R, In] and [Out, R], row-major
	R, In, Out int
	Scale      float32   // α/r, or α/√r under rsLoRA
	Magnitude  []float32 // [Out], or empty
}

// Matrix is [Rows, Cols] values, row-major.
type Matrix struct {
	Values     []float32
	Rows, Cols int
}

// ModuleShape names a linear layer to adapt and its widths.
type ModuleShape struct {
	Name    string
	In, Out int
}

// Options are what an untrained adapter is like.
type Options struct {
	Rank           int
	Alpha, Dropout float64
	RSLoRA         bool // the scale is α/√r instead of α/r (Kalajdzievski 2023)
	// RowLengths makes it DoRA: the length of each row of a module's weights, where its magnitude begins. It is nil for
	// LoRA.
	RowLengths func(module string) []float32
	// Targets is what the configuration says is adapted, for PEFT: names or ends of names of modules. Where it is empty these
	// are the last parts of the modules' names, which is true of an adapter of all layers alone.
	Targets []string
	// FanInFanOut is what the configuration tells PEFT of a base whose files hold matrices as [in, out]. A and B are the same.
	FanInFanOut bool
	Seed        uint64
}

// New is an untrained adapter on the given layers: A is uniform in ±1/√In, which is PEFT's kaiming_uniform_(a=√5), and B
// is zero, so that it changes nothing yet. The same seed gives the same A, whatever the other modules.
func New(modules []ModuleShape, o Options) (*Adapter, error) {
	r := o.Rank
	a := &Adapter{Config: newConfig(o), Modules: make(map[string]Pair, len(modules))}
	if err := a.Config.check(); err != nil {
		return nil, fmt.Errorf("new adapter: %w", err)
	}
	if len(modules) == 0 {
		return nil, fmt.Errorf("new adapter: no modules to adapt")
	}
	for _, m := range modules {
		if m.In < 1 || m.Out < 1 || r > math.MaxInt32/max(m.In, m.Out) {
			return nil, fmt.Errorf("new adapter: module %q of %d×%d cannot have rank %d", m.Name, m.Out, m.In, r)
		}
		if _, twice := a.Modules[m.Name]; twice {
			return nil, fmt.Errorf("new adapter: module %q is listed twice", m.Name)
		}
		p := Pair{A: make([]float32, r*m.In), B: make([]float32, m.Out*r), R: r, In: m.In, Out: m.Out, Scale: a.Config.scale(r, o.Alpha)}
		if o.RowLengths != nil {
			if p.Magnitude = o.RowLengths(m.Name); len(p.Magnitude) != m.Out {
				return nil, fmt.Errorf("new adapter: module %q has %d rows and the lengths of %d", m.Name, m.Out, len(p.Magnitude))
			}
		}
		rng, bound := rand.New(rand.NewPCG(o.Seed, nameSeed(m.Name))), 1/math.Sqrt(float64(m.In))
		for i := range p.A {
			p.A[i] = float32((2*rng.Float64() - 1) * bound)
		}
		a.Modules[m.Name] = p
		leaf := m.Name[strings.LastIndexByte(m.Name, '.')+1:]
		if len(o.Targets) == 0 && !slices.Contains(a.Config.TargetModules, leaf) {
			a.Config.TargetModules = append(a.Config.TargetModules, leaf)
		}
	}
	a.Config.TargetModules = append(a.Config.TargetModules, o.Targets...)
	slices.Sort(a.Config.TargetModules)
	return a, nil
}

// Carry has the adapter carry a matrix of the base that was trained whole.
func (a *Adapter) Carry(module string, m Matrix) {
	if a.Whole == nil {
		a.Whole = map[string]Matrix{}
	}
	a.Whole[module] = m
	if leaf := module[strings.LastIndexByte(module, '.')+1:]; !slices.Contains(a.Config.ModulesToSave, leaf) {
		a.Config.ModulesToSave = append(slices.Clone(a.Config.ModulesToSave), leaf)
		slices.Sort(a.Config.ModulesToSave)
	}
}

// Names lists the adapted modules, sorted.
func (a *Adapter) Names() []string {
	names := make([]string, 0, len(a.Modules))
	for name := range a.Modules {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Params is the number of trained values.
func (a *Adapter) Params() int {
	n := 0
	for _, p := range a.Modules {
		n += len(p.A) + len(p.B) + len(p.Magnitude)
	}
	for _, m := range a.Whole {
		n += len(m.Values)
	}
	return n
}
