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
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/model/modeltest"
)

func TestLaw04HoldsInEveryFamily(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		attach(t, m, "", 0)
		seqs := sequences(m.cfg, 9, 1, 17, 5)
		var alone []Batch
		for _, s := range seqs {
			alone = append(alone, packed(s))
		}
		ws := m.NewWorkspace(64, Training)
		nll, grads := step(t, m, ws, packed(seqs...))
		wantNLL, want := step(t, m, ws, alone...)
		if d := apart(nll, wantNLL); d > 1e-6 {
			t.Errorf("losses differ by %.3g", d)
		}
		for name := range want {
			if d := apart(grads[name], want[name]); d > 2e-5 {
				t.Errorf("gradient of %s differs by %.3g", name, d)
			}
		}
		whole, shared := prefixed(t, m.cfg)
		checkShared(t, m, whole, shared)
		checkAnyRow(t, m)
	})
}

func TestWarmStepAllocatesNothingInEveryFamily(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for _, v := range []int{8, 15, 20, 22, 24, 26, 30} {
		dir := modeltest.Family(t, variants[v].kind, variants[v].extra, 1)
		t.Run(variants[v].kind, func(t *testing.T) {
			m, err := Open(be, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if err := m.MakeTrainable(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkAllocations(t, m)
		})
	}
}

// The gradients of A and B follow from that of the weights that they add to: dB = s·dW·Aᵀ and dA = s·Bᵀ·dW.
func TestEveryFamilysAdapterGradientsFollowFromTheWeights(t *testing.T) {
	be := computetest.Plain()
	eachVariant(t, be, func(t *testing.T, m *Model, dir string) {
		b := packed(sequences(m.cfg, 8, 13)...)
		attach(t, m, "", 0)
		_, got := step(t, m, m.NewWorkspace(32, Training), b)

		merged, err := Open(be, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer merged.Close()
		if err := merged.MakeTrainable(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, l := range merged.Linears() {
			d := m.Linears()[i].Delta
			a, c := readBuffer(m, d.A), readBuffer(m, d.B)
			w := readBuffer(merged, l.W.Values())
			apply32(w, a, c, d.R, l.In(), d.Scale)
			be.Write(l.W.Values(), w)
		}
		_, weights := step(t, merged, merged.NewWorkspace(32, Training), b)
		for _, l := range m.Linears() {
			d, dw := l.Delta, weights[l.Name+".weight"]
			a, c := readBuffer(m, d.A), readBuffer(m, d.B)
			in, wantA, wantB := l.In(), make([]float32, len(a)), make([]float32, len(c))
			for r := range d.R {
				for o := range l.Out() {
					var sum float64
					for i := range in {
						sum += float64(dw[o*in+i]) * float64(a[r*in+i])
						wantA[r*in+i] += d.Scale * c[o*d.R+r] * dw[o*in+i]
					}
					wantB[o*d.R+r] = d.Scale * float32(sum)
				}
			}
			for name, want := range map[string][]float32{".lora_A.weight": wantA, ".lora_B.weight": wantB} {
				if d := apart(got[l.Name+name], want); d > 1e-4 {
					t.Errorf("gradient of %s%s differs by %.3g", l.Name, name, d)
				}
			}
		}
	})
}

// apply32 adds scale·B·A to w.
func apply32(w, a, b []float32, r, in int, scale float32) {
	for o := range len(w) / in {
		for i := range in {
			var sum float64
			for k := range r {
				sum += float64(b[o*r+k]) * float64(a[k*in+i])
			}
			w[o*in+i] += scale * float32(sum)
		}
	}
}

// DoRA on a DoRA beneath, in the families whose products are fused, biased, scaled or normed behind as well.
func TestEveryFamilysStackIsItsDenseWeights(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		beneath, top := pairsFor(m, "", 2, true, 10), pairsFor(m, "", 3, true, 5)
		if err := m.Stack(beneath); err != nil {
			t.Fatal(err)
		}
		merged := dense(t, m, beneath)
		b := packed(sequences(m.cfg, 11, 17)...)
		attachPair(t, m, top)
		attachPair(t, merged, top)
		nll, grads := step(t, m, m.NewWorkspace(32, Training), b)
		wantNLL, want := step(t, merged, merged.NewWorkspace(32, Training), b)
		if d := apart(nll, wantNLL); d > 1e-4 {
			t.Errorf("losses differ by %.2g", d)
		}
		checkAnyRow(t, m)
		for name := range want {
			if d := apart(grads[name], want[name]); d > 1e-3 {
				t.Errorf("%s: gradients differ by %.2g", name, d)
			}
		}
	})
}

// Products in integers, with the scales, caps, biases and fused matrices of every family: near the exact ones, and the loss
// is that of the logits.
func TestEveryFamilyComputesInIntegers(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for _, name := range []string{"granite-3.1-2b", "gemma-2-2b", "gemma-3-1b", "gpt2", "phi-4-mini", "olmo-2-0425-1b", "starcoder2-3b", "qwen3-0.6b"} {
		t.Run(name, func(t *testing.T) {
			c, err := Shape(name)
			if err != nil {
				t.Fatal(err)
			}
			c.Hidden, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.FFN, c.Vocab, c.MaxPos = 64, 2, 4, min(c.KVHeads, 2), 16, 96, 80, 64
			c.RopeDim, c.Windowed, c.Window = min(c.RopeDim, 8), nil, min(c.Window, 6)
			if c.LearnedPositions {
				c.KVHeads = c.Heads
			}
			m, err := Random(be, c, compute.Q8_0, 3)
			if err != nil {
				t.Fatal(err)
			}
			b := packed(sequences(c, 12)...)
			exact := logitsOf(t, m, b)
			if !m.Repack() {
				t.Skip("the backend has no products in integers")
			}
			logits := logitsOf(t, m, b)
			nll, err := m.Loss(m.NewWorkspace(16, Inference), b, make([]float32, len(b.Targets)), false)
			if err != nil {
				t.Fatal(err)
			}
			for i, id := range b.Targets {
				if d := apart(logits[i], exact[i]); d > 0.05 {
					t.Errorf("position %d: logits differ by %.2g of the largest", i, d)
				}
				sum := 0.0
				for _, x := range logits[i] {
					sum += math.Exp(float64(x))
				}
				if want := math.Log(sum) - float64(logits[i][id]); math.Abs(float64(nll[i])-want) > 1e-4 {
					t.Errorf("position %d: loss %g, its logits give %g", i, nll[i], want)
				}
			}
		})
	}
}

// Each part trained alone has the gradient that training all of it gives: no part of the backward leans on another.
func TestEveryFamilysBackwardStopsWithoutChangingAGradient(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	eachVariant(t, be, func(t *testing.T, m *Model, dir string) {
		b := packed(sequences(m.cfg, 11, 6)...)
		if err := m.MakeTrainable(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, want := step(t, m, m.NewWorkspace(32, Training), b)
		for _, part := range []string{".1.", "norm", ".bias", "embed", "down_proj", "c_proj", "o_proj", "q_proj"} {
			some, err := Open(be, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer some.Close()
			if err := some.MakePartTrainable(t.Context(), func(name string) bool { return strings.Contains(name, part) }); err != nil {
				t.Fatal(err)
			}
			if len(some.Params()) == 0 {
				continue
			}
			_, grads := step(t, some, some.NewWorkspace(32, Training), b)
			for name := range grads {
				if d := apart(grads[name], want[name]); d > 1e-6 {
					t.Errorf("training %s: gradient of %s differs by %.3g", part, name, d)
				}
			}
		}
	})
}

func TestLaw13NamesModulesOfEveryFamily(t *testing.T) {
	be := computetest.Plain()
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		b := packed(sequences(m.cfg, 9)...)
		ws := m.NewWorkspace(16, Training)
		if found := m.FindNonFinite(ws, b); found != "" {
			t.Fatalf("found %q in a sound model", found)
		}
		name := m.blocks[1].down.Name
		attach(t, m, name, 0)
		be.Write(m.blocks[1].down.Delta.A.Slice(0, 1), []float32{float32(math.Inf(1))})
		if found := m.FindNonFinite(ws, b); !strings.HasPrefix(found, name) {
			t.Errorf("found %q, want %s", found, name)
		}
	})
}

// A model that is planned before there is one, and one of random weights, have the tensors and the memory of one that was
// opened.
func TestEveryFamilyIsPlannedAndDrawnFromItsConfig(t *testing.T) {
	be := computetest.Plain()
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		hollow, err := Hollow(be, m.cfg, compute.BF16)
		if err != nil {
			t.Fatal(err)
		}
		drawn, err := Random(be, m.cfg, compute.F32, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, want := range m.Tensors() {
			n += product(want.Shape)
			for _, other := range []*Model{hollow, drawn} {
				if x := other.tensors[i]; x.Name != want.Name || !slices.Equal(x.Shape, want.Shape) {
					t.Errorf("tensor %d is %s %v, want %s %v", i, x.Name, x.Shape, want.Name, want.Shape)
				}
			}
		}
		if m.cfg.Params() != n {
			t.Errorf("%d parameters, want %d", m.cfg.Params(), n)
		}
		if x := logitsOf(t, drawn, packed([]int32{1, 2, 3})); !(math.Abs(float64(x[2][0])) < 10) {
			t.Errorf("a model of random weights has a logit of %g", x[2][0])
		}
	})
}

// What is saved after training opens as what was trained, in the names and orders of the family.
func TestEveryFamilyIsSavedAsItWasTrained(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	for i, v := range variants {
		if i == 0 || variants[i-1].kind != v.kind || v.kind == "gpt2" {
			t.Run(v.kind, func(t *testing.T) { saveAndReopen(t, be, modeltest.Family(t, v.kind, v.extra, 1), "") })
		}
	}
}

// The same weights have the same hash in both formats, and other switches another.
func TestHashIsOfTheComputation(t *testing.T) {
	be := computetest.Plain()
	for _, name := range goldenModels {
		if name == "llama-k" {
			continue
		}
		var hashes []string
		for _, file := range []string{"hf", "model-f32.gguf"} {
			m := openShared(t, be, "golden", "public", name, file)
			hashes = append(hashes, m.Hash())
		}
		if hashes[0] != hashes[1] {
			t.Errorf("%s has two hashes", name)
		}
	}
	seen := map[string]string{}
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		for _, change := range []func(*Config){
			func(*Config) {},
			func(c *Config) { c.Window++ },
			func(c *Config) { c.AttnScale = 0.7 },
			func(c *Config) { c.RopeScaling = RopeScaling{Kind: "linear", Factor: 7} },
		} {
			other, err := Open(be, m.path)
			if err != nil {
				t.Fatal(err)
			}
			change(&other.cfg)
			h := other.Hash()
			if was := seen[h]; was != "" && was != t.Name() && !m.cfg.LearnedPositions {
				t.Errorf("%s has the hash of %s", t.Name(), was)
			}
			seen[h] = t.Name()
			other.Close()
		}
	})
}

