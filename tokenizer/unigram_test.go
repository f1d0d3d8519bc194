package tokenizer_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/tokenizer"
	"pgregory.net/rapid"
)

// unigram is a tokenizer of type Unigram; scores go with the tokens.
func unigram(t testing.TB, tokens []string, scores []float64, parts object) *tokenizer.Tokenizer {
	t.Helper()
	var vocab []any
	for i, token := range tokens {
		vocab = append(vocab, []any{token, scores[i]})
	}
	model := object{"type": "Unigram", "vocab": vocab, "unk_id": 0}
	if fallback, ok := parts["byte_fallback"]; ok {
		model["byte_fallback"] = fallback
		parts = with(parts, nil)
		delete(parts, "byte_fallback")
	}
	data, err := json.Marshal(with(parts, object{"model": model}))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// The example of the tokenizers library's documentation.
func TestUnigramTakesTheBestScore(t *testing.T) {
	tok := unigram(t, []string{"<unk>", "a", "b", "c", "d", "cd", "ab", "abc", "abcd"}, []float64{0, 0, 0, 0, 0, 1, 2, 5, 10}, nil)
	if got := spelled(tok, tok.EncodeText("abcdacdxx", true)); got != "abcd|a|cd|<unk>" {
		t.Errorf("got %s", got)
	}
}

// Of all ways to cut a text none scores more than the one taken.
func TestUnigramMatchesTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tokens, scores := []string{"<unk>"}, []float64{-30}
		for _, s := range rapid.SliceOfNDistinct(rapid.StringOfN(rapid.SampledFrom([]rune("abé▁")), 1, 4, -1), 1, 12, rapid.ID[string]).Draw(t, "tokens") {
			tokens = append(tokens, s)
			scores = append(scores, -float64(rapid.IntRange(1, 1<<20).Draw(t, "score"))/1024)
		}
		least := slices.Min(scores) - 10
		text := rapid.StringOfN(rapid.SampledFrom([]rune("abé▁c")), 1, 9, -1).Draw(t, "text")
		runes := []rune(text)
		best := make([]float64, len(runes)+1)
		for i := len(runes) - 1; i >= 0; i-- {
			best[i] = -1e300
			for j := i + 1; j <= len(runes); j++ {
				score := least
				if k := slices.Index(tokens, string(runes[i:j])); k > 0 {
					score = scores[k]
				} else if j > i+1 {
					continue
				}
				best[i] = max(best[i], score+best[j])
			}
		}
		file := object{"type": "Unigram", "unk_id": 0, "vocab": []any{}}
		for i := range tokens {
			file["vocab"] = append(file["vocab"].([]any), []any{tokens[i], scores[i]})
		}
		data, _ := json.Marshal(object{"model": file})
		tok, err := tokenizer.Parse(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, rest := 0.0, text
		for _, id := range tok.EncodeText(text, true) {
			if id > 0 {
				at := strings.Index(rest, tokens[id])
				got += least*float64(len([]rune(rest[:at]))) + scores[id]
				rest = rest[at+len(tokens[id]):]
			}
		}
		got += least * float64(len([]rune(rest)))
		if d := got - best[0]; d > 1e-6 || d < -1e-6 {
			t.Fatalf("%q with %v %v: score %g, want %g", text, tokens, scores, got, best[0])
		}
	})
}

// charsmap is a precompiled character map, its double array made the slow way.
func charsmap(pairs map[string]string) []byte {
	var keys []string
	var texts []byte
	at := map[string]uint32{}
	for k := range pairs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		at[k] = uint32(len(texts))
		texts = append(append(texts, pairs[k]...), 0)
	}
	units := make([]uint32, 1<<16)
	used := make([]bool, len(units))
	used[0] = true
	var place func(node uint32, prefix string)
	place = func(node uint32, prefix string) {
		next := map[byte]bool{}
		_, leaf := at[prefix]
		for _, k := range keys {
			if strings.HasPrefix(k, prefix) && len(k) > len(prefix) {
				next[k[len(prefix)]] = true
			}
		}
		if !leaf && len(next) == 0 {
			return
		}
		offset := uint32(0)
		for try := uint32(256); offset == 0; try += 256 { // multiples of 256, so that the low byte is the label
			offset = node ^ try
			for b := range 256 {
				if used[offset^node^uint32(b)] {
					offset = 0
					break
				}
			}
			if offset != 0 {
				offset = node ^ try
			}
		}
		base := node ^ offset
		units[node] = units[node]&0xFF | offset<<10
		if leaf {
			units[node] |= 1 << 8
			units[base] = 1<<31 | at[prefix]
			used[base] = true
		}
		for b := range next {
			units[base^uint32(b)] = uint32(b)
			used[base^uint32(b)] = true
		}
		for b := range next {
			place(base^uint32(b), prefix+string([]byte{b}))
		}
	}
	place(0, "")
	out := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		out = binary.LittleEndian.AppendUint32(out, u)
	}
	return append(out, texts...)
}

