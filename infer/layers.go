package infer

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Layer is how far two models are from each other behind one of their modules: ‖a−b‖/‖a‖ over all tokens.
type Layer struct {
	Module   string  `json:"module"`
	Relative float64 `json:"relative"`
}

// Parting is where two models part on their way through the layers.
type Parting struct {
	// Layers are the residual stream after the embedding and after each layer, and the logits.
	// There are none where the models' shapes differ.
	Layers []Layer `json:"layers"`
	// First is the first module, in the order of the forward pass, whose output or input differs by more than rounding, nil
	// where none does.
	First *Layer `json:"first,omitempty"`
	// Tokens is how many were looked at.
	Tokens int `json:"tokens"`
}

// Of the prompts, no more than so many with so many tokens each are run layer by layer.
const (
	layerPrompts = 6
	layerTokens  = 48
)

// rounding is the most that values may be apart, relative to their length, that were computed alike in another order.
const rounding = 1e-4

// Layers runs both models, in float32, over the beginnings of a few of the prompts, in the reference's tokens, and compares
// what they compute on the way. nil stands for [GoldenPrompts].
func Layers(ctx context.Context, reference, other *Assistant, prompts []Prompt) (Parting, error) {
	p, err := layers(ctx, reference, other, prompts)
	if err != nil {
		return Parting{}, fmt.Errorf("compare %s with %s: %w", reference.Name(), other.Name(), err)
	}
	return p, nil
}

func layers(ctx context.Context, reference, other *Assistant, prompts []Prompt) (Parting, error) {
	if a, b := reference.m.Config(), other.m.Config(); a.Layers != b.Layers || a.Hidden != b.Hidden || a.Vocab != b.Vocab {
		return Parting{}, nil
	}
	if prompts == nil {
		prompts = GoldenPrompts()
	}
	var texts [][]int32
	var p Parting
	for _, prompt := range prompts {
		ids, err := prompt.ids(reference)
		if err != nil {
			return Parting{}, err
		}
		ids = ids[:min(len(ids), layerTokens, reference.Context(), other.Context())]
		if len(texts) == layerPrompts || len(ids) == 0 {
			continue
		}
		texts = append(texts, ids)
		p.Tokens += len(ids)
	}
	far := newApart(func(module, what string) bool {
		n := layerOf(module)
		return what == "output" && (n == "" || module == streamAfter+n)
	})
	for _, ids := range texts {
		if err := far.compare(ctx, reference, other, ids); err != nil {
			return Parting{}, err
		}
	}
	p.Layers = far.list()
	at, first := "", false
	for _, l := range p.Layers {
		if !(l.Relative <= rounding) {
			at, first = l.Module, true
			break
		}
	}
	if !first {
		return p, nil
	}
	// Within the layer that parts them, every module.
	near := newApart(func(module, _ string) bool {
		return module == at || layerOf(module) != "" && streamAfter+layerOf(module) == at
	})
	for _, ids := range texts {
		if err := near.compare(ctx, reference, other, ids); err != nil {
			return Parting{}, err
		}
	}
	for _, l := range near.list() {
		if !(l.Relative <= rounding) {
			p.First = &l
			break
		}
	}
	return p, nil
}

// streamAfter and a number is what [model.Model.Trace] calls the residual stream after a layer.
const streamAfter = "model.layers."

// layerOf is the number in a module's name, empty where it has none: the modules of a layer are numbered in every family.
func layerOf(module string) string {
	for part := range strings.SplitSeq(module, ".") {
		if _, err := strconv.Atoi(part); err == nil {
			return part
		}
	}
	return ""
}

// apart adds up how far modules are apart, in the order in which the reference computes them.
type apart struct {
	watch   func(module, what string) bool
	names   []string
	squares map[string][2]float64 // of the difference, and of the reference's values
}

func newApart(watch func(module, what string) bool) *apart {
	return &apart{watch: watch, squares: map[string][2]float64{}}
}

// compare runs both models over the tokens. The reference's values are kept until the other's come.
func (d *apart) compare(ctx context.Context, reference, other *Assistant, ids []int32) error {
	kept := map[string][]float32{}
	err := d.trace(ctx, reference, ids, func(name string, x []float32) {
		if _, known := d.squares[name]; !known {
			d.names, d.squares[name] = append(d.names, name), [2]float64{}
		}
		kept[name] = append(kept[name], x...)
	})
	if err != nil {
		return err
	}
	return d.trace(ctx, other, ids, func(name string, y []float32) {
		x := kept[name]
		if len(x) < len(y) {
			return // the reference has no such module, or one of another width
		}
		kept[name] = x[len(y):]
		s := d.squares[name]
		for i := range y {
			diff := float64(x[i]) - float64(y[i])
			s[0] += diff * diff
			s[1] += float64(x[i]) * float64(x[i])
		}
		d.squares[name] = s
	})
}

func (d *apart) trace(ctx context.Context, a *Assistant, ids []int32, visit func(name string, x []float32)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b := model.Batch{IDs: ids, Pos: make([]int32, len(ids)), Starts: []int{0}}
	for i := range b.Pos {
		b.Pos[i] = int32(i)
	}
	ws := a.m.NewWorkspace(len(ids), model.Inference)
	var row []float32
	return a.m.Exactly(func() error {
		return a.m.Trace(ws, b, func(module, what string, x compute.Buffer) {
			if !d.watch(module, what) {
				return
			}
			if what != "output" {
				module += " (" + what + ")"
			}
			row = append(row[:0], make([]float32, x.Len())...)
			a.m.Backend().Read(row, x)
			visit(module, row)
		})
	})
}

// list is the modules and how far they are apart; infinitely where a value is not finite.
func (d *apart) list() []Layer {
	var list []Layer
	for _, name := range d.names {
		s := d.squares[name]
		r := math.Sqrt(s[0] / s[1])
		switch {
		case s[0] == 0:
			r = 0
		case math.IsNaN(r) || math.IsInf(r, 0):
			r = math.MaxFloat64
		}
		list = append(list, Layer{name, r})
	}
	return list
}
