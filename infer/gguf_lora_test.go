package infer

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/shared"
)

// golden opens a golden family's base and one of its adapters.
func golden(t *testing.T, family, name string) (*Assistant, *adapter.Adapter) {
	t.Helper()
	a, err := adapter.Load(shared.Path(t, "golden", "public", family, name))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, shared.Path(t, "golden", "public", family, "hf"), OpenOptions{Exact: true}), a
}

func TestAnAdapterInGGUFIsTheAdapter(t *testing.T) {
	for _, family := range []string{"llama-gqa", "llama-gqa/adapter-rslora", "mistral", "qwen3", "gemma3", "phi3", "gpt2"} {
		name := "adapter"
		if f, other, ok := strings.Cut(family, "/"); ok {
			family, name = f, other
		}
		base, want := golden(t, family, name)
		want.Provenance = &adapter.Provenance{Base: base.Name(), BaseHash: base.Model().Hash(), Stop: []int32{2}}
		path := filepath.Join(t.TempDir(), "a.gguf")
		if err := want.WriteGGUF(path, GGUFNames(base.Model()), gguf.F32, nil); err != nil {
			t.Fatal(err)
		}
		got, err := adapter.LoadGGUF(path, GGUFNames(base.Model()))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Names(), want.Names()) {
			t.Fatalf("%s/%s: modules %v, want %v", family, name, got.Names(), want.Names())
		}
		for module, w := range want.Modules {
			g := got.Modules[module]
			if !slices.Equal(g.A, w.A) || !slices.Equal(g.B, w.B) || math.Abs(float64(g.Scale/w.Scale)-1) > 1e-6 {
				t.Errorf("%s/%s: module %s changed (scale %g, want %g)", family, name, module, g.Scale, w.Scale)
			}
		}
		if got.Provenance == nil || got.Provenance.BaseHash != want.Provenance.BaseHash {
			t.Errorf("%s/%s: provenance %+v", family, name, got.Provenance)
		}
		spec := base.Model().Path() + "+" + path
		c, err := Verify(t.Context(), open(t, base.Model().Path(), OpenOptions{Exact: true, Adapters: []*adapter.Adapter{want}}),
			open(t, spec, OpenOptions{Exact: true}), VerifyOptions{Prompts: []Prompt{{Text: "ab"}}})
		if err != nil || c.KLMax > 1e-9 || !c.GreedyEqual {
			t.Errorf("%s/%s: %+v, %v", family, name, c, err)
		}
	}
}

// The file as llama.cpp reads it: names, shapes, one α for all layers, rows of q and k in its order.
func TestAnAdapterInGGUFIsAsLlamaCppWantsIt(t *testing.T) {
	base, a := golden(t, "llama-gqa", "adapter-rslora")
	path := filepath.Join(t.TempDir(), "a.gguf")
	if err := a.WriteGGUF(path, GGUFNames(base.Model()), gguf.F32, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	alpha, _ := f.Float("adapter.lora.alpha")
	q := a.Modules["model.layers.1.self_attn.q_proj"]
	if want := float64(q.Scale) * float64(q.R); math.Abs(alpha-want) > 1e-5 {
		t.Errorf("α is %g, want α·√r = %g", alpha, want)
	}
	for _, kv := range [][2]string{{"general.type", "adapter"}, {"adapter.type", "lora"}, {"general.architecture", "llama"}} {
		if v, _ := f.String(kv[0]); v != kv[1] {
			t.Errorf("%s is %q", kv[0], v)
		}
	}
	tb, ok := f.Tensor("blk.1.attn_q.weight.lora_b")
	ta, _ := f.Tensor("blk.1.attn_q.weight.lora_a")
	if !ok || !slices.Equal(tb.Shape, []int{q.Out, q.R}) || !slices.Equal(ta.Shape, []int{q.R, q.In}) {
		t.Fatalf("shapes %v and %v", ta.Shape, tb.Shape)
	}
	b := make([]float32, q.Out*q.R)
	if err := gguf.Decode(b, tb.Type, tb.Data); err != nil {
		t.Fatal(err)
	}
	// Rows 0, 1, 2, 3 of the file are rows 0, dim/2, 1, dim/2+1 of the head.
	half := base.Model().Config().HeadDim / 2
	for row, from := range []int{0, half, 1, half + 1} {
		if !slices.Equal(b[row*q.R:(row+1)*q.R], q.B[from*q.R:(from+1)*q.R]) {
			t.Errorf("row %d of the file is not row %d", row, from)
		}
	}
}

// Ranks and alphas that differ between layers fit in one α.
func TestAnAdapterInGGUFKeepsEveryLayersScale(t *testing.T) {
	base, a := golden(t, "llama-gqa", "adapter")
	_, b := golden(t, "llama-gqa", "adapter-rslora")
	delete(b.Modules, "model.layers.0.self_attn.q_proj") // so that the ranks of the sum differ
	sum, err := adapter.Stack([]adapter.Weighted{{Name: "a", Adapter: a}, {Name: "b", Adapter: b, Weight: 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	sum.Config.Alphas[0].Value *= 3
	for name, p := range sum.Modules {
		if name == sum.Config.Alphas[0].Module {
			p.Scale *= 3
			sum.Modules[name] = p
		}
	}
	path := filepath.Join(t.TempDir(), "a.gguf")
	if err := sum.WriteGGUF(path, GGUFNames(base.Model()), gguf.F32, nil); err != nil {
		t.Fatal(err)
	}
	got, err := adapter.LoadGGUF(path, GGUFNames(base.Model()))
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range sum.Modules {
		g := got.Modules[name]
		for i := range w.B {
			if x, y := float64(w.B[i])*float64(w.Scale), float64(g.B[i])*float64(g.Scale); math.Abs(x-y) > 1e-6*math.Abs(x) {
				t.Fatalf("module %s: %g·%g, want %g·%g", name, g.B[i], g.Scale, w.B[i], w.Scale)
			}
		}
	}
}

func TestAnAdapterThatLlamaCppHasNoFormForIsRefused(t *testing.T) {
	base, dora := golden(t, "llama-gqa", "adapter-dora")
	_, whole := golden(t, "llama-gqa", "adapter")
	whole.Carry("lm_head", adapter.Matrix{})
	_, foreign := golden(t, "llama-gqa", "adapter")
	foreign.Modules["model.layers.99.self_attn.q_proj"] = foreign.Modules["model.layers.0.self_attn.q_proj"]
	for want, a := range map[string]*adapter.Adapter{"DoRA": dora, "modules_to_save": whole, "layers.99": foreign} {
		path := filepath.Join(t.TempDir(), "a.gguf")
		if err := a.WriteGGUF(path, GGUFNames(base.Model()), gguf.F32, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
