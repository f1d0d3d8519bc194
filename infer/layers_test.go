package infer

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

// A model with one module changed parts from itself at that module and nowhere before.
func TestModelsPartWhereTheyDiffer(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	one := open(t, base, OpenOptions{Exact: true})
	same, err := Layers(t.Context(), one, open(t, base, OpenOptions{Exact: true}), nil)
	if err != nil || same.First != nil || len(same.Layers) != one.m.Config().Layers+2 {
		t.Fatalf("a model beside itself: %+v, %v", same, err)
	}
	for _, l := range same.Layers {
		if l.Relative != 0 {
			t.Errorf("a model beside itself is %g apart at %s", l.Relative, l.Module)
		}
	}
	for _, l := range one.m.Linears() {
		a, err := adapter.New([]adapter.ModuleShape{{Name: l.Name, In: l.In(), Out: l.Out()}}, adapter.Options{Rank: 2, Alpha: 2, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		b := a.Modules[l.Name].B
		for i := range b {
			b[i] = 0.1
		}
		p, err := Layers(t.Context(), one, open(t, base, OpenOptions{Exact: true, Adapters: []*adapter.Adapter{a}}), []Prompt{{Text: "Once upon a time"}})
		if err != nil || p.First == nil || p.First.Module != l.Name || !(p.First.Relative > 1e-3) {
			t.Errorf("%s is changed, found %+v (%v)", l.Name, p.First, err)
			continue
		}
		if first := layerOf(l.Name); first != "0" && p.Layers[1].Relative != 0 || p.Layers[len(p.Layers)-1].Module != "lm_head" {
			t.Errorf("%s is changed: %+v", l.Name, p.Layers)
		}
	}
}

// The same weights in both formats are the same model, also in families whose modules have other names.
func TestBothFormatsAreTheSameLayerByLayer(t *testing.T) {
	for _, family := range []string{"llama3-rope", "gpt2", "phi3", "gemma3"} {
		dir := shared.Path(t, "golden", "public", family)
		a, b := open(t, filepath.Join(dir, "hf"), OpenOptions{Exact: true}), open(t, filepath.Join(dir, "model-f32.gguf"), OpenOptions{Exact: true})
		p, err := Layers(t.Context(), a, b, []Prompt{{Text: "the same in both"}})
		if err != nil || p.First != nil || len(p.Layers) != a.m.Config().Layers+2 {
			t.Errorf("%s: %+v (%v)", family, p, err)
		}
		for _, d := range a.m.Config().Differences(b.m.Config()) {
			t.Logf("%s: %+v", family, d)
		}
	}
}

// What a distance is relative to: the length of the reference's values.
func TestADistanceIsRelativeToTheReference(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	a, b := open(t, base, OpenOptions{Exact: true}), open(t, base, OpenOptions{Exact: true})
	d := newApart(func(module, _ string) bool { return module == "lm_head" })
	if err := d.compare(t.Context(), a, b, []int32{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	s := d.squares["lm_head"]
	sum := 0.0
	for n := 1; n <= 3; n++ {
		x, err := a.Score(t.Context(), []int32{1, 2, 3}[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range x.Last {
			sum += float64(v) * float64(v)
		}
	}
	if s[0] != 0 || math.Abs(s[1]/sum-1) > 1e-5 {
		t.Errorf("squares %v, want those of the logits, %g", s, sum)
	}
}
