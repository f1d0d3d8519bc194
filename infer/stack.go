package infer

import (
	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/model"
)

// stack puts the adapters on the model, one after the other. Of what they carry whole the last counts.
func stack(m *model.Model, list []*adapter.Adapter) error {
	var all []map[string]model.Pair
	for _, a := range list {
		for module, w := range a.Whole {
			if err := m.Replace(module, w.Values); err != nil {
				return err
			}
		}
		pairs := make(map[string]model.Pair, len(a.Modules))
		for name, p := range a.Modules {
			pairs[name] = model.Pair(p)
		}
		all = append(all, pairs)
	}
	return m.Stack(all...)
}
