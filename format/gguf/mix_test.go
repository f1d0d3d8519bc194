package gguf_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/shared"
)

// The reference files say which type llama-quantize gave each tensor.
func TestMixesGiveTensorsTheTypesOfTheReference(t *testing.T) {
	compared := 0
	for name, of := range map[string]gguf.Traits{
		"llama-gqa": {Layers: 2, Heads: 4, KVHeads: 2}, "llama-k": {Layers: 2, Heads: 4, KVHeads: 1},
	} {
		var golden struct {
			Quantised map[string]struct {
				File        string
				TensorTypes map[string]string `json:"tensor_types"`
			}
		}
		if err := json.Unmarshal(get(t, shared.Path(t, "golden", "public", name, "golden.json")), &golden); err != nil {
			t.Fatal(err)
		}
		for named, q := range golden.Quantised {
			mix, err := gguf.ParseMix(named)
			if err != nil {
				t.Fatal(err)
			}
			f := open(t, shared.Path(t, "golden", "public", name, q.File))
			if n, _ := f.Uint("general.file_type"); uint32(n) != mix.FileType() {
				t.Errorf("%s: file type %d, want %d", mix, mix.FileType(), n)
			}
			tensors := f.Tensors()
			for i, typ := range mix.Types(of, tensors) {
				if want := q.TensorTypes[tensors[i].Name]; typ.String() != want {
					t.Errorf("%s %s: %s in %s, want %s", name, mix, tensors[i].Name, typ, want)
				}
				compared++
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d tensors compared", compared)
	}
}

func TestMixesGiveSensitiveTensorsMoreBits(t *testing.T) {
	of := gguf.Traits{Layers: 32, Heads: 32, KVHeads: 8}
	for _, c := range []struct {
		mix, tensor string
		cols        int
		want        gguf.Type
	}{
		{"q4_k_m", "output.weight", 4096, gguf.Q6_K},
		{"q4_k_m", "token_embd.weight", 4096, gguf.Q4_K},
		{"q4_k_m", "output.weight", 576, gguf.Q8_0},
		{"q4_k_m", "blk.3.attn_v.weight", 4096, gguf.Q6_K},
		{"q4_k_m", "blk.4.attn_v.weight", 4096, gguf.Q4_K},
		{"q4_k_m", "blk.6.ffn_down.weight", 4096, gguf.Q6_K},
		{"q4_k_m", "blk.28.ffn_down.weight", 4096, gguf.Q6_K},
		{"Q4_K", "blk.5.attn_q.weight", 4096, gguf.Q4_K},
		{"Q4_K_M", "blk.5.attn_q.weight", 576, gguf.Q5_0},
		{"Q5_K_M", "blk.5.attn_q.weight", 576, gguf.Q5_1},
		{"Q6_K", "blk.5.attn_q.weight", 576, gguf.Q8_0},
		{"Q3_K_M", "blk.5.attn_q.weight", 576, gguf.IQ4_NL},
		{"Q4_K_M", "blk.5.attn_q.weight", 100, gguf.F16},
		{"Q5_K_M", "blk.5.attn_qkv.weight", 4096, gguf.Q6_K},
		{"Q4_K_M", "blk.0.attn_qkv.weight", 4096, gguf.Q5_K},
		{"Q2_K", "blk.0.attn_v.weight", 4096, gguf.Q4_K},
		{"Q2_K", "blk.0.attn_output.weight", 4096, gguf.Q3_K},
		{"Q3_K_M", "blk.1.ffn_down.weight", 4096, gguf.Q5_K},
		{"Q3_K_M", "blk.9.ffn_down.weight", 4096, gguf.Q4_K},
		{"IQ4_XS", "blk.3.ffn_down.weight", 4096, gguf.Q5_K},
		{"IQ4_XS", "blk.9.attn_v.weight", 4096, gguf.Q5_K},
		{"IQ4_XS", "blk.9.attn_q.weight", 576, gguf.IQ4_NL},
		{"Q4_0", "blk.0.ffn_down.weight", 4096, gguf.Q4_0},
		{"F16", "blk.0.ffn_down.weight", 4096, gguf.F16},
		{"BF16", "blk.0.attn_norm.weight", 4096, gguf.F32},
		{"Q8_0", "position_embd.weight", 4096, gguf.F32},
		{"Q8_0", "blk.0.attn_q.bias", 4096, gguf.F32},
	} {
		mix, err := gguf.ParseMix(c.mix)
		if err != nil {
			t.Fatal(err)
		}
		shape := []int{64, c.cols}
		if strings.HasSuffix(c.tensor, "bias") || strings.Contains(c.tensor, "norm") {
			shape = shape[1:]
		}
		tensors := []gguf.Tensor{{Name: c.tensor, Shape: shape}, {Name: "output.weight", Shape: []int{64, c.cols}}}
		if got := mix.Types(of, tensors)[0]; got != c.want {
			t.Errorf("%s: %s of rows of %d is %s, want %s", c.mix, c.tensor, c.cols, got, c.want)
		}
	}
	of.Importance = true
	down := []gguf.Tensor{{Name: "blk.3.ffn_down.weight", Shape: []int{64, 4096}}}
	if got := gguf.Mix("Q4_0").Types(of, down)[0]; got != gguf.Q4_1 {
		t.Errorf("with an importance an early ffn_down of Q4_0 is %s, want Q4_1", got)
	}
	if _, err := gguf.ParseMix("IQ2_XS"); err == nil || !strings.Contains(err.Error(), "want F32, F16, BF16, Q8_0") {
		t.Errorf("IQ2_XS: %v", err)
	}
}
