package ifeval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// maxFile bounds a file of prompts or of answers, and with it memory.
const maxFile = 256 << 20

// Answer is what was answered to a prompt, which is named by its text or, where that is "", by its key.
type Answer struct {
	Ref    string // "answers.jsonl:12"
	Prompt string
	Key    int
	Text   string
}

// ReadPrompts reads prompts in the published format, one a line:
//
//	{"key": 1, "prompt": "…", "instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": ["a", "b"]}]}
func ReadPrompts(path string) ([]Prompt, error) {
	data, err := wholefile.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	return parsePrompts(path, data)
}

// ReadAnswers reads answers, one a line or as one list: {"prompt", "response"}, {"key", "response"} or, as AlpacaEval has them,
// {"instruction", "output"}. Other fields are ignored.
func ReadAnswers(path string) ([]Answer, error) {
	data, err := wholefile.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	return parseAnswers(path, data)
}

func parsePrompts(path string, data []byte) ([]Prompt, error) {
	var all []Prompt
	keys, texts := map[int]string{}, map[string]string{}
	err := rows(path, data, func(ref string, raw json.RawMessage) error {
		var row struct {
			Key    *int                         `json:"key"`
			Prompt *string                      `json:"prompt"`
			Kinds  []string                     `json:"instruction_id_list"`
			Args   []map[string]json.RawMessage `json:"kwargs"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return wrong(err)
		}
		switch {
		case row.Key == nil:
			return errors.New(`has no "key", a whole number`)
		case row.Prompt == nil || strip(*row.Prompt) == "":
			return errors.New(`has no "prompt", a text`)
		case len(row.Kinds) == 0:
			return errors.New(`has no "instruction_id_list", the kinds of its instructions`)
		case len(row.Kinds) != len(row.Args):
			return fmt.Errorf(`has %d in "instruction_id_list" and %d in "kwargs": must be the same`, len(row.Kinds), len(row.Args))
		}
		p := Prompt{Key: *row.Key, Text: *row.Prompt}
		if before := keys[p.Key]; before != "" {
			return fmt.Errorf("key %d is that of %s too", p.Key, before)
		}
		text := strip(p.Text)
		if before := texts[text]; before != "" {
			return fmt.Errorf("the prompt is that of %s too", before)
		}
		keys[p.Key], texts[text] = ref, ref
		for i, kind := range row.Kinds {
			in, err := newInstruction(kind, row.Args[i])
			if err != nil {
				return err
			}
			p.Instructions = append(p.Instructions, in)
		}
		all = append(all, p)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: holds no prompts", path)
	}
	return all, err
}

func parseAnswers(path string, data []byte) ([]Answer, error) {
	var all []Answer
	err := rows(path, data, func(ref string, raw json.RawMessage) error {
		var row struct {
			Prompt      *string `json:"prompt"`
			Instruction *string `json:"instruction"`
			Key         *int    `json:"key"`
			Response    *string `json:"response"`
			Output      *string `json:"output"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			return wrong(err)
		}
		a := Answer{Ref: ref}
		switch {
		case row.Prompt != nil && strip(*row.Prompt) != "":
			a.Prompt = *row.Prompt
		case row.Instruction != nil && strip(*row.Instruction) != "":
			a.Prompt = *row.Instruction
		case row.Key != nil:
			a.Key = *row.Key
		default:
			return errors.New(`names no prompt: must have "prompt", "instruction" or "key"`)
		}
		switch {
		case row.Response != nil:
			a.Text = *row.Response
		case row.Output != nil:
			a.Text = *row.Output
		default:
			return errors.New(`has no answer: must have "response" or "output"`)
		}
		all = append(all, a)
		return nil
	})
	return all, err
}

// wrong is the error of a row that is no object with such fields.
func wrong(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		if kind.Field == "" {
			return fmt.Errorf("is a %s: must be an object", kind.Value)
		}
		return fmt.Errorf("%q is a %s: must be %s", kind.Field, kind.Value, strings.NewReplacer("*", "", "int", "a whole number", "string", "a text").Replace(kind.Type.String()))
	}
	return fmt.Errorf("is no JSON: %w", err)
}

// rows gives the values of a file that has one in each line or is one list. Errors name the file and the line, or the place in the list.
func rows(path string, data []byte, visit func(ref string, raw json.RawMessage) error) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		var list []json.RawMessage
		if err := json.Unmarshal(data, &list); err != nil {
			return fmt.Errorf("%s: %w", path, wrong(err))
		}
		for i, raw := range list {
			ref := fmt.Sprintf("%s: row %d", path, i+1)
			if err := visit(ref, raw); err != nil {
				return fmt.Errorf("%s: %w", ref, err)
			}
		}
		return nil
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		ref := fmt.Sprintf("%s:%d", path, n)
		if err := visit(ref, line); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
	}
	return nil
}
