package train

import (
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// lion is Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms"): every value moves by the rate, in the
// direction that momentum and gradient agree on. It remembers half of what AdamW does, and wants a rate three to ten times
// lower.
type lion struct {
	be compute.Backend
	m  compute.Buffer
}

func (l *lion) step(p *model.Param, r *Recipe, rate, grad float64, _ int) {
	l.be.Lion(p.Value, p.Grad, l.m, compute.LionStep{LR: rate, Beta1: r.Beta1, Beta2: r.Beta2, WeightDecay: r.decay(p), GradScale: grad})
}

func (l *lion) state() []moment { return []moment{{kind: "m", values: l.m}} }
