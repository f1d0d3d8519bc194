package tokenizer

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostile are texts of one thing again and again, which pre-tokenizers and merging that look back would take forever on.
func hostile(size int) map[string]string {
	texts := map[string]string{}
	for _, unit := range []string{"a", "A", " ", "a ", "\u0301", "a\u0301", "日", "日A", "'", "'s", "\n", " \n", "\r", "1", "!", "!a", "\x00", "\u00a0", "\xff", "🙂\u200d", "ab", "<", "aA", " !"} {
		texts[fmt.Sprintf("%q", unit)] = strings.Repeat(unit, size/len(unit)) + "b"
	}
	return texts
}

// Every hand-written splitter takes time in proportion to the text, whatever the text.
func TestSplittersAreLinear(t *testing.T) {
	for pattern, next := range splitters() {
		for name, text := range hostile(1 << 18) {
			began := time.Now()
			for i := 0; i < len(text); {
				i = next(text, i)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s takes %v for 256 KiB of %s", pattern, took, name)
			}
		}
	}
}

// Merges that make one another's parts come to an end, on a text of nothing else as well.
func TestMergesInACircleEnd(t *testing.T) {
	tokens := []string{"a", "b", "ab", "ba", "aba", "bab", "abab", "baba", "aa", "bb"}
	var merges []string
	for _, left := range tokens {
		for _, right := range tokens {
			for _, both := range tokens {
				if left+right == both {
					merges = append(merges, right+" "+left, left+" "+right)
				}
			}
		}
	}
	tok, err := FromGGUF(GGUFVocab{Model: "gpt2", Pre: "gpt-2", Tokens: tokens, Merges: merges, BOS: -1, EOS: -1, UNK: -1})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("ab", 1<<17)
	began := time.Now()
	ids := tok.EncodeText(text, true)
	if took := time.Since(began); tok.Decode(ids) != text || took > 5*time.Second {
		t.Errorf("%d ids in %v", len(ids), took)
	}
}

// A Unigram vocabulary of one letter in every length takes its longest token times the text, and no more.
func TestUnigramOfOneLetterEnds(t *testing.T) {
	var tokens []unigramToken
	for n := 1; n <= maxUnigramToken; n++ {
		tokens = append(tokens, unigramToken{strings.Repeat("a", n), int32(n), -float64(n)})
	}
	m, err := newUnigram(tokens, -float64(maxUnigramToken), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	m.encode(nil, strings.Repeat("a", 1<<17), new(scratch))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("128 KiB take %v", took)
	}
	if _, err := newUnigram([]unigramToken{{strings.Repeat("a", maxUnigramToken+1), 0, 0}}, 0, 0, nil); err == nil {
		t.Error("a token longer than the limit is accepted")
	}
}

// A broken tekken.json is an error or works.
func FuzzParseTekken(f *testing.F) {
	f.Add([]byte(`{"config":{"default_vocab_size":6,"default_num_special_tokens":3,"pattern":"a+|[^a]"},"vocab":[{"rank":0,"token_bytes":"YQ=="},
		{"rank":1,"token_bytes":"Yg=="},{"rank":2,"token_bytes":"YWI="}],"special_tokens":[{"rank":2,"token_str":"<e>"}]}`), "abab é<e>")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, post, err := parseTekken(data)
		if err != nil {
			return
		}
		tok.applySide(sideFiles{}, post)
		for _, id := range tok.EncodeSpecial(text, true) {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("%q gives id %d of %d", text, id, tok.VocabSize())
			}
		}
		if v, err := tok.GGUF(tok.VocabSize()); err == nil {
			if _, err := FromGGUF(v); err != nil {
				t.Fatal(err)
			}
		}
	})
}
