package model_test

import (
	"context"
	"math"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/model"
)

// A model is no way from itself, four bits are a tenth away, and other weights are √2 away.
func TestFurthestTellsRoundingFromOtherWeights(t *testing.T) {
	be, err := cpu.New(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	cfg := model.Config{Family: "llama", Hidden: 64, Layers: 1, Heads: 4, KVHeads: 2, HeadDim: 16, FFN: 96, Vocab: 128, MaxPos: 64, NormEps: 1e-5, RopeTheta: 1e4}
	open := func(typ compute.Type, seed uint64) *model.Model {
		m, err := model.Random(be, cfg, typ, seed)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	a := open(compute.F32, 1)
	for _, c := range []struct {
		name      string
		other     *model.Model
		low, high float64
	}{
		{"itself", a, 0, 0},
		{"Q4_0", open(compute.Q4_0, 1), 0.03, 0.2},
		{"Q8_0", open(compute.Q8_0, 1), 0.001, 0.02},
		{"others", open(compute.F32, 2), 1.2, 1.6},
	} {
		r, err := a.Furthest(context.Background(), c.other)
		if err != nil || math.IsNaN(r.Relative) || r.Relative < c.low || r.Relative > c.high {
			t.Errorf("%s: %+v, %v, want %g..%g", c.name, r, err, c.low, c.high)
		}
	}
}
