package model

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
)

// What every family is written as, there and back, gives its logits, or says that it is another model: what no key of a GGUF
// file says, such as a window of Qwen's or a scale of Gemma's own, is listed here.
func TestEveryFamilyIsWrittenInBothFormats(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	var not []string
	refused := func(t *testing.T) {
		_, kind, _ := strings.Cut(filepath.Base(t.Name()), "_")
		not = append(not, kind)
	}
	eachVariant(t, be, func(t *testing.T, m *Model, _ string) {
		b := packed(sequences(m.cfg, 13, 21)...)
		want := logitsOf(t, m, b)
		file := filepath.Join(t.TempDir(), "made.gguf")
		err := m.WriteGGUF(t.Context(), file, GGUFOptions{Metadata: m.GGUFMetadata(), Wrote: func(int64, int64) {},
			Types: func(list []gguf.Tensor) []gguf.Type { return make([]gguf.Type, len(list)) }}) // F32
		if err != nil {
			t.Fatal(err)
		}
		made, err := Open(be, file)
		if err != nil {
			refused(t)
			t.Logf("not in GGUF: %v", err)
			return
		}
		defer made.Close()
		same := func(other *Model) (differ bool) {
			for _, d := range m.cfg.Differences(other.cfg) {
				if d.Field != "family" {
					t.Logf("%+v", d)
					differ = true
				}
			}
			got := logitsOf(t, other, b)
			if !differ && !slices.EqualFunc(want, got, func(x, y []float32) bool { return apart(x, y) < 2e-6 }) {
				t.Errorf("the logits are others: by %g", apart(want[3], got[3]))
			}
			return differ
		}
		if same(made) {
			refused(t)
			return
		}
		dir := t.TempDir()
		if err := made.WriteHF(t.Context(), dir, HFOptions{Type: compute.F32, Wrote: func(int64, int64) {}}); err != nil {
			t.Fatal(err)
		}
		again, err := Open(be, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if same(again) {
			t.Error("the folder says another model")
		}
	})
	if want := []string{"llama", "qwen2", "qwen3", "gemma2", "gemma2", "gemma3_text", "gemma3_text", "gemma3_text", "smollm3", "smollm3",
		"starcoder2"}; !slices.Equal(not, want) {
		t.Errorf("GGUF files cannot say %v, want %v", not, want)
	}
}
