package model

import (
	"path/filepath"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/tokenizer"
)

// GGUFTokenizer is the keys under which a GGUF file carries the model's tokenizer, as llama.cpp reads it. Of a model that
// came from a GGUF file they are among [Model.GGUFMetadata] already, and the list is empty.
func (m *Model) GGUFTokenizer() ([]gguf.KV, error) {
	if m.metadata != nil {
		return nil, nil
	}
	if m.openTok == nil {
		return nil, nil
	}
	t, err := m.Tokenizer()
	if err != nil {
		return nil, err
	}
	v, err := t.GGUF(m.cfg.Vocab)
	if err != nil {
		return nil, err
	}
	return vocabKeys(v), nil
}

// writeTokenizer writes the tokenizer of a model that came from a GGUF file as Hugging Face's libraries read it, where the
// file has one.
func (m *Model) writeTokenizer(dir string) error {
	v, err := m.vocab()
	if err != nil {
		return err
	}
	if v.Model == "" || v.Model == "none" || v.Model == "no_vocab" {
		return nil
	}
	main, config, err := v.Files()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "tokenizer.json"), main); err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "tokenizer_config.json"), config)
}

// vocabKeys is the inverse of [ggufVocab].
func vocabKeys(v tokenizer.GGUFVocab) []gguf.KV {
	var list []gguf.KV
	put := func(key string, value gguf.Value) {
		list = append(list, gguf.KV{Key: "tokenizer.ggml." + key, Value: value})
	}
	put("model", gguf.Of(v.Model))
	if v.Pre != "" {
		put("pre", gguf.Of(v.Pre))
	}
	put("tokens", gguf.ArrayOf(v.Tokens))
	if v.Scores != nil {
		put("scores", gguf.ArrayOf(v.Scores))
	}
	put("token_type", gguf.ArrayOf(v.Types))
	if v.Merges != nil {
		put("merges", gguf.ArrayOf(v.Merges))
	}
	if len(v.Charsmap) > 0 {
		put("precompiled_charsmap", gguf.ArrayOf(v.Charsmap))
	}
	for _, x := range []struct {
		key string
		id  int32
	}{{"bos_token_id", v.BOS}, {"eos_token_id", v.EOS}, {"unknown_token_id", v.UNK}} {
		if x.id >= 0 {
			put(x.key, gguf.Of(uint32(x.id)))
		}
	}
	for _, x := range []struct {
		key  string
		flag *bool
	}{{"add_bos_token", v.AddBOS}, {"add_eos_token", v.AddEOS}, {"add_space_prefix", v.AddSpacePrefix},
		{"remove_extra_whitespaces", v.RemoveExtraSpaces}, {"normalizer.lowercase", v.Lowercase}, {"normalizer.strip_accents", v.StripAccents}} {
		if x.flag != nil {
			put(x.key, gguf.Of(*x.flag))
		}
	}
	return list
}
