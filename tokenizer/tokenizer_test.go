package tokenizer_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
	"pgregory.net/rapid"
)

// spell writes a byte as byte-level vocabularies do.
func spell(b byte) string {
	n := 0
	for c := range 256 {
		plain := c >= '!' && c <= '~' || c >= 0xA1 && c <= 0xAC || c >= 0xAE
		if byte(c) == b {
			if plain {
				return string(rune(c))
			}
			return string(rune(256 + n))
		}
		if !plain {
			n++
		}
	}
	return ""
}

type object = map[string]any

// build is a tokenizer with these tokens (single bytes or characters first) and merges, and these other parts.
func build(t testing.TB, tokens, merges []string, parts object) *tokenizer.Tokenizer {
	t.Helper()
	data, err := json.Marshal(tokenizerJSON(tokens, merges, parts))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func tokenizerJSON(tokens, merges []string, parts object) object {
	if merges == nil {
		merges = []string{}
	}
	vocab := object{}
	for i, tok := range tokens {
		vocab[tok] = i
	}
	model := object{"type": "BPE", "vocab": vocab, "merges": merges}
	out := object{"model": model}
	for k, v := range parts {
		if k == "byte_fallback" || k == "unk_token" || k == "fuse_unk" || k == "ignore_merges" {
			model[k] = v
		} else {
			out[k] = v
		}
	}
	return out
}

// bytesOnly is the alphabet of byte-level vocabularies: id = byte.
func bytesOnly() (tokens []string) {
	for b := range 256 {
		tokens = append(tokens, spell(byte(b)))
	}
	return tokens
}

var plainBytes = object{
	"pre_tokenizer": object{"type": "ByteLevel", "add_prefix_space": false},
	"decoder":       object{"type": "ByteLevel"},
}

func with(parts object, more object) object {
	out := object{}
	for k, v := range parts {
		out[k] = v
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func added(id int, content string, flags object) object {
	return with(object{"id": id, "content": content}, flags)
}

func spelled(tok *tokenizer.Tokenizer, ids []int32) string {
	var out []string
	for _, id := range ids {
		out = append(out, tok.Token(id))
	}
	return strings.Join(out, "|")
}

func TestEncodeTextLeavesControlTokensAlone(t *testing.T) {
	tok := build(t, bytesOnly(), nil, with(plainBytes, object{"added_tokens": []object{
		added(256, "<|x|>", object{"special": true}),
		added(257, "<tool>", nil),
	}}))
	if got := spelled(tok, tok.EncodeText("a<|x|><tool>", true)); got != "a|<|||x|||>|<tool>" {
		t.Errorf("EncodeText gives %s", got)
	}
	if got := spelled(tok, tok.EncodeSpecial("a<|x|><tool>", true)); got != "a|<|x|>|<tool>" {
		t.Errorf("EncodeSpecial gives %s", got)
	}
	if !tok.IsControl(256) || tok.IsControl(257) || tok.IsControl(-1) || tok.IsControl(999) {
		t.Error("IsControl: want 256 alone")
	}
}

// A vocabulary may have the parts of a control token and the merge that makes it: text still never becomes one.
func TestMergesMakeNoControlToken(t *testing.T) {
	tokens, merges := []string{"a", "b", "c", "bc", "abc"}, []string{"b c", "a bc"}
	folder := build(t, tokens, merges, with(plainBytes, object{"added_tokens": []object{added(4, "abc", object{"special": true})}}))
	gguf, err := tokenizer.FromGGUF(tokenizer.GGUFVocab{
		Model: "gpt2", Pre: "gpt-2", Tokens: tokens, Types: []int32{1, 1, 1, 1, 3}, Merges: merges, BOS: -1, EOS: -1, UNK: -1})
	if err != nil {
		t.Fatal(err)
	}
	for name, tok := range map[string]*tokenizer.Tokenizer{"folder": folder, "GGUF": gguf} {
		if got := spelled(tok, tok.EncodeText("abc", true)); got != "a|bc" {
			t.Errorf("%s: EncodeText gives %s, want a|bc", name, got)
		}
		if got := spelled(tok, tok.EncodeSpecial("abc", true)); got != "abc" {
			t.Errorf("%s: EncodeSpecial gives %s, want abc", name, got)
		}
	}
}

func TestAddedTokenFlags(t *testing.T) {
	for _, c := range []struct {
		flags object
		text  string
		want  string
	}{
		{nil, "a <m> b", "a|Ġ|<m>|Ġ|b"},
		{object{"lstrip": true}, "a \t<m> b", "a|<m>|Ġ|b"},
		{object{"rstrip": true}, "a <m> \tb", "a|Ġ|<m>|b"},
		{object{"lstrip": true, "rstrip": true}, " <m> <m> ", "<m>|<m>"},
		{object{"single_word": true}, "a<m> <m>b <m>.", "a|<|m|>|Ġ|<|m|>|b|Ġ|<m>|."},
	} {
		tok := build(t, bytesOnly(), nil, with(plainBytes, object{"added_tokens": []object{added(256, "<m>", with(c.flags, object{"special": true}))}}))
		if got := spelled(tok, tok.EncodeSpecial(c.text, true)); got != c.want {
			t.Errorf("%v: %q gives %s, want %s", c.flags, c.text, got, c.want)
		}
	}
}

func TestNormalizedAddedTokensAreFoundInNormalisedText(t *testing.T) {
	for _, c := range []struct {
		normalized bool
		want       string
	}{{true, "<m>|<m>"}, {false, "<|m|>|<m>"}} {
		tok := build(t, bytesOnly(), nil, with(plainBytes, object{
			"normalizer":   object{"type": "Lowercase"},
			"added_tokens": []object{added(256, "<m>", object{"normalized": c.normalized})},
		}))
		if got := spelled(tok, tok.EncodeText("<M><m>", true)); got != c.want {
			t.Errorf("normalized=%v: %s, want %s", c.normalized, got, c.want)
		}
	}
}

func TestLongestAddedTokenWins(t *testing.T) {
	tok := build(t, bytesOnly(), nil, with(plainBytes, object{"added_tokens": []object{
		added(256, "<a>", nil), added(257, "<a><b>", nil), added(258, "<b><c", nil),
	}}))
	if got := spelled(tok, tok.EncodeText("<a><b><c", true)); got != "<a><b>|<|c" {
		t.Errorf("got %s", got)
	}
}

// A prefix space belongs to the beginning of a sequence, not to a text that continues one.
func TestPrefixOnlyWhereTheSequenceBegins(t *testing.T) {
	tokens := []string{"▁", "a", "b", " ", "<s>"}
	special := []object{added(4, "<s>", object{"special": true})}
	replace := object{"type": "Replace", "pattern": object{"String": " "}, "content": "▁"}
	for _, c := range []struct {
		name        string
		parts       object
		first, rest string
		after       string // what "<s>a" gives at the beginning
	}{
		{"Prepend", object{"normalizer": object{"type": "Sequence", "normalizers": []object{{"type": "Prepend", "prepend": "▁"}, replace}}}, "▁|a|▁|b", "a|▁|b", "<s>|▁|a"},
		{"Metaspace always", object{"pre_tokenizer": object{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}}, "▁|a|▁|b", "a|▁|b", "<s>|▁|a"},
		{"Metaspace first", object{"pre_tokenizer": object{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}}, "▁|a|▁|b", "a|▁|b", "<s>|a"},
		{"Metaspace never", object{"pre_tokenizer": object{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}}, "a|▁|b", "a|▁|b", "<s>|a"},
		{"old Metaspace", object{"pre_tokenizer": object{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}}, "▁|a|▁|b", "a|▁|b", "<s>|▁|a"},
	} {
		tok := build(t, tokens, nil, with(c.parts, object{"added_tokens": special}))
		if got := spelled(tok, tok.EncodeText("a b", true)); got != c.first {
			t.Errorf("%s, first: %s, want %s", c.name, got, c.first)
		}
		if got := spelled(tok, tok.EncodeText("a b", false)); got != c.rest {
			t.Errorf("%s, later: %s, want %s", c.name, got, c.rest)
		}
		if got := spelled(tok, tok.EncodeSpecial("<s>a", true)); got != c.after {
			t.Errorf("%s, after a control token: %s, want %s", c.name, got, c.after)
		}
	}
}

func TestEqualRanksGoLeftmost(t *testing.T) {
	tok := build(t, []string{"a", "aa"}, []string{"a a"}, nil)
	if got := spelled(tok, tok.EncodeText("aaaaa", true)); got != "aa|aa|a" {
		t.Errorf("got %s", got)
	}
}

func TestMergesAreReadInBothSpellings(t *testing.T) {
	for _, merges := range []string{`["# a", "a b"]`, `[["#", "a"], ["a", "b"]]`} {
		tok, err := tokenizer.Parse([]byte(`{"model": {"type": "BPE", "vocab": {"#": 0, "a": 1, "b": 2, "#a": 3, "ab": 4}, "merges": `+merges+`}}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(tok, tok.EncodeText("#ab", true)); got != "#a|b" {
			t.Errorf("%s: got %s", merges, got)
		}
	}
}

func TestIgnoreMergesTakesWholeWords(t *testing.T) {
	for _, c := range []struct {
		ignore bool
		want   string
	}{{true, "abc"}, {false, "ab|c"}} {
		tok := build(t, []string{"a", "b", "c", "ab", "abc"}, []string{"a b"}, object{"ignore_merges": c.ignore})
		if got := spelled(tok, tok.EncodeText("abc", true)); got != c.want {
			t.Errorf("ignore_merges=%v: %s, want %s", c.ignore, got, c.want)
		}
	}
}

func TestUnknownCharacters(t *testing.T) {
	tokens := []string{"<unk>", "a"}
	for b := range 256 {
		tokens = append(tokens, fmt.Sprintf("<0x%02X>", b))
	}
	for _, c := range []struct {
		tokens []string
		parts  object
		want   string
	}{
		{tokens, object{"byte_fallback": true, "unk_token": "<unk>"}, "a|<0xC3>|<0xA9>|<0xC3>|<0xA9>|a"},
		{tokens[:2], object{"byte_fallback": true, "unk_token": "<unk>", "fuse_unk": true}, "a|<unk>|a"},
		{tokens[:2], object{"unk_token": "<unk>"}, "a|<unk>|<unk>|a"},
		{tokens[1:2], nil, "a|a"},
	} {
		tok := build(t, c.tokens, nil, c.parts)
		if got := spelled(tok, tok.EncodeText("aééa", true)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.parts, got, c.want)
		}
	}
}

func TestPreTokenizers(t *testing.T) {
	split := func(pattern object, do string, invert bool) object {
		return object{"type": "Split", "pattern": pattern, "behavior": do, "invert": invert}
	}
	dash := object{"String": "-"}
	for _, c := range []struct {
		pre        object
		text, want string
	}{
		{split(dash, "Removed", false), "a-b--c", "a|b|c"},
		{split(dash, "Removed", true), "a-b--c", "-|-|-"},
		{split(dash, "Isolated", false), "a-b--c", "a|-|b|-|-|c"},
		{split(dash, "Contiguous", false), "a-b--c", "a|-|b|--|c"},
		{split(dash, "MergedWithPrevious", false), "a-b--c", "a-|b-|-|c"},
		{split(dash, "MergedWithNext", false), "a-b--c", "a|-b|-|-c"},
		{split(object{"Regex": `[bc](?!c)`}, "Isolated", false), "abcc", "a|b|c|c"},
		{object{"type": "Digits", "individual_digits": true}, "a12b", "a|1|2|b"},
		{object{"type": "Digits"}, "a12b", "a|12|b"},
		{object{"type": "Punctuation"}, "a--b", "a|-|-|b"},
		{object{"type": "Punctuation", "behavior": "Contiguous"}, "a--b", "a|--|b"},
		{object{"type": "Whitespace"}, " ab --c ", "ab|--|c"},
		{object{"type": "WhitespaceSplit"}, " ab --c ", "ab|--c"},
		{object{"type": "Sequence", "pretokenizers": []object{{"type": "WhitespaceSplit"}, {"type": "Digits"}}}, "a1 b", "a|1|b"},
	} {
		// Everything is a token, so that the ids show the pieces.
		var tokens []string
		for _, piece := range strings.Split(c.want, "|") {
			if !slices.Contains(tokens, piece) {
				tokens = append(tokens, piece)
			}
		}
		tok := build(t, tokens, nil, object{"pre_tokenizer": c.pre, "ignore_merges": true})
		if got := spelled(tok, tok.EncodeText(c.text, true)); got != c.want {
			t.Errorf("%v: %q gives %s, want %s", c.pre, c.text, got, c.want)
		}
	}
}

// Falcon's order: stages after ByteLevel see bytes as characters.
func TestStagesAfterByteLevel(t *testing.T) {
	tok := build(t, bytesOnly(), nil, object{"decoder": object{"type": "ByteLevel"}, "pre_tokenizer": object{"type": "Sequence", "pretokenizers": []object{
		{"type": "ByteLevel", "add_prefix_space": false}, {"type": "Digits"},
	}}})
	text := "a 12é²\x00"
	ids := tok.EncodeText(text, true)
	if len(ids) != len(text) || tok.Decode(ids) != text {
		t.Errorf("ids %v, back %q", ids, tok.Decode(ids))
	}
}

func TestErrorsNameTheField(t *testing.T) {
	base := func(parts object) object { return tokenizerJSON([]string{"a", "b", "ab"}, []string{"a b"}, parts) }
	model := func(change object) object {
		return object{"model": with(base(nil)["model"].(object), change)}
	}
	for _, c := range []struct {
		file object
		want string
	}{
		{object{}, "model is missing"},
		{model(object{"type": "WordLevel"}), `model.type "WordLevel" is not supported (supported: BPE, Unigram, WordPiece)`},
		{model(object{"type": "Unigram"}), "model.vocab: "},
		{model(object{"type": "Unigram", "vocab": []any{[]any{"a", -1}}, "unk_id": 1}), "model.unk_id 1 is outside the vocabulary of 1 tokens"},
		{model(object{"merges": nil}), "model.merges is missing"},
		{model(object{"merges": []string{}}), "model.merges is empty"},
		{model(object{"merges": []string{"ab"}}), `model.merges[0]: "ab" is not two tokens`},
		{model(object{"merges": []string{"a x"}}), `model.merges[0]: token "x" is not in the vocabulary`},
		{model(object{"merges": []string{"b a"}}), `"ba", made of "b" and "a", is not in the vocabulary`},
		{model(object{"vocab": nil}), "model.vocab is missing"},
		{model(object{"vocab": object{"a": 0, "b": 0}}), "id 0 belongs to both"},
		{model(object{"vocab": object{"a": 2_000_000_000}}), "out of range"},
		{model(object{"vocab": object{"a": -1}}), "out of range"},
		{model(object{"unk_token": "?"}), `model.unk_token "?" is not in model.vocab`},
		{model(object{"end_of_word_suffix": "</w>"}), "model.end_of_word_suffix"},
		{base(object{"normalizer": object{"type": "Sideways"}}), `normalizer.type "Sideways" is not supported`},
		{base(object{"normalizer": object{"type": "Precompiled", "precompiled_charsmap": "AAAA"}}), "normalizer: precompiled character map: 3 bytes"},
		{base(object{"normalizer": object{"type": "Sequence", "normalizers": []object{{"type": "Upward"}}}}), `normalizer.normalizers[0].type "Upward"`},
		{base(object{"normalizer": object{"type": "Replace", "pattern": object{"Regex": "("}}}), "normalizer.pattern: pattern"},
		{base(object{"pre_tokenizer": object{"type": "UnicodeScripts"}}), `pre_tokenizer.type "UnicodeScripts"`},
		{base(object{"pre_tokenizer": object{"type": "Split", "pattern": object{"String": "x"}, "behavior": "Sideways"}}), `behavior "Sideways"`},
		{base(object{"decoder": object{"type": "Sideways"}}), `decoder.type "Sideways"`},
		{base(object{"post_processor": object{"type": "Sideways"}}), `post_processor.type "Sideways"`},
		{base(object{"added_tokens": []object{added(1<<30, "x", nil)}}), "added_tokens[0]: id"},
		{base(object{"pre_tokenizer": object{"type": "Sequence", "pretokenizers": slices.Repeat([]object{{"type": "Digits"}}, 257)}}), "pre_tokenizer has 257 parts; the limit is 256"},
	} {
		data, err := json.Marshal(c.file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tokenizer.Parse(data, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n got %v\nwant %s", data, err, c.want)
		}
	}
}

func TestBOSAndEOSFromTheirFiles(t *testing.T) {
	tokens := []string{"a", "<s>", "</s>"}
	template := object{"type": "Sequence", "processors": []object{
		{"type": "ByteLevel"},
		{"type": "TemplateProcessing", "single": []object{{"SpecialToken": object{"id": "<s>", "type_id": 0}}, {"Sequence": object{"id": "A", "type_id": 0}}},
			"special_tokens": object{"<s>": object{"id": "<s>", "ids": []int{1}, "tokens": []string{"<s>"}}}},
	}}
	for _, c := range []struct {
		post     any
		config   string
		bos, eos int32
		adds     bool
	}{
		{nil, ``, -1, -1, false},
		{template, ``, 1, -1, true},
		{nil, `{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}}`, 1, 2, false},
		{nil, `{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true}`, 1, 2, true},
		{template, `{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false}`, 1, 2, false},
		{nil, `{"bos_token": null, "eos_token": "</s>", "add_bos_token": true}`, -1, 2, false},
	} {
		data, err := json.Marshal(tokenizerJSON(tokens, nil, object{"post_processor": c.post, "ignore_merges": true}))
		if err != nil {
			t.Fatal(err)
		}
		var config []byte
		if c.config != "" {
			config = []byte(c.config)
		}
		tok, err := tokenizer.Parse(data, config)
		if err != nil {
			t.Fatal(err)
		}
		bos, hasBOS := tok.BOS()
		eos, hasEOS := tok.EOS()
		if bos != c.bos || eos != c.eos || hasBOS != (bos >= 0) || hasEOS != (eos >= 0) || tok.AddsBOS() != c.adds {
			t.Errorf("%s: bos %d, eos %d, adds BOS %v; want %d, %d, %v", c.config, bos, eos, tok.AddsBOS(), c.bos, c.eos, c.adds)
		}
	}
}

// Byte-level text comes back as it was, however it was cut into tokens, and a stream never shows half a character.
func TestByteLevelRoundTripAndStream(t *testing.T) {
	tokens, merges := bytesOnly(), []string{spell(0xC3) + " " + spell(0xA9), spell(0xF0) + " " + spell(0x9F), "a b", "Ġ a"}
	for _, m := range merges {
		tokens = append(tokens, strings.ReplaceAll(m, " ", ""))
	}
	tok := build(t, tokens, merges, with(plainBytes, object{"added_tokens": []object{added(260, "<|end|>", object{"special": true})}}))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		ids := tok.EncodeText(text, rapid.Bool().Draw(t, "first"))
		if back := tok.Decode(ids); back != text {
			t.Fatalf("%q comes back as %q", text, back)
		}
		checkStream(t, tok, ids, text)
	})
	rapid.Check(t, func(t *rapid.T) { // any ids at all
		ids := rapid.SliceOf(rapid.Int32Range(-2, 259)).Draw(t, "ids")
		checkStream(t, tok, ids, tok.Decode(ids))
	})
}

func checkStream(t *rapid.T, tok *tokenizer.Tokenizer, ids []int32, want string) {
	var out strings.Builder
	d := tok.NewDecoder()
	for _, id := range ids {
		s := d.Next(id)
		if !utf8.ValidString(s) {
			t.Fatalf("Next(%d) gives %q", id, s)
		}
		out.WriteString(s)
	}
	out.WriteString(d.Flush())
	if out.String() != want {
		t.Fatalf("stream of %v gives %q, want %q", ids, out.String(), want)
	}
}

// A SentencePiece vocabulary gives text back too; the stream keeps the space that belongs before it.
func TestByteFallbackRoundTripAndStream(t *testing.T) {
	folder := load(t, shared.Path(t, "data", "models", "stories3M"))
	gguf := load(t, shared.Path(t, "data", "models", "stories3M-f16.gguf"))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(rapid.String().Draw(t, "text"), "▁", "_")
		ids := folder.EncodeText(text, true)
		if other := gguf.EncodeText(text, true); !slices.Equal(ids, other) {
			t.Fatalf("%q: folder %v, GGUF %v", text, ids, other)
		}
		if back := folder.Decode(ids); back != text {
			t.Fatalf("%q comes back as %q", text, back)
		}
		if text != "" {
			checkStream(t, folder, ids, " "+text)
			checkStream(t, gguf, ids, " "+text)
		}
		checkStream(t, gguf, gguf.EncodeText(text, false), text)
	})
}

func TestStreamHoldsBackAndFlushes(t *testing.T) {
	tok := build(t, bytesOnly(), nil, plainBytes)
	d := tok.NewDecoder()
	for i, c := range []struct {
		id   int32
		want string
	}{{'a', "a"}, {0xF0, ""}, {0x9F, ""}, {0x99, ""}, {0x82, "🙂"}, {0xE2, ""}, {0x82, ""}, {'b', "\uFFFDb"}, {0xFF, "\uFFFD"}, {0xC3, ""}, {9999, ""}} {
		if got := d.Next(c.id); got != c.want {
			t.Errorf("step %d: Next(%#x) = %q, want %q", i, c.id, got, c.want)
		}
	}
	if got := d.Flush(); got != "\uFFFD" {
		t.Errorf("Flush = %q", got)
	}
	if got := d.Flush(); got != "" {
		t.Errorf("second Flush = %q", got)
	}
}

// A megabyte of one letter costs n log n, not n², by ranks and by scores.
func TestMegabyteOfOneLetter(t *testing.T) {
	tokens, merges := []string{"▁", "a"}, []string{}
	for n := 1; n < 64; n *= 2 {
		a := strings.Repeat("a", n)
		tokens = append(tokens, a+a)
		merges = append(merges, a+" "+a)
	}
	byRank := build(t, tokens, merges, nil)
	v := tokenizer.GGUFVocab{Model: "llama", Tokens: tokens, Scores: make([]float32, len(tokens)), BOS: -1, EOS: -1, UNK: -1}
	for i := range v.Scores {
		v.Scores[i] = -float32(i)
	}
	byScore, err := tokenizer.FromGGUF(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []*tokenizer.Tokenizer{byRank, byScore} {
		start := time.Now()
		ids := tok.EncodeText(strings.Repeat("a", 1<<20), false)
		if took := time.Since(start); len(ids) != 1<<20/64 || took > 10*time.Second {
			t.Errorf("%d ids in %v", len(ids), took)
		}
	}
}

// A pattern that backtracks without end is cut short, over all the pieces of a text together.
func TestHostilePatternEnds(t *testing.T) {
	tok := build(t, []string{"a", "b"}, nil, object{"pre_tokenizer": object{"type": "Sequence", "pretokenizers": []object{
		{"type": "WhitespaceSplit"},
		{"type": "Split", "pattern": object{"Regex": "(a|b|ab)*c"}, "behavior": "Isolated"},
	}}})
	start := time.Now()
	text := strings.Repeat("ab", 32)
	ids := tok.EncodeText(strings.Repeat(text+" ", 20), true)
	if took := time.Since(start); took > 10*time.Second || len(ids) != 20*64 {
		t.Errorf("%d ids in %v", len(ids), took)
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := build(t, append(bytesOnly(), "ab", "abc"), []string{"a b", "ab c"}, plainBytes)
	want := tok.EncodeText(sampleText, true)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if got := tok.EncodeText(sampleText, true); !slices.Equal(got, want) {
					t.Error("ids differ between goroutines")
				}
			}
		})
	}
	wg.Wait()
}

// Old GGUF files have merges on the way to a token through what is none; llama.cpp writes what is left of it as bytes.
func TestMergesThroughWhatIsNoToken(t *testing.T) {
	tok, err := tokenizer.FromGGUF(tokenizer.GGUFVocab{Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a", "b", "c", "abc"},
		Merges: []string{"a b", "ab c"}, BOS: -1, EOS: -1, UNK: -1})
	if err != nil {
		t.Fatal(err)
	}
	if got := spelled(tok, tok.EncodeText("abcab", true)); got != "abc|a|b" {
		t.Errorf("got %s", got)
	}
}

// A vocabulary without the name of its pre-tokenizer has that of the model it belongs to, where that is known.
func TestVocabulariesFromBeforePreTokenizersHadNames(t *testing.T) {
	tokens := append([]string{"<|endoftext|>", "<|padding|>"}, bytesOnly()...)
	tokens = append(tokens, "12", "!!", "123")
	vocab := func(arch string, tokens []string) tokenizer.GGUFVocab {
		return tokenizer.GGUFVocab{Model: "gpt2", Arch: arch, Tokens: tokens, Merges: []string{"1 2", "! !", "12 3"}, BOS: -1, EOS: -1, UNK: -1}
	}
	for _, c := range []struct {
		name string
		v    tokenizer.GGUFVocab
		want string
	}{
		{"GPT-NeoX's", vocab("", tokens), "123|4"},
		{"the architecture's", vocab("gptneox", tokens[2:]), "123|4"},
		{"digits apart", vocab("starcoder", tokens[2:]), "1|2|3|4"},
		{"default", vocab("llama", tokens[2:]), "123|4"},
	} {
		tok, err := tokenizer.FromGGUF(c.v)
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(tok, tok.EncodeText("1234", true)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
