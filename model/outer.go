package model

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/compute"
)

// HeadModule is the head by the name of its module.
const HeadModule = "lm_head"

// EmbeddingModule is the embedding by the name of its module: "model.embed_tokens", in GPT-2 "transformer.wte".
func (m *Model) EmbeddingModule() string { return m.family.module(embedding, -1) }

// AtInput says whether a tensor of that name is an embedding, of tokens or of positions.
func (m *Model) AtInput(tensor string) bool {
	p := m.family.partOf(tensor)
	return p == embedding || p == positions
}

// FanInFanOut says whether Hugging Face's files of the family hold the matrices of the blocks as [in, out], as GPT-2's do.
// Here they are [out, in] always.
func (m *Model) FanInFanOut() bool { return m.family.transposed }

// outer is the matrices outside the blocks.
type outer struct{ embed, head compute.Weight }

// Untie gives a model whose head is the embedding a head of its own, with the same values, so that one can be trained or
// replaced without the other. [Model.Hash] stays that of the files. On an untied model it does nothing.
func (m *Model) Untie() error {
	if !m.cfg.Tied {
		return nil
	}
	if m.trainable || m.repacked() {
		return fmt.Errorf("untie the head of %s: it is trained or repacked as it is", m.name)
	}
	m.Hash()
	t := m.tensors[0].Tensor
	t.Name = HeadModule + ".weight"
	if m.release == nil { // values in memory are trained where they are
		t.Data = slices.Clone(t.Data)
	}
	w, err := m.be.NewWeight(t.Type, m.cfg.Vocab, m.cfg.Hidden, t.Data)
	if err != nil {
		return fmt.Errorf("untie the head of %s: %w", m.name, err)
	}
	m.head, m.cfg.Tied, m.untied = w, false, true
	m.tensors = append(m.tensors, tensorAt{Tensor: t, place: place{matrix: &m.head, grad: &m.headGrad}})
	return nil
}

// Replace puts other values, [Vocab, Hidden], in the place of the base's embedding or head, as an adapter that carries a
// trained one wants them. A tied model unties first. [Model.Hash] stays that of the files.
func (m *Model) Replace(module string, values []float32) error {
	if module != m.EmbeddingModule() && module != HeadModule {
		return fmt.Errorf("module %q: only %s and %s are replaced", module, m.EmbeddingModule(), HeadModule)
	}
	if want := m.cfg.Vocab * m.cfg.Hidden; len(values) != want {
		return fmt.Errorf("module %q holds %d values, %s has %d×%d", module, len(values), m.name, m.cfg.Vocab, m.cfg.Hidden)
	}
	if m.trainable || m.repacked() {
		return fmt.Errorf("module %q: model %s is trained or repacked as it is", module, m.name)
	}
	if err := m.Untie(); err != nil {
		return err
	}
	m.Hash()
	data := make([]byte, compute.F32.RowBytes(len(values)))
	if err := compute.Encode(data, compute.F32, values); err != nil {
		return fmt.Errorf("module %q: %w", module, err)
	}
	w, err := m.be.NewWeight(compute.F32, m.cfg.Vocab, m.cfg.Hidden, data)
	if err != nil {
		return fmt.Errorf("module %q: %w", module, err)
	}
	at, to := 0, &m.embed
	if module == HeadModule {
		at, to = len(m.tensors)-1, &m.head
	}
	*to = w
	m.tensors[at].Type, m.tensors[at].Data = compute.F32, data
	return nil
}
