package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
)

// awkward is a text of all that pre-tokenizers and normalisers tell apart, the same each time.
func awkward() string {
	parts := []string{"a", "Z", "é", "e\u0301", "ſ", "'", "'s", "'S", "'LL", "'re", "'vE", "’", "1", "23", "٣", "½", "Ⅷ", " ", "  ", "\t", "\n", "\r\n", "\r",
		"\u00a0", "\u3000", "\u2028", "\u0085", "!", "...", "`", "$", "_", "日本", "ไทย", "अनु", "🙂", "▁", "\u200d", "/", "K", "abc", "12345", "Word", " the",
		" quick", "HTTPServer", "ʰ", "ª", "ÀÉ", "ö", "Я", "안", "👩\u200d👩", "－", "。", "،", "+", "IS", "(", ")", "|", "?", "x.Y", ".Net", "don't", "＃", "①", "ﬁ"}
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 4000 {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

// Full-size vocabularies, behind each pre-tokenizer that a file may name and as each kind of model, give llama.cpp's ids.
func TestTokenizersMatchLlamaCpp(t *testing.T) {
	programs(t)
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(awkward()), 0o644); err != nil {
		t.Fatal(err)
	}
	vocabularies := shared.Path(t, "golden", "public", "tokenizers")
	for _, c := range []struct {
		file, key string
		values    []string
	}{
		{"ggml-vocab-gpt-2.gguf", "tokenizer.ggml.pre", []string{"default", "gpt-2", "llama-bpe", "dbrx", "qwen2", "smollm", "starcoder", "refact", "command-r",
			"falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3", "tekken", "bloom", "viking", "stablelm2", "olmo", "mpt"}},
		{"ggml-vocab-llama-spm.gguf", "tokenizer.ggml.model", []string{"llama"}},
		{"ggml-vocab-phi-3.gguf", "tokenizer.ggml.model", []string{"llama"}},
	} {
		file, err := gguf.Open(filepath.Join(vocabularies, c.file))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for _, value := range c.values {
			t.Run(c.file+" "+value, func(t *testing.T) {
				list := slices.Clone(file.Metadata())
				for i := range list {
					if list[i].Key == c.key {
						list[i].Value = gguf.Of(value)
					}
				}
				path := filepath.Join(t.TempDir(), "vocab.gguf")
				if err := gguf.Write(path, list, nil); err != nil {
					t.Fatal(err)
				}
				tok, err := model.OpenTokenizer(path)
				if err != nil {
					t.Fatal(err)
				}
				out, _ := llama(t, "llama-tokenize", "-m", path, "-f", text, "--ids", "--no-bos", "--no-parse-special", "--log-disable")
				var want []int32
				for _, field := range strings.FieldsFunc(out, func(r rune) bool { return r < '0' || r > '9' }) {
					id, err := strconv.Atoi(field)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, int32(id))
				}
				got := tok.EncodeText(awkward(), true)
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("token %d of %d: got %d, %q; want %d, %q, after %q", i, len(want), got[i], tok.Token(got[i]), want[i], tok.Token(want[i]), tok.Decode(got[max(0, i-8):i]))
					}
				}
				if len(got) != len(want) {
					t.Fatalf("%d tokens, want %d", len(got), len(want))
				}
			})
		}
	}
}
