package gguf_test

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/format/gguf"
)

func imatrix() *gguf.Imatrix {
	return &gguf.Imatrix{
		Datasets: []string{"text.txt"}, Chunks: 4, ChunkSize: 512,
		Sums:   map[string][]float32{"blk.0.attn_q.weight": {8, 4, 0}, "output.weight": {1}},
		Counts: map[string]float32{"blk.0.attn_q.weight": 4, "output.weight": 0},
	}
}

func TestAnImatrixComesBackAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imatrix.gguf")
	if err := imatrix().Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := gguf.ReadImatrix(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(imatrix(), got); diff != "" {
		t.Error(diff)
	}
	means := got.Means()
	if !slices.Equal(means["blk.0.attn_q.weight"], []float32{2, 1, 0}) || !slices.Equal(means["output.weight"], []float32{1}) {
		t.Errorf("means %v", means)
	}
}

// old is a file from before GGUF, of one matrix, and of the windows and the text where whole is set.
func old(values []float32, whole bool) image {
	put := func(b image, s string) image { return append(b.u32(uint32(len(s))), s...) }
	b := put(image{}.u32(1), "blk.0.ffn_up.weight").u32(2).u32(uint32(len(values)))
	for _, x := range values {
		b = b.u32(math.Float32bits(x))
	}
	if whole {
		b = put(b.u32(7), "wiki.txt")
	}
	return b
}

func TestImatricesFromBeforeGGUFAreRead(t *testing.T) {
	for _, whole := range []bool{false, true} {
		m, err := gguf.ParseImatrix(old([]float32{4, 6}, whole))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Means()["blk.0.ffn_up.weight"]; !slices.Equal(got, []float32{2, 3}) {
			t.Errorf("means %v", got)
		}
		if whole && (m.Chunks != 7 || !slices.Equal(m.Datasets, []string{"wiki.txt"})) {
			t.Errorf("%d windows of %q", m.Chunks, m.Datasets)
		}
	}
}

func TestWhatIsNoImatrixSaysWhy(t *testing.T) {
	whole := old([]float32{4, 6}, true)
	huge := slices.Clone(whole)
	binary.LittleEndian.PutUint32(huge[4+4+19+4:], math.MaxUint32)
	for want, data := range map[string][]byte{
		"this is no file of llama-imatrix":       []byte("some text that is long enough"),
		"general.type is \"\", want \"imatrix\"": small(),
		`"blk.0.ffn_up.weight": the file ends`:   huge,
		"value 1 is -6":                          old([]float32{4, -6}, false),
		"value 0 is NaN":                         old([]float32{float32(math.NaN())}, false),
		`"a.counts" is missing beside`: head(3, 1, 1).kv("general.type", gguf.KindString).str("imatrix").
			tensor("a.in_sum2", gguf.F32, 0, 1).padTo(32).zeros(4),
		"says nothing of any matrix": head(3, 0, 1).kv("general.type", gguf.KindString).str("imatrix"),
	} {
		if _, err := gguf.ParseImatrix(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func FuzzParseImatrix(f *testing.F) {
	f.Add([]byte(old([]float32{4, 6}, true)))
	f.Add([]byte(head(3, 2, 1).kv("general.type", gguf.KindString).str("imatrix").
		tensor("a.in_sum2", gguf.F32, 0, 1, 1).tensor("a.counts", gguf.F32, 32, 1, 1).padTo(32).zeros(36)))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := gguf.ParseImatrix(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if len(m.Means()) == 0 {
			t.Error("an importance matrix of no matrices")
		}
	})
}
