package model

import (
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Computing layers again in the backward changes no bit of losses and gradients, whatever is trained, and takes the bytes
// that the plan says.
func TestRecomputingChangesNoBit(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		check := func(t *testing.T, m *Model) {
			batches := []Batch{packed(sequences(m.cfg, 9, 1, 17, 5)...), packed(sequences(m.cfg, 12, 6)...)}
			for i := range batches {
				batches[i].Seed, batches[i].Regularise = uint64(i+1), Regularisers{Noise: 1}
			}
			plan := m.Plan(64, Training)
			nll, grads := step(t, m, m.NewWorkspaceFor(plan), batches...)
			nll = slices.Clone(nll)
			plan.Recompute = true
			counted := &counting{Backend: m.be}
			m.be = counted
			ws := m.NewWorkspaceFor(plan)
			if counted.values*4 != WorkspaceBytes(m.cfg, plan) {
				t.Errorf("%d bytes, planned %d", counted.values*4, WorkspaceBytes(m.cfg, plan))
			}
			m.be = counted.Backend
			again, againGrads := step(t, m, ws, batches...)
			if !slices.Equal(again, nll) {
				t.Error("losses differ")
			}
			for name, want := range grads {
				if !slices.Equal(againGrads[name], want) {
					t.Errorf("gradient of %s differs", name)
				}
			}
		}
		trainings(t, be, check)
		t.Run("dropout", func(t *testing.T) {
			m := random(t, be, tiny)
			attach(t, m, "", 0.2)
			check(t, m)
		})
		t.Run("from layer 1", func(t *testing.T) {
			m := random(t, be, tiny)
			attach(t, m, "layers.1", 0)
			check(t, m)
		})
		t.Run("the last layer alone", func(t *testing.T) {
			m := random(t, be, tiny)
			attach(t, m, "layers.2", 0)
			check(t, m)
		})
	})
}

// What is kept of a layer is its input: deeper models take that and no more.
func TestRecomputingKeepsTheInputOfALayer(t *testing.T) {
	bytes := func(layers int, again bool) int {
		c := tiny
		c.Layers = layers
		return WorkspaceBytes(c, Plan{Mode: Training, Tokens: 64, Rank: 16, Recompute: again})
	}
	if more := bytes(30, true) - bytes(10, true); more != 20*4*64*tiny.Hidden {
		t.Errorf("20 layers more take %d bytes, want %d", more, 20*4*64*tiny.Hidden)
	}
	if a, b := bytes(30, true), bytes(30, false); a > b/5 {
		t.Errorf("%d bytes, without computing again %d", a, b)
	}
}
