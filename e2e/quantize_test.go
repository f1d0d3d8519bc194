package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/export"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/shared"
)

// Every mix gives every tensor the type and the bytes that llama-quantize gives it, of rows that fill blocks of 256 and of
// rows that do not, with an importance matrix of llama-imatrix and without.
func TestQuantisedFilesAreThoseOfLlamaCpp(t *testing.T) {
	be := backend(t)
	text := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(text, bytes.Repeat([]byte("Once upon a time there was a little girl. She had a red ball and a dog named Max.\n"), 60), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{
		"stories3M": shared.Path(t, "data", "models", "stories3M-f16.gguf"),
		"llama-k":   exported(t, be, shared.Path(t, "golden", "public", "llama-k", "hf"), export.GGUF, "F16", "k.gguf"),
	} {
		matrix := filepath.Join(t.TempDir(), "imatrix.dat")
		llama(t, "llama-imatrix", "-m", source, "-f", text, "-o", matrix, "-c", "64", "-t", "2")
		for _, mix := range gguf.MixNames() {
			if mix == "F32" || mix == "F16" || mix == "BF16" {
				continue
			}
			for _, importance := range []string{"", matrix} {
				theirs, ours := filepath.Join(t.TempDir(), "theirs.gguf"), filepath.Join(t.TempDir(), "ours.gguf")
				args := []string{source, theirs, mix}
				if importance != "" {
					args = append([]string{"--imatrix", importance}, args...)
				}
				llama(t, "llama-quantize", args...)
				// Of what few bits make of a model this small, nothing is asked.
				if _, err := export.Run(t.Context(), be, export.Options{Model: source, To: export.GGUF, Type: mix, Out: ours, Importance: importance, MaxKL: 100}); err != nil {
					t.Fatal(err)
				}
				sameTensors(t, name+" "+mix, theirs, ours)
			}
		}
	}
}

func sameTensors(t *testing.T, what, theirs, ours string) {
	t.Helper()
	a, err := gguf.Open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := gguf.Open(ours)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, want := range a.Tensors() {
		got, ok := b.Tensor(want.Name)
		if !ok || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: %s is %s, want %s, or has other bytes", what, want.Name, got.Type, want.Type)
		}
	}
}
