package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

// alongGradients holds every gradient to the slope of a loss along it, which is the gradient's squared norm.
func alongGradients(t *testing.T, m *Model, grads map[string][]float32, loss func() float64) {
	t.Helper()
	for _, p := range m.Params() {
		old := make([]float32, p.Value.Len())
		m.be.Read(old, p.Value)
		var square float64
		for _, g := range grads[p.Name] {
			square += float64(g) * float64(g)
		}
		h := 2e-3 / math.Sqrt(square)
		at := func(h float64) float64 {
			moved := make([]float32, len(old))
			for i := range moved {
				moved[i] = float32(float64(old[i]) + h*float64(grads[p.Name][i]))
			}
			m.be.Write(p.Value, moved)
			return loss()
		}
		slope := (at(h) - at(-h)) / (2 * h)
		m.be.Write(p.Value, old)
		if relative(slope, square) > 0.02 {
			t.Errorf("%s: the loss rises by %.5g along the gradient, want %.5g", p.Name, slope, square)
		}
	}
}

// The gradient with smoothing and z-loss is that of their definition, computed from the logits in float64.
func TestGradientsOfRegularisedLosses(t *testing.T) {
	be := computetest.Plain()
	for _, r := range []Regularisers{{Smoothing: 0.2}, {ZLoss: 0.05}, {Smoothing: 0.1, ZLoss: 0.01}} {
		m := random(t, be, tiny)
		attach(t, m, "layers.1", 0)
		ws, logits := m.NewWorkspace(32, Training), m.NewWorkspaceFor(Plan{Tokens: 32, LogitRows: 32, Rank: 3})
		b := packed(sequences(m.cfg, 11, 6)...)
		scale := scales(b)[0]
		plain, plainGrads := step(t, m, ws, b)
		plain = slices.Clone(plain)
		b.Regularise = r
		nll, grads := step(t, m, ws, b)
		if !slices.Equal(nll, plain) {
			t.Errorf("%+v: the likelihoods that come back are others", r)
		}
		if apart(grads["model.layers.1.mlp.up_proj.lora_B.weight"], plainGrads["model.layers.1.mlp.up_proj.lora_B.weight"]) < 1e-3 {
			t.Errorf("%+v changes no gradient", r)
		}
		alongGradients(t, m, grads, func() float64 {
			sum := 0.0
			err := m.Logits(logits, b, b.Rows, func(at int, y compute.Buffer) {
				z := make([]float32, y.Len())
				be.Read(z, y)
				for i := range len(z) / tiny.Vocab {
					sum += float64(scale[at+i]) * lossOfRow(z[i*tiny.Vocab:][:tiny.Vocab], b.Targets[at+i], r)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return sum
		})
	}
}

func lossOfRow(z []float32, target int32, r Regularisers) float64 {
	var sum, even float64
	for _, v := range z {
		sum += math.Exp(float64(v))
	}
	logZ := math.Log(sum)
	for _, v := range z {
		even += (logZ - float64(v)) / float64(len(z))
	}
	a := float64(r.Smoothing)
	return (1-a)*(logZ-float64(z[target])) + a*even + float64(r.ZLoss)*logZ*logZ
}

// Noise is on every embedding, of the size that the sequence's length says, from the seed, and only with a backward.
func TestNoiseOnEmbeddings(t *testing.T) {
	be := computetest.Plain()
	m := random(t, be, tiny)
	attach(t, m, "layers.0.self_attn", 0)
	ws := m.NewWorkspace(64, Training)
	b := packed(sequences(m.cfg, 5, 9, 20, 7)...)
	b.Prefix = []int32{-1, 0, 0, -1} // sequences of 14, 25 and 7 tokens
	noise := func(seed uint64, alpha float32, backward bool) []float32 {
		b.Seed, b.Regularise.Noise = seed, alpha
		if _, err := m.Loss(ws, b, scales(b)[0], backward); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, len(b.IDs)*m.cfg.Hidden)
		be.Read(x, ws.kept[0].x.Slice(0, len(x)))
		clean := be.Alloc(len(x))
		be.Embed(clean, m.embed, b.IDs)
		e := make([]float32, len(x))
		be.Read(e, clean)
		for i := range x {
			x[i] -= e[i]
		}
		return x
	}
	const alpha = 5
	first := noise(1, alpha, true)
	for i, length := range []int{14, 14, 25, 7} { // the prefix counts as the first that has it
		from, to := b.Sequence(i)
		most, sum := alpha/math.Sqrt(float64(length*m.cfg.Hidden)), 0.0
		for _, v := range first[from*m.cfg.Hidden : to*m.cfg.Hidden] {
			if math.Abs(float64(v)) > most*1.001 {
				t.Fatalf("sequence %d: noise of %g, at most %g", i, v, most)
			}
			sum += float64(v) * float64(v)
		}
		n := float64((to - from) * m.cfg.Hidden)
		if rms := math.Sqrt(sum / n); relative(rms, most/math.Sqrt(3)) > 0.15 {
			t.Errorf("sequence %d: root mean square %g, want %g", i, rms, most/math.Sqrt(3))
		}
	}
	if !slices.Equal(noise(1, alpha, true), first) {
		t.Error("the same seed draws other noise")
	}
	if slices.Equal(noise(2, alpha, true), first) {
		t.Error("another seed draws the same noise")
	}
	for _, v := range noise(1, alpha, false) {
		if v != 0 {
			t.Fatal("noise without a backward")
		}
	}
	// The gradient is that of the loss with the same noise.
	b.Regularise = Regularisers{Noise: alpha}
	scale := scales(b)[0]
	_, grads := step(t, m, ws, b)
	alongGradients(t, m, grads, func() float64 { return lossOf(t, m, ws, b, scale, true) })

	b.Regularise = Regularisers{Smoothing: 2}
	if _, err := m.Loss(ws, b, scale, true); err == nil || !strings.Contains(err.Error(), "smoothing at most 1") {
		t.Errorf("a smoothing of 2: %v", err)
	}
}
