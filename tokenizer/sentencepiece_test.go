package tokenizer_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

// message is Protocol Buffers by hand.
type message []byte

func (m message) number(field int, x uint64) message {
	return binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3), x)
}

func (m message) bytes(field int, b []byte) message {
	return append(binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3|2), uint64(len(b))), b...)
}

// sentencePieceModel writes a vocabulary as SentencePiece does; kind is 1 for Unigram and 2 for BPE.
func sentencePieceModel(v tokenizer.GGUFVocab, kind uint64, prefix, merge bool) []byte {
	var m message
	for id, token := range v.Tokens {
		piece := message(nil).bytes(1, []byte(token))
		piece = binary.LittleEndian.AppendUint32(append(piece, 2<<3|5), math.Float32bits(v.Scores[id]))
		m = m.bytes(1, piece.number(3, uint64(v.Types[id])))
	}
	m = m.bytes(2, message(nil).number(3, kind).number(35, 1).number(40, uint64(v.UNK)).number(41, uint64(v.BOS)).number(42, uint64(v.EOS)))
	flag := map[bool]uint64{true: 1}
	return m.bytes(3, message(nil).bytes(1, []byte("identity")).number(3, flag[prefix]).number(4, flag[merge]))
}

// Vocabularies in SentencePiece's own format give the ids that llama.cpp gives with the same in a GGUF file.
func TestSentencePieceModelsMatchLlamaCpp(t *testing.T) {
	dir := shared.Path(t, "golden", "public", "tokenizers")
	for _, name := range []string{"ggml-vocab-llama-spm.gguf", "ggml-vocab-phi-3.gguf"} {
		v := readGGUFVocab(t, filepath.Join(dir, name))
		if v.UNK < 0 {
			v.UNK = 0
		}
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "tokenizer.model"), sentencePieceModel(v, 2, true, false), 0o644); err != nil {
			t.Fatal(err)
		}
		texts, want := vectors(t, filepath.Join(dir, name))
		for _, path := range []string{folder, filepath.Join(folder, "tokenizer.model")} {
			tok, err := tokenizer.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range texts {
				if got := tok.EncodeText(text, true); !slices.Equal(got, want[i]) && strings.Trim(text, " ") != "" {
					t.Errorf("%s, %q:\n got %v\nwant %v", name, text, got, want[i])
				}
			}
			if bos, ok := tok.BOS(); !ok || bos != v.BOS || !tok.AddsBOS() {
				t.Errorf("%s: BOS %d %t, adds %t; want %d", name, bos, ok, tok.AddsBOS(), v.BOS)
			}
		}
	}
}

func TestSentencePieceFilesBeside(t *testing.T) {
	v := tokenizer.GGUFVocab{Tokens: []string{"<unk>", "<s>", "</s>", "▁", "a", "b", "▁a"}, Types: []int32{2, 3, 3, 1, 1, 1, 1},
		Scores: []float32{0, 0, 0, -3, -4, -5, -1}, UNK: 0, BOS: 1, EOS: 2}
	for _, kind := range []uint64{1, 2} {
		dir := t.TempDir()
		for name, data := range map[string][]byte{
			"spiece.model":          sentencePieceModel(v, kind, true, true),
			"added_tokens.json":     []byte(`{"<x>": 7}`),
			"tokenizer_config.json": []byte(`{"add_bos_token": true, "add_eos_token": false, "added_tokens_decoder": {"8": {"content": "<|end|>", "special": true}}, "eos_token": "<|end|>"}`),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		tok, err := tokenizer.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(tok, tok.EncodeSpecial("  a  b <x><|end|>", true)); got != "▁a|▁|b|<x>|<|end|>" {
			t.Errorf("model_type %d: got %s", kind, got)
		}
		if got := spelled(tok, tok.EncodeText("a b", false)); got != "a|▁|b" {
			t.Errorf("model_type %d, later: got %s", kind, got)
		}
		if eos, _ := tok.EOS(); eos != 8 || !tok.AddsBOS() || tok.AddsEOS() {
			t.Errorf("model_type %d: EOS %d, adds BOS %t, EOS %t", kind, eos, tok.AddsBOS(), tok.AddsEOS())
		}
		g, err := tok.GGUF(10)
		if err != nil {
			t.Fatal(err)
		}
		back, err := tokenizer.FromGGUF(g)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := tok.EncodeText("a ab b", true), back.EncodeText("a ab b", true); !slices.Equal(a, b) {
			t.Errorf("model_type %d: %v, as GGUF %v", kind, a, b)
		}
	}
}

func TestSentencePieceErrors(t *testing.T) {
	for want, data := range map[string][]byte{
		"it has no pieces":             nil,
		"ends within a field":          {10, 200},
		"wire type 3":                  {11},
		"piece 0":                      message(nil).bytes(1, []byte{10, 1, 0xff}),
		"model_type 4":                 append(message(nil).bytes(1, message(nil).bytes(1, []byte("a"))), message(nil).bytes(2, message(nil).number(3, 4))...),
		"treat_whitespace_as_suffix":   append(message(nil).bytes(1, message(nil).bytes(1, []byte("a"))), message(nil).bytes(2, message(nil).number(24, 1))...),
		"precompiled character map: 2": append(message(nil).bytes(1, message(nil).bytes(1, []byte("a"))), message(nil).bytes(3, message(nil).bytes(2, []byte("ab")))...),
	} {
		if _, err := tokenizer.ParseSentencePiece(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
