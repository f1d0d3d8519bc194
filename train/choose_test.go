package train

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
)

func TestPatternsMeanNamesTheirEndsOrAllOfThem(t *testing.T) {
	const name = "model.layers.3.mlp.up_proj"
	for pattern, want := range map[string]bool{
		"up_proj": true, "mlp.up_proj": true, "layers.3.mlp.up_proj": true, name: true, name + ".weight": true,
		"proj": false, "p.up_proj": false, "layers.3": false, "down_proj": false,
		"*.mlp.*": true, "*up*": true, "layers.[0-3].*": true, "model.layers.?.mlp.*": true, "*.weight": true,
		"layers.[0-2].*": false, "mlp.*": false, "*.self_attn.*": false,
	} {
		if got := named(pattern, name+".weight"); got != want {
			t.Errorf("%q means %s.weight: %t", pattern, name, got)
		}
	}
}

func TestTargetsAreChosenByPatternAndBlock(t *testing.T) {
	be, err := cpu.New(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	m, err := model.Open(be, modeltest.Tiny(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, c := range []struct {
		targets []string
		layers  string
		want    int
		err     string
	}{
		{[]string{allLinear}, "", 14, ""},
		{[]string{allLinear}, "1", 7, ""},
		{[]string{allLinear}, "0-1", 14, ""},
		{[]string{allLinear}, "last:1", 7, ""},
		{[]string{"q_proj", "*.mlp.*"}, "0", 4, ""},
		{[]string{"layers.0.*"}, "1", 0, "in common"},
		{[]string{"layers.7.*"}, "", 0, `no linear layer "layers.7.*"`},
		{[]string{"head"}, "", 0, "it has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj"},
		{[]string{allLinear}, "2", 0, "the model has blocks 0 to 1"},
		{[]string{allLinear}, "last:3", 0, "the model has 2 blocks"},
		{[]string{allLinear}, "1-0", 0, "0-5,8, or last:4"},
		{[]string{allLinear}, "last:", 0, "0-5,8, or last:4"},
	} {
		found, err := targets(m, c.targets, c.layers)
		if len(found) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v in blocks %q: %d layers, error %v; want %d, %q", c.targets, c.layers, len(found), err, c.want, c.err)
		}
	}
}

// An adapter of some layers lists them by their whole names, for programs that adapt what the list says.
func TestTheConfigurationListsWhatIsAdapted(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps, r.Layers, r.Targets = 1, "1", []string{"q_proj"}
	if got := load(t, run(t, r, Options{}).Adapter).Config.TargetModules; !slices.Equal(got, []string{"model.layers.1.self_attn.q_proj"}) {
		t.Errorf("target_modules %v", got)
	}
	r.Out, r.Layers, r.Targets = filepath.Join(t.TempDir(), "all"), "0-1", []string{"*.q_proj"}
	if got := load(t, run(t, r, Options{}).Adapter).Config.TargetModules; !slices.Equal(got, []string{"q_proj"}) {
		t.Errorf("target_modules %v", got)
	}
}

func TestAChoiceThatCannotBeMadeIsNamed(t *testing.T) {
	for want, change := range map[string]func(r *Recipe){
		"belong to method lora":                    func(r *Recipe) { r.Method, r.Rank, r.DoRA = Full, 0, true },
		"layers and targets to lora":               func(r *Recipe) { r.LastLayers = 1 },
		"belong to last_layers and to method lora": func(r *Recipe) { r.Method, r.Rank, r.TrainHead = Full, 0, true },
		"lora_plus is 0.5":                         func(r *Recipe) { r.LoRAPlus = 0.5 },
		`targets has "["`:                          func(r *Recipe) { r.Targets = []string{"["} },
		"last_layers is 3: model":                  func(r *Recipe) { r.Method, r.Rank, r.LastLayers = Full, 0, 3 },
		`no tensor of such a name`:                 func(r *Recipe) { r.Method, r.Rank, r.Freeze = Full, 0, []string{"layers.9.*"} },
		"its embedding, which model.embed_tokens":  func(r *Recipe) { r.Method, r.Rank, r.Freeze = Full, 0, []string{"lm_head"} },
		"freeze leaves nothing to train":           func(r *Recipe) { r.Method, r.Rank, r.Freeze = Full, 0, []string{"*"} },
	} {
		r := tinyRecipe(t)
		change(&r)
		_, err := Run(context.Background(), r, Options{}, Silent{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// B moves lora_plus times as fast as A in the first step of AdamW, whose size is the rate's, and A at its own rate.
func TestLoRAPlusMovesBFaster(t *testing.T) {
	moved := func(plus float64) map[string][]float32 {
		r := tinyRecipe(t)
		r.LoRAPlus = plus
		s := openSession(t, r)
		before := s.m.Params()
		values := map[string][]float32{}
		for _, p := range before {
			x := make([]float32, p.Value.Len())
			s.be.Read(x, p.Value)
			values[p.Name] = x
		}
		g, err := s.gradients(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		s.opt.step(&s.r, 1e-3, g.norm)
		for _, p := range s.m.Params() {
			x := make([]float32, p.Value.Len())
			s.be.Read(x, p.Value)
			for i := range x {
				values[p.Name][i] = x[i] - values[p.Name][i]
			}
		}
		return values
	}
	plain, plus := moved(0), moved(16)
	for name, x := range plain {
		factor := 1.0
		if strings.HasSuffix(name, "lora_B.weight") {
			factor = 16
		}
		for i := range x {
			if want := factor * float64(x[i]); math.Abs(float64(plus[name][i])-want) > 1e-5*math.Abs(want)+1e-9 {
				t.Fatalf("%s[%d] moved by %g, want %g times %g", name, i, plus[name][i], factor, x[i])
			}
		}
	}
}

// Full training of the last block leaves the bits of everything else, and the saved model has the loss of the run's end.
func TestTheLastBlockAloneIsTrained(t *testing.T) {
	for name, change := range map[string]func(r *Recipe){
		"last block":           func(*Recipe) {},
		"and the head, untied": func(r *Recipe) { r.TrainHead = true },
		"and both, tied":       func(r *Recipe) { r.TrainHead, r.TrainEmbeddings = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			r := tinyRecipe(t)
			r.Method, r.Rank, r.LastLayers, r.Epochs = Full, 0, 1, 2
			change(&r)
			o := &notes{}
			res, err := Run(context.Background(), r, Options{}, o)
			if err != nil {
				t.Fatal(err)
			}
			if told := strings.Contains(strings.Join(o.text, "\n"), "untied"); told != (name == "and the head, untied") {
				t.Errorf("told about untying: %t (%q)", told, o.text)
			}
			if *res.EvalAfter >= *res.EvalBefore {
				t.Errorf("held-out loss %v before and %v after", *res.EvalBefore, *res.EvalAfter)
			}
			again := r
			again.Base, again.Out = res.Adapter, filepath.Join(t.TempDir(), "again")
			s, base := openSession(t, again), openSession(t, r)
			if e, err := s.evaluate(context.Background()); err != nil || math.Abs(e.Loss-*res.EvalAfter) > 1e-6 {
				t.Errorf("held-out loss %v after training, %v of the saved model (%v)", *res.EvalAfter, e.Loss, err)
			}
			saved := map[string][]byte{}
			for _, x := range s.m.Tensors() {
				saved[x.Name] = x.Data
			}
			for _, x := range base.m.Tensors() {
				frozen := strings.Contains(x.Name, "layers.0.") || x.Name == "model.embed_tokens.weight" && !r.TrainEmbeddings
				if same := bytes.Equal(saved[x.Name], x.Data); same != frozen {
					t.Errorf("%s is unchanged: %t, want %t", x.Name, same, frozen)
				}
			}
		})
	}
}
