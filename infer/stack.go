package infer

import (
	"fmt"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/model"
)

// stack makes one frozen delta per module of all adapters: their sum, exactly.
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
			p = adapter.Sum(ps)
		}
		deltas[name] = m.NewDelta(p.A, p.B, p.R, p.Scale, 0, false)
	}
	return deltas, nil
}
