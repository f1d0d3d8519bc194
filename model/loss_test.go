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

func TestLossRefusesWhatDoesNotFit(t *testing.T) {
	m := random(t, computetest.Plain(), tiny)
	ws := m.NewWorkspace(8, Training)
	for _, c := range []struct {
		edit func(b *Batch)
		want string
	}{
		{func(b *Batch) { *b = Batch{} }, "without tokens"},
		{func(b *Batch) { b.Pos = b.Pos[:5] }, "6 tokens with 5 positions"},
		{func(b *Batch) { b.Pos[3] = 64 }, "row 3 is at position 64, the model has 64"},
		{func(b *Batch) { b.IDs[2] = -1 }, "token 2 of the batch is id -1, the model's vocabulary has 50"},
		{func(b *Batch) { b.Targets[0] = 50 }, "target: token 0 of the batch is id 50"},
		{func(b *Batch) { b.Rows[0] = 6 }, "scored row 6 of a batch of 6"},
		{func(b *Batch) { b.Rows = b.Rows[:3] }, "3 scored rows with 4 targets"},
		{func(b *Batch) { b.Starts[0] = 1 }, "does not start at row 0"},
		{func(b *Batch) { b.Starts[1] = 6 }, "sequence 1 starts at row 6"},
		{func(b *Batch) { b.Prefix = []int32{-1} }, "2 sequences with 1 prefixes"},
		{func(b *Batch) { b.Prefix = []int32{-1, 1} }, "sequence 1 has sequence 1 for a prefix"},
		{func(b *Batch) { b.Prefix = []int32{-2, -1} }, "sequence 0 has sequence -2 for a prefix"},
		{func(b *Batch) { b.Prefix, b.Shared = []int32{-1, 0}, []int32{0} }, "2 prefixes of which 1 are shared in part"},
		{func(b *Batch) { b.Prefix, b.Shared = []int32{-1, 0}, []int32{0, 4} }, "sequence 1 has 4 tokens of sequence 0 for a prefix, of 3"},
		{func(b *Batch) { b.Prefix, b.Shared = []int32{-1, 0}, []int32{0, 0} }, "sequence 1 has 0 tokens of sequence 0"},
		{func(b *Batch) { *b = packed(sequences(tiny, 9)...) }, "batch of 9 tokens in a workspace planned for 8"},
	} {
		b := packed(sequences(tiny, 3, 3)...)
		c.edit(&b)
		if _, err := m.Loss(ws, b, make([]float32, len(b.Targets)), true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	b := packed(sequences(tiny, 3, 3)...)
	if _, err := m.Loss(ws, b, nil, true); err == nil || !strings.Contains(err.Error(), "0 scales for 4 targets") {
		t.Errorf("error %v", err)
	}
	attach(t, m, "", 0)
	if _, err := m.Loss(ws, b, make([]float32, 4), true); err == nil || !strings.Contains(err.Error(), "rank 3 in a workspace planned for rank 0") {
		t.Errorf("error %v", err)
	}
	ws = m.NewWorkspace(8, Inference)
	if _, err := m.Loss(ws, b, make([]float32, 4), true); err == nil || !strings.Contains(err.Error(), "planned for inference") {
		t.Errorf("error %v", err)
	}
}

func TestBatchWithoutTargetsHasNoLossAndNoGradient(t *testing.T) {
	m := random(t, computetest.Plain(), tiny)
	attach(t, m, "", 0)
	nll, err := m.Loss(m.NewWorkspace(8, Training), packed([]int32{1}), nil, true)
	if err != nil || len(nll) != 0 {
		t.Errorf("%v, %v", nll, err)
	}
	for _, p := range m.Params() {
		if m.be.SumSquares(p.Grad) != 0 {
			t.Errorf("%s has a gradient", p.Name)
		}
	}
}

// A gradient whose scales follow from the losses is that of the same scales given before, dropout and all, bit for bit.
func TestScalesMayFollowFromTheLosses(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for _, whole := range []bool{false, true} {
		m := random(t, be, tiny)
		if whole {
			if err := m.MakeTrainable(context.Background()); err != nil {
				t.Fatal(err)
			}
		} else {
			attach(t, m, "", 0.2)
		}
		ws := m.NewWorkspace(32, Training)
		b := packed(sequences(m.cfg, 11, 6)...)
		b.Seed = 9
		scale := make([]float32, len(b.Targets))
		m.ZeroGrads()
		got, err := m.LossScaled(ws, b, func(nll []float32) []float32 {
			for i, x := range nll {
				scale[i] = x - 3 // of either sign
			}
			return scale
		})
		if err != nil {
			t.Fatal(err)
		}
		nll, grads := slices.Clone(got), gradients(m)
		m.ZeroGrads()
		want, err := m.Loss(ws, b, scale, true)
		if err != nil || !slices.Equal(nll, want) {
			t.Errorf("losses %v, want %v (%v)", nll, want, err)
		}
		for name, g := range gradients(m) {
			if !slices.Equal(g, grads[name]) {
				t.Errorf("the gradient of %s differs", name)
			}
		}
		if _, err := m.LossScaled(ws, b, func([]float32) []float32 { return scale[1:] }); err == nil || !strings.Contains(err.Error(), "14 scales for 15 targets") {
			t.Errorf("error %v", err)
		}
		b.Regularise.Smoothing = 0.1
		if _, err := m.LossScaled(ws, b, func([]float32) []float32 { return scale }); err == nil || !strings.Contains(err.Error(), "noise at most") {
			t.Errorf("error %v", err)
		}
	}
}

func TestWorkspaceTakesTheBytesThatThePlanSays(t *testing.T) {
	be := &counting{Backend: computetest.Plain()}
	m := random(t, be, tiny)
	attach(t, m, "layers.1", 0.1)
	for _, mode := range []Mode{Inference, Training} {
		be.values = 0
		m.NewWorkspace(100, mode)
		if want := WorkspaceBytes(tiny, m.Plan(100, mode)); 4*be.values != want {
			t.Errorf("mode %d: %d bytes, planned %d", mode, 4*be.values, want)
		}
	}
	// Layers below the lowest trained one keep nothing.
	some := WorkspaceBytes(tiny, m.Plan(100, Training))
	attach(t, m, "layers.0", 0.1)
	if all := WorkspaceBytes(tiny, m.Plan(100, Training)); all <= some {
		t.Errorf("training from layer 0 takes %d bytes, from layer 1 %d", all, some)
	}
	be.values = 0
	if _, err := m.NewCache(3, 20); err != nil || 4*be.values != CacheBytes(tiny, 3, 20) {
		t.Errorf("cache of %d bytes, planned %d (%v)", 4*be.values, CacheBytes(tiny, 3, 20), err)
	}
}

// counting counts the values that are allocated.
type counting struct {
	compute.Backend
	values int
}

func (c *counting) Alloc(n int) compute.Buffer {
	c.values += n
	return c.Backend.Alloc(n)
}

func TestLaw13TheFirstNonFiniteThingIsNamed(t *testing.T) {
	be := computetest.Plain()
	b := packed(sequences(tiny, 5, 4)...)
	poison := func(x compute.Buffer) { be.Write(x.Slice(1, 2), []float32{float32(math.NaN())}) }
	fresh := func() (*Model, *Workspace) {
		m := random(t, be, tiny)
		attach(t, m, "", 0)
		return m, m.NewWorkspace(16, Training)
	}
	m, ws := fresh()
	if found := m.FindNonFinite(ws, b); found != "" {
		t.Errorf("%q in a model where all is finite", found)
	}
	poison(m.blocks[1].mlpNorm.w)
	if found, want := m.FindNonFinite(ws, b), "model.layers.1.post_attention_layernorm (output)"; found != want {
		t.Errorf("%q, want %q", found, want)
	}
	m, ws = fresh()
	poison(m.blocks[2].down.W.Values())
	if found, want := m.FindNonFinite(ws, b), "model.layers.2.mlp.down_proj (output)"; found != want {
		t.Errorf("%q, want %q", found, want)
	}
	m, ws = fresh()
	poison(m.blocks[0].q.Delta.B)
	if found, want := m.FindNonFinite(ws, b), "model.layers.0.self_attn.q_proj.lora_B.weight (parameter)"; found != want {
		t.Errorf("%q, want %q", found, want)
	}
	m, ws = fresh()
	poison(m.blocks[2].k.Delta.GradA)
	if found, want := m.FindNonFinite(ws, b), "model.layers.2.self_attn.k_proj.lora_A.weight (gradient)"; found != want {
		t.Errorf("%q, want %q", found, want)
	}
}

func TestAttachNamesTheModuleThatDoesNotFit(t *testing.T) {
	m := random(t, computetest.Plain(), tiny)
	q := "model.layers.0.self_attn.q_proj"
	for _, c := range []struct {
		name string
		d    *Delta
		want string
	}{
		{"model.layers.9.self_attn.q_proj", m.NewDelta(make([]float32, 48), make([]float32, 64), 2, 1, 0, false), "no such linear layer"},
		{q, m.NewDelta(make([]float32, 40), make([]float32, 64), 2, 1, 0, false), "A holds 40 values, [2 24] needs 48"},
		{q, m.NewDelta(make([]float32, 48), make([]float32, 60), 2, 1, 0, false), "B holds 60 values, [32 2] needs 64"},
		{q, m.NewDelta(make([]float32, 48), make([]float32, 64), 2, 1, 1, false), "dropout is 1"},
		{q, nil, "no rank"},
	} {
		err := m.Attach(map[string]*Delta{c.name: c.d})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("error %v, want %q and %q", err, c.name, c.want)
		}
	}
	attach(t, m, "q_proj", 0)
	m.Detach()
	if len(m.Params()) != 0 {
		t.Error("parameters stay after Detach")
	}
}
