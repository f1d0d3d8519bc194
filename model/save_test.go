package model

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

// What Save writes opens as the same model, bit for bit, in the format that the base came in.
func TestSavedModelIsTheModel(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	t.Run("tiny", func(t *testing.T) { saveAndReopen(t, be, modeltest.Tiny(t, 1), "") })
	for _, name := range []string{"llama-gqa/hf", "llama-gqa/model-f32.gguf", "llama-gqa/model-q8_0.gguf", "llama3-rope/model-f32.gguf",
		"gemma2/hf", "gemma2/model-f32.gguf", "gemma3/model-f32.gguf", "phi3/hf", "phi3/model-f32.gguf", "gpt2/hf", "gpt2/model-f32.gguf", "qwen2/model-f32.gguf", "qwen3/hf"} {
		t.Run(name, func(t *testing.T) {
			file := ""
			if filepath.Ext(name) == ".gguf" {
				file = "model.gguf"
			}
			saveAndReopen(t, be, shared.Path(t, "golden", "public", filepath.FromSlash(name)), file)
		})
	}
}

// saveAndReopen is of a model in a format of one file, or of a folder.
func saveAndReopen(t *testing.T, be compute.Backend, path, file string) {
	m, err := Open(be, path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Save(t.TempDir(), nil); err == nil {
		t.Error("a model that was not trained is saved")
	}
	if err := m.MakeTrainable(context.Background()); err != nil {
		t.Fatal(err)
	}
	// A change that no conversion could make by itself.
	for _, p := range m.Params() {
		be.Write(p.Value.Slice(1, 2), []float32{0.123456789})
	}
	dir := t.TempDir()
	stop := append(slices.Clone(m.EOS()[:1]), 7)
	if err := m.Save(dir, stop); err != nil {
		t.Fatal(err)
	}
	again, err := Open(be, filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	params := m.Params()
	for i, tensor := range again.Tensors() {
		want := make([]float32, params[i].Value.Len())
		be.Read(want, params[i].Value)
		equal := slices.Equal(tensor.Floats(), want)
		if file != "" && again.cfg.Norms.Offset { // 1 was added and taken off
			equal = furthest(tensor.Floats(), want) <= 1.0/(1<<23)
		}
		if tensor.Name != params[i].Name || tensor.Type != compute.F32 || !equal {
			t.Errorf("%s in %s is not the %s that was saved", tensor.Name, tensor.Type, params[i].Name)
		}
	}
	for _, id := range stop {
		if !slices.Contains(again.EOS(), id) {
			t.Errorf("stop token %d is not among the saved model's %v", id, again.EOS())
		}
	}
}

// Every file that another program reads the end of an answer from has the whole stop set and nothing else.
func TestLaw01TheStopSetIsWritten(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	save := func(path string, stop []int32) string {
		m, err := Open(be, path)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if err := m.MakeTrainable(context.Background()); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := m.Save(dir, stop); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for want, stop := range map[string][]int32{"257": {257}, "[257,7]": {257, 7}} {
		dir := save(modeltest.Tiny(t, 1), stop)
		for _, name := range []string{"config.json", "generation_config.json"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			var says struct {
				EOS json.RawMessage `json:"eos_token_id"`
			}
			if err := json.Unmarshal(text, &says); err != nil || compactJSON(says.EOS) != want {
				t.Errorf("%s: eos_token_id is %s, want %s (%v)", name, says.EOS, want, err)
			}
		}
	}
	for _, stop := range [][]int32{{1}, {1, 2}, {2}} { // the base's own is 1
		m, err := Open(be, filepath.Join(save(writeGGUF(t), stop), "model.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range stop {
			if !slices.Contains(m.EOS(), id) {
				t.Errorf("model.gguf ends a text at %v, want %v", m.EOS(), stop)
			}
		}
		m.Close()
	}
}

// A base that names three ends keeps each of them that is in the stop set, and a new one takes the place of another.
func TestLaw01AGGUFFileKeepsEveryEnd(t *testing.T) {
	ends := func(ids ...uint32) *gguf.File {
		var list []gguf.KV
		for i, id := range ids {
			list = append(list, gguf.KV{Key: ggufEnds[i], Value: gguf.Of(id)})
		}
		path := filepath.Join(t.TempDir(), "vocab.gguf")
		if err := gguf.Write(path, list, nil); err != nil {
			t.Fatal(err)
		}
		file, err := gguf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	for _, c := range []struct {
		base []uint32
		stop []int32
		want []uint32 // end of text, turn, message
	}{
		{[]uint32{1}, []int32{1}, []uint32{1}},
		{[]uint32{1}, []int32{1, 2}, []uint32{1, 2}},
		{[]uint32{1}, []int32{1, 2, 3}, []uint32{1, 2, 3}},
		{[]uint32{1, 2, 3}, []int32{1, 2, 3}, []uint32{1, 2, 3}},
		{[]uint32{1, 2, 3}, []int32{3, 1, 4}, []uint32{1, 4, 3}},
		{nil, []int32{0}, []uint32{0}},
	} {
		var got []uint32
		for _, kv := range ggufMetadata(ends(c.base...), c.stop) {
			if slices.Contains(ggufEnds[:], kv.Key) {
				got = append(got, kv.Value.Any().(uint32))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("a base that ends at %v and a stop set of %v give %v, want %v", c.base, c.stop, got, c.want)
		}
	}
}

// A cancelled call leaves nothing to train.
func TestMakeTrainableIsAllOrNothing(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	m, err := Open(be, modeltest.Tiny(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.MakeTrainable(&endsAfter{Context: context.Background(), calls: 3}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want that of the context", err)
	}
	if p := m.Params(); len(p) != 0 {
		t.Errorf("%d tensors are trained after a cancelled call", len(p))
	}
	if err := m.MakeTrainable(context.Background()); err != nil || len(m.Params()) != len(m.Tensors()) {
		t.Errorf("%d of %d tensors are trained after a whole call (%v)", len(m.Params()), len(m.Tensors()), err)
	}
}

// endsAfter is a context that is cancelled once it was asked so often.
type endsAfter struct {
	context.Context
	calls int
}

func (c *endsAfter) Err() error {
	if c.calls--; c.calls < 0 {
		return context.Canceled
	}
	return nil
}

func compactJSON(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return err.Error()
	}
	return b.String()
}
