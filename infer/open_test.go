package infer

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
)

func refused(t *testing.T, spec string, o OpenOptions, want string) {
	t.Helper()
	a, err := Open(t.Context(), backend(t), spec, o)
	if err == nil {
		a.Close()
		t.Errorf("%s opens, want an error with %q", spec, want)
		return
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want one line with %q", err, want)
	}
}

// tinyAdapter writes an untrained adapter for the model, whose B is made up so that it changes something.
func tinyAdapter(t *testing.T, base string, seed uint64, p *adapter.Provenance) string {
	t.Helper()
	m, err := model.Open(backend(t), base)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var shapes []adapter.ModuleShape
	for _, l := range m.Linears() {
		shapes = append(shapes, adapter.ModuleShape{Name: l.Name, In: l.In(), Out: l.Out()})
	}
	a, err := adapter.New(shapes, adapter.Options{Rank: 4, Alpha: 8, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range a.Modules {
		for i := range pair.B {
			pair.B[i] = float32(math.Sin(float64(i)+float64(seed))) / 10
		}
	}
	if p != nil {
		p.Base, p.BaseHash = m.Name(), m.Hash()
	}
	a.Config.Base, a.Provenance = base, p
	dir := filepath.Join(t.TempDir(), "adapter")
	if err := a.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// alpaca is the provenance of what was trained with the default template.
func alpaca(t *testing.T) *adapter.Provenance {
	t.Helper()
	tpl, err := chat.Named("alpaca")
	if err != nil {
		t.Fatal(err)
	}
	return &adapter.Provenance{Template: "alpaca", TemplateHash: tpl.Hash(), Stop: []int32{2}}
}

// The values come from llama.cpp and from a float64 implementation: see golden/README.md beside them.
func TestScoresAreThoseOfTheReferences(t *testing.T) {
	for _, name := range []string{"llama-gqa", "llama3-rope"} {
		var golden struct {
			Tokens    [][]int32
			Last      [][]float64 `json:"logits_last_f64"`
			Argmax    [][]int32   `json:"logits_argmax"`
			NLL       []float64   `json:"nll_f64"`
			Tolerance float64     `json:"tolerance_strict"`
		}
		var training map[string]json.RawMessage
		for file, to := range map[string]any{"golden.json": &golden, "training.json": &training} {
			text, err := os.ReadFile(shared.Path(t, "golden", "public", name, file))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, to); err != nil {
				t.Fatal(err)
			}
		}
		folder := shared.Path(t, "golden", "public", name)
		for _, file := range []string{"hf", "model-f32.gguf"} {
			base := filepath.Join(folder, file)
			a := open(t, base, OpenOptions{})
			for i, ids := range golden.Tokens {
				s, err := a.Score(t.Context(), ids)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(s.Argmax, golden.Argmax[i]) {
					t.Errorf("%s, sequence %d: argmax %v, want %v", base, i, s.Argmax, golden.Argmax[i])
				}
				if d := math.Abs(s.NLL - golden.NLL[i]); !(d < golden.Tolerance) {
					t.Errorf("%s, sequence %d: loss %g, want %g", base, i, s.NLL, golden.NLL[i])
				}
				if d := furthest(s.Last, golden.Last[i]); !(d < golden.Tolerance) {
					t.Errorf("%s, sequence %d: logits differ by %g", base, i, d)
				}
			}
			for kind, dir := range map[string]string{"lora": "adapter", "rslora": "adapter-rslora", "dora": "adapter-dora"} {
				if training[kind] == nil {
					continue
				}
				var want struct {
					Last [][]float64 `json:"logits_last"`
				}
				if err := json.Unmarshal(training[kind], &want); err != nil {
					t.Fatal(err)
				}
				a := open(t, base+"+"+filepath.Join(folder, dir), OpenOptions{})
				for i, ids := range golden.Tokens {
					s, err := a.Score(t.Context(), ids)
					if err != nil {
						t.Fatal(err)
					}
					if d := furthest(s.Last, want.Last[i]); !(d < 2e-3) {
						t.Errorf("%s with %s, sequence %d: logits differ by %g", base, kind, i, d)
					}
				}
			}
		}
	}
}

func furthest(a []float32, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-b[i]))
	}
	return d
}

