package bout

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// most is the most bytes that a file of prompts or answers may have.
const most = 1 << 30

// Prompt is what contestants are asked.
type Prompt struct {
	Text  string `json:"prompt"`
	Input string `json:"input,omitempty"` // what it is about
	Right string `json:"right,omitempty"` // the right answer, where the file has one
}

// id tells prompts apart by what they ask.
func (p Prompt) id() string { return hash(p.Text, p.Input) }

// whole is the prompt with its input below it, a blank line between.
func (p Prompt) whole() string {
	if p.Input == "" {
		return p.Text
	}
	return p.Text + "\n\n" + p.Input
}

// check says whether there is something to ask.
func (p Prompt) check() error {
	if strings.TrimSpace(p.whole()) == "" {
		return errors.New("the prompt is empty")
	}
	return nil
}

// hash is the SHA-256, in hex, of texts with their lengths.
func hash(texts ...string) string {
	h := sha256.New()
	for _, s := range texts {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Prompts are those of a file.
type Prompts struct {
	File   string   `json:"file"`
	SHA256 string   `json:"sha256"` // of the file
	N      int      `json:"n"`
	List   []Prompt `json:"-"`
}

// ReadPrompts reads prompts from a JSON list or a row a line: {"instruction":…,"input":…,"output":…}, of which the last two
// may be missing, {"prompt":…}, or Self-Instruct's {"instruction":…,"instances":[{"input":…,"output":…}]}, where each instance is
// a prompt. limit is how many are taken, 0 for all.
func ReadPrompts(path string, limit int) (*Prompts, error) {
	text, err := wholefile.Read(path, most)
	if err != nil {
		return nil, err
	}
	list, err := ParsePrompts(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if limit > 0 && limit < len(list) {
		list = list[:limit]
	}
	sum := sha256.Sum256(text)
	return &Prompts{File: path, SHA256: hex.EncodeToString(sum[:]), N: len(list), List: list}, nil
}

// NewPrompts are prompts that no file has, under a name for the report.
func NewPrompts(name string, list []Prompt) (*Prompts, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return &Prompts{File: name, SHA256: hex.EncodeToString(sum[:]), N: len(list), List: list}, nil
}

// ParsePrompts reads what [ReadPrompts] does.
func ParsePrompts(text []byte) ([]Prompt, error) {
	var list []Prompt
	err := eachRow(text, func(r row) error {
		first := len(list)
		switch {
		case r.Instruction != nil && r.Instances != nil:
			for _, i := range r.Instances {
				list = append(list, Prompt{*r.Instruction, i.Input, i.Output})
			}
		case r.Instruction != nil:
			list = append(list, Prompt{*r.Instruction, r.Input, r.Output})
		case r.Prompt != nil:
			list = append(list, Prompt{Text: *r.Prompt})
		default:
			return errors.New(`no prompt: want "instruction" or "prompt", a text`)
		}
		for _, p := range list[first:] {
			if err := p.check(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = errors.New("no prompts")
	}
	return list, err
}

type row struct {
	Instruction *string `json:"instruction"`
	Prompt      *string `json:"prompt"`
	Input       string  `json:"input"`
	Output      string  `json:"output"`
	Generator   string  `json:"generator"`
	Instances   []struct {
		Input  string `json:"input"`
		Output string `json:"output"`
	} `json:"instances"`
}

// eachRow reads a JSON list or a row a line. The error names the row.
func eachRow(text []byte, visit func(row) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	list := bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("["))
	if list {
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	n := 0
	for ; d.More(); n++ {
		var r row
		err := d.Decode(&r)
		if err == nil {
			err = visit(r)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", n+1, err)
		}
	}
	if list {
		if _, err := d.Token(); err != nil {
			return fmt.Errorf("after row %d: %w", n, err)
		}
		if d.More() {
			return fmt.Errorf("after row %d: more than one list", n)
		}
	}
	return nil
}

// given is answers that are there as a contestant.
type given struct {
	name, id string
	answers  map[string]string // by whole prompt
}

// Given is a contestant that said these answers to these prompts, in this order. id tells it from others that may say something
// else.
func Given(name, id string, prompts []Prompt, answers []string) Contestant {
	g := &given{name: name, id: id, answers: map[string]string{}}
	for i, p := range prompts {
		g.answers[p.whole()] = answers[i]
	}
	return g
}

// ReadAnswers is a contestant that says what a file has, a JSON list or a row a line: {"instruction":…,"input":…,"output":…}. The
// input may also stand below the instruction, a blank line between. Its name is the generator that all rows name, as in
// alpaca_eval's model_outputs.json, or that of the file.
func ReadAnswers(path string) (Contestant, error) {
	text, err := wholefile.Read(path, most)
	if err != nil {
		return nil, err
	}
	name, answers, err := parseAnswers(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if name == "" {
		name = path
	}
	return &given{name: name, id: hash(string(text)), answers: answers}, nil
}

// parseAnswers reads what [ReadAnswers] does; generator is empty where not all rows name the same.
func parseAnswers(text []byte) (generator string, answers map[string]string, err error) {
	answers = map[string]string{}
	unnamed := false
	err = eachRow(text, func(r row) error {
		if r.Instruction == nil {
			return errors.New(`no "instruction", a text`)
		}
		p := Prompt{Text: *r.Instruction, Input: r.Input}
		if was, ok := answers[p.whole()]; ok && was != r.Output {
			return errors.New("another answer to a prompt that was answered above")
		}
		answers[p.whole()] = r.Output
		switch {
		case r.Generator == "":
			unnamed = true
		case generator == "":
			generator = r.Generator
		case r.Generator != generator:
			return fmt.Errorf("the generator is %q and was %q above: a contestant has a file of its own", r.Generator, generator)
		}
		return nil
	})
	if err == nil && len(answers) == 0 {
		err = errors.New("no answers")
	}
	if unnamed {
		generator = ""
	}
	return generator, answers, err
}
