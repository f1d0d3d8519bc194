package adapter

import (
	"path/filepath"
	"reflect"
	"testing"
)

func saved(t *testing.T, a *Adapter) *Adapter {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a")
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	b, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hashOf(t *testing.T, a *Adapter) string {
	t.Helper()
	h, err := a.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashIsOfConfigurationAndWeightsAlone(t *testing.T) {
	made := func() *Adapter {
		a, err := New([]ModuleShape{{"model.layers.0.self_attn.q_proj", 8, 6}}, Options{Rank: 2, Alpha: 4, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := made()
	want := hashOf(t, a)
	a.Provenance = &Provenance{Base: "any"}
	if got := hashOf(t, saved(t, a)); got != want {
		t.Errorf("hash %s after saving and loading, want %s", got, want)
	}
	weights := made()
	weights.Modules["model.layers.0.self_attn.q_proj"].B[3] = 1
	config := made()
	config.Config.Dropout = 0.1
	for what, b := range map[string]*Adapter{"weights": weights, "configuration": config} {
		if hashOf(t, b) == want {
			t.Errorf("other %s have the same hash", what)
		}
	}
}

func TestLineageCarriesTheWholeTree(t *testing.T) {
	a, err := New([]ModuleShape{{"model.layers.0.self_attn.q_proj", 8, 6}}, Options{Rank: 2, Alpha: 4, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.Parent("first", 1, TrainedOn)
	if err != nil {
		t.Fatal(err)
	}
	a.Provenance = &Provenance{Parents: []Parent{first}}
	second, err := a.Parent("second", 0.5, Merged)
	if err != nil {
		t.Fatal(err)
	}
	a.Provenance = &Provenance{Parents: []Parent{second}, Method: "linear"}
	got := saved(t, a).Provenance
	if !reflect.DeepEqual(got.Parents, a.Provenance.Parents) || got.Parents[0].Parents[0].Name != "first" || got.Method != "linear" {
		t.Errorf("lineage %+v, want %+v", got, a.Provenance)
	}
}