func TestLaw03AnAdapterSpeaksItsTemplate(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	good := tinyAdapter(t, base, 1, alpaca(t))
	a := open(t, base+"+"+good, OpenOptions{})
	if tpl, from, err := a.Template(); err != nil || tpl.Name() != "alpaca" || from != FromTraining {
		t.Errorf("template %v from %q, %v", tpl, from, err)
	}
	// What is asked is, token for token, the beginning of what would be trained.
	question := []chat.Message{{Role: chat.System, Content: "Be brief."}, {Role: chat.User, Content: "Name a prime.", Input: "above ten"}}
	prompt, err := a.Prompt(question)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := a.template.Render(a.tok, append(question, chat.Message{Role: chat.Assistant, Content: "11"}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(prompt, trained.IDs[:len(prompt)]) || !trained.Train[len(prompt)] {
		t.Errorf("asked with %v, trained with %v", prompt, trained.IDs)
	}

	other := alpaca(t)
	other.TemplateHash = strings.Repeat("0", 64)
	refused(t, base+"+"+tinyAdapter(t, base, 1, other), OpenOptions{}, `was trained with template "alpaca" (hash 000000000000), and this program`)
	unknown := alpaca(t)
	unknown.Template = "unheard-of"
	refused(t, base+"+"+tinyAdapter(t, base, 1, unknown), OpenOptions{}, `unknown template "unheard-of"`)
	refused(t, base+"+"+good, OpenOptions{Template: "plain"}, `was trained with template "alpaca": it cannot be asked with "plain"`)
}

// A tuned model says its template in a cria.json beside its weights, as an adapter does.
func TestLaw03ATunedModelSpeaksItsTemplate(t *testing.T) {
	dir := modeltest.Tiny(t, 1)
	p := alpaca(t)
	p.Version, p.Stop = 1, []int32{7}
	write := func() {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cria.json"), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write()
	a := open(t, dir, OpenOptions{})
	if _, from, _ := a.Template(); from != FromTraining || !slices.Contains(a.Stop(), 7) {
		t.Errorf("template from %q, stop set %v", from, a.Stop())
	}
	p.TemplateHash = "1234"
	write()
	refused(t, dir, OpenOptions{}, "writes differently")
}

func TestLaw08AnAdapterWithoutItsScaleIsRefused(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	for _, key := range []string{"r", "lora_alpha"} {
		dir := tinyAdapter(t, base, 1, nil)
		path := filepath.Join(dir, "adapter_config.json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var cfg map[string]any
		if err := json.Unmarshal(text, &cfg); err != nil {
			t.Fatal(err)
		}
		delete(cfg, key)
		if text, err = json.Marshal(cfg); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		refused(t, base+"+"+dir, OpenOptions{}, key)
	}
}

func TestAnAdapterOfAnotherBaseIsRefused(t *testing.T) {
	one, two := modeltest.Tiny(t, 1), modeltest.Tiny(t, 2)
	dir := tinyAdapter(t, one, 1, alpaca(t))
	refused(t, two+"+"+dir, OpenOptions{}, fmt.Sprintf("trained on base %q", filepath.Base(one)))
	refused(t, two+"+"+dir, OpenOptions{}, fmt.Sprintf("this base is %q", filepath.Base(two)))
}

// Two adapters together change the logits as their two additions do: with the first's negation on top, nothing is left
// of the first.
func TestAdaptersAddUp(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	first, second := tinyAdapter(t, base, 1, nil), tinyAdapter(t, base, 2, nil)
	negated, err := adapter.Load(first)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range negated.Modules {
		for i := range p.B {
			p.B[i] = -p.B[i]
		}
	}
	minus := filepath.Join(t.TempDir(), "minus")
	if err := negated.Save(minus); err != nil {
		t.Fatal(err)
	}
	ids := []int32{1, 5, 9, 30, 7}
	last := func(spec string) []float64 {
		s, err := open(t, spec, OpenOptions{}).Score(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float64, len(s.Last))
		for i := range x {
			x[i] = float64(s.Last[i])
		}
		return x
	}
	distance := func(a, b []float64) float64 {
		d := 0.0
		for i := range a {
			d = max(d, math.Abs(a[i]-b[i]))
		}
		return d
	}
	with := last(base + "+" + second)
	if d := distance(last(base+"+"+first+"+"+second+"+"+minus), with); d > 1e-4 {
		t.Errorf("first + second - first differs from second by %g", d)
	}
	if d := distance(last(base+"+"+first+"+"+second), with); d < 1e-3 {
		t.Errorf("first + second differs from second by %g alone", d)
	}
}

func TestFoldersOfAnotherKindSayWhatToDo(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	dir := tinyAdapter(t, base, 1, nil)
	refused(t, dir, OpenOptions{}, "it is an adapter: name its base before it, "+base+"+"+dir)
	refused(t, base+"+"+base, OpenOptions{}, "it holds a whole model")
	refused(t, base+"+"+t.TempDir(), OpenOptions{}, "no adapter_config.json")
	run := t.TempDir()
	if err := os.WriteFile(filepath.Join(run, "recipe.yaml"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	refused(t, run, OpenOptions{}, "cria train --resume --out "+run)
	refused(t, base+"+"+run, OpenOptions{}, "cria train --resume --out "+run)
}

func TestDescribeSaysWhatThereIs(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	c, err := Describe(t.Context(), backend(t), base)
	if err != nil {
		t.Fatal(err)
	}
	if m := c.Model; m == nil || c.Adapter != nil || m.Hidden != modeltest.Hidden || len(m.Hash) != 64 || m.Template != "alpaca" || len(m.Weights) == 0 || len(m.Stop) == 0 {
		t.Errorf("model %+v", c.Model)
	}
	c, err = Describe(t.Context(), backend(t), tinyAdapter(t, base, 1, alpaca(t)))
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Adapter; a == nil || c.Model != nil || a.R != 4 || a.Alpha != 8 || a.Template != "alpaca" || a.BaseHash == "" {
		t.Errorf("adapter %+v", c.Adapter)
	}
}

func TestBenchMeasures(t *testing.T) {
	a := open(t, modeltest.Tiny(t, 1), OpenOptions{})
	for name, s := range map[string]func() (Speed, error){
		"prompt":   func() (Speed, error) { return BenchPrompt(t.Context(), a.m, 20) },
		"generate": func() (Speed, error) { return BenchGenerate(t.Context(), a.m, 5, 3) },
	} {
		got, err := s()
		if err != nil || !(got.TokensPerS > 0 && got.BandwidthFraction > 0 && got.FLOPSFraction > 0 && got.FLOPSFraction < 1) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := BenchPrompt(t.Context(), a.m, 1<<20); err == nil {
		t.Error("a prompt past the model's positions is measured")
	}
}

// An adapter that was trained on top of another is opened with it beneath, in that order, and not alone.
func TestAnAdapterIsOpenedOnWhatItWasTrainedOn(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	first := tinyAdapter(t, base, 1, alpaca(t))
	a, err := adapter.Load(first)
	if err != nil {
		t.Fatal(err)
	}
	parent, err := a.Parent("first", 1, adapter.TrainedOn)
	if err != nil {
		t.Fatal(err)
	}
	p := alpaca(t)
	p.Parents = []adapter.Parent{parent}
	second := tinyAdapter(t, base, 2, p)
	open(t, base+"+"+first+"+"+second, OpenOptions{})
	open(t, base+"+"+first+"+"+tinyAdapter(t, base, 3, alpaca(t))+"+"+second, OpenOptions{})
	refused(t, base+"+"+second, OpenOptions{}, "was trained on top of adapter first (hash")
	refused(t, base+"+"+second+"+"+first, OpenOptions{}, "which does not lie beneath it")
}
