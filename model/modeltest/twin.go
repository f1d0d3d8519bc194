package modeltest

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/safetensors"
)

// Twin is a decoder in float64, one sequence at a time and one value after the other, written from the definitions of
// transformers' modeling files and from config.json alone: what a model is held to.
type Twin struct {
	Weights map[string][]float64 // by the names of the checkpoint, in its order
	shapes  map[string][]int
	c       Settings
	kind    string
	prefix  string // of GPT-2's names
}

// OpenTwin reads a Hugging Face folder with matrices in F32.
func OpenTwin(t testing.TB, dir string) *Twin {
	t.Helper()
	tw := &Twin{Weights: map[string][]float64{}, shapes: map[string][]int{}}
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err == nil {
		err = json.Unmarshal(text, &tw.c)
	}
	if err != nil {
		t.Fatal(err)
	}
	tw.kind, _ = tw.c["model_type"].(string)
	file, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, name := range file.Names() {
		x, _ := file.Tensor(name)
		values := make([]float32, len(x.Data)/4)
		compute.Decode(values, compute.F32, x.Data)
		wide := make([]float64, len(values))
		for i, v := range values {
			wide[i] = float64(v)
		}
		tw.Weights[name], tw.shapes[name] = wide, x.Shape
		if strings.HasPrefix(name, "transformer.") {
			tw.prefix = "transformer."
		}
	}
	return tw
}

// NLL is the negative log likelihood of each token after the first, given those before.
func (tw *Twin) NLL(ids []int32) []float64 {
	var all []float64
	for i, row := range tw.Logits(ids)[:len(ids)-1] {
		top, sum := math.Inf(-1), 0.0
		for _, x := range row {
			top = max(top, x)
		}
		for _, x := range row {
			sum += math.Exp(x - top)
		}
		all = append(all, top+math.Log(sum)-row[ids[i+1]])
	}
	return all
}

// Logits are those at each position.
func (tw *Twin) Logits(ids []int32) [][]float64 {
	gpt2 := tw.kind == "gpt2"
	embed, head := "model.embed_tokens.weight", "lm_head.weight"
	if gpt2 {
		embed = tw.prefix + "wte.weight"
	}
	if tw.c.tied() {
		head = embed
	}
	layers := tw.c.int("num_hidden_layers") + tw.c.int("n_layer")
	var x [][]float64
	for i, id := range ids {
		row := append([]float64(nil), tw.row(embed, int(id))...)
		switch {
		case gpt2:
			add(row, tw.row(tw.prefix+"wpe.weight", i), 1)
		case strings.HasPrefix(tw.kind, "gemma"):
			scale(row, float64(float32(math.Sqrt(float64(len(row))))))
		case tw.kind == "granite":
			scale(row, tw.or("embedding_multiplier", 1))
		}
		x = append(x, row)
	}
	for l := range layers {
		tw.block(x, l)
	}
	final := "model.norm"
	if gpt2 {
		final = tw.prefix + "ln_f"
	}
	var logits [][]float64
	for _, row := range x {
		y := tw.times(head, tw.norm(row, final))
		if tw.kind == "granite" {
			scale(y, 1/tw.or("logits_scaling", 1))
		}
		if limit, ok := tw.c.number("final_logit_softcapping"); ok {
			for i := range y {
				y[i] = limit * math.Tanh(y[i]/limit)
			}
		}
		logits = append(logits, y)
	}
	return logits
}

// block runs layer l in place.
func (tw *Twin) block(x [][]float64, l int) {
	at := fmt.Sprintf("model.layers.%d.", l)
	in, between, mlp := at+"input_layernorm", at+"post_attention_layernorm", at+"mlp."
	if tw.kind == "gpt2" {
		at = fmt.Sprintf("%sh.%d.", tw.prefix, l)
		in, between, mlp = at+"ln_1", at+"ln_2", at+"mlp."
	}
	branch := 1.0
	if tw.kind == "granite" {
		branch = tw.or("residual_multiplier", 1)
	}
	each := func(name string) [][]float64 {
		var y [][]float64
		for _, row := range x {
			if name == "" {
				y = append(y, row)
			} else {
				y = append(y, tw.norm(row, name))
			}
		}
		return y
	}
	switch tw.kind {
	case "gemma2", "gemma3_text":
		for i, y := range tw.attention(each(in), at, l) {
			add(x[i], tw.norm(y, between), 1)
		}
		for i, h := range each(at + "pre_feedforward_layernorm") {
			add(x[i], tw.norm(tw.feedForward(h, mlp), at+"post_feedforward_layernorm"), 1)
		}
	case "olmo2":
		for i, y := range tw.attention(each(""), at, l) {
			add(x[i], tw.norm(y, between), 1)
		}
		for i := range x {
			add(x[i], tw.norm(tw.feedForward(x[i], mlp), at+"post_feedforward_layernorm"), 1)
		}
	default:
		for i, y := range tw.attention(each(in), at, l) {
			add(x[i], y, branch)
		}
		for i, h := range each(between) {
			add(x[i], tw.feedForward(h, mlp), branch)
		}
	}
}

