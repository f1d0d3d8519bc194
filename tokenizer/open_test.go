package tokenizer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/tokenizer"
)

// Open takes BOS and EOS from the first of the files beside tokenizer.json that says.
func TestOpenReadsTheFilesBeside(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		eos   int32
	}{
		{"nothing", nil, -1},
		{"config.json", map[string]string{"config.json": `{"eos_token_id": 2}`}, 2},
		{"generation_config.json first", map[string]string{"config.json": `{"eos_token_id": 2}`, "generation_config.json": `{"eos_token_id": [1, 2]}`}, 1},
		{"special_tokens_map.json first", map[string]string{"generation_config.json": `{"eos_token_id": 1}`, "special_tokens_map.json": `{"eos_token": {"content": "c"}}`}, 2},
		{"tokenizer_config.json first", map[string]string{"special_tokens_map.json": `{"eos_token": "c"}`, "tokenizer_config.json": `{"eos_token": "<|end|>"}`}, 6},
		{"an id that no token has", map[string]string{"config.json": `{"eos_token_id": 99}`}, -1},
		{"an id that is one by its low bits", map[string]string{"config.json": `{"eos_token_id": -4294967294}`}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("tokenizer.json", tiny)
			for name, text := range c.files {
				write(name, text)
			}
			for _, path := range []string{dir, filepath.Join(dir, "tokenizer.json")} {
				tok, err := tokenizer.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				if eos, ok := tok.EOS(); eos != c.eos || ok != (c.eos >= 0) {
					t.Errorf("EOS of %s is %d, %v; want %d", path, eos, ok, c.eos)
				}
			}
		})
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	if _, err := tokenizer.Open(dir); err == nil || !strings.Contains(err.Error(), "has no tokenizer.json") {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := tokenizer.Open(filepath.Join(dir, "absent")); err == nil {
		t.Error("absent path: no error")
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := tokenizer.Open(dir); err == nil || !strings.Contains(err.Error(), "tokenizer.json") {
		t.Errorf("broken file: %v", err)
	}
}
