package model

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
	"github.com/cria-llm/cria/model/modeltest"
)

// variants are models of every family and of every switch that a family has, with the length of a sequence that shows it.
var variants = []struct {
	kind  string
	extra modeltest.Settings
}{
	{"llama", nil},
	{"llama", modeltest.Settings{"attention_bias": true, "mlp_bias": true, "tie_word_embeddings": false, "num_key_value_heads": 1, "head_dim": 10}},
	{"llama", modeltest.Settings{"rope_scaling": modeltest.Settings{"type": "linear", "factor": 3.0}}},
	{"llama", modeltest.Settings{"rope_scaling": modeltest.Settings{"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}}},
	{"llama", modeltest.Settings{"rope_scaling": modeltest.Settings{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 24, "beta_fast": 4.0}}},
	{"llama", modeltest.Settings{"rope_parameters": modeltest.Settings{"rope_type": "yarn", "rope_theta": 500.0, "factor": 2.0, "original_max_position_embeddings": 50, "truncate": false, "attention_factor": 1.3}}},
	{"mistral", nil},
	{"mistral", modeltest.Settings{"sliding_window": nil, "num_key_value_heads": 4}},
	{"qwen2", nil},
	{"qwen2", modeltest.Settings{"use_sliding_window": true, "sliding_window": 4, "max_window_layers": 1, "tie_word_embeddings": false}},
	{"qwen3", nil},
	{"qwen3", modeltest.Settings{"attention_bias": true, "tie_word_embeddings": false, "num_key_value_heads": 4, "layer_types": []string{"full_attention", "sliding_attention", "full_attention"}, "use_sliding_window": true, "sliding_window": 3}},
	{"gemma", nil},
	{"gemma2", nil},
	{"gemma2", modeltest.Settings{"attn_logit_softcapping": nil, "final_logit_softcapping": nil, "num_key_value_heads": 1}},
	{"gemma3_text", nil},
	{"gemma3_text", modeltest.Settings{"rope_scaling": modeltest.Settings{"rope_type": "linear", "factor": 8.0}, "layer_types": []string{"sliding_attention", "full_attention", "sliding_attention"}}},
	{"gemma3_text", modeltest.Settings{"rope_theta": nil, "sliding_window_pattern": nil, "_sliding_window_pattern": 6, "layer_types": []string{"full_attention", "sliding_attention", "full_attention"},
		"rope_parameters": modeltest.Settings{"full_attention": modeltest.Settings{"rope_type": "linear", "factor": 2.0, "rope_theta": 5000.0},
			"sliding_attention": modeltest.Settings{"rope_type": "default", "rope_theta": 300.0}}}},
	{"phi3", nil},
	{"phi3", modeltest.Settings{"sliding_window": nil, "partial_rotary_factor": 0.5, "tie_word_embeddings": true}},
	{"phi3", modeltest.Settings{"sliding_window": nil, "original_max_position_embeddings": 15, "rope_scaling": modeltest.Settings{"type": "longrope",
		"short_factor": []float64{1, 1.1, 1.2, 1.3}, "long_factor": []float64{1.5, 2, 3, 4}}}},
	{"phi3", modeltest.Settings{"original_max_position_embeddings": 15, "partial_rotary_factor": 0.5, "rope_scaling": modeltest.Settings{"type": "su",
		"short_factor": []float64{1, 1.5}, "long_factor": []float64{2, 4}}}},
	{"gpt2", nil},
	{"gpt2", modeltest.Settings{"test_prefix": "transformer.", "n_inner": 42, "n_embd": 36}},
	{"smollm3", nil},
	{"smollm3", modeltest.Settings{"no_rope_layers": []int{1, 0, 0}, "use_sliding_window": true, "sliding_window": 4, "attention_bias": true, "tie_word_embeddings": false}},
	{"olmo2", nil},
	{"olmo2", modeltest.Settings{"attention_bias": true, "num_key_value_heads": 4, "tie_word_embeddings": true}},
	{"starcoder2", nil},
	{"starcoder2", modeltest.Settings{"use_bias": false, "sliding_window": nil, "hidden_act": "gelu", "tie_word_embeddings": false}},
	{"granite", nil},
	{"granite", modeltest.Settings{"attention_bias": true, "mlp_bias": true, "tie_word_embeddings": false, "residual_multiplier": 1.0}},
}

// eachVariant runs a test on every variant.
func eachVariant(t *testing.T, be compute.Backend, test func(t *testing.T, m *Model, dir string)) {
	for i, v := range variants {
		t.Run(fmt.Sprintf("%d %s", i, v.kind), func(t *testing.T) {
			extra := modeltest.Settings{"vocab_size": 50} // fewer than the tokenizer has: nothing is tokenised
			maps.Copy(extra, v.extra)
			dir := modeltest.Family(t, v.kind, extra, uint64(i+1))
			m, err := Open(be, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			test(t, m, dir)
		})
	}
}

// The twin is written from transformers' modeling files: see modeltest.
func TestEveryFamilyEqualsItsFloat64Twin(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		eachVariant(t, be, func(t *testing.T, m *Model, dir string) {
			twin := modeltest.OpenTwin(t, dir)
			seqs := sequences(m.cfg, 13, 21, 2)
			b := packed(seqs...)
			logits := logitsOf(t, m, b)
			most := 0.0
			defer func() { t.Logf("logits differ by %.2g", most) }()
			for i, s := range seqs {
				for j, want := range twin.Logits(s) {
					for k, got := range logits[b.Starts[i]+j] {
						d := math.Abs(float64(got) - want[k])
						if most = max(most, d); !(d <= 1e-4) {
							t.Fatalf("sequence %d, position %d: logit %d is %g, want %g", i, j, k, got, want[k])
						}
					}
				}
			}
		})
	})
}

// gradientAlong is the twin's derivative of the loss along a direction in one tensor.
func gradientAlong(twin *modeltest.Twin, name string, direction []float64, loss func() float64) float64 {
	const step = 1e-4
	w := twin.Weights[name]
	was := slices.Clone(w)
	at := func(by float64) float64 {
		for i := range w {
			w[i] = was[i] + by*direction[i]
		}
		return loss()
	}
	up, down := at(step), at(-step)
	copy(w, was)
	return (up - down) / (2 * step)
}

func TestEveryFamilysGradientsEqualItsTwinsDifferences(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	eachVariant(t, be, func(t *testing.T, m *Model, dir string) {
		twin := modeltest.OpenTwin(t, dir)
		if err := m.MakeTrainable(t.Context()); err != nil {
			t.Fatal(err)
		}
		seqs := sequences(m.cfg, 5, 16)
		b := packed(seqs...)
		scale := slices.Repeat([]float32{1 / float32(len(b.Targets))}, len(b.Targets))
		loss := func() float64 {
			sum := 0.0
			for _, s := range seqs {
				for _, x := range twin.NLL(s) {
					sum += x / float64(len(b.Targets))
				}
			}
			return sum
		}
		for _, recompute := range []bool{false, true} {
			plan := m.Plan(len(b.IDs), Training)
			plan.Recompute = recompute
			m.ZeroGrads()
			if got := lossOf(t, m, m.NewWorkspaceFor(plan), b, scale, true); relative(got, loss()) > 1e-5 {
				t.Errorf("loss %g, want %g", got, loss())
			}
			rng := rand.New(rand.NewPCG(5, 5))
			for i, p := range m.Params() {
				if recompute && i%7 != 0 {
					continue
				}
				g := make([]float32, p.Grad.Len())
				be.Read(g, p.Grad)
				name := p.Name
				if _, ok := twin.Weights[name]; !ok {
					name = name[len(m.family.prefix):]
				}
				if m.family.transposed && m.family.partOf(p.Name).linear() && len(p.Shape) == 2 {
					g = flipped(g, p.Shape[0], p.Shape[1])
				}
				direction, got, length := make([]float64, len(g)), 0.0, 0.0
				for j := range g {
					direction[j] = rng.NormFloat64()
					got += direction[j] * float64(g[j])
					length += float64(g[j]) * float64(g[j])
				}
				want := gradientAlong(twin, name, direction, loss)
				if math.Abs(got-want) > 2e-4*math.Sqrt(length)+1e-7 {
					t.Errorf("%s: gradient along a direction %.8g, want %.8g (its length is %.3g)", p.Name, got, want, math.Sqrt(length))
				}
			}
		}
	})
}

// A prompt in chunks that cross the window, then single tokens, with and without the rows that nobody asked for.
func TestEveryFamilyDecodesAsItReadsWhole(t *testing.T) {
	be := computetest.Plain()
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		s := sequences(m.cfg, 20)[0]
		if m.cfg.RopeScaling.Kind == "longrope" {
			s = s[:m.cfg.RopeScaling.OriginalMaxPos]
		}
		want := logitsOf(t, m, packed(s))
		cache, err := m.NewCache(2, len(s))
		if err != nil {
			t.Fatal(err)
		}
		ws := m.NewWorkspace(16, Inference)
		at := 0
		for _, n := range []int{7, 3, 1, 1, 2, 1, 5} {
			n = min(n, len(s)-at)
			if n == 0 {
				break
			}
			y, err := m.Decode(ws, cache, DecodeBatch{IDs: s[at : at+n], Spans: []Span{{Slot: 1, Pos: at, Len: n}}})
			if err != nil {
				t.Fatal(err)
			}
			at += n
			got := make([]float32, y.Len())
			be.Read(got, y)
			if d := furthest(got, want[at-1]); !(d <= 2e-5) {
				t.Fatalf("logits after %d tokens differ by %.3g", at, d)
			}
		}
	})
}

