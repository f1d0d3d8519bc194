package train

import (
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// adamW is AdamW (Loshchilov & Hutter 2019): the running mean of the gradient over the root of that of its square.
type adamW struct {
	be   compute.Backend
	m, v compute.Buffer
}

func newAdamW(be compute.Backend, p model.Param) *adamW {
	return &adamW{be: be, m: be.Alloc(p.Value.Len()), v: be.Alloc(p.Value.Len())}
}

func (a *adamW) step(p *model.Param, r *Recipe, rate, grad float64, t int) {
	s := compute.AdamWStep{LR: r.adamWRate(rate), Beta1: r.Beta1, Beta2: r.Beta2, Eps: r.Eps, GradScale: grad, T: t, WeightDecay: r.decay(p)}
	a.be.AdamW(p.Value, p.Grad, a.m, a.v, s)
}

func (a *adamW) state() []moment { return []moment{{"m", a.m}, {"v", a.v}} }
