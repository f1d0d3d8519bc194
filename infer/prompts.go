package infer

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/wholefile"
)

// Prompt is what models are asked where they are compared. One of its parts is set.
type Prompt struct {
	Text     string `json:"text,omitempty"`   // the beginning of a text, which is continued
	Question string `json:"prompt,omitempty"` // a user's message, asked in the model's template; a text where it has none
}

//go:embed prompts.jsonl
var goldenPrompts []byte

// GoldenPrompts is a small set of prompts of many kinds and scripts, the same for every comparison.
func GoldenPrompts() []Prompt {
	list, err := parsePrompts(goldenPrompts)
	if err != nil {
		return nil // a test holds that it parses
	}
	return list
}

// maxPrompts bounds a file of prompts, in bytes: each is run through two models.
const maxPrompts = 16 << 20

// ReadPrompts reads prompts from a file: of .jsonl {"text":…} or {"prompt":…} on each line, of others each line a text.
func ReadPrompts(path string) ([]Prompt, error) {
	raw, err := wholefile.Read(path, maxPrompts)
	if err != nil {
		return nil, err
	}
	var list []Prompt
	if filepath.Ext(path) == ".jsonl" {
		if list, err = parsePrompts(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	} else {
		for line := range strings.Lines(string(raw)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				list = append(list, Prompt{Text: line})
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no prompts", path)
	}
	return list, nil
}

func parsePrompts(raw []byte) ([]Prompt, error) {
	var list []Prompt
	n := 0
	for line := range bytes.Lines(raw) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var p Prompt
		if err := json.Unmarshal(line, &p); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if (p.Text == "") == (p.Question == "") {
			return nil, fmt.Errorf(`line %d: want one of "text" and "prompt"`, n)
		}
		list = append(list, p)
	}
	return list, nil
}

// ids is the prompt's tokens. A model without a tokenizer is given as many arbitrary tokens as the text has words.
func (p Prompt) ids(a *Assistant) ([]int32, error) {
	if a.tokErr != nil {
		rng := rand.New(rand.NewPCG(uint64(len(p.Text)), uint64(len(p.Question))))
		ids := make([]int32, 2+len(strings.Fields(p.Text+p.Question)))
		for i := range ids {
			ids[i] = rng.Int32N(int32(a.m.Config().Vocab))
		}
		return ids, nil
	}
	if p.Question != "" && a.templateErr == nil {
		return a.Prompt([]chat.Message{{Role: chat.User, Content: p.Question}})
	}
	return a.Encode(p.Text + p.Question)
}
