package train

import (
	"math"
	"strings"
	"time"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Optimizer is how the gradient moves the weights.
type Optimizer string

// The optimisers. Each has a file, which says what it remembers.
const (
	AdamW     Optimizer = "adamw"     // Loshchilov & Hutter 2019
	AdamW8    Optimizer = "adamw8bit" // with moments in 8 bits: Dettmers et al. 2022
	Lion      Optimizer = "lion"      // Chen et al. 2023
	Adafactor Optimizer = "adafactor" // Shazeer & Stern 2018
	Muon      Optimizer = "muon"      // Jordan et al. 2024, on the matrices of the blocks; AdamW on the rest
)

// Optimizers lists them.
func Optimizers() []Optimizer { return []Optimizer{AdamW, AdamW8, Lion, Adafactor, Muon} }

// optimizerNames is the list for an error message.
func optimizerNames() string {
	var names []string
	for _, o := range Optimizers() {
		names = append(names, string(o))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// rate is what a rate that suits AdamW becomes: every value of Lion's update is as large as AdamW's may be.
func (o Optimizer) rate(adamW float64) float64 {
	if o == Lion {
		return adamW / 5
	}
	return adamW
}

// rule moves one parameter and keeps what it remembers from step to step, which is zeros at first.
type rule interface {
	// step moves the parameter in step t, from 1. Its gradient counts times grad and may be overwritten.
	step(p *model.Param, r *Recipe, rate, grad float64, t int)
	// state is what a checkpoint must hold for the rule to go on with the same bits.
	state() []moment
}

// moment is a part of a rule's state by name: float32 values, or bytes where there are none.
type moment struct {
	kind   string
	values compute.Buffer
	bytes  []byte
}

// size is its bytes.
func (m moment) size() int64 { return 4*int64(m.values.Len()) + int64(len(m.bytes)) }

// shaped is a parameter by name and shape.
type shaped struct {
	name  string
	shape []int
}

func (p shaped) values() int {
	n := 1
	for _, d := range p.shape {
		n *= d
	}
	return n
}

// matrix is the shape as rows and columns; a vector is one row.
func (p shaped) matrix() (rows, cols int) {
	cols = p.shape[len(p.shape)-1]
	return p.values() / cols, cols
}

// ruleFor is the optimiser that a parameter gets where the recipe asks for kind.
func ruleFor(kind Optimizer, p shaped) Optimizer {
	switch {
	case kind == AdamW8 && p.values() < adamW8Least:
		return AdamW
	case kind == Muon && !(len(p.shape) == 2 && blockOf(p.name) >= 0):
		return AdamW
	case kind == "":
		return AdamW
	}
	return kind
}

// optimizerBytes is what the optimiser remembers of the parameters, and what it works in.
func optimizerBytes(kind Optimizer, params []shaped) (state, room int64) {
	for _, p := range params {
		switch n := int64(p.values()); ruleFor(kind, p) {
		case AdamW8:
			state += adamW8Bytes(n)
		case Lion, Muon:
			state += 4 * n
		case Adafactor:
			state += adafactorBytes(p)
		default:
			state += 8 * n
		}
	}
	if kind == Muon {
		whole, square := muonRoomOf(params)
		room = 4 * int64(2*whole+2*square)
	}
	return state, room
}

// optimizer moves the model's parameters, each by its rule, with the gradient's norm clipped.
type optimizer struct {
	be     compute.Backend
	params []model.Param
	rules  []rule // one for each parameter
	steps  int    // taken so far
}

func newOptimizer(be compute.Backend, kind Optimizer, params []model.Param) *optimizer {
	o := &optimizer{be: be, params: params}
	shapes := make([]shaped, len(params))
	for i, p := range params {
		shapes[i] = shaped{p.Name, p.Shape}
	}
	var room *muonRoom
	if kind == Muon {
		room = newMuonRoom(be, shapes)
	}
	for i, p := range params {
		n := p.Value.Len()
		var r rule
		switch ruleFor(kind, shapes[i]) {
		case AdamW8:
			r = newAdamW8(be, n)
		case Lion:
			r = &lion{be: be, m: be.Alloc(n)}
		case Adafactor:
			r = newAdafactor(be, shapes[i])
		case Muon:
			r = &muon{muonRoom: room, momentum: be.Alloc(n)}
		default:
			r = &adamW{be: be, m: be.Alloc(n), v: be.Alloc(n)}
		}
		o.rules = append(o.rules, r)
	}
	return o
}

// norm is the Euclidean norm of the whole gradient, not finite where a value is not.
func (o *optimizer) norm() float64 {
	var s float64
	for i := range o.params {
		s += o.be.SumSquares(o.params[i].Grad)
	}
	return math.Sqrt(s)
}

// step moves the parameters. norm is the gradient's; where it is above the recipe's clip the gradient counts less.
func (o *optimizer) step(r *Recipe, rate, norm float64) {
	scale := 1.0
	if r.Clip > 0 && norm > r.Clip {
		scale = r.Clip / norm
	}
	o.steps++
	for i := range o.params {
		o.rules[i].step(&o.params[i], r, rate*r.faster(&o.params[i]), scale, o.steps)
	}
}

// rehearse takes a step of rate 0 with the gradient that is there, forgets it, and says how long it took.
func (o *optimizer) rehearse(r *Recipe) time.Duration {
	t := time.Now()
	for i := range o.params {
		o.rules[i].step(&o.params[i], r, 0, 1, 1)
	}
	took := time.Since(t)
	for _, rule := range o.rules {
		for _, m := range rule.state() {
			if m.values.Len() > 0 {
				o.be.Zero(m.values)
			}
			clear(m.bytes)
		}
	}
	return took
}

// faster is what multiplies the rate of a parameter: LoRA+ moves B, which begins at zero, faster than A (Hayou et al.
// 2024).
func (r *Recipe) faster(p *model.Param) float64 {
	if r.LoRAPlus != 0 && strings.HasSuffix(p.Name, ".lora_B.weight") {
		return r.LoRAPlus
	}
	return 1
}

// adamWRate is AdamW's part of the rate of a step.
func (r *Recipe) adamWRate(rate float64) float64 {
	if r.AdamWLR == 0 {
		return rate
	}
	return rate * (r.AdamWLR / r.LR)
}
