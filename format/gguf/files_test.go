package gguf_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
)

func open(t *testing.T, path string) *gguf.File {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// realFiles is every GGUF file among the reference data.
func realFiles(t *testing.T) []string {
	t.Helper()
	root := shared.Path(t)
	var paths []string
	for _, pattern := range []string{"golden/public/*/*.gguf", "data/models/*.gguf"} {
		found, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		paths = append(paths, found...)
	}
	if len(paths) < 20 {
		t.Fatalf("only %d files found", len(paths))
	}
	return paths
}

func TestRealFilesReadAndWriteBack(t *testing.T) {
	for _, path := range realFiles(t) {
		f := open(t, path)
		if arch, err := gguf.Need[string](f, "general.architecture"); err != nil || arch == "" {
			t.Errorf("%s: architecture %q, %v", path, arch, err)
		}
		if tokens, err := gguf.Need[[]string](f, "tokenizer.ggml.tokens"); err != nil || len(tokens) < 100 {
			t.Errorf("%s: %d tokens, %v", path, len(tokens), err)
		}
		out := filepath.Join(t.TempDir(), "again.gguf")
		if err := gguf.Write(out, f.Metadata(), f.Tensors()); err != nil {
			t.Fatal(err)
		}
		sameContent(t, f, open(t, out))
	}
}

// Version 3 files that hold tensors have one possible layout for their content.
func TestRewritingGivesTheSameFile(t *testing.T) {
	compared := 0
	for _, path := range realFiles(t) {
		f := open(t, path)
		if f.Version() != 3 || len(f.Tensors()) == 0 {
			continue
		}
		out := filepath.Join(t.TempDir(), "again.gguf")
		if err := gguf.Write(out, f.Metadata(), f.Tensors()); err != nil {
			t.Fatal(err)
		}
		if a, b := get(t, path), get(t, out); !bytes.Equal(a, b) {
			t.Errorf("%s: %d bytes became %d that differ", path, len(a), len(b))
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d files compared", compared)
	}
}

// llamaNames turns Hugging Face's names of a Llama's tensors into llama.cpp's.
func llamaNames() *strings.Replacer {
	return strings.NewReplacer("model.embed_tokens", "token_embd", "model.norm", "output_norm", "lm_head", "output",
		"model.layers", "blk", "self_attn.q_proj", "attn_q", "self_attn.k_proj", "attn_k", "self_attn.v_proj", "attn_v",
		"self_attn.o_proj", "attn_output", "mlp.gate_proj", "ffn_gate", "mlp.up_proj", "ffn_up", "mlp.down_proj", "ffn_down",
		"input_layernorm", "attn_norm", "post_attention_layernorm", "ffn_norm")
}

func TestShapesAgreeWithSafetensors(t *testing.T) {
	names := llamaNames()
	for folder, files := range map[string][]string{
		"golden/public/llama-gqa/hf":   {"golden/public/llama-gqa/model-f32.gguf", "golden/public/llama-gqa/model-q8_0.gguf", "golden/public/llama-gqa/model-q4_0.gguf"},
		"golden/public/llama-k/hf":     {"golden/public/llama-k/model-q4_k_m.gguf", "golden/public/llama-k/model-q6_k.gguf"},
		"golden/public/llama3-rope/hf": {"golden/public/llama3-rope/model-f32.gguf"},
		"golden/public/mistral/hf":     {"golden/public/mistral/model-f32.gguf"},
		"data/models/stories260K":      {"data/models/stories260K-f32.gguf"},
		"data/models/stories3M":        {"data/models/stories3M-f16.gguf", "data/models/stories3M-q8_0.gguf"},
	} {
		hf, err := safetensors.Open(shared.Path(t, filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			f := open(t, shared.Path(t, filepath.FromSlash(file)))
			for _, name := range hf.Names() {
				want, _ := hf.Tensor(name)
				got, ok := f.Tensor(names.Replace(name))
				if !ok || !slices.Equal(got.Shape, want.Shape) {
					t.Errorf("%s: %s has shape %v (found: %v), %s has %v", file, names.Replace(name), got.Shape, ok, name, want.Shape)
				}
				// The order of these is the same in both, so the numbers are too.
				if ok && got.Type == gguf.F32 && want.DType == "F32" && !strings.Contains(name, "q_proj") && !strings.Contains(name, "k_proj") && !bytes.Equal(got.Data, want.Data) {
					t.Errorf("%s: the numbers of %s differ", file, name)
				}
			}
		}
		hf.Close()
	}
}
