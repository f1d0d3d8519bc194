// Package nano embeds cria-nano, a small base model that was trained from nothing with this program; README.md is its model
// card. It is no more than its files, so that it is read as any other Hugging Face folder is.
package nano

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/internal/atomicfile"
)

//go:embed config.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json
var files embed.FS

// Extract writes the model's files into a folder. Those that are there already stay.
func Extract(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the folder of cria-nano: %w", err)
	}
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, name)
		if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content) {
			return nil
		}
		return atomicfile.WriteBytes(path, content)
	})
}
