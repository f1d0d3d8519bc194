package tokenizer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

// GPT-2's vocabulary, whose ids are in the order of its merges, gives the same ids as tekken.json, and its merges are
// found again.
func TestTekkenMatchesItsMerges(t *testing.T) {
	dir := shared.Path(t, "golden", "public", "tokenizers")
	v := readGGUFVocab(t, filepath.Join(dir, "ggml-vocab-gpt-2.gguf"))
	const special = 5
	type entry struct {
		Rank  int    `json:"rank"`
		Bytes []byte `json:"token_bytes"`
	}
	var vocab []entry
	bytesOf := map[rune]byte{}
	for b := range 256 {
		bytesOf[[]rune(spell(byte(b)))[0]] = byte(b)
	}
	for rank, token := range v.Tokens[:len(v.Tokens)-1] {
		var raw []byte
		for _, r := range token {
			raw = append(raw, bytesOf[r])
		}
		vocab = append(vocab, entry{rank, raw})
	}
	data, err := json.Marshal(object{"vocab": vocab, "special_tokens": []object{{"rank": 3, "token_str": "[INST]", "is_control": true}}, "config": object{
		"pattern":            `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
		"default_vocab_size": len(vocab) + special, "default_num_special_tokens": special}})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "tekken.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	texts, want := vectors(t, filepath.Join(dir, "ggml-vocab-gpt-2.gguf"))
	for i, text := range texts {
		var ids []int32
		for _, id := range want[i] {
			ids = append(ids, id+special)
		}
		if got := tok.EncodeText(text, true); !slices.Equal(got, ids) {
			t.Errorf("%q:\n got %v\nwant %v", text, got, ids)
		}
		if back := tok.Decode(tok.EncodeText(text, true)); back != text {
			t.Errorf("Decode gives %q, want %q", back, text)
		}
	}
	if got := spelled(tok, tok.EncodeSpecial("<s>[INST] a", true)); got != "<s>|[INST]|Ġa" {
		t.Errorf("got %s", got)
	}
	bos, _ := tok.BOS()
	eos, _ := tok.EOS()
	if bos != 1 || eos != 2 || !tok.AddsBOS() || tok.AddsEOS() || !tok.IsControl(4) {
		t.Errorf("BOS %d, EOS %d, adds %t %t", bos, eos, tok.AddsBOS(), tok.AddsEOS())
	}
	g, err := tok.GGUF(tok.VocabSize())
	if err != nil {
		t.Fatal(err)
	}
	if g.Pre != "gpt-2" || !slices.Equal(g.Merges, v.Merges) {
		t.Errorf("as GGUF: pre %s, %d merges; want gpt-2 and the %d merges of GPT-2", g.Pre, len(g.Merges), len(v.Merges))
	}
}

func TestTekkenErrors(t *testing.T) {
	for want, text := range map[string]string{
		"config: 0 tokens": `{}`,
		"vocab[1]":         `{"config":{"default_vocab_size":5,"default_num_special_tokens":3,"pattern":"a"},"vocab":[{"rank":0,"token_bytes":"YQ=="},{"rank":1,"token_bytes":"YQ=="}]}`,
		"special_tokens[0]": `{"config":{"default_vocab_size":4,"default_num_special_tokens":3,"pattern":"a"},"vocab":[{"rank":0,"token_bytes":"YQ=="}],
			"special_tokens":[{"rank":3,"token_str":"x"}]}`,
		"<unk>":   `{"config":{"default_vocab_size":4,"default_num_special_tokens":3,"pattern":"a"},"vocab":[{"rank":0,"token_bytes":"YQ=="}],"special_tokens":[{"rank":1,"token_str":"<unk>"}]}`,
		"pattern": `{"config":{"default_vocab_size":4,"default_num_special_tokens":3,"pattern":"("},"vocab":[{"rank":0,"token_bytes":"YQ=="}]}`,
	} {
		path := filepath.Join(t.TempDir(), "tekken.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := tokenizer.Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := tokenizer.ParseSentencePiece([]byte("IQ== 0\nIg== 1\n")); err == nil || !strings.Contains(err.Error(), "tiktoken") {
		t.Errorf("a tiktoken file: %v", err)
	}
}
