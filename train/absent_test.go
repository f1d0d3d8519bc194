package train

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/recipes"
)

// planned is a published recipe, and its plan where that much memory is free.
func planned(t *testing.T, name string, free int64) (Recipe, Plan, error) {
	t.Helper()
	text, ok := recipes.Text(name)
	if !ok {
		t.Fatalf("no recipe %s", name)
	}
	r, err := ParseRecipe(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if r, err = r.Resolve(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	cfg, ok, err := r.absent()
	if !ok || err != nil {
		t.Fatalf("%s: base %s has no known shape (%v)", name, r.Base, err)
	}
	s, _, err := openAbsent(t.Context(), r, cfg, Silent{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer s.close()
	p, err := s.plan(free)
	return r, p, err
}

// The numbers of steps are those of the publications: rows × epochs over the rows of a batch.
func TestPublishedRecipesPlan(t *testing.T) {
	steps := map[string]float64{
		"alpaca-7b": 52002 * 3 / 128, "alpaca-lora": 0.95 * 50000 * 3 / 128, "guanaco-qlora": 1875, "lima": 0.95 * 1000 * 15 / 32, "vicuna": 70000 * 3 / 128, "nano": 360,
	}
	for _, name := range recipes.Names() {
		want, ok := steps[name]
		if !ok {
			t.Errorf("recipe %s has no number of steps in this test", name)
			continue
		}
		r, p, err := planned(t, name, 0)                              // as much as it takes
		if err != nil && !strings.HasPrefix(err.Error(), "out is ") { // short of disk, which is this machine's affair
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := float64(p.Steps); got < 0.95*want || got > 1.05*want {
			t.Errorf("%s takes %g steps, want about %g", name, got, want)
		}
		if r.Method == Full && p.Trainable != p.Weights {
			t.Errorf("%s trains %d of %d weights", name, p.Trainable, p.Weights)
		}
	}
}

func TestLaw12AnAbsentBaseThatDoesNotFitIsRefusedWithWhatWould(t *testing.T) {
	_, p, err := planned(t, "alpaca-7b", 24e9)
	const weights = 6738415616
	bytes := map[string]int64{}
	for _, item := range p.Memory {
		bytes[item.Kind] = item.Bytes
	}
	if bytes["weights in float32"] != 4*weights || bytes["gradients"] != 4*weights || bytes["optimiser state (adamw)"] != 8*weights {
		t.Errorf("memory %v, want 4, 4 and 8 bytes for each of %d weights", bytes, weights)
	}
	if err == nil || !strings.Contains(err.Error(), "--method lora") {
		t.Errorf("error %v, want LoRA instead", err)
	}
	for free, want := range map[int64]string{5e9: "no smaller setting", 8e9: "--method lora --quantize nf4 (", 12e9: "--method lora --quantize q8_0 (", 19e9: "--method lora ("} {
		if _, _, err := planned(t, "vicuna", free); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %d bytes free: %v, want %q", free, err, want)
		}
	}
	if _, p, err := planned(t, "guanaco-qlora", 9e9); err != nil || !p.Fits() {
		t.Errorf("guanaco: %v", err)
	}
}

// What is planned for a shape is what a model of that shape is counted at once it is there.
func TestWorkOfAShapeIsThatOfTheModel(t *testing.T) {
	cfg, err := model.Shape("64x3x4x2x128x100")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Recipe{{Method: Full}, {}, {Rank: 4, Targets: []string{"v_proj"}, Layers: "1"}, {TrainHead: true}, {Method: Full, LastLayers: 1}} {
		r.Base, r.Data, r.Out = "64x3", Files("absent.jsonl"), "out"
		r.Assume = &Assume{Shape: "64x3x4x2x128x100", Rows: 10, RowTokens: 20}
		if r, err = r.Resolve(); err != nil {
			t.Fatal(err)
		}
		s, _, err := openAbsent(t.Context(), r, cfg, Silent{})
		if err != nil {
			t.Fatal(err)
		}
		want := workOf(s.m, s.trained())
		s.m.Close()
		if s.m, err = model.Random(s.be, cfg, compute.F32, 1); err != nil {
			t.Fatal(err)
		}
		if err := s.aim(); err != nil {
			t.Fatal(err)
		}
		if err := s.allocate(t.Context(), 32); err != nil {
			t.Fatal(err)
		}
		if got := countWork(s.m); !reflect.DeepEqual(got, want) {
			t.Errorf("%s %v: %+v, planned %+v", r.Method, r.Targets, got, want)
		}
		s.close()
	}
}

func TestRowsThatAreHereAreCountedWithoutATokenizer(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	text := `{"instruction": "Name a prime.", "output": "Seven is one."}` + "\n" + `{"instruction": "Say hello.", "output": "Hello!"}` + "\n"
	if err := os.WriteFile(rows, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := Recipe{Base: "llama-7b", Data: Files(rows), Out: "out", EvalFraction: -1, Template: "plain", Quantize: "nf4"}
	r, err := r.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	cfg, _, err := r.absent()
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := openAbsent(t.Context(), r, cfg, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	// BOS, 13 bytes, 13 bytes, EOS; BOS, 10, 6, EOS.
	if p, err := s.plan(0); err != nil || p.Tokens != (1+4+4+1)+(1+3+2+1) {
		t.Errorf("%d tokens (%v), want 17", p.Tokens, err)
	}
	r.Data = Files("nowhere.jsonl")
	if _, _, err := openAbsent(t.Context(), r, cfg, Silent{}); err == nil || !strings.Contains(err.Error(), "nowhere.jsonl is not here") {
		t.Errorf("error %v, want one that names the file", err)
	}
}
