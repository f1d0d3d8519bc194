package adapter

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/cria-llm/cria/format/gguf"
)

// GGUFNames is what llama.cpp calls the linear layers of one base, and how it orders their rows.
type GGUFNames struct {
	Arch   string               // general.architecture
	Layers map[string]GGUFLayer // by Hugging Face module name
	// FanInFanOut says that Hugging Face's files of the base hold matrices as [in, out].
	FanInFanOut bool
}

// GGUFLayer is where a GGUF file has a linear layer.
type GGUFLayer struct {
	Tensor  string // "blk.0.attn_q.weight"
	Out, In int
	// Row says which of Hugging Face's rows stands at a row of the file; nil where they are in the same order.
	Row func(row int) int
}

// The keys of an adapter's file. llama.cpp computes y += α/r · x·Aᵀ·Bᵀ with one α for all layers.
const (
	keyType  = "general.type"
	keyArch  = "general.architecture"
	keyKind  = "adapter.type"
	keyBase  = "general.base_model.0.name"
	keyAlpha = "adapter.lora.alpha"

	ggufA = ".lora_a"
	ggufB = ".lora_b"
)

// MergeInstead is the error of an adapter that llama.cpp has no form for.
type MergeInstead struct{ Why string }

func (e *MergeInstead) Error() string {
	return fmt.Sprintf("llama.cpp has no form for an adapter %s: merge it into the model (cria export MODEL+ADAPTER --to gguf)", e.Why)
}

// WriteGGUF writes the adapter as llama.cpp loads it beside a model, its values in t. What metadata says comes after what
// every such file says. A layer whose α differs from the others' has the difference multiplied into its B, and rsLoRA's
// α/√r becomes another α. An adapter that llama.cpp has no form for is a [*MergeInstead].
func (a *Adapter) WriteGGUF(path string, names GGUFNames, t gguf.Type, metadata []gguf.KV) error {
	switch {
	case a.Config.DoRA:
		return &MergeInstead{"that gives rows of weights lengths of their own (DoRA)"}
	case len(a.Whole) > 0:
		return &MergeInstead{"that carries a whole embedding or output head (modules_to_save)"}
	}
	alpha, err := a.commonAlpha()
	if err != nil {
		return err
	}
	head := []gguf.KV{
		{Key: keyArch, Value: gguf.Of(names.Arch)},
		{Key: keyType, Value: gguf.Of("adapter")},
		{Key: keyKind, Value: gguf.Of("lora")},
		{Key: keyAlpha, Value: gguf.Of(alpha)},
	}
	if a.Provenance != nil {
		text, err := a.Provenance.Text()
		if err != nil {
			return err
		}
		head = append(head, gguf.KV{Key: ProvenanceKey, Value: gguf.Of(string(text))})
	}
	var tensors []gguf.Tensor
	for _, name := range a.Names() {
		p := a.Modules[name]
		if err := a.checkPair(name, p); err != nil {
			return err
		}
		layer, ok := names.Layers[name]
		if !ok {
			return fmt.Errorf("module %q has no name in a GGUF file of architecture %s", name, names.Arch)
		}
		if p.Out != layer.Out || p.In != layer.In {
			return fmt.Errorf("module %q is %d×%d, the base's layer %d×%d", name, p.Out, p.In, layer.Out, layer.In)
		}
		pair, err := p.gguf(layer, t, alpha)
		if err != nil {
			return fmt.Errorf("module %q: %w", name, err)
		}
		tensors = append(tensors, pair...)
	}
	return gguf.Write(path, append(head, metadata...), tensors)
}

// gguf is the pair as the file has it, under that α.
func (p Pair) gguf(layer GGUFLayer, t gguf.Type, alpha float32) ([]gguf.Tensor, error) {
	b := slices.Clone(p.B)
	if layer.Row != nil {
		for row := range p.Out {
			from := layer.Row(row)
			copy(b[row*p.R:(row+1)*p.R], p.B[from*p.R:(from+1)*p.R])
		}
	}
	// Where the file's α gives the scale as it is, or one that rounding alone tells apart, B stays bit for bit.
	if factor := float64(p.Scale) * float64(p.R) / float64(alpha); math.Abs(factor-1) > 1e-6 {
		for i := range b {
			b[i] = float32(float64(b[i]) * factor)
		}
	}
	var tensors []gguf.Tensor
	for _, m := range []struct {
		name       string
		values     []float32
		rows, cols int
	}{{layer.Tensor + ggufA, p.A, p.R, p.In}, {layer.Tensor + ggufB, b, p.Out, p.R}} {
		to := gguf.Tensor{Name: m.name, Type: t, Shape: []int{m.rows, m.cols}}
		size, err := to.Size()
		if err != nil {
			return nil, err
		}
		to.Data = make([]byte, size)
		if err := gguf.Encode(to.Data, t, m.values); err != nil {
			return nil, err
		}
		tensors = append(tensors, to)
	}
	return tensors, nil
}

// commonAlpha is the α of most modules, as α/r.
func (a *Adapter) commonAlpha() (float32, error) {
	seen := map[float32]int{}
	var best float32
	for _, name := range a.Names() {
		r, alpha, err := a.Config.module(name)
		if err != nil {
			return 0, err
		}
		if a.Config.RSLoRA {
			alpha *= math.Sqrt(float64(r))
		}
		x := float32(alpha)
		if seen[x]++; seen[x] > seen[best] {
			best = x
		}
	}
	if best == 0 {
		return 0, errors.New("no modules")
	}
	return best, nil
}

