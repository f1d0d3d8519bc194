package export

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/shared"
)

// Tensors of quantised exports against llama.cpp's own quantiser, to the bit.
func TestQuantisedExportsAreLlamaCppsToTheBit(t *testing.T) {
	be := backend(t)
	dir := shared.Path(t, "golden", "public", "llama-gqa")
	for typ, name := range map[string]string{"Q8_0": "model-q8_0.gguf", "Q4_0": "model-q4_0.gguf"} {
		out := filepath.Join(t.TempDir(), name)
		run(t, be, Options{Model: filepath.Join(dir, "model-f32.gguf"), To: GGUF, Type: typ, Out: out})
		sameTensors(t, filepath.Join(dir, name), out)
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