func (tw *Twin) feedForward(h []float64, mlp string) []float64 {
	act := tw.activation()
	switch tw.kind {
	case "gpt2", "starcoder2":
		y := tw.linear(h, mlp+"c_fc")
		for i := range y {
			y[i] = act(y[i])
		}
		return tw.linear(y, mlp+"c_proj")
	}
	var gate, up []float64
	if tw.kind == "phi3" {
		both := tw.linear(h, mlp+"gate_up_proj")
		gate, up = both[:len(both)/2], both[len(both)/2:]
	} else {
		gate, up = tw.linear(h, mlp+"gate_proj"), tw.linear(h, mlp+"up_proj")
	}
	y := make([]float64, len(gate))
	for i := range y {
		y[i] = act(gate[i]) * up[i]
	}
	return tw.linear(y, mlp+"down_proj")
}

func (tw *Twin) activation() func(float64) float64 {
	name := "silu"
	for _, key := range []string{"hidden_act", "hidden_activation", "activation_function"} {
		if s, ok := tw.c[key].(string); ok {
			name = s
		}
	}
	switch {
	case strings.HasPrefix(tw.kind, "gemma"), tw.kind == "gpt2", tw.kind == "starcoder2" && name != "gelu":
		return func(z float64) float64 {
			return 0.5 * z * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(z+0.044715*z*z*z)))
		}
	case name == "gelu":
		return func(z float64) float64 { return 0.5 * z * (1 + math.Erf(z/math.Sqrt2)) }
	}
	return func(z float64) float64 { return z / (1 + math.Exp(-z)) }
}

// attention of layer l on normed rows.
func (tw *Twin) attention(h [][]float64, at string, l int) [][]float64 {
	heads, kv := tw.c.int("num_attention_heads"), tw.c.int("num_key_value_heads")
	attn, out := at+"self_attn.", at+"self_attn.o_proj"
	var dim int
	if tw.kind == "gpt2" {
		heads = tw.c.int("n_head")
		kv, dim = heads, tw.c.int("n_embd")/heads
		attn, out = at+"attn.", at+"attn.c_proj"
	} else {
		dim = tw.c.headDim()
	}
	cos, sin := tw.angles(len(h), l, dim)
	var q, k, v [][]float64
	for i, row := range h {
		var a, b, c []float64
		switch tw.kind {
		case "gpt2", "phi3":
			name := attn + "qkv_proj"
			if tw.kind == "gpt2" {
				name = attn + "c_attn"
			}
			all := tw.linear(row, name)
			a, b, c = all[:heads*dim], all[heads*dim:(heads+kv)*dim], all[(heads+kv)*dim:]
		default:
			a, b, c = tw.linear(row, attn+"q_proj"), tw.linear(row, attn+"k_proj"), tw.linear(row, attn+"v_proj")
		}
		switch tw.kind {
		case "olmo2":
			a, b = tw.norm(a, attn+"q_norm"), tw.norm(b, attn+"k_norm")
		case "qwen3", "gemma3_text":
			for j := 0; j < len(a); j += dim {
				copy(a[j:], tw.norm(a[j:j+dim], attn+"q_norm"))
			}
			for j := 0; j < len(b); j += dim {
				copy(b[j:], tw.norm(b[j:j+dim], attn+"k_norm"))
			}
		}
		if cos != nil {
			for _, x := range [][]float64{a, b} {
				for j := 0; j < len(x); j += dim {
					turn(x[j:j+dim], cos[i], sin[i])
				}
			}
		}
		q, k, v = append(q, a), append(k, b), append(v, c)
	}
	factor, window := tw.scoreScale(dim), tw.window(l)
	limit, capped := tw.c.number("attn_logit_softcapping")
	var y [][]float64
	for i := range h {
		row := make([]float64, heads*dim)
		for n := range heads {
			g := n * kv / heads
			first := 0
			if window > 0 {
				first = max(0, i-window+1)
			}
			var scores []float64
			top := math.Inf(-1)
			for j := first; j <= i; j++ {
				s := 0.0
				for d := range dim {
					s += q[i][n*dim+d] * k[j][g*dim+d]
				}
				if s *= factor; capped {
					s = limit * math.Tanh(s/limit)
				}
				scores, top = append(scores, s), max(top, s)
			}
			total := 0.0
			for j := range scores {
				scores[j] = math.Exp(scores[j] - top)
				total += scores[j]
			}
			for j, s := range scores {
				add(row[n*dim:(n+1)*dim], v[first+j][g*dim:(g+1)*dim], s/total)
			}
		}
		y = append(y, tw.linear(row, out))
	}
	return y
}

