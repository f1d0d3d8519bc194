package model

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

// blocky is a shape whose rows fill blocks of 256.
func blocky() Config {
	c := tiny
	c.Hidden, c.HeadDim, c.FFN, c.Layers = 256, 64, 512, 2
	return c
}

// A step of LoRA on a quantised base has the losses and the gradients of one on the same values in float32.
func TestAdaptersTrainOnQuantisedWeightsAsOnTheirValues(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for _, typ := range QuantizeTypes() {
		m := random(t, be, blocky())
		if err := m.Quantize(t.Context(), typ); err != nil {
			t.Fatal(err)
		}
		values := slices.Clone(m.tensors)
		for i := range values {
			values[i].Data = encode(t, compute.F32, values[i].Floats())
			values[i].Type = compute.F32
		}
		plain, err := build(be, blocky(), heldTensors(values))
		if err != nil {
			t.Fatal(err)
		}
		b := packed(sequences(m.cfg, 9, 1, 17)...)
		var nll [2][]float32
		var grads [2]map[string][]float32
		for i, x := range []*Model{m, plain} {
			attach(t, x, "", 0)
			nll[i], grads[i] = step(t, x, x.NewWorkspace(32, Training), b)
		}
		if d := apart(nll[0], nll[1]); d > 1e-5 {
			t.Errorf("%s: losses differ by %.3g", typ, d)
		}
		if len(grads[0]) != 2*len(m.linears) {
			t.Errorf("%s: %d gradients", typ, len(grads[0]))
		}
		for name, want := range grads[1] {
			if d := apart(grads[0][name], want); d > 1e-5 {
				t.Errorf("%s: gradient of %s differs by %.3g", typ, name, d)
			}
		}
	}
}

// The layers are encoded as compute does, whatever the number of workers, and nothing else changes.
func TestQuantizeChangesTheLayersAlone(t *testing.T) {
	for _, typ := range QuantizeTypes() {
		was := random(t, computetest.Plain(), blocky())
		before := was.Hash()
		m := random(t, fast(t, 3), blocky())
		planned, layers, stay := m.PlanQuantize(typ)
		if err := m.Quantize(t.Context(), typ); err != nil {
			t.Fatal(err)
		}
		var bytes int64
		for i, x := range m.Tensors() {
			bytes += int64(len(x.Data))
			old := was.tensors[i]
			if !strings.Contains(x.Name, "_proj.") {
				if x.Type != old.Type || !slices.Equal(x.Data, old.Data) {
					t.Errorf("%s: %s changed", typ, x.Name)
				}
				continue
			}
			if x.Type != typ || !slices.Equal(x.Data, encode(t, typ, old.Floats())) {
				t.Errorf("%s: %s is %s, or not the encoding of what it was", typ, x.Name, x.Type)
			}
		}
		for _, l := range m.Linears() {
			if l.W.Type != typ || len(l.W.Data()) != l.W.Bytes() {
				t.Errorf("%s: %s computes with %s", typ, l.Name, l.W.Type)
			}
		}
		if bytes != planned || layers != len(m.linears) || len(stay) != 0 {
			t.Errorf("%s: %d bytes, planned %d, %d of %d layers, %q", typ, bytes, planned, layers, len(m.linears), stay)
		}
		if m.Hash() != before {
			t.Errorf("%s: the base has another hash", typ)
		}
		m.be.Close()
	}
}

func TestQuantizeLeavesWhatDoesNotFit(t *testing.T) {
	c := tiny
	c.Hidden, c.HeadDim, c.FFN = 64, 16, 96
	m := random(t, computetest.Plain(), c)
	_, layers, stay := m.PlanQuantize(compute.NF4)
	if want := "mlp.down_proj stays in F32: rows of 96 values do not fill NF4's blocks of 64 (3 layers)"; layers != 18 || !slices.Equal(stay, []string{want}) {
		t.Errorf("%d layers, stay %q", layers, stay)
	}
	if err := m.Quantize(t.Context(), compute.NF4); err != nil {
		t.Fatal(err)
	}
	if got := m.Linears()[6].W.Type; got != compute.F32 {
		t.Errorf("down_proj in %s", got)
	}
	// In a finer type nothing becomes smaller.
	if _, layers, stay = m.PlanQuantize(compute.Q8_0); layers != 3 || len(stay) != 6 || !strings.Contains(stay[0], "self_attn.q_proj stays in NF4: Q8_0 is no smaller") {
		t.Errorf("%d layers, stay %q", layers, stay)
	}
}

