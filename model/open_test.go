package model

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/model/modeltest"
)

// writeHF writes a tiny checkpoint; edit changes its configuration and tensors first.
func writeHF(t testing.TB, edit func(config map[string]any, tensors map[string]safetensors.Tensor)) string {
	t.Helper()
	be := computetest.Plain()
	m, err := Random(be, tiny, compute.F32, 1)
	if err != nil {
		t.Fatal(err)
	}
	config := map[string]any{"model_type": "llama", "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4,
		"num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 40, "vocab_size": 50, "max_position_embeddings": 64,
		"rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "eos_token_id": []int{2, 7}}
	tensors := map[string]safetensors.Tensor{}
	for _, x := range m.Tensors() {
		tensors[x.Name] = safetensors.Tensor{Name: x.Name, DType: "F32", Shape: x.Shape, Data: x.Data}
	}
	if edit != nil {
		edit(config, tensors)
	}
	dir := t.TempDir()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	var all []safetensors.Tensor
	for _, x := range tensors {
		all = append(all, x)
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), all, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWrongCheckpointsAreRefusedInOneLine(t *testing.T) {
	type config = map[string]any
	type tensors = map[string]safetensors.Tensor
	key := func(k string, v any) func(config, tensors) {
		return func(c config, _ tensors) {
			if v == nil {
				delete(c, k)
			} else {
				c[k] = v
			}
		}
	}
	const q = "model.layers.1.self_attn.q_proj.weight"
	for _, c := range []struct {
		edit func(config, tensors)
		want string
	}{
		{key("model_type", "mamba"), `architecture "mamba" is a recurrence, which is not supported; nearest supported: llama`},
		{key("model_type", "qwen9"), `architecture "qwen9" is not supported; nearest supported: qwen2`},
		{key("model_type", nil), "model_type is missing"},
		{key("hidden_size", nil), "hidden_size is missing"},
		{key("hidden_size", "24"), `hidden_size is "24", not a whole number`},
		{key("hidden_size", -24), "hidden size is -24"},
		{key("num_hidden_layers", 1e9), "number of layers is 1000000000"},
		{key("num_attention_heads", 0), "number of attention heads is 0"},
		{key("num_key_value_heads", 3), "4 attention heads do not divide into 3"},
		{key("head_dim", 7), "head dimension 7 is odd"},
		{key("attention_bias", true), `tensor "model.layers.0.self_attn.q_proj.bias" is missing`},
		{key("hidden_act", "relu2"), `hidden_act is "relu2"`},
		{key("quantization_config", config{"quant_method": "gptq"}), "quantised (gptq)"},
		{key("rope_scaling", config{"rope_type": "dynamic", "factor": 2}), `rope_scaling: rope_type "dynamic" changes the frequencies as a text grows`},
		{key("rope_scaling", config{"rope_type": "llama3", "factor": 8}), "llama3 rope scaling needs"},
		{key("rope_theta", 0), "rotary base is 0"},
		{key("eos_token_id", "x"), "eos_token_id is \"x\""},
		{key("vocab_size", 60), `tensor "model.embed_tokens.weight": shape [50 24], the configuration wants [60 24]`},
		{key("tie_word_embeddings", false), `tensor "lm_head.weight" is missing`},
		{func(_ config, x tensors) { delete(x, q) }, `tensor "` + q + `" is missing`},
		{func(_ config, x tensors) {
			w := x[q]
			w.DType = "I32"
			x[q] = w
		}, `tensor "` + q + `" is in I32`},
		{func(_ config, x tensors) {
			w := x[q]
			w.Name = "model.layers.1.self_attn.q_proj.bias"
			x[w.Name] = w
		}, `tensor "model.layers.1.self_attn.q_proj.bias" of the checkpoint is no part`},
	} {
		dir := writeHF(t, c.edit)
		_, err := Open(computetest.Plain(), dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %v", err)
		}
	}
	if _, err := Open(computetest.Plain(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "no config.json") {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := Open(computetest.Plain(), "absent"); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("absent folder: %v", err)
	}
}

func TestHashIsOfTheWeightsAndNotOfTheFile(t *testing.T) {
	be := computetest.Plain()
	hash := func(elem ...string) string {
		return openShared(t, be, append([]string{"golden", "public"}, elem...)...).Hash()
	}
	hf := hash("llama-gqa", "hf")
	if other := hash("llama-gqa", "model-f32.gguf"); other != hf {
		t.Errorf("the same weights have hash %s as GGUF, %s as safetensors", other, hf)
	}
	if other := hash("llama-gqa", "model-q8_0.gguf"); other == hf {
		t.Error("quantised weights have the hash of the exact ones")
	}
	dir := writeHF(t, nil)
	a := openPlain(t, dir)
	b := openPlain(t, writeHF(t, func(_ map[string]any, x map[string]safetensors.Tensor) {
		w := x["model.layers.2.mlp.down_proj.weight"]
		w.Data = slices.Clone(w.Data)
		w.Data[len(w.Data)-1] ^= 1
		x[w.Name] = w
	}))
	if a.Hash() == b.Hash() {
		t.Error("a changed bit leaves the hash as it was")
	}
	before := a.Hash()
	if err := a.MakeTrainable(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.be.Zero(a.Params()[0].Value)
	if again := openPlain(t, dir); a.Hash() != before || again.Hash() != before {
		t.Error("the hash changes with training or from one opening to the next")
	}
}

func openPlain(t testing.TB, path string) *Model {
	t.Helper()
	m, err := Open(computetest.Plain(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestEndOfTextIsOneIdOrSeveral(t *testing.T) {
	dir := writeHF(t, nil)
	if err := os.WriteFile(filepath.Join(dir, "generation_config.json"), []byte(`{"eos_token_id": 9}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if eos := openPlain(t, dir).EOS(); !slices.Equal(eos, []int32{2, 7, 9}) {
		t.Errorf("eos %v, want 2, 7 and 9", eos)
	}
	if eos := openShared(t, computetest.Plain(), "golden", "public", "llama3-rope", "model-f32.gguf").EOS(); !slices.Equal(eos, []int32{350}) {
		t.Errorf("eos %v, want 350", eos)
	}
}

func TestHalfPrecisionCheckpointsAreUsedWhereTheyRest(t *testing.T) {
	for _, typ := range []compute.Type{compute.F16, compute.BF16} {
		dir := writeHF(t, func(_ map[string]any, x map[string]safetensors.Tensor) {
			for name, w := range x {
				w.Data = encode(t, typ, Tensor{Type: compute.F32, Shape: w.Shape, Data: w.Data}.Floats())
				w.DType = typ.String()
				x[name] = w
			}
		})
		m := openPlain(t, dir)
		if m.embed.Type != typ || m.linears[0].W.Type != typ {
			t.Errorf("%s matrices became %s", typ, m.linears[0].W.Type)
		}
		b := packed(sequences(tiny, 12)...)
		want := logitsOf(t, m, b)
		if err := m.MakeTrainable(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, row := range logitsOf(t, m, b) {
			if d := furthest(row, want[i]); d > 1e-6 {
				t.Fatalf("%s: logits differ by %g once trainable", typ, d)
			}
		}
	}
}

// FuzzOpenGGUF opens files in which bytes were changed: whatever they say, it is an error or a model that runs.
func FuzzOpenGGUF(f *testing.F) {
	be := computetest.Plain()
	path := writeGGUF(f)
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, v := range []int{8, 10, 15, 20, 22, 26, 30} {
		extra := modeltest.Settings{}
		maps.Copy(extra, variants[v].extra)
		maps.Copy(extra, modeltest.Settings{"vocab_size": 4, "max_position_embeddings": 16, "hidden_size": 16, "num_hidden_layers": 1,
			"num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 4, "n_positions": 4, "n_embd": 8, "n_layer": 1, "n_head": 2})
		m, err := Open(be, modeltest.Family(f, variants[v].kind, extra, 1))
		if err != nil {
			f.Fatal(err)
		}
		path := filepath.Join(f.TempDir(), "m.gguf")
		if err := writeExact(m, path); err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		m.Close()
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			return
		}
		m, err := fromGGUF(be, file)
		if err != nil {
			return
		}
		if m.cfg.Hidden > 64 || m.cfg.Vocab > 256 || m.cfg.FFN > 256 || m.cfg.Layers > 4 || m.cfg.Heads > 64 || m.cfg.HeadDim > 64 {
			return
		}
		if m.cfg.MaxPos >= 4 {
			logitsOf(&testing.T{}, m, packed([]int32{0, 0, 0}))
		}
		m.Tokenizer()
		m.Hash()
	})
}

// FuzzConfig reads a config.json: an error or a configuration that passes its own check.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"model_type":"llama","hidden_size":24,"num_hidden_layers":3,"num_attention_heads":4,"intermediate_size":40,"vocab_size":50}`))
	f.Add([]byte(`{"model_type":"mistral","hidden_size":24,"num_hidden_layers":3,"num_attention_heads":4,"intermediate_size":40,"vocab_size":50,
		"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":64}}`))
	for _, v := range variants {
		c := modeltest.Settings{"model_type": v.kind, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 40, "vocab_size": 50,
			"n_embd": 24, "n_layer": 3, "n_head": 4}
		maps.Copy(c, v.extra)
		text, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		j := &jsonConfig{}
		if json.Unmarshal(text, &j.fields) != nil {
			return
		}
		textPart(j)
		_, cfg, err := hfConfig(j)
		if err != nil {
			return
		}
		for i, x := range slices.Concat(cfg.frequencies(false), cfg.frequencies(true)) {
			if !cfg.LearnedPositions && (math.IsNaN(x) || math.IsInf(x, 0)) {
				t.Fatalf("frequency %d is %g", i, x)
			}
		}
		if cfg.Params() < 0 || WorkspaceBytes(Config{Hidden: 1}, Plan{}) < 0 {
			t.Fatal("sizes overflow")
		}
	})
}

// writeGGUF writes the smallest model of the llama architecture.
func writeGGUF(t testing.TB) string {
	t.Helper()
	ones := func(n int) []byte {
		var b []byte
		for range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(1))
		}
		return b
	}
	u := func(v uint32) gguf.Value { return gguf.Of(v) }
	kvs := []gguf.KV{
		{Key: "general.architecture", Value: gguf.Of("llama")},
		{Key: "llama.embedding_length", Value: u(4)},
		{Key: "llama.block_count", Value: u(1)},
		{Key: "llama.feed_forward_length", Value: u(4)},
		{Key: "llama.attention.head_count", Value: u(2)},
		{Key: "llama.attention.head_count_kv", Value: u(1)},
		{Key: "llama.context_length", Value: u(8)},
		{Key: "tokenizer.ggml.eos_token_id", Value: u(1)},
	}
	var tensors []gguf.Tensor
	add := func(name string, shape ...int) {
		tensors = append(tensors, gguf.Tensor{Name: name, Type: gguf.F32, Shape: shape, Data: ones(product(shape))})
	}
	add("token_embd.weight", 3, 4)
	add("output_norm.weight", 4)
	add("rope_freqs.weight", 1)
	add("blk.0.attn_norm.weight", 4)
	add("blk.0.attn_q.weight", 4, 4)
	add("blk.0.attn_k.weight", 2, 4)
	add("blk.0.attn_v.weight", 2, 4)
	add("blk.0.attn_output.weight", 4, 4)
	add("blk.0.ffn_norm.weight", 4)
	add("blk.0.ffn_gate.weight", 4, 4)
	add("blk.0.ffn_up.weight", 4, 4)
	add("blk.0.ffn_down.weight", 4, 4)
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := gguf.Write(path, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	return path
}
