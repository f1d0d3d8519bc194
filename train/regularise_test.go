package train

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/cria-llm/cria/model"
)

// stepped is what the parameters become in one step of a recipe, by name, and what they were.
func stepped(t *testing.T, r Recipe) (was, now map[string][]float32) {
	t.Helper()
	s := openSession(t, r)
	values := func() map[string][]float32 {
		all := make(map[string][]float32)
		for _, p := range s.m.Params() {
			x := make([]float32, p.Value.Len())
			s.be.Read(x, p.Value)
			all[p.Name] = x
		}
		return all
	}
	was = values()
	st, err := s.gradients(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	s.opt.step(&s.r, s.r.LR, st.norm)
	return was, values()
}

// What decays moves towards zero by rate·decay of itself beside what does not, in float64; all else is as without.
func TestWeightDecayIsOfTheGroupsThatAreAsked(t *testing.T) {
	embedding := func(name string) bool { return strings.Contains(name, "embed") }
	norm := func(name string) bool { return strings.Contains(name, "norm") }
	for what, c := range map[string]struct {
		edit   func(r *Recipe)
		decays func(name string) bool
	}{
		"matrices":              {func(*Recipe) {}, func(n string) bool { return !norm(n) }},
		"matrices and norms":    {func(r *Recipe) { r.DecayNorms = true }, func(string) bool { return true }},
		"all but the embedding": {func(r *Recipe) { r.NoDecay = []string{"model.embed_tokens.*"} }, func(n string) bool { return !norm(n) && !embedding(n) }},
		"norms of layer 1 alone": {func(r *Recipe) {
			r.DecayNorms, r.NoDecay = true, []string{"*proj*", "*embed*", "*layers.0.*", "model.norm.*"}
		},
			func(n string) bool { return norm(n) && strings.Contains(n, "layers.1.") }},
		"muon, but for the feed-forward": {func(r *Recipe) { r.Optimizer, r.NoDecay = Muon, []string{"*.mlp.*"} },
			func(n string) bool { return !norm(n) && !strings.Contains(n, ".mlp.") }},
	} {
		r := tinyRecipe(t)
		r.Method, r.Rank, r.LR = Full, 0, 0.01
		decayed := r
		decayed.WeightDecay = 0.5
		c.edit(&decayed)
		r.Optimizer = decayed.Optimizer
		was, plain := stepped(t, r)
		_, got := stepped(t, decayed)
		for name, before := range was {
			for i, p := range before {
				want := float64(plain[name][i])
				if c.decays(name) {
					want -= 0.01 * 0.5 * float64(p)
				}
				if math.Abs(float64(got[name][i])-want) > 3e-7*max(1, math.Abs(float64(p))) {
					t.Fatalf("%s: %s[%d] becomes %g from %g, want %g", what, name, i, got[name][i], p, want)
				}
			}
		}
	}
}

// A recipe's regularisers reach the gradient, through all micro-batches of a step; held-out losses are without.
func TestRegularisersActInTrainingAlone(t *testing.T) {
	of := func(edit func(r *Recipe)) (loss float64, held Eval, grads []float32) {
		r := tinyRecipe(t)
		r.EvalFraction = 0.2
		edit(&r)
		s := openSession(t, r)
		moveParams(s)
		st, err := s.gradients(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		grads = s.allGrads()
		if held, err = s.evaluate(context.Background()); err != nil {
			t.Fatal(err)
		}
		return st.loss, held, grads
	}
	loss, held, grads := of(func(*Recipe) {})
	for what, edit := range map[string]func(r *Recipe){
		"neftune":         func(r *Recipe) { r.NEFTune = 5 },
		"label smoothing": func(r *Recipe) { r.LabelSmoothing = 0.1 },
		"z-loss":          func(r *Recipe) { r.ZLoss = 0.01 },
	} {
		l, h, g := of(edit)
		if h != held {
			t.Errorf("%s: held-out loss %v, without %v", what, h, held)
		}
		if apart(g, grads) < 1e-4 {
			t.Errorf("%s changes no gradient", what)
		}
		if noise := what == "neftune"; (l == loss) == noise {
			t.Errorf("%s: a step's likelihood is %v, without %v", what, l, loss)
		}
		if _, _, again := of(edit); !sameBits(again, g) {
			t.Errorf("%s: the same step has other bits", what)
		}
	}
}

func sameBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

func TestRecipesSayWhatRegularisersCanBe(t *testing.T) {
	for want, edit := range map[string]func(r *Recipe){
		"neftune is -1":                   func(r *Recipe) { r.NEFTune = -1 },
		"label_smoothing is 1":            func(r *Recipe) { r.LabelSmoothing = 1 },
		"z_loss is NaN":                   func(r *Recipe) { r.ZLoss = math.NaN() },
		"weight_decay is 0: decay_norms":  func(r *Recipe) { r.DecayNorms = true },
		`no_decay has "[": a parameter's`: func(r *Recipe) { r.WeightDecay, r.NoDecay = 1, []string{"["} },
	} {
		r := tinyRecipe(t)
		edit(&r)
		if _, err := r.Resolve(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	r := tinyRecipe(t)
	r.WeightDecay, r.NoDecay = 0.1, []string{"lm_head.*"}
	if _, err := Run(context.Background(), r, Options{}, Silent{}); err == nil || !strings.Contains(err.Error(), `nothing that is trained is named "lm_head.*": names are model.layers.0.`) {
		t.Errorf("a pattern of nothing: %v", err)
	}
	// A recipe without any of it is written as it was before there were any.
	if text := tinyRecipe(t).YAML(); bytes.Contains(text, []byte("decay_")) || bytes.Contains(text, []byte("neftune")) || bytes.Contains(text, []byte("smoothing")) {
		t.Errorf("a plain recipe is written as\n%s", text)
	}
	if (&Recipe{}).regularisers() != (model.Regularisers{}) {
		t.Error("a plain recipe regularises")
	}
}
