package model

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// FindNonFinite names the first thing, in the order of the forward pass, that holds a NaN or an infinity: a trained
// parameter ("model.norm.weight (parameter)"), the output of a module ("model.layers.2.mlp.down_proj (output)"), the
// loss of a target, or a parameter's gradient as it stands. It is empty where everything is finite. It is for telling
// people why a run stopped, and slow.
func (m *Model) FindNonFinite(ws *Workspace, b Batch) string {
	params := m.Params()
	for _, p := range params {
		if !m.finite(p.Value) {
			return p.Name + " (parameter)"
		}
	}
	found := ""
	ws.probe = func(module, what string, x compute.Buffer) {
		if found == "" && !m.finite(x) {
			found = module + " (" + what + ")"
		}
	}
	scale := make([]float32, len(b.Targets))
	nll, err := m.Loss(ws, b, scale, false)
	ws.probe = nil
	if err != nil {
		return err.Error()
	}
	if found != "" {
		return found
	}
	for i, x := range nll {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Sprintf("lm_head (loss of row %d, target %d)", b.Rows[i], b.Targets[i])
		}
	}
	for _, p := range params {
		if !m.finite(p.Grad) {
			return p.Name + " (gradient)"
		}
	}
	return ""
}

func (m *Model) finite(b compute.Buffer) bool {
	s := m.be.SumSquares(b)
	return !math.IsNaN(s) && !math.IsInf(s, 0)
}

// probe is shown what the modules of a pass compute. A nil probe does nothing.
type probe func(module, what string, x compute.Buffer)

func (p probe) see(module, what string, x compute.Buffer) {
	if p != nil {
		p(module, what, x)
	}
}
