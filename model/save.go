package model

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
)

// Save writes a model whose weights were trained into a folder, in the format that it came in: the files of a Hugging Face
// folder with the tokenizer's and the licence's, or model.gguf. What was trained is in float32, what stayed frozen as it
// was. stop is the set of tokens that
// end an answer, which is written where other programs look for it.
func (m *Model) Save(dir string, stop []int32) error {
	if !m.trainable {
		return fmt.Errorf("save %s: its weights were not trained", m.name)
	}
	info, err := os.Stat(m.path)
	if err != nil {
		return fmt.Errorf("save %s: %w", m.name, err)
	}
	if info.IsDir() {
		err = m.saveHF(dir, stop)
	} else {
		err = m.saveGGUF(filepath.Join(dir, "model.gguf"), stop)
	}
	if err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return nil
}

// companions are files of a Hugging Face folder that a tuned model keeps as they are.
var companions = []string{
	"tokenizer.json", "tokenizer_config.json", "tokenizer.model", "spiece.model", "tekken.json", "special_tokens_map.json", "added_tokens.json",
	"vocab.json", "merges.txt", "chat_template.jinja", "chat_template.json",
	"LICENSE", "LICENSE.txt", "LICENSE.md", "USE_POLICY.md", "NOTICE",
}

// copyThere copies those of the files that the folder from has.
func copyThere(dir, from string, names []string) error {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) saveHF(dir string, stop []int32) error {
	if err := copyThere(dir, m.path, companions); err != nil {
		return err
	}
	tensors, err := m.checkpoint()
	if err != nil {
		return err
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), tensors, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	if err := m.editJSON(dir, "generation_config.json", map[string]any{"eos_token_id": oneOrList(stop)}, nil); err != nil {
		return err
	}
	// Last, for the folder is a model once it has this.
	set := map[string]any{"eos_token_id": oneOrList(stop), "torch_dtype": "float32"}
	if m.untied {
		set["tie_word_embeddings"] = false
	}
	return m.editJSON(dir, "config.json", set, []string{"dtype", "quantization_config"})
}

