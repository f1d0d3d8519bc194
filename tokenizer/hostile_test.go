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
