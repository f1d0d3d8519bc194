package e2e

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/export"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
)

// madeUp writes an adapter of all layers whose values nobody trained, large enough to change what a model says.
func madeUp(t testing.TB, be compute.Backend, base string, o adapter.Options) string {
	t.Helper()
	m, err := model.Open(be, base)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var shapes []adapter.ModuleShape
	for _, l := range m.Linears() {
		shapes = append(shapes, adapter.ModuleShape{Name: l.Name, In: l.In(), Out: l.Out()})
	}
	a, err := adapter.New(shapes, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.Modules {
		for i := range p.B {
			p.B[i] = float32(0.02 * math.Sin(float64(i)*float64(o.Seed)))
		}
	}
	dir := filepath.Join(t.TempDir(), "adapter")
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// With the adapter's file beside the base, or merged by its own program, llama.cpp says what this program does.
func TestLlamaCppAnswersWithTheAdapter(t *testing.T) {
	be := backend(t)
	base := shared.Path(t, "data", "models", "stories260K-f32.gguf")
	one := madeUp(t, be, base, adapter.Options{Rank: 4, Alpha: 8, Seed: 1})
	two := madeUp(t, be, base, adapter.Options{Rank: 9, Alpha: 8, RSLoRA: true, Seed: 2})
	plain := open(t, be, base, true)
	for _, spec := range []string{base + "+" + one, base + "+" + two, base + "+" + one + "+" + two} {
		tuned := open(t, be, spec, true)
		lora := exported(t, be, spec, export.GGUFLoRA, "F32", "lora.gguf")
		merged := filepath.Join(t.TempDir(), "merged.gguf")
		changed := false
		for i, prompt := range stories {
			want := ours(t, tuned, prompt, 32)
			changed = changed || want != ours(t, plain, prompt, 32)
			if got := greedy(t, base, prompt, 32, "--lora", lora); got != want {
				t.Errorf("%s: after %q\n%q, this program says\n%q", spec, prompt, got, want)
			}
			if i > 0 {
				continue
			}
			llama(t, "llama-export-lora", "-m", base, "--lora", lora, "-o", merged)
			if _, err := os.Stat(merged); err != nil {
				t.Fatal(err)
			}
			if got := ours(t, open(t, be, merged, true), prompt, 32); got != want {
				t.Errorf("%s, merged by llama.cpp: after %q\n%q, with the adapter\n%q", spec, prompt, got, want)
			}
		}
		if !changed {
			t.Errorf("%s says what its base does", spec)
		}
	}
}