func TestQuantizeRefuses(t *testing.T) {
	be := computetest.Plain()
	m := random(t, be, blocky())
	attach(t, m, "q_proj", 0)
	if err := m.Quantize(t.Context(), compute.NF4); err == nil || !strings.Contains(err.Error(), "is trained") {
		t.Errorf("with adapters that are trained: %v", err)
	}
	m = random(t, be, blocky())
	ended, end := context.WithCancel(t.Context())
	end()
	if err := m.Quantize(ended, compute.NF4); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("after the end: %v", err)
	}
	m = random(t, be, blocky())
	x := m.tensors[2].Floats()
	x[300] = float32(math.Inf(1))
	m.tensors[2].Data = encode(t, compute.F32, x)
	if err := m.Quantize(t.Context(), compute.Q4_K); err == nil || !strings.Contains(err.Error(), `tensor "model.layers.0.self_attn.q_proj.weight": row 1: encode Q4_K: the block of values 0 to 255`) {
		t.Errorf("an infinite weight: %v", err)
	}
}

// A model in a file is quantised as one in memory, and what stays can still be read after the file's pages were let go.
func TestQuantizeAFile(t *testing.T) {
	for _, file := range []string{"hf", "model-q8_0.gguf"} {
		m := openShared(t, computetest.Plain(), "golden", "public", "llama-k", file)
		embed := encode(t, compute.F32, m.Tensors()[0].Floats())
		if err := m.Quantize(t.Context(), compute.Q4_K); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(embed, encode(t, compute.F32, m.Tensors()[0].Floats())) {
			t.Errorf("%s: the embedding changed", file)
		}
		logitsOf(t, m, packed(sequences(m.cfg, 5)...))
	}
}

// QLoRA on a GGUF file as it rests: losses and gradients are those of the same values in float32.
func TestAdaptersTrainOnGGUFTypesAsTheyRest(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for _, file := range []string{"llama-gqa/model-q8_0.gguf", "llama-gqa/model-q4_0.gguf", "llama-k/model-q4_k_m.gguf", "llama-k/model-q6_k.gguf"} {
		m := openShared(t, be, "golden", "public", filepath.FromSlash(file))
		var values []tensorAt
		quantised := 0
		for _, x := range m.Tensors() {
			if x.Type.Block() > 1 {
				quantised++
			}
			x.Data = encode(t, compute.F32, x.Floats())
			x.Type = compute.F32
			values = append(values, tensorAt{Tensor: x})
		}
		plain, err := build(be, m.cfg, heldTensors(values))
		if err != nil {
			t.Fatal(err)
		}
		b := packed(sequences(m.cfg, 9, 1, 17)...)
		var nll [2][]float32
		var grads [2]map[string][]float32
		for i, x := range []*Model{m, plain} {
			attachPair(t, x, pairsFor(x, "", 3, true, 7))
			nll[i], grads[i] = step(t, x, x.NewWorkspace(32, Training), b)
		}
		if quantised < len(m.linears) {
			t.Errorf("%s: %d tensors are quantised", file, quantised)
		}
		if d := apart(nll[0], nll[1]); d > 1e-5 {
			t.Errorf("%s: losses differ by %.3g", file, d)
		}
		for name, want := range grads[1] {
			if d := apart(grads[0][name], want); d > 1e-4 {
				t.Errorf("%s: gradient of %s differs by %.3g", file, name, d)
			}
		}
	}
}
