package tokenizer_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/cria-llm/cria/tokenizer"
)

// A broken tokenizer.json is an error or works; it never panics, hangs or asks for more memory than its size warrants.
func FuzzParse(f *testing.F) {
	f.Add([]byte(tiny), []byte(`{"eos_token": "<|end|>"}`), "abc ab<|end|>")
	for _, parts := range []object{
		plainBytes,
		{"normalizer": object{"type": "Sequence", "normalizers": []object{{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": object{"Regex": "[ab]+"}, "content": "ab"}, {"type": "NFKC"}}},
			"decoder":   object{"type": "Sequence", "decoders": []object{{"type": "Replace", "pattern": object{"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1}}},
			"unk_token": "a", "fuse_unk": true, "byte_fallback": true},
		{"pre_tokenizer": object{"type": "Sequence", "pretokenizers": []object{{"type": "Split", "pattern": object{"Regex": `\s+(?!\S)`}, "behavior": "MergedWithNext"}, {"type": "Punctuation"}, {"type": "Metaspace", "replacement": "▁"}, {"type": "Digits"}}},
			"added_tokens": []object{added(7, "<x>", object{"lstrip": true, "rstrip": true, "special": true}), added(1, "b", object{"single_word": true, "normalized": true})}},
	} {
		data, err := json.Marshal(tokenizerJSON([]string{"a", "b", "ab", "▁", "<0xC3>", "<0xA9>"}, []string{"a b"}, parts))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte(`{"add_bos_token": true, "bos_token": {"content": "a"}}`), "ab é <x> 12 b")
	}
	f.Fuzz(func(t *testing.T, file, config []byte, text string) {
		tok, err := tokenizer.Parse(file, config)
		if err != nil {
			return
		}
		use(t, tok, text)
	})
}

// Any vocabulary out of a GGUF file is an error or works.
func FuzzFromGGUF(f *testing.F) {
	f.Add("llama", "default", "▁\na\nb\nab\n<s>\n<0x41>", []byte{1, 1, 1, 1, 3, 6}, "a b", int32(4), "ab a <s>")
	f.Add("gpt2", "llama-bpe", "Ġ\na\nb\nab\n<s>", []byte{1, 1, 1, 1, 4}, "a b", int32(-1), "ab 'S 12 <s>")
	f.Add("gpt2", "deepseek-llm", "a\nb\nab", []byte{1, 1, 1}, "a b", int32(0), "ab 12\n一")
	f.Fuzz(func(t *testing.T, model, pre, tokens string, types []byte, merge string, special int32, text string) {
		v := tokenizer.GGUFVocab{Model: model, Pre: pre, Tokens: lines(tokens), Merges: []string{merge}, BOS: special, EOS: special, UNK: special}
		for _, b := range types {
			v.Types = append(v.Types, int32(b))
			v.Scores = append(v.Scores, -float32(b>>3))
		}
		tok, err := tokenizer.FromGGUF(v)
		if err != nil {
			return
		}
		use(t, tok, text)
	})
}

func lines(s string) (out []string) {
	start := 0
	for i := range s {
		if s[i] == '\n' {
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// FuzzEncodeText holds the promises about text on a byte-level tokenizer: it comes back whole, and valid text streams as
// valid text.
func FuzzEncodeText(f *testing.F) {
	tokens := append(bytesOnly(), "ab", "Ġab", spell(0xC3)+spell(0xA9))
	tok := build(f, tokens, []string{"a b", "Ġ ab", spell(0xC3) + " " + spell(0xA9)}, with(plainBytes, object{"added_tokens": []object{added(300, "<s>", object{"special": true})}}))
	for _, s := range []string{"", " ab ab's 12", "é\u0301\n\n\t x", "\xff\xc3", "<s>ab<s>", sampleText} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		use(t, tok, text)
		for _, ids := range [][]int32{tok.EncodeText(text, true), tok.EncodeSpecial(text, false)} {
			if back := tok.Decode(ids); utf8.ValidString(text) && back != text {
				t.Errorf("%q comes back as %q", text, back)
			}
		}
		for _, id := range tok.EncodeText(text, true) {
			if tok.IsControl(id) {
				t.Errorf("%q gives control token %d", text, id)
			}
		}
	})
}

func use(t *testing.T, tok *tokenizer.Tokenizer, text string) {
	for _, first := range []bool{true, false} {
		for _, ids := range [][]int32{tok.EncodeText(text, first), tok.EncodeSpecial(text, first)} {
			d := tok.NewDecoder()
			for _, id := range ids {
				if id < 0 || int(id) >= tok.VocabSize() {
					t.Fatalf("%q gives id %d of %d", text, id, tok.VocabSize())
				}
				if s := d.Next(id); utf8.ValidString(tok.Token(id)) && !utf8.ValidString(s) {
					t.Fatalf("Next(%d) gives %q", id, s)
				}
			}
			d.Flush()
			tok.Decode(ids)
		}
	}
	tok.Decode([]int32{-1, 0, 1 << 30})
}
