package train

import (
	"math"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Optimizer is how the gradient moves the weights.
type Optimizer string

// The optimisers.
const (
	AdamW Optimizer = "adamw" // Loshchilov & Hutter 2019
	Muon  Optimizer = "muon"  // Jordan et al. 2024, on the matrices of the blocks; AdamW on the rest
)

// Optimizers lists them.
func Optimizers() []Optimizer { return []Optimizer{AdamW, Muon} }

// rule moves one parameter and keeps what it remembers from step to step.
type rule interface {
	// step moves the parameter. Its gradient counts times grad and may be overwritten.
	step(p *model.Param, r *Recipe, rate, grad float64, t int)
	// state is what a checkpoint must hold for the rule to go on with the same bits.
	state() []moment
}

// moment is a part of a rule's state by name.
type moment struct {
	kind   string
	values compute.Buffer
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
	room := newMuonRoom(be, kind, params)
	for _, p := range params {
		switch {
		case room.takes(p):
			o.rules = append(o.rules, newMuon(room, p))
		default:
			o.rules = append(o.rules, newAdamW(be, p))
		}
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
		o.rules[i].step(&o.params[i], r, rate, scale, o.steps)
	}
}

// adamWRate is AdamW's part of the rate of a step.
func (r *Recipe) adamWRate(rate float64) float64 {
	if r.AdamWLR == 0 {
		return rate
	}
	return rate * (r.AdamWLR / r.LR)
}
