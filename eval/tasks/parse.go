package tasks

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/format/jinja"
	"github.com/cria-llm/cria/internal/wholefile"
)

const (
	maxDefinition = 1 << 20 // bytes of a task's YAML
	maxTokens     = 1 << 16 // of an answer
	defaultTokens = 256
	maxShots      = 100
)

// ReadTask reads a file of YAML.
func ReadTask(path string) (*Task, error) {
	text, err := wholefile.Read(path, maxDefinition)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Parse reads a task from YAML. A key that does not exist is an error.
func Parse(text []byte) (*Task, error) {
	if len(text) > maxDefinition {
		return nil, fmt.Errorf("a task has more than %d bytes", maxDefinition)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	t := &Task{text: bytes.Clone(text)}
	if err := d.Decode(t); errors.Is(err, io.EOF) {
		return nil, errors.New("no task in it")
	} else if err != nil {
		return nil, errors.New(strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", "; "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("a second YAML document follows: a task is one")
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return t, t.compile()
}

// UnmarshalYAML implements yaml.Unmarshaler: a name is a field, a list is templates.
func (c *Choices) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&c.Field)
	}
	return n.Decode(&c.Templates)
}

func (c Choices) none() bool { return c.Field == "" && len(c.Templates) == 0 }

func (t *Task) check() error {
	whole := t.Kind == Text || t.Form == formIFEval // the file has the items as they are
	switch {
	case t.Name == "" || strings.ContainsAny(t.Name, ", \t\n/"):
		return fmt.Errorf("task: %q is no name: letters, digits, - and _", t.Name)
	case len(t.Files) == 0:
		return errors.New("files: name the file of rows, below --data")
	case !whole && t.Prompt == "":
		return errors.New("prompt is missing")
	case !whole && t.Right == "" && t.Rights == "":
		return errors.New("right is missing: what the right answer is")
	case t.Kind == Choice && t.Choices.none():
		return errors.New("choices are missing: a list of templates, or the field that has them")
	case t.Kind != Choice && (!t.Choices.none() || t.Rights != ""):
		return fmt.Errorf("choices and rights are for kind choice, and this is kind %q", t.Kind)
	case t.Kind != Choice && t.Continuation != "":
		return fmt.Errorf("continuation is for kind choice, and this is kind %q", t.Kind)
	case t.Right != "" && t.Rights != "":
		return errors.New("right and rights both say what is right: leave one out")
	case t.Chat && t.Kind != Answer && (t.Kind != Choice || t.Continuation != ""):
		return fmt.Errorf("chat is for kind answer, and for kind choice without a continuation, and this is kind %q", t.Kind)
	case t.Kind != Answer && (t.Tokens != 0 || len(t.Until) > 0 || len(t.Extract) > 0 || len(t.Ignore) > 0 || t.IgnoreCase || t.IgnorePunctuation):
		return fmt.Errorf("tokens, until, extract and ignore are for kind answer, and this is kind %q", t.Kind)
	case t.Form == formIFEval && (t.Kind != Answer || t.Prompt+t.Right+t.Description != ""):
		return errors.New("form: ifeval is for kind answer, and has its prompts and what counts in its file: leave prompt, right and description out")
	case t.Tokens < 0 || t.Tokens > maxTokens:
		return fmt.Errorf("tokens: %d is not from 1 to %d", t.Tokens, maxTokens)
	case slices.Contains(t.Until, ""):
		return errors.New("until: an empty text would end every answer at once")
	case t.Shots.N < 0 || t.Shots.N > maxShots:
		return fmt.Errorf("shots: n: %d is not from 0 to %d", t.Shots.N, maxShots)
	case whole && len(t.Shots.Files) > 0:
		return errors.New("shots are not for kind text, nor for form ifeval")
	}
	if err := t.checkVaried(whole); err != nil {
		return err
	}
	forms := []string{"", formARC, formMMLU, formHellaSwag, formIFEval, formTruthfulQA, formWinoGrande, formText}
	if !slices.Contains(forms, t.Form) || (t.Form == formText) != (t.Kind == Text) {
		return fmt.Errorf("form: %q does not go with kind %q: %s is for kind text, and %s are for others; leave it out for plain rows",
			t.Form, t.Kind, formText, strings.Join(forms[1:len(forms)-1], ", "))
	}
	possible := metricNames(t.Kind, t.Form)
	if len(possible) == 0 {
		return fmt.Errorf("kind: %q is none of %s, %s, %s, %s", t.Kind, Choice, Word, Text, Answer)
	}
	if len(t.Metrics) == 0 {
		return fmt.Errorf("metrics are missing: of kind %s there are %s", t.Kind, strings.Join(possible, ", "))
	}
	for i, m := range t.Metrics {
		switch {
		case !slices.Contains(possible, m):
			return fmt.Errorf("metrics: there is no %q of kind %s: one of %s", m, t.Kind, strings.Join(possible, ", "))
		case slices.Contains(t.Metrics[:i], m):
			return fmt.Errorf("metrics: %s is there twice", m)
		case t.Continuation != "" && (m == "acc_norm" || m == "acc_bytes"):
			return fmt.Errorf("metrics: %s is by the choices' lengths, and with a continuation it is that which is measured: acc", m)
		case (m == "mc2") != (t.Rights != ""):
			return errors.New("metrics: mc2 needs rights, and rights need mc2")
		}
	}
	return nil
}

// compile makes templates and regular expressions of what is written.
func (t *Task) compile() (err error) {
	if t.Kind == Answer && t.Tokens == 0 {
		t.Tokens = defaultTokens
	}
	template := func(key, source string) *jinja.Template {
		if strings.HasSuffix(source, "\n") {
			source += "\n" // chat templates lose the last
		}
		parsed, wrong := jinja.Parse(source)
		if wrong != nil && err == nil {
			err = fmt.Errorf("%s: %w", key, wrong)
		}
		return parsed
	}
	t.about, t.prompt, t.right = template("description", t.Description), template("prompt", t.Prompt), template("right", t.Right)
	t.after = template("continuation", t.Continuation)
	for _, c := range t.Choices.Templates {
		t.choices = append(t.choices, template("choices", c))
	}
	for i := range t.Paraphrases {
		p := &t.Paraphrases[i]
		if p.prompt, p.about = template("paraphrases", p.Prompt), t.about; p.Description != nil {
			p.about = template("paraphrases", *p.Description)
		}
	}
	if err != nil {
		return err
	}
	for _, source := range t.Ignore {
		re, err := regexp.Compile(source)
		if err != nil {
			return fmt.Errorf("ignore: %w", err)
		}
		t.ignore = append(t.ignore, re)
	}
	for i := range t.Extract {
		e := &t.Extract[i]
		if e.Name == "" || slices.ContainsFunc(t.Extract[:i], func(o Extract) bool { return o.Name == e.Name }) {
			return fmt.Errorf("extract: entry %d needs a name of its own", i+1)
		}
		if e.Take != "first" && e.Take != "last" {
			return fmt.Errorf("extract %s: take is first or last, not %q", e.Name, e.Take)
		}
		if e.regex, err = regexp.Compile(e.Regex); err != nil {
			return fmt.Errorf("extract %s: %w", e.Name, err)
		}
	}
	return nil
}