// checkpoint is the model's tensors as the checkpoint that it came from has them.
func (m *Model) checkpoint() ([]safetensors.Tensor, error) {
	file, err := safetensors.Open(m.path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // for its names alone
	var tensors []safetensors.Tensor
	for _, t := range m.tensors {
		stored := t.Name
		if !m.pictures {
			stored = m.family.stored(file, t.Name)
		}
		if t.value.Len() == 0 {
			h := m.cfg.ToHF(t.Tensor)
			tensors = append(tensors, safetensors.Tensor{Name: stored, DType: h.Type.String(), Shape: h.Shape, Data: h.Data})
			continue
		}
		trained := safetensors.Tensor{Name: stored, DType: "F32", Shape: t.Shape,
			Stream: func(w io.Writer) error { return compute.WriteValues(w, m.be, t.value) }}
		if m.family.transposed && m.family.partOf(t.Name).linear() && len(t.Shape) == 2 {
			trained.Shape = []int{t.Shape[1], t.Shape[0]}
			trained.Stream = func(w io.Writer) error {
				_, err := w.Write(m.cfg.ToHF(m.trainedTensor(t)).Data)
				return err
			}
		}
		tensors = append(tensors, trained)
	}
	return tensors, nil
}

// trainedTensor is a trained tensor's values, in memory.
func (m *Model) trainedTensor(t tensorAt) Tensor {
	x, data := make([]float32, t.value.Len()), make([]byte, 4*t.value.Len())
	m.be.Read(x, t.value)
	for i, v := range x {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return Tensor{Name: t.Name, Type: compute.F32, Shape: t.Shape, Data: data}
}

// oneOrList is how Hugging Face writes token ids.
func oneOrList(ids []int32) any {
	if len(ids) == 1 {
		return ids[0]
	}
	return ids
}

// editJSON copies a JSON file of the model's folder with some keys set and some taken out. One that is missing starts
// empty.
func (m *Model) editJSON(dir, name string, set map[string]any, drop []string) error {
	from := m.path
	if m.metadata != nil { // what was made of the GGUF file's keys
		from = dir
	}
	fields, err := readJSON(from, name)
	if err != nil {
		return err
	}
	if j := (&jsonConfig{fields: fields}); name == "config.json" && m.pictures && textPart(j) { // what is written is the text part alone
		fields = j.fields
		delete(fields, "architectures")
	}
	if fields == nil {
		fields = map[string]json.RawMessage{}
	}
	for _, key := range drop {
		delete(fields, key)
	}
	for key, v := range set {
		raw, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fields[key] = raw
	}
	return writeJSON(filepath.Join(dir, name), fields)
}

// writeJSON writes a value as people read it.
func writeJSON(path string, v any) error {
	text, err := plainjson.Indent(v)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return atomicfile.WriteBytes(path, text)
}

// saveGGUF writes the file that the model came from with its tensors' values replaced. Rows of q and k go back into
// llama.cpp's order.
func (m *Model) saveGGUF(path string, stop []int32) error {
	file, err := gguf.Open(m.path)
	if err != nil {
		return err
	}
	defer file.Close()
	byName := map[string]tensorAt{}
	fam := m.family
	for _, t := range m.tensors {
		byName[fam.ggufName(t.Name)] = t
	}
	embed := fam.ggufName(m.EmbeddingModule() + ".weight")
	if _, ok := file.Tensor(ggufHead); ok && m.cfg.Tied {
		byName[ggufHead] = byName[embed] // a copy
	}
	var tensors []gguf.Tensor
	for _, t := range file.Tensors() {
		tensors = append(tensors, m.ggufTensor(t, byName[t.Name]))
		if _, ok := file.Tensor(ggufHead); m.untied && !ok && t.Name == embed {
			t.Name = ggufHead
			tensors = append(tensors, m.ggufTensor(t, byName[t.Name]))
		}
	}
	return gguf.Write(path, ggufMetadata(file, stop), tensors)
}

// ggufTensor is a tensor of the file with what was trained in it, if it was.
func (m *Model) ggufTensor(t gguf.Tensor, trained tensorAt) gguf.Tensor {
	if trained.value.Len() == 0 {
		return t
	}
	t.Type, t.Data = gguf.F32, nil
	t.Stream = func(w io.Writer) error { return compute.WriteValues(w, m.be, trained.value) }
	switch p := m.family.partOf(trained.Name); {
	case m.family.interleaves(p):
		t.Stream = func(w io.Writer) error { return m.writeInterleaved(w, trained.value, product(t.Shape[1:])) }
	case p.norm() && m.cfg.Norms.Offset:
		t.Stream = func(w io.Writer) error {
			_, err := w.Write(addOne(m.trainedTensor(trained), 1).Data)
			return err
		}
	}
	return t
}

// writeInterleaved writes rows of width values of a q or k matrix in llama.cpp's order: the inverse of halfSplit.
func (m *Model) writeInterleaved(w io.Writer, b compute.Buffer, width int) error {
	dim := m.cfg.HeadDim
	for row := range b.Len() / width {
		from := interleaved(row, dim)
		if err := compute.WriteValues(w, m.be, b.Slice(from*width, (from+1)*width)); err != nil {
			return err
		}
	}
	return nil
}

// ggufMetadata is the file's metadata for float32 weights, with the tokens that end an answer.
func ggufMetadata(file *gguf.File, stop []int32) []gguf.KV {
	list := slices.Clone(file.Metadata())
	set(&list, "general.file_type", 0) // all F32
	return SetStop(list, stop)
}

func set(list *[]gguf.KV, key string, v uint32) {
	for i := range *list {
		if (*list)[i].Key == key {
			(*list)[i].Value = gguf.Of(v)
			return
		}
	}
	*list = append(*list, gguf.KV{Key: key, Value: gguf.Of(v)})
}

// SetStop is a GGUF file's metadata with the tokens that end an answer. One that no key names yet takes the key of the end of
// a text, where there is none, or that of the end of a turn or of a message where it names none of them; there are no more.
func SetStop(metadata []gguf.KV, stop []int32) []gguf.KV {
	list := slices.Clone(metadata)
	var free []string
	missing := slices.Clone(stop)
	for _, key := range ggufEnds {
		id, ok := uint64(0), false
		for _, kv := range list {
			if kv.Key == key {
				x, err := gguf.As[uint64](kv.Value)
				id, ok = x, err == nil
			}
		}
		isEnd := func(s int32) bool { return ok && uint64(s) == id }
		if !slices.ContainsFunc(stop, isEnd) && (key != ggufEnds[0] || !ok) {
			free = append(free, key)
		}
		missing = slices.DeleteFunc(missing, isEnd)
	}
	for i := range min(len(free), len(missing)) {
		set(&list, free[i], uint32(missing[i]))
	}
	return list
}