func TestArchitecturesThatAreNotSupportedAreRefusedInOneLine(t *testing.T) {
	for name, nearest := range map[string]string{"mixtral": "mistral", "qwen3_moe": "qwen3", "deepseek_v3": "llama", "falcon": "llama", "bloom": "gpt2",
		"mpt": "gpt2", "gpt_neox": "llama", "cohere": "llama", "phi": "phi3", "gemma3n": "gemma3", "llama4": "llama", "mllama": "llama",
		"bert": "llama", "t5": "llama", "olmo3": "olmo2", "starcodr2": "starcoder2", "": "phi3"} {
		for _, of := range []func(string) (*family, error){familyOfHF, familyOfGGUF} {
			_, err := of(name)
			if err == nil || !strings.Contains(err.Error(), "not supported; nearest supported: "+nearest) || strings.Contains(err.Error(), "\n") ||
				!strings.Contains(err.Error(), name) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}

// writeExact writes a model as a GGUF file in F32.
func writeExact(m *Model, path string) error {
	return m.WriteGGUF(context.Background(), path, GGUFOptions{
		Types:    func(x []gguf.Tensor) []gguf.Type { return make([]gguf.Type, len(x)) },
		Metadata: append(m.GGUFMetadata(), gguf.KV{Key: "tokenizer.ggml.model", Value: gguf.Of("none")}),
		Wrote:    func(int64, int64) {},
	})
}

// A model that a GGUF file can say is the same model when it comes back from one.
func TestEveryFamilyComesBackFromGGUF(t *testing.T) {
	be := computetest.Plain()
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		c := m.cfg
		switch {
		case c.Family == "smollm3", c.Family == "gemma2" && c.AttnScale != 0, c.Family == "gemma3", c.Family == "qwen2" && c.Window > 0,
			c.Family == "qwen3" && c.Window > 0, c.RopeScaling.Untruncated, c.Family == "starcoder2" && c.Activation == compute.GELU:
			t.Skip("GGUF has no words for it")
		}
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := writeExact(m, path); err != nil {
			t.Fatal(err)
		}
		again, err := Open(be, path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		b := packed(sequences(c, 14)...)
		if d := furthest(logitsOf(t, again, b)[13], logitsOf(t, m, b)[13]); d > 1e-5 || again.Hash() != m.Hash() {
			t.Errorf("logits differ by %.2g, hashes %s and %s", d, again.Hash(), m.Hash())
		}
	})
}
