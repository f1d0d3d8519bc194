package adapter

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
)

// twoLayers is a base of two layers, one of whose rows llama.cpp has in reverse, and an adapter on it.
func twoLayers(t testing.TB) (*Adapter, GGUFNames) {
	t.Helper()
	a, err := New([]ModuleShape{{"m.0.q", 3, 4}, {"m.0.down", 2, 3}}, Options{Rank: 2, Alpha: 4, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.Modules {
		for i := range p.B {
			p.B[i] = float32(i + 1)
		}
	}
	return a, GGUFNames{Arch: "llama", Layers: map[string]GGUFLayer{
		"m.0.q":    {Tensor: "blk.0.attn_q.weight", Out: 4, In: 3, Row: func(row int) int { return 3 - row }},
		"m.0.down": {Tensor: "blk.0.ffn_down.weight", Out: 3, In: 2},
	}}
}

func TestRowsOfAnAdapterInGGUFAreInLlamaCppsOrder(t *testing.T) {
	a, names := twoLayers(t)
	path := filepath.Join(t.TempDir(), "a.gguf")
	if err := a.WriteGGUF(path, names, gguf.F32, []gguf.KV{{Key: "general.base_model.0.name", Value: gguf.Of("lamb")}}); err != nil {
		t.Fatal(err)
	}
	if !IsGGUF(path) || IsGGUF(filepath.Dir(path)) || IsGGUF(path+"x") {
		t.Error("the file is not known for an adapter, or others are")
	}
	plain, err := LoadGGUF(path, GGUFNames{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plain.Modules["blk.0.attn_q"].B, []float32{7, 8, 5, 6, 3, 4, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("rows of q are %v, want %v", got, want)
	}
	again, err := LoadGGUF(path, names)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range a.Modules {
		got := again.Modules[name]
		if !slices.Equal(got.A, want.A) || !slices.Equal(got.B, want.B) || got.Scale != want.Scale {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if again.Config.Base != "lamb" || again.Config.R != 2 || again.Config.Alpha != 4 {
		t.Errorf("configuration %+v", again.Config)
	}
}

func TestAForeignAdapterInGGUFIsRefused(t *testing.T) {
	a, names := twoLayers(t)
	other := names
	other.Arch = "gemma"
	wide := GGUFNames{Arch: "llama", Layers: map[string]GGUFLayer{"m.0.q": {Tensor: "blk.0.attn_q.weight", Out: 8, In: 3}, "m.0.down": names.Layers["m.0.down"]}}
	few := GGUFNames{Arch: "llama", Layers: map[string]GGUFLayer{"m.0.q": names.Layers["m.0.q"]}}
	path := filepath.Join(t.TempDir(), "a.gguf")
	if err := a.WriteGGUF(path, names, gguf.F32, nil); err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]GGUFNames{"another architecture": other, "[8, r]": wide, "no linear layer": few} {
		if _, err := LoadGGUF(path, n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	bare := filepath.Join(t.TempDir(), "bare.gguf")
	for want, kvs := range map[string][]gguf.KV{
		"never guessed":  {{Key: keyType, Value: gguf.Of("adapter")}, {Key: keyKind, Value: gguf.Of("lora")}, {Key: keyArch, Value: gguf.Of("llama")}},
		"not an adapter": {{Key: keyType, Value: gguf.Of("model")}},
	} {
		if err := gguf.Write(bare, kvs, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadGGUF(bare, names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// An adapter's file comes from anywhere: whatever is in it, it is an adapter that fits the base or an error.
func FuzzAdapterGGUF(f *testing.F) {
	a, names := twoLayers(f)
	path := filepath.Join(f.TempDir(), "a.gguf")
	a.Provenance = &Provenance{Base: "b"}
	if err := a.WriteGGUF(path, names, gguf.F16, nil); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(slices.Concat(seed[:len(seed)/2], seed[len(seed)/3:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			return
		}
		for _, n := range []GGUFNames{names, {}} {
			a, err := fromGGUF(file, n)
			if err != nil {
				continue
			}
			for name, p := range a.Modules {
				if err := a.checkPair(name, p); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
