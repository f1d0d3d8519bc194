package tokenizer_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

// BenchmarkEncode measures English prose on full-size vocabularies, one core.
func BenchmarkEncode(b *testing.B) {
	text := english(b)
	for _, path := range []string{"golden/public/tokenizers/gpt2_tokenizer.json", "golden/public/tokenizers/20B_tokenizer.json",
		"golden/public/tokenizers/ggml-vocab-llama-spm.gguf", "golden/public/tokenizers/ggml-vocab-falcon.gguf", "data/models/stories3M"} {
		b.Run(filepath.Base(path), func(b *testing.B) {
			tok := load(b, shared.Path(b, strings.Split(path, "/")...))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				tok.EncodeText(text, true)
			}
		})
	}
}

// BenchmarkPreTokenizers measures the pre-tokenizers, each in front of GPT-2's vocabulary.
func BenchmarkPreTokenizers(b *testing.B) {
	text := english(b)
	v := readGGUFVocab(b, shared.Path(b, "golden", "public", "tokenizers", "ggml-vocab-gpt-2.gguf"))
	for _, v.Pre = range []string{"gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "deepseek-coder", "deepseek-v3", "starcoder", "falcon", "gpt-4o", "tekken", "bloom"} {
		b.Run(v.Pre, func(b *testing.B) {
			tok, err := tokenizer.FromGGUF(v)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.EncodeText(text, true)
			}
		})
	}
}

// BenchmarkModels measures the models other than BPE, each with the pieces of a SentencePiece vocabulary.
func BenchmarkModels(b *testing.B) {
	text := english(b)
	v := readGGUFVocab(b, shared.Path(b, "golden", "public", "tokenizers", "ggml-vocab-llama-spm.gguf"))
	for _, v.Model = range []string{"t5", "bert"} {
		b.Run(v.Model, func(b *testing.B) {
			tok, err := tokenizer.FromGGUF(v)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tok.EncodeText(text, true)
			}
		})
	}
}

// english is a megabyte of a book.
func english(b *testing.B) string {
	f, err := os.Open(shared.Path(b, "data", "corpus", "books.jsonl.gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for r := bufio.NewReader(z); text.Len() < 1<<20; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			b.Fatal(err)
		}
		var book struct{ Text string }
		if err := json.Unmarshal(line, &book); err != nil {
			b.Fatal(err)
		}
		text.WriteString(book.Text)
	}
	return text.String()[:1<<20]
}