func (tw *Twin) scoreScale(dim int) float64 {
	switch tw.kind {
	case "gemma2", "gemma3_text":
		return math.Pow(tw.or("query_pre_attn_scalar", 256), -0.5)
	case "granite":
		return tw.or("attention_multiplier", 1)
	}
	return math.Pow(float64(dim), -0.5)
}

// window is how many keys a query of layer l sees, 0 for all.
func (tw *Twin) window(l int) int {
	w, has := tw.c.number("sliding_window")
	if !has {
		return 0
	}
	if (tw.kind == "qwen2" || tw.kind == "qwen3" || tw.kind == "smollm3") && !tw.c.bool("use_sliding_window", false) {
		return 0
	}
	if tw.local(l) {
		return int(w)
	}
	return 0
}

// local says whether layer l has the window, where there is one.
func (tw *Twin) local(l int) bool {
	if types, ok := tw.c["layer_types"].([]any); ok {
		return types[l] == "sliding_attention"
	}
	switch tw.kind {
	case "gemma2":
		return (l+1)%2 != 0
	case "gemma3_text":
		return (l+1)%int(tw.or("sliding_window_pattern", 6)) != 0
	case "qwen2", "qwen3":
		return l >= int(tw.or("max_window_layers", 28))
	case "smollm3":
		return !tw.turns(l)
	}
	return true
}

func (tw *Twin) turns(l int) bool {
	if tw.kind != "smollm3" {
		return tw.kind != "gpt2"
	}
	if list, ok := tw.c["no_rope_layers"].([]any); ok {
		return list[l] != 0.0
	}
	return (l+1)%int(tw.or("no_rope_layer_interval", 4)) != 0
}

// norm is RMSNorm, or LayerNorm in the families that have it.
func (tw *Twin) norm(x []float64, name string) []float64 {
	w, b := tw.Weights[name+".weight"], tw.Weights[name+".bias"]
	n := float64(len(x))
	y := make([]float64, len(x))
	if tw.kind == "gpt2" || tw.kind == "starcoder2" {
		mean, variance := 0.0, 0.0
		for _, v := range x {
			mean += v / n
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / n
		}
		eps := tw.or("norm_epsilon", tw.or("layer_norm_epsilon", 1e-5))
		for i, v := range x {
			y[i] = (v-mean)/math.Sqrt(variance+eps)*w[i] + b[i]
		}
		return y
	}
	square := 0.0
	for _, v := range x {
		square += v * v / n
	}
	plus := 0.0
	if strings.HasPrefix(tw.kind, "gemma") {
		plus = 1
	}
	for i, v := range x {
		y[i] = v / math.Sqrt(square+tw.or("rms_norm_eps", 1e-6)) * (w[i] + plus)
	}
	return y
}

// linear is a product and a bias where the checkpoint has one.
func (tw *Twin) linear(x []float64, name string) []float64 {
	w, shape := tw.Weights[name+".weight"], tw.shapes[name+".weight"]
	var y []float64
	if tw.kind == "gpt2" { // [in, out]
		y = make([]float64, shape[1])
		for i, v := range x {
			add(y, w[i*shape[1]:(i+1)*shape[1]], v)
		}
	} else {
		y = tw.times(name+".weight", x)
	}
	if b := tw.Weights[name+".bias"]; b != nil {
		add(y, b, 1)
	}
	return y
}

// times is a matrix [out, in] times x.
func (tw *Twin) times(name string, x []float64) []float64 {
	y := make([]float64, tw.shapes[name][0])
	for o := range y {
		for i, w := range tw.row(name, o) {
			y[o] += w * x[i]
		}
	}
	return y
}

func (tw *Twin) row(name string, i int) []float64 {
	cols := tw.shapes[name][1]
	return tw.Weights[name][i*cols : (i+1)*cols]
}

func (tw *Twin) or(key string, absent float64) float64 {
	if x, ok := tw.c.number(key); ok {
		return x
	}
	return absent
}

func add(y, x []float64, by float64) {
	for i := range y {
		y[i] += by * x[i]
	}
}

func scale(y []float64, by float64) {
	for i := range y {
		y[i] *= by
	}
}
