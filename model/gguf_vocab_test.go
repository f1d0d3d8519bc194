package model

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/tokenizer"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every key of a vocabulary that is written is read.
func TestVocabularyKeysAreReadAsTheyWereWritten(t *testing.T) {
	yes, no := true, false
	for _, v := range []tokenizer.GGUFVocab{
		{Model: "gpt2", Pre: "qwen2", Tokens: []string{"a", "b", "ab"}, Types: []int32{1, 1, 3}, Merges: []string{"a b"}, BOS: -1, EOS: 2, UNK: -1, AddBOS: &no},
		{Model: "llama", Pre: "default", Tokens: []string{"<unk>", "▁"}, Scores: []float32{0, -1.5}, Types: []int32{2, 1}, BOS: 1, EOS: 1, UNK: 0, AddBOS: &yes, AddEOS: &no, AddSpacePrefix: &no},
		{Model: "t5", Pre: "default", Tokens: []string{"<unk>", "▁"}, Scores: []float32{0, -1.5}, Types: []int32{2, 1}, BOS: -1, EOS: 1, UNK: 0,
			AddSpacePrefix: &yes, RemoveExtraSpaces: &yes, Charsmap: []byte{4, 0, 0, 0, 200, 255, 0, 1, 'x', 0}},
		{Model: "bert", Tokens: []string{"[UNK]", "▁a"}, Types: []int32{2, 1}, BOS: 0, EOS: 0, UNK: 0, Lowercase: &no, StripAccents: &yes},
	} {
		path := filepath.Join(t.TempDir(), "vocab.gguf")
		if err := gguf.Write(path, vocabKeys(v), nil); err != nil {
			t.Fatal(err)
		}
		file, err := gguf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ggufVocab(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v, got, cmpopts.IgnoreUnexported(tokenizer.GGUFVocab{})); diff != "" {
			t.Errorf("%s: %s", v.Model, diff)
		}
	}
}

// A tokenizer opens from a bare file, whatever the format.
func TestOpenTokenizerOfABareFile(t *testing.T) {
	dir := t.TempDir()
	piece := func(text string, kind byte) string {
		return "\x0a" + string(rune(len(text)+4)) + "\x0a" + string(rune(len(text))) + text + "\x18" + string(rune(kind))
	}
	for name, text := range map[string]string{
		"tokenizer.json":  `{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}`,
		"tokenizer.model": piece("a", 1) + piece("b", 1) + piece("ab", 1) + "\x12\x02\x18\x02" + "\x1a\x02\x18\x00",
		"tekken.json": `{"config": {"pattern": "[^ ]+", "default_vocab_size": 6, "default_num_special_tokens": 3},
			"vocab": [{"rank": 0, "token_bytes": "YQ=="}, {"rank": 1, "token_bytes": "Yg=="}, {"rank": 2, "token_bytes": "YWI="}]}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		tok, err := OpenTokenizer(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ab, _ := tok.TokenID("ab")
		a, _ := tok.TokenID("a")
		if got := tok.EncodeText("aba", true); !slices.Equal(got, []int32{ab, a}) {
			t.Errorf("%s: %v, want %v", name, got, []int32{ab, a})
		}
	}
}
