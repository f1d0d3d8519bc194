package model

import (
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model/modeltest"
)

// A trace shows every layer's output in order, and the logits that the model gives without one.
func TestATraceShowsEveryModuleInOrder(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	m, err := Open(be, modeltest.Tiny(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	b := Batch{IDs: []int32{1, 2, 3}, Pos: []int32{0, 1, 2}, Starts: []int{0}}
	ws := m.NewWorkspace(3, Inference)
	var layers []string
	var logits []float32
	err = m.Trace(ws, b, func(module, what string, x compute.Buffer) {
		if module == m.EmbeddingModule() || slices.Contains([]string{layerName(0), layerName(m.cfg.Layers - 1)}, module) {
			if x.Len() != 3*m.cfg.Hidden || what != "output" {
				t.Errorf("%s (%s) has %d values", module, what, x.Len())
			}
			layers = append(layers, module)
		}
		if module == "lm_head" {
			at := len(logits)
			logits = append(logits, make([]float32, x.Len())...)
			be.Read(logits[at:], x)
		}
	})
	if err != nil || !slices.Equal(layers, []string{m.EmbeddingModule(), layerName(0), layerName(m.cfg.Layers - 1)}) {
		t.Fatalf("%v, %v", layers, err)
	}
	var want []float32
	if err := m.Logits(ws, b, []int32{0, 1, 2}, func(_ int, x compute.Buffer) {
		row := make([]float32, x.Len())
		be.Read(row, x)
		want = append(want, row...)
	}); err != nil || !slices.Equal(logits, want) {
		t.Errorf("the logits of a trace are others (%v)", err)
	}
}

func TestDifferencesOfConfigurations(t *testing.T) {
	a := Config{Hidden: 8, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 8, FFN: 16, Vocab: 9, MaxPos: 64, NormEps: 1e-5, RopeTheta: 10000,
		RopeScaling: RopeScaling{Kind: "linear", Factor: 2}}
	b := a
	b.RopeScaling = RopeScaling{Kind: "divisors", Divisors: []float32{2, 2, 2, 2}}
	if d := a.Differences(b); len(d) > 0 {
		t.Errorf("the same angles said otherwise: %+v", d)
	}
	b.RopeScaling.Divisors = []float32{2, 2, 2, 3}
	b.KVHeads, b.NormEps = 2, 1e-6
	want := []Difference{{"kv_heads", "1", "2"}, {"norm_eps", "1e-05", "1e-06"}, {"rope_scaling", "kind linear, factor 2", "kind divisors, divisors [2 2 2 3]"}}
	if d := a.Differences(b); !slices.Equal(d, want) {
		t.Errorf("%+v, want %+v", d, want)
	}
}
