package model

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

// roundedGolden is what llama.cpp makes of quantised files: it rounds activations as a repacked model does.
type roundedGolden struct {
	Tokens    [][]int32 `json:"tokens"`
	Quantised map[string]struct {
		File       string      `json:"file"`
		LogitsLast [][]float32 `json:"logits_last"`
		Argmax     [][]int     `json:"logits_argmax"`
		Gap        [][]float64 `json:"argmax_gap"`
		Std        float64     `json:"logit_std"`
		Tolerance  struct {
			RMS float64 `json:"logits_last_rms_over_std"`
		} `json:"tolerance"`
	} `json:"quantised"`
}

func TestRepackedLogitsEqualLlamaCpp(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		for _, name := range []string{"llama-gqa", "llama-k"} {
			var g roundedGolden
			readGolden(t, &g, name, "golden.json")
			for typ, q := range g.Quantised {
				t.Run(name+"/"+typ, func(t *testing.T) {
					m := openShared(t, be, "golden", "public", name, q.File)
					if !m.Repack() {
						t.Fatal("nothing was repacked")
					}
					b := packed(g.Tokens...)
					logits := logitsOf(t, m, b)
					for i, s := range g.Tokens {
						first := b.Starts[i]
						var sum float64
						for j, v := range logits[first+len(s)-1] {
							sum += math.Pow(float64(v-q.LogitsLast[i][j]), 2)
						}
						if rms := math.Sqrt(sum/float64(m.cfg.Vocab)) / q.Std; !(rms <= q.Tolerance.RMS) {
							t.Errorf("sequence %d: the last logits differ by %.3g standard deviations, tolerance %g", i, rms, q.Tolerance.RMS)
						}
						for j := range s {
							if a := argmax(logits[first+j]); a != q.Argmax[i][j] && q.Gap[i][j] > q.Std/2 {
								t.Errorf("sequence %d, position %d: argmax %d, want %d", i, j, a, q.Argmax[i][j])
							}
						}
					}
				})
			}
		}
	})
}

// A prompt read in one piece and token by token gives the same logits, but for activations that round the other way where
// attention was summed in another order.
func TestRepackedModelDecodesAsItScores(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	m := openShared(t, be, "golden", "public", "llama-gqa", "model-q8_0.gguf")
	exact := logitsOf(t, m, packed([]int32{5, 9, 2, 7, 11, 3, 1}))
	attach(t, m, "", 0)
	for _, l := range m.Linears() { // no longer in training
		l.Delta.GradA, l.Delta.GradB = compute.Buffer{}, compute.Buffer{}
	}
	m.retrain()
	for range 2 { // the second time changes nothing
		if !m.Repack() {
			t.Fatal("nothing was repacked")
		}
	}
	ids := []int32{5, 9, 2, 7, 11, 3, 1}
	want := logitsOf(t, m, packed(ids))
	ws := m.NewWorkspace(8, Inference)
	cache, err := m.NewCache(1, 16)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		got, err := m.Decode(ws, cache, DecodeBatch{IDs: []int32{id}, Spans: []Span{{Pos: i, Len: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		if d := furthest(readBuffer(m, got), want[i]); d > 0.05 {
			t.Errorf("logits of position %d differ by %.3g", i, d)
		}
	}

	// Without the adapter and exactly, it is the model that it was.
	m.Detach()
	err = m.Exactly(func() error {
		for i, row := range logitsOf(t, m, packed(ids)) {
			if !slices.Equal(row, exact[i]) {
				t.Errorf("exact logits of position %d changed", i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRepackLeavesTrainingAlone(t *testing.T) {
	be := computetest.Plain()
	open := func() *Model { return openShared(t, be, "golden", "public", "llama-gqa", "model-q8_0.gguf") }
	m := open()
	if err := m.MakeTrainable(context.Background()); err != nil {
		t.Fatal(err)
	}
	if m.Repack() {
		t.Error("a trainable model was repacked")
	}
	m = open()
	l := m.Linears()[0]
	delta := func(trainable bool) map[string]*Delta {
		return map[string]*Delta{l.Name: m.NewDelta(make([]float32, l.In()), make([]float32, l.Out()), 1, 1, 0, trainable)}
	}
	if err := m.Attach(delta(true)); err != nil {
		t.Fatal(err)
	}
	if m.Repack() {
		t.Error("the base of an adapter in training was repacked")
	}
	if err := m.Attach(delta(false)); err != nil {
		t.Fatal(err)
	}
	if !m.Repack() {
		t.Error("nothing was repacked")
	}
	if err := m.Attach(delta(true)); err == nil || !strings.Contains(err.Error(), "repacked") {
		t.Errorf("an adapter in training on a repacked base: %v", err)
	}
	if err := m.MakeTrainable(context.Background()); err != nil {
		t.Fatal(err)
	}
	batch := packed([]int32{1, 2, 3})
	if _, err := m.Loss(m.NewWorkspace(3, Training), batch, make([]float32, 2), true); err != nil {
		t.Error(err)
	}
	m = random(t, be, tiny)
	if m.Repack() {
		t.Error("a float32 model was repacked")
	}
}