func TestPrecompiledCharacterMaps(t *testing.T) {
	data := charsmap(map[string]string{"Ａ": "A", "ﬁ": "fi", "①": "1", "\u00a0": " ", "e\u0301": "é", "\u00ad": ""})
	const text = "ＡＡﬁn①\u00a0e\u0301e\u00adx"
	parts := object{"normalizer": object{"type": "Precompiled", "precompiled_charsmap": base64.StdEncoding.EncodeToString(data)},
		"pre_tokenizer": object{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}}
	var tokens []string
	var scores []float64
	for i, r := range []rune("?▁AfinX1éex") {
		tokens, scores = append(tokens, string(r)), append(scores, -float64(i))
	}
	tok := unigram(t, tokens, scores, parts)
	if got := spelled(tok, tok.EncodeText(text, true)); got != "▁|A|A|f|i|n|1|▁|é|e|x" {
		t.Errorf("got %s", got)
	}
	v, err := tok.GGUF(tok.VocabSize())
	if err != nil {
		t.Fatal(err)
	}
	gguf, err := tokenizer.FromGGUF(v)
	if err != nil {
		t.Fatal(err)
	}
	if got := spelled(gguf, gguf.EncodeText(text, true)); got != "▁|A|A|f|i|n|1|▁|é|e|x" {
		t.Errorf("GGUF: got %s", got)
	}
}

// Spaces of a "t5" vocabulary, case by case as llama.cpp treats them.
func TestSpacesOfAUnigramVocabulary(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		prefix, merge *bool
		text, want    string
	}{
		{&no, &no, " a  b ", "▁|a|▁|▁|b|▁"},
		{&yes, &no, "a  b ", "▁|a|▁|▁|b|▁"},
		{&yes, &no, " a", "▁|▁|a"},
		{&yes, &yes, "  a  b ", "▁|a|▁|b"},
		{&no, &yes, "a b", "▁|a|▁|b"},
		{nil, nil, "a b", "a|▁|b"},
	} {
		tok, err := tokenizer.FromGGUF(tokenizer.GGUFVocab{Model: "t5", Tokens: []string{"<unk>", "▁", "a", "b"}, Types: []int32{2, 1, 1, 1},
			Scores: []float32{0, -1, -2, -3}, BOS: -1, EOS: -1, UNK: 0, AddSpacePrefix: c.prefix, RemoveExtraSpaces: c.merge})
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(tok, tok.EncodeText(c.text, true)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

// wordPieces is a small BERT.
func wordPieces(t testing.TB) *tokenizer.Tokenizer {
	tokens := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "cafe", "!", "我", "##s", "the", "a"}
	vocab := object{}
	for i, token := range tokens {
		vocab[token] = i
	}
	var special []object
	for i := range 4 {
		special = append(special, added(i, tokens[i], object{"special": true}))
	}
	data, err := json.Marshal(object{
		"added_tokens": special, "normalizer": object{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": object{"type": "BertPreTokenizer"}, "decoder": object{"type": "WordPiece", "prefix": "##", "cleanup": true},
		"post_processor": object{"type": "BertProcessing", "sep": []any{"[SEP]", 3}, "cls": []any{"[CLS]", 2}},
		"model":          object{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab},
	})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestWordPiece(t *testing.T) {
	tok := wordPieces(t)
	for text, want := range map[string]string{
		"UNaffable":               "un|##aff|##able",
		"unaffabl":                "[UNK]",
		"Café! cafés":             "cafe|!|cafe|##s",
		"我我the":                   "我|我|the",
		"the\u00a0\x00a[SEP]":     "the|a|[UNK]|[UNK]|[UNK]",
		strings.Repeat("a", 101):  "[UNK]",
		strings.Repeat("the", 20): "[UNK]",
	} {
		if got := spelled(tok, tok.EncodeText(text, true)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if got := tok.Decode([]int32{11, 7, 10, 8}); got != "the cafes!" {
		t.Errorf("Decode gives %q", got)
	}
	v, err := tok.GGUF(14)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(v.Tokens, []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "aff", "able", "▁cafe", "▁!", "▁我", "s", "▁the", "▁a", "[PAD13]"}) {
		t.Errorf("GGUF tokens %q", v.Tokens)
	}
	gguf, err := tokenizer.FromGGUF(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"UNaffable", "unaffabl cafés", "我我the a!"} {
		if a, b := tok.EncodeText(text, true), gguf.EncodeText(text, true); !slices.Equal(a, b) {
			t.Errorf("%q: folder %v, GGUF %v", text, a, b)
		}
	}
}
