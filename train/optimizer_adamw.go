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

func (a *adamW) step(p *model.Param, r *Recipe, rate, grad float64, t int) {
	a.be.AdamW(p.Value, p.Grad, a.m, a.v, r.adamWStep(p, rate, grad, t))
}

func (a *adamW) state() []moment { return []moment{{kind: "m", values: a.m}, {kind: "v", values: a.v}} }

func (r *Recipe) adamWStep(p *model.Param, rate, grad float64, t int) compute.AdamWStep {
	return compute.AdamWStep{LR: r.adamWRate(rate), Beta1: r.Beta1, Beta2: r.Beta2, Eps: r.Eps, WeightDecay: r.decay(p), GradScale: grad, T: t}
}

// adamW8 is AdamW with moments that rest in 8 bits (Dettmers et al. 2022, "8-bit optimizers via block-wise quantization").
type adamW8 struct {
	be compute.Backend
	m  *compute.Moments8
}

// adamW8Least is the fewest values of a parameter whose moments rest in 8 bits: those of fewer weigh nothing and, being
// norms, matter most. It is what bitsandbytes has.
const adamW8Least = 4096

func newAdamW8(be compute.Backend, n int) *adamW8 {
	return &adamW8{be: be, m: compute.NewMoments8(be, n)}
}

func (a *adamW8) step(p *model.Param, r *Recipe, rate, grad float64, t int) {
	a.be.AdamW8(p.Value, p.Grad, a.m, r.adamWStep(p, rate, grad, t))
}

func (a *adamW8) state() []moment {
	return []moment{{kind: "m8", bytes: a.m.M}, {kind: "v8", bytes: a.m.V}, {kind: "m8max", values: a.m.MaxM}, {kind: "v8max", values: a.m.MaxV}}
}

// adamW8Bytes is what it remembers of n values: two bytes each, and two float32 a block.
func adamW8Bytes(n int64) int64 { return 2*n + 8*((n+compute.MomentBlock-1)/compute.MomentBlock) }
