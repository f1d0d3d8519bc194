// Package data embeds the instruction set that goes with cria-nano: a part to learn from and two that are held out, one with
// inputs that the first does not have, one with phrasings that it does not have. README.md says how it was made.
package data

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/internal/atomicfile"
)

// The files.
const (
	NanoInstruct  = "nano-instruct.jsonl"
	NanoInputs    = "nano-instruct-inputs.jsonl"
	NanoPhrasings = "nano-instruct-phrasings.jsonl"
)

//go:embed *.jsonl
var files embed.FS

// Row is a line of a file.
type Row struct {
	Instruction string `json:"instruction"`
	Input       string `json:"input"`
	Output      string `json:"output"`
	Kind        string `json:"kind"` // of task
}

// Rows reads a file.
func Rows(name string) ([]Row, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []Row
	for n, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var r Row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n+1, err)
		}
		list = append(list, r)
	}
	return list, nil
}

// Extract writes all files into a folder.
func Extract(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the folder of the data: %w", err)
	}
	for _, name := range []string{NanoInstruct, NanoInputs, NanoPhrasings} {
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}