// The text part of a model of pictures is the model that it would be alone, and is saved as that.
func TestTheTextPartOfAModelOfPicturesIsAModel(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	for outer, inner := range map[string]string{"gemma3": "gemma3_text", "mistral3": "mistral"} {
		for _, names := range [][2]string{{"language_model.", ""}, {"model.language_model.", "model."}} {
			plain := modeltest.Family(t, inner, nil, 1)
			dir := modeltest.WithPictures(t, plain, outer, func(name string) string {
				if name == "lm_head.weight" {
					return strings.TrimPrefix(names[0], names[1]) + name
				}
				return names[0] + strings.TrimPrefix(name, names[1])
			})
			want, err := Open(be, plain)
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			m, err := Open(be, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			b := packed(sequences(want.cfg, 9)...)
			if logits := logitsOf(t, m, b); furthest(logits[8], logitsOf(t, want, b)[8]) != 0 || m.Hash() != want.Hash() {
				t.Errorf("%s in %s is another model than alone", inner, outer)
			}
			pairs := pairsFor(want, "", 2, false, 1)
			if err := want.Stack(pairs); err != nil {
				t.Fatal(err)
			}
			renamed := map[string]Pair{}
			for name, p := range pairs {
				renamed[names[0]+strings.TrimPrefix(name, names[1])] = p
			}
			if err := m.Stack(renamed); err != nil {
				t.Fatal(err)
			}
			if furthest(logitsOf(t, m, b)[8], logitsOf(t, want, b)[8]) != 0 {
				t.Errorf("an adapter of %s is another on its text part alone", outer)
			}
			saveAndReopen(t, be, dir, "")
		}
	}
}
