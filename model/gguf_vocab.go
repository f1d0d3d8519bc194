package model

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/tokenizer"
)

// ggufTokenizer makes the tokenizer of the vocabulary that a GGUF file carries. A key of the wrong kind is an error;
// the tokenizer says which it cannot do without.
func ggufTokenizer(file *gguf.File) (*tokenizer.Tokenizer, error) {
	v, err := ggufVocab(file)
	if err != nil {
		return nil, err
	}
	return tokenizer.FromGGUF(v)
}

// ggufVocab reads the vocabulary.
func ggufVocab(file *gguf.File) (tokenizer.GGUFVocab, error) {
	r := vocabReader{file: file}
	v := tokenizer.GGUFVocab{
		Model:          ggml(&r, "model", ""),
		Pre:            ggml(&r, "pre", ""),
		Tokens:         ggml[[]string](&r, "tokens", nil),
		Merges:         ggml[[]string](&r, "merges", nil),
		BOS:            r.id("bos_token_id"),
		EOS:            r.id("eos_token_id"),
		UNK:            r.id("unknown_token_id"),
		AddBOS:         r.flag("add_bos_token"),
		AddEOS:         r.flag("add_eos_token"),
		AddSpacePrefix: r.flag("add_space_prefix"),

		RemoveExtraSpaces: r.flag("remove_extra_whitespaces"),
		Lowercase:         r.flag("normalizer.lowercase"),
		StripAccents:      r.flag("normalizer.strip_accents"),
	}
	v.Arch, _ = file.String("general.architecture")
	v.Name, _ = file.String("general.name")
	for _, x := range ggml[[]int64](&r, "precompiled_charsmap", nil) {
		v.Charsmap = append(v.Charsmap, byte(x)) // signed in some files
	}
	for _, x := range ggml[[]float64](&r, "scores", nil) {
		v.Scores = append(v.Scores, float32(x))
	}
	for _, x := range ggml[[]int64](&r, "token_type", nil) {
		v.Types = append(v.Types, int32(max(math.MinInt32, min(x, math.MaxInt32))))
	}
	if r.err != nil {
		return tokenizer.GGUFVocab{}, fmt.Errorf("GGUF tokenizer: %w", r.err)
	}
	return v, nil
}

// vocabReader keeps the first error.
type vocabReader struct {
	file *gguf.File
	err  error
}

func ggml[T gguf.Readable](r *vocabReader, key string, absent T) T {
	x, ok, err := gguf.Lookup[T](r.file, "tokenizer.ggml."+key)
	if err != nil && r.err == nil {
		r.err = err
	}
	if !ok || err != nil {
		return absent
	}
	return x
}

// id is -1 where the key is absent or says, by a number that no vocabulary reaches, that there is none.
func (r *vocabReader) id(key string) int32 {
	if x := ggml[uint64](r, key, math.MaxUint64); x < math.MaxInt32 {
		return int32(x)
	}
	return -1
}

func (r *vocabReader) flag(key string) *bool {
	x, ok, err := gguf.Lookup[bool](r.file, "tokenizer.ggml."+key)
	if err != nil && r.err == nil {
		r.err = err
	}
	if !ok || err != nil {
		return nil
	}
	return &x
}