// IsGGUF says whether a path is the file of an adapter in GGUF.
func IsGGUF(path string) bool {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return false
	}
	f, err := gguf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	kind, _ := f.String(keyType)
	return kind == "adapter"
}

// LoadGGUF reads an adapter's file, for a base of those names. Without any, its modules are named as its tensors are, which
// fits no model. What it says of its training is checked as of any other.
func LoadGGUF(path string, names GGUFNames) (*Adapter, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load adapter: %w", err)
	}
	a, err := fromGGUF(f, names)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("load adapter %s: %w", path, err)
	}
	return a, nil
}

func fromGGUF(f *gguf.File, names GGUFNames) (*Adapter, error) {
	for _, want := range []struct{ key, value, or string }{
		{keyType, "adapter", "it is a model, not an adapter"},
		{keyKind, "lora", "only LoRA is supported"},
		{keyArch, names.Arch, "the base is of another architecture"},
	} {
		got, err := gguf.Need[string](f, want.key)
		if err != nil {
			return nil, err
		}
		if got != want.value && want.value != "" {
			return nil, fmt.Errorf("%s is %q, not %q: %s", want.key, got, want.value, want.or)
		}
	}
	alpha, err := gguf.Need[float64](f, keyAlpha)
	if err != nil {
		return nil, fmt.Errorf("%w: the scale of an adapter is never guessed", err)
	}
	var p *Provenance
	if text, ok := f.String(ProvenanceKey); ok {
		if p, err = ParseProvenance([]byte(text)); err != nil {
			return nil, fmt.Errorf("metadata %s: %w", ProvenanceKey, err)
		}
	}
	pairs, err := ggufPairs(f, names)
	if err != nil {
		return nil, err
	}
	base, _ := f.String(keyBase)
	if p != nil {
		base = p.Base
	}
	a, err := assemble(pairs, p, Options{FanInFanOut: names.FanInFanOut}, base)
	if err != nil {
		return nil, err
	}
	// α is the file's own for every rank; llama.cpp takes 0 for a scale of 1, which is how assemble leaves it.
	if alpha != 0 {
		a.Config.Alpha, a.Config.Alphas = alpha, nil
		for name, pair := range a.Modules {
			pair.Scale = a.Config.scale(pair.R, alpha)
			a.Modules[name] = pair
		}
	}
	return a, a.Config.check()
}

// ggufPairs reads the layers' matrices.
func ggufPairs(f *gguf.File, names GGUFNames) (map[string]Pair, error) {
	module := make(map[string]string, len(names.Layers))
	for name, l := range names.Layers {
		module[l.Tensor] = name
	}
	pairs := map[string]Pair{}
	for _, t := range f.Tensors() {
		tensor, isA := strings.CutSuffix(t.Name, ggufA)
		other := tensor + ggufB
		if !isA {
			var isB bool
			if tensor, isB = strings.CutSuffix(t.Name, ggufB); !isB {
				return nil, fmt.Errorf("tensor %q is no half of a LoRA pair: want names that end in %s and %s", t.Name, ggufA, ggufB)
			}
			other = tensor + ggufA
		}
		o, ok := f.Tensor(other)
		if !ok {
			return nil, fmt.Errorf("tensor %q has no other half %q", t.Name, other)
		}
		if !isA {
			continue
		}
		name, ok := module[tensor]
		layer := names.Layers[name]
		if len(names.Layers) == 0 && len(t.Shape) == 2 && len(o.Shape) == 2 {
			name, layer, ok = strings.TrimSuffix(tensor, ".weight"), GGUFLayer{Out: o.Shape[0], In: t.Shape[1]}, true
		}
		if !ok {
			return nil, fmt.Errorf("tensor %q: the base has no linear layer %q", t.Name, tensor)
		}
		p, err := ggufPair(t, o, layer)
		if err != nil {
			return nil, err
		}
		pairs[name] = p
	}
	if len(pairs) == 0 {
		return nil, errors.New("no tensors")
	}
	return pairs, nil
}

func ggufPair(a, b gguf.Tensor, layer GGUFLayer) (Pair, error) {
	if len(a.Shape) != 2 || len(b.Shape) != 2 || a.Shape[0] != b.Shape[1] || a.Shape[0] < 1 || a.Shape[0] > maxRank || a.Shape[1] != layer.In || b.Shape[0] != layer.Out {
		return Pair{}, fmt.Errorf("tensors %q and %q have shapes %v and %v, want [r, %d] and [%d, r]", a.Name, b.Name, a.Shape, b.Shape, layer.In, layer.Out)
	}
	p := Pair{R: a.Shape[0], In: a.Shape[1], Out: b.Shape[0], Scale: 1}
	var err error
	if p.A, err = ggufFloats(a); err != nil {
		return Pair{}, err
	}
	rows, err := ggufFloats(b)
	if err != nil {
		return Pair{}, err
	}
	p.B = rows
	if layer.Row != nil {
		p.B = make([]float32, len(rows))
		for row := range p.Out {
			to := layer.Row(row)
			copy(p.B[to*p.R:(to+1)*p.R], rows[row*p.R:(row+1)*p.R])
		}
	}
	return p, nil
}

func ggufFloats(t gguf.Tensor) ([]float32, error) {
	x := make([]float32, t.Shape[0]*t.Shape[1]) // as many as the file has
	if err := gguf.Decode(x, t.Type, t.Data); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if i := slices.IndexFunc(x, func(v float32) bool { return v-v != 0 }); i >= 0 {
		return nil, fmt.Errorf("tensor %q holds %g at index %d", t.Name, x[i], i)
	}
	return x, nil
}
