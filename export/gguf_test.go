package export

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
)

// Tensors of quantised exports against llama.cpp's own quantiser, to the bit.
func TestQuantisedExportsAreLlamaCppsToTheBit(t *testing.T) {
	be := backend(t)
	for _, m := range []struct{ folder, from string }{{"llama-gqa", "model-f32.gguf"}, {"llama-k", "hf"}} {
		dir := shared.Path(t, "golden", "public", m.folder)
		for typ, name := range map[string]string{"Q8_0": "model-q8_0.gguf", "Q4_0": "model-q4_0.gguf", "Q4_K_M": "model-q4_k_m.gguf", "Q6_K": "model-q6_k.gguf"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				continue
			}
			out := filepath.Join(t.TempDir(), name)
			run(t, be, Options{Model: filepath.Join(dir, m.from), To: GGUF, Type: typ, Out: out})
			sameTensors(t, filepath.Join(dir, name), out)
		}
	}
}

func sameTensors(t testing.TB, want, got string) {
	t.Helper()
	a, b := openGGUF(t, want), openGGUF(t, got)
	if len(a.Tensors()) != len(b.Tensors()) {
		t.Errorf("%d tensors, want %d", len(b.Tensors()), len(a.Tensors()))
	}
	for _, x := range a.Tensors() {
		if y, ok := b.Tensor(x.Name); !ok || x.Type != y.Type || !bytes.Equal(x.Data, y.Data) {
			t.Errorf("%s: %s is not the %s of %s", x.Name, y.Type, x.Type, filepath.Base(want))
		}
	}
}

func openGGUF(t testing.TB, path string) *gguf.File {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Importance makes what the text shows matter better, and what is written is a file of the type.
func TestImportanceIsMeasuredOnAText(t *testing.T) {
	be := backend(t)
	path := shared.Path(t, "data", "models", "stories3M-f16.gguf")
	text := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(text, bytes.Repeat([]byte("Once upon a time, there was a little girl named Lily. She loved to play outside in the park with her dog. One day they found a big red ball.\n"), 40), 0o666); err != nil {
		t.Fatal(err)
	}
	kl := map[string]float64{}
	for _, importance := range []string{"", text} {
		r := run(t, be, Options{Model: path, To: GGUF, Type: "Q4_0", Out: filepath.Join(t.TempDir(), "small.gguf"), Importance: importance})
		kl[importance] = r.Check.KLMean
	}
	if kl[text] >= kl[""] {
		t.Errorf("KL is %g with importance and %g without", kl[text], kl[""])
	}
}

// A GGUF file of every family against the one that was made by llama.cpp's rules from the same folder: tensors to the bit.
func TestExportsAreLlamaCppsConversionsToTheBit(t *testing.T) {
	be := backend(t)
	for _, name := range []string{"llama-gqa", "llama3-rope", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2"} {
		dir := shared.Path(t, "golden", "public", name)
		out := filepath.Join(t.TempDir(), "made.gguf")
		run(t, be, Options{Model: filepath.Join(dir, "hf"), To: GGUF, Type: "F32", Out: out})
		a, b := openGGUF(t, filepath.Join(dir, "model-f32.gguf")), openGGUF(t, out)
		for _, x := range a.Tensors() {
			y, ok := b.Tensor(x.Name)
			if !ok && x.Name == "output.weight" { // GPT-2's, which is the embedding again
				continue
			}
			if x.Type != y.Type || !bytes.Equal(x.Data, y.Data) {
				t.Errorf("%s: %s is not as in model-f32.gguf", name, x.Name)
			}
		}
		for _, kv := range a.Metadata() {
			switch got, ok := b.Value(kv.Key); {
			case !ok && (kv.Key == "general.name"):
			case kv.Key == "general.name", kv.Key == "tokenizer.ggml.scores":
			case !ok || got.String() != kv.Value.String():
				t.Errorf("%s: %s is %v, want %v", name, kv.Key, got, kv.Value)
			}
		}
	}
}

// A folder becomes a GGUF file and that a folder again: the same tensors under the same names, to the bit, and the same model.
func TestThereAndBackIsExact(t *testing.T) {
	be := backend(t)
	for _, name := range []string{"llama-gqa", "llama3-rope", "llama-k", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2"} {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		// In float16, as most checkpoints are no finer.
		run(t, be, Options{Model: shared.Path(t, "golden", "public", name, "hf"), To: Safetensors, Type: "F16", Out: at("hf")})
		run(t, be, Options{Model: at("hf"), To: GGUF, Type: "F16", Out: at("made.gguf")})
		r := run(t, be, Options{Model: at("made.gguf"), To: Safetensors, Type: "F16", Out: at("again")})
		if !r.Check.GreedyEqual || r.Check.KLMax != 0 {
			t.Errorf("%s: %+v", name, r.Check)
		}
		a, b := openSafetensors(t, at("hf")), openSafetensors(t, at("again"))
		if !slices.Equal(a.Names(), b.Names()) {
			t.Errorf("%s: tensors %v, want %v", name, b.Names(), a.Names())
		}
		for _, tensor := range a.Names() {
			x, _ := a.Tensor(tensor)
			if y, ok := b.Tensor(tensor); ok && (x.DType != y.DType || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data)) {
				t.Errorf("%s: %s is not what it was", name, tensor)
			}
		}
		was, is := open(t, be, at("hf")), open(t, be, at("again"))
		differ := slices.DeleteFunc(was.Config().Differences(is.Config()), func(d model.Difference) bool { return d.Field == "family" && name == "mistral" })
		if was.Hash() != is.Hash() || len(differ) > 0 {
			t.Errorf("%s: the model differs: %v", name, differ)
		}
	}
}

func openSafetensors(t testing.TB, dir string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
