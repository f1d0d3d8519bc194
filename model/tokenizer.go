package model

import (
	"fmt"
	"os"
	"strings"

	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/tokenizer"
)

// OpenTokenizer opens the tokenizer of a model without its weights: that of a Hugging Face folder, a tokenizer.json or tokenizer.model file,
// or the vocabulary that a GGUF file carries, which may hold nothing else.
func OpenTokenizer(path string) (*tokenizer.Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer: %w", err)
	}
	if info.IsDir() || strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".model") {
		return tokenizer.Open(path)
	}
	file, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer %s: %w", path, err)
	}
	defer file.Close()
	tok, err := ggufTokenizer(file)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer %s: %w", path, err)
	}
	return tok, nil
}
