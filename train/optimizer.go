package train

import (
	"math"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// optimizer is AdamW (Loshchilov & Hutter 2019) over the model's parameters, with the gradient's norm clipped.
type optimizer struct {
	be     compute.Backend
	params []model.Param
	m, v   []compute.Buffer // running moments, one for each parameter
	steps  int              // taken so far
}

func newOptimizer(be compute.Backend, params []model.Param) *optimizer {
	o := &optimizer{be: be, params: params}
	for _, p := range params {
		o.m = append(o.m, be.Alloc(p.Value.Len()))
		o.v = append(o.v, be.Alloc(p.Value.Len()))
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
		p := &o.params[i]
		s := compute.AdamWStep{LR: rate, Beta1: r.Beta1, Beta2: r.Beta2, Eps: r.Eps, GradScale: scale, T: o.steps}
		if len(p.Shape) > 1 {
			s.WeightDecay = r.WeightDecay
		}
		o.be.AdamW(p.Value, p.Grad, o.m[i], o.v[i], s)
	}
}
