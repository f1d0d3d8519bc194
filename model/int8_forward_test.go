package model

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Products in integers in the forward pass move the loss and the gradients a little, and nothing where there is no backward.
func TestRepackForwardIsNearAndForTrainingAlone(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	// Wide enough for a block.
	wide := Config{Family: "llama", Hidden: 64, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 16, FFN: 96, Vocab: 50, MaxPos: 64, NormEps: 1e-5, RopeTheta: 10000, Tied: true}
	run := func(integers bool) (trained, scored []float32, grads []float32) {
		m := random(t, be, wide)
		if err := m.RepackForward(); err == nil || !strings.Contains(err.Error(), "must be quantised") {
			t.Fatalf("error %v on a base in F32", err)
		}
		if err := m.Quantize(context.Background(), compute.Q8_0); err != nil {
			t.Fatal(err)
		}
		if integers {
			if err := m.RepackForward(); err != nil {
				t.Fatal(err)
			}
		}
		attach(t, m, "", 0)
		b := packed(sequences(wide, 20, 13)...)
		ws := m.NewWorkspace(64, Training)
		nll, err := m.Loss(ws, b, scales(b)[0], false)
		if err != nil {
			t.Fatal(err)
		}
		scored = append(scored, nll...)
		m.ZeroGrads()
		if nll, err = m.Loss(ws, b, scales(b)[0], true); err != nil {
			t.Fatal(err)
		}
		trained = append(trained, nll...)
		for _, p := range m.Params() {
			x := make([]float32, p.Grad.Len())
			be.Read(x, p.Grad)
			grads = append(grads, x...)
		}
		return trained, scored, grads
	}
	wantTrained, wantScored, want := run(false)
	trained, scored, got := run(true)
	var off, size, moved float64
	for i, x := range wantScored {
		if scored[i] != x {
			t.Errorf("loss %d without a backward is %v, want the bits of %v", i, scored[i], x)
		}
		moved = max(moved, math.Abs(float64(trained[i]-wantTrained[i])))
	}
	for i, x := range want {
		off, size = off+math.Pow(float64(got[i]-x), 2), size+math.Pow(float64(x), 2)
	}
	if moved == 0 || moved > 0.3 {
		t.Errorf("losses moved by %v at most", moved)
	}
	if d := math.Sqrt(off / size); d == 0 || d > 0.5 {
		t.Errorf("the gradient moved by %v of its norm", d)
	}
}
