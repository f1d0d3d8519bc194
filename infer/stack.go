package infer

import (
	"fmt"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/model"
)

// stack makes one frozen delta per module of all adapters: their sum, exactly. Where several adapt a module, their
// ranks stand side by side, A over A and B beside B, with each scale multiplied into its B.
func stack(m *model.Model, list []*adapter.Adapter) (map[string]*model.Delta, error) {
	pairs := map[string][]adapter.Pair{}
	for _, a := range list {
		for name, p := range a.Modules {
			if have := pairs[name]; len(have) > 0 && (have[0].In != p.In || have[0].Out != p.Out) {
				return nil, fmt.Errorf("adapter module %q: %d×%d in one adapter and %d×%d in another", name, have[0].Out, have[0].In, p.Out, p.In)
			}
			pairs[name] = append(pairs[name], p)
		}
	}
	deltas := make(map[string]*model.Delta, len(pairs))
	for name, ps := range pairs {
		p := ps[0]
		if len(ps) > 1 {
			p = sum(ps)
		}
		deltas[name] = m.NewDelta(p.A, p.B, p.R, p.Scale, 0, false)
	}
	return deltas, nil
}

// sum is the pair whose product is the sum of the pairs' scaled products. All have the same widths.
func sum(ps []adapter.Pair) adapter.Pair {
	total := adapter.Pair{In: ps[0].In, Out: ps[0].Out, Scale: 1}
	for _, p := range ps {
		total.A = append(total.A, p.A...)
		total.R += p.R
	}
	total.B = make([]float32, 0, total.Out*total.R)
	for row := range total.Out {
		for _, p := range ps {
			for _, b := range p.B[row*p.R : (row+1)*p.R] {
				total.B = append(total.B, b*p.Scale)
			}
		}
	}
	return total
}
