package model

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

// What Save writes opens as the same model, bit for bit, in the format that the base came in.
func TestSavedModelIsTheModel(t *testing.T) {
	be, err := cpu.New(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	t.Run("tiny", func(t *testing.T) { saveAndReopen(t, be, modeltest.Tiny(t, 1), "") })
	for _, name := range []string{"llama-gqa/hf", "llama-gqa/model-f32.gguf", "llama-gqa/model-q8_0.gguf", "llama3-rope/model-f32.gguf"} {
		t.Run(name, func(t *testing.T) {
			file := ""
			if filepath.Ext(name) == ".gguf" {
				file = "model.gguf"
			}
			saveAndReopen(t, be, shared.Path(t, "golden", "public", filepath.FromSlash(name)), file)
		})
	}
}

func saveAndReopen(t *testing.T, be compute.Backend, path, file string) {
	m, err := Open(be, path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Save(t.TempDir(), nil); err == nil {
		t.Error("a model that was not trained is saved")
	}
	if err := m.MakeTrainable(context.Background()); err != nil {
		t.Fatal(err)
	}
	// A change that no conversion could make by itself.
	for _, p := range m.Params() {
		be.Write(p.Value.Slice(1, 2), []float32{0.123456789})
	}
	dir := t.TempDir()
	stop := append(slices.Clone(m.EOS()[:1]), 7)
	if err := m.Save(dir, stop); err != nil {
		t.Fatal(err)
	}
	again, err := Open(be, filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	params := m.Params()
	for i, tensor := range again.Tensors() {
		want := make([]float32, params[i].Value.Len())
		be.Read(want, params[i].Value)
		if tensor.Name != params[i].Name || tensor.Type != compute.F32 || !slices.Equal(tensor.Floats(), want) {
			t.Errorf("%s in %s is not the %s that was saved", tensor.Name, tensor.Type, params[i].Name)
		}
	}
	for _, id := range stop {
		if !slices.Contains(again.EOS(), id) {
			t.Errorf("stop token %d is not among the saved model's %v", id, again.EOS())
		}
	}
}
