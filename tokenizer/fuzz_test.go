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
	f.Add([]byte(`{"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["▁",-2.5],["a",-1],["▁a",-1.5],["<0xC3>",-9],["a",-3]]},
		"normalizer":{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAAA"},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}}`), []byte(`{}`), "a é aa")
	f.Add([]byte(`{"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":9,"vocab":{"[UNK]":0,"a":1,"##b":2}},
		"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece"},"post_processor":{"type":"BertProcessing","sep":["a",1],"cls":["a",1]}}`), []byte(`{}`), "Ább ab! 我")
	f.Fuzz(func(t *testing.T, file, config []byte, text string) {
		tok, err := tokenizer.Parse(file, config)
		if err != nil {
			return
		}
		use(t, tok, text)
		v, err := tok.GGUF(tok.VocabSize() + 1)
		if err != nil {
			return
		}
		if back, err := tokenizer.FromGGUF(v); err == nil {
			use(t, back, text)
		}
	})
}

// A broken SentencePiece model is an error or works.
func FuzzParseSentencePiece(f *testing.F) {
	v := tokenizer.GGUFVocab{Tokens: []string{"<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "<0xC3>"}, Types: []int32{2, 3, 3, 1, 1, 4, 1, 6},
		Scores: []float32{0, 0, 0, -3, -4, -5, -1, 0}, UNK: 0, BOS: 1, EOS: 2}
	for _, kind := range []uint64{1, 2} {
		m := sentencePieceModel(v, kind, true, kind == 1)
		f.Add(m, "a  ab é")
		f.Add([]byte(message(m).bytes(3, message(nil).bytes(2, []byte{4, 0, 0, 0, 0, 5, 0, 0, 'x', 0}))), "ab")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := tokenizer.ParseSentencePiece(data)
		if err != nil {
			return
		}
		use(t, tok, text)
		v, err := tok.GGUF(tok.VocabSize())
		if err != nil {
			t.Fatal(err)
		}
		if back, err := tokenizer.FromGGUF(v); err == nil {
			use(t, back, text)
		}
	})
}

// Any vocabulary out of a GGUF file is an error or works.
func FuzzFromGGUF(f *testing.F) {
	f.Add("llama", "default", "▁\na\nb\nab\n<s>\n<0x41>", []byte{1, 1, 1, 1, 3, 6}, "a b", int32(4), "ab a <s>")
	f.Add("gpt2", "llama-bpe", "Ġ\na\nb\nab\n<s>", []byte{1, 1, 1, 1, 4}, "a b", int32(-1), "ab 'S 12 <s>")
	f.Add("t5", "", "<unk>\n▁\na\n▁a\n<0x41>", []byte{2, 1, 1, 9, 6}, "", int32(0), "a  aé A")
	f.Add("bert", "", "[UNK]\n▁a\nb\n▁!", []byte{2, 1, 1, 1}, "", int32(0), "ab Á!")
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
		main, config, err := v.Files()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := tokenizer.Parse(main, config); err == nil {
			use(t, back, text)
		}
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
			var stream string
			var raw []byte
			for _, id := range ids {
				if id < 0 || int(id) >= tok.VocabSize() {
					t.Fatalf("%q gives id %d of %d", text, id, tok.VocabSize())
				}
				s := d.Next(id)
				if utf8.ValidString(tok.Token(id)) && !utf8.ValidString(s) {
					t.Fatalf("Next(%d) gives %q", id, s)
				}
				stream, raw = stream+s, append(raw, tok.Bytes(id)...)
			}
			stream += d.Flush()
			if utf8.Valid(raw) && string(raw) != stream && string(raw) != " "+stream { // where tokens are words, none is the first
				t.Errorf("the bytes of %v are %q, the stream is %q", ids, raw, stream)
			}
			tok.Decode(ids)
		}
	}
	tok.Decode([]int32{-1, 0, 1 << 30})
}
