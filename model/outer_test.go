package model

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

// Training some of the tensors gives them the gradients that training all gives, and no gradient to the others.
func TestPartOfAModelTrainsAsInTheWhole(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for name, chosen := range map[string]func(name string) bool{
		"last layer and final norm": func(n string) bool { return strings.Contains(n, "layers.2.") || n == "model.norm.weight" },
		"one matrix":                func(n string) bool { return n == "model.layers.1.mlp.up_proj.weight" },
		"norms":                     func(n string) bool { return strings.Contains(n, "norm") },
		"embedding":                 func(n string) bool { return strings.Contains(n, "embed") },
	} {
		t.Run(name, func(t *testing.T) {
			whole, part := random(t, be, tiny), random(t, be, tiny)
			if err := whole.MakeTrainable(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := part.MakePartTrainable(t.Context(), chosen); err != nil {
				t.Fatal(err)
			}
			b := packed(sequences(part.cfg, 11, 17)...)
			_, want := step(t, whole, whole.NewWorkspace(32, Training), b)
			_, got := step(t, part, part.NewWorkspace(32, Training), b)
			for n := range want {
				g, ok := got[n]
				if ok != chosen(n) {
					t.Errorf("%s is trained: %t", n, ok)
				}
				if ok && apart(g, want[n]) > 1e-6 {
					t.Errorf("%s: gradients differ by %.2g", n, apart(g, want[n]))
				}
			}
		})
	}
}

// Law 9: a head of its own changes nothing yet; embedding and head then have the two parts of the gradient that they had
// together.
func TestLaw09UntyingKeepsTheModel(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		tied, untied := random(t, be, tiny), random(t, be, tiny)
		hash := untied.Hash()
		if err := untied.Untie(); err != nil {
			t.Fatal(err)
		}
		b := packed(sequences(tied.cfg, 11, 17)...)
		for _, m := range []*Model{tied, untied} {
			if err := m.MakePartTrainable(t.Context(), func(n string) bool { return !strings.Contains(n, "layers") }); err != nil {
				t.Fatal(err)
			}
		}
		wantNLL, want := step(t, tied, tied.NewWorkspace(32, Training), b)
		nll, got := step(t, untied, untied.NewWorkspace(32, Training), b)
		if furthest(nll, wantNLL) != 0 || untied.Hash() != hash || untied.Config().Tied {
			t.Error("untying changed the losses or the hash, or left the model tied")
		}
		sum := slices.Clone(got["lm_head.weight"])
		for i, g := range got["model.embed_tokens.weight"] {
			sum[i] += g
		}
		if d := apart(sum, want["model.embed_tokens.weight"]); d > 1e-5 {
			t.Errorf("the parts of the gradient add up to one that differs by %.2g", d)
		}
	})
}

// What was trained outside the blocks is off in the reference, and what is replaced is what is used.
func TestReplacedAndTrainedMatricesOutsideTheBlocks(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	for _, module := range []string{"model.embed_tokens", HeadModule} {
		m := random(t, be, tiny)
		b := packed(sequences(m.cfg, 11, 17)...)
		base := logitsOf(t, m, b)
		if err := m.Untie(); err != nil {
			t.Fatal(err)
		}
		if err := m.MakePartTrainable(t.Context(), func(n string) bool { return n == module+".weight" }); err != nil {
			t.Fatal(err)
		}
		p := m.Params()[0]
		values := make([]float32, p.Value.Len())
		be.Read(values, p.Value)
		for i := range values {
			values[i] *= 1 + float32(i%5)/10
		}
		be.Write(p.Value, values)
		trained := logitsOf(t, m, b)
		if furthest(trained[3], base[3]) == 0 {
			t.Fatalf("training %s changed nothing", module)
		}
		if err := m.Without(func() error {
			for i, got := range logitsOf(t, m, b) {
				if furthest(got, base[i]) != 0 {
					t.Fatalf("%s: row %d of the reference is not the base's", module, i)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		other := random(t, be, tiny)
		if err := other.Replace(module, values); err != nil {
			t.Fatal(err)
		}
		for i, got := range logitsOf(t, other, b) {
			if furthest(got, trained[i]) != 0 {
				t.Fatalf("%s: row %d of the model with replaced values is not the trained one's", module, i)
			}
		}
	}
	m := random(t, be, tiny)
	for want, err := range map[string]error{
		"only model.embed_tokens and lm_head are replaced": m.Replace("model.norm", nil),
		"holds 3 values": m.Replace(HeadModule, make([]float32, 3)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Law 7: a model of which part was trained and whose head was untied is saved as it is, in either format.
func TestASavedPartIsTheModel(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	bases := map[string]string{modeltest.Tiny(t, 1): ""}
	if dir := shared.Path(t, "golden", "public", "llama-gqa"); dir != "" {
		bases[filepath.Join(dir, "model-q8_0.gguf")] = "model.gguf"
	}
	for path, file := range bases {
		m, err := Open(be, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Untie(); err != nil {
			t.Fatal(err)
		}
		if err := m.MakePartTrainable(t.Context(), func(n string) bool { return n == "lm_head.weight" || strings.Contains(n, "layers.1.self") }); err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Params() {
			be.Write(p.Value.Slice(1, 2), []float32{0.123456789})
		}
		dir := t.TempDir()
		if err := m.Save(dir, m.EOS()); err != nil {
			t.Fatal(err)
		}
		again, err := Open(be, filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		b := packed([]int32{3, 1, 4, 1, 5, 9, 2, 6})
		got, want := logitsOf(t, again, b), logitsOf(t, m, b)
		for i := range got {
			if furthest(got[i], want[i]) != 0 {
				t.Errorf("%s: logits of row %d differ by %.2g", path, i, furthest(got[i], want[i]))
			}
		}
		if again.Config().Tied {
			t.Errorf("%s: the saved model is tied", path)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
