package chat

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// Auto leaves the choice of a template to the model's files, and Default is that of a model without one.
const (
	Auto    = "auto"
	Default = "alpaca"
)

// fileEnd is what the name of a file with a template ends with.
const fileEnd = ".jinja"

// maxSource is the longest template that is read from a file. The longest in use has 20 KiB.
const maxSource = 1 << 20

// CheckName says whether a template can be asked for by a name: a built-in one, [Auto], [Own], or a file.
func CheckName(name string) error {
	if name == "" || name == Auto || name == Own || strings.HasSuffix(name, fileEnd) || slices.Contains(Names(), name) {
		return nil
	}
	return fmt.Errorf("template is %q: one of %s, %s, %s (the model's own) or a file FILE%s", name, Auto, strings.Join(Names(), ", "), Own, fileEnd)
}

// Choose gives the template that is asked for. source is the text of the one that the model's files carry, "" for none.
//
// "" and [Auto] are the model's own, and [Default] where it has none. One that writes what a built-in template does is
// that template. [Own] is the model's own in any case, a name is a built-in one, and a file holds the text of another.
func Choose(name, source string, enc Encoder) (*Template, error) {
	switch {
	case name == "" || name == Auto:
		if source == "" {
			return Named(Default)
		}
		return known(source, enc)
	case name == Own:
		if source == "" {
			return nil, fmt.Errorf("template %s: the model's files carry none; built in are %s", Own, strings.Join(Names(), ", "))
		}
		return fromText(Own, source, enc)
	case strings.HasSuffix(name, fileEnd):
		text, err := readSource(name)
		if err != nil {
			return nil, err
		}
		return fromText(filepath.Base(name), text, enc)
	}
	return Named(name)
}

// fromText is FromJinja for a vocabulary.
func fromText(name, source string, enc Encoder) (*Template, error) {
	m, ok := enc.(MarkupEncoder)
	if !ok {
		return nil, fmt.Errorf("template %s: needs the model's tokenizer", name)
	}
	var bos, eos string
	if id, ok := enc.BOS(); ok {
		bos = m.Token(id)
	}
	if id, ok := enc.EOS(); ok {
		eos = m.Token(id)
	}
	return FromJinja(name, source, bos, eos)
}

// Recorded is the template that something was trained with, by what was written down of it: its name and, where it is not
// built in, its text.
func Recorded(name, source string, enc Encoder) (*Template, error) {
	if source == "" {
		return Named(name)
	}
	return fromText(name, source, enc)
}

// known is the template of a text, by its built-in name where it has one.
func known(source string, enc Encoder) (*Template, error) {
	for _, name := range Names() {
		t, err := Named(name)
		if err != nil {
			return nil, err
		}
		if source == t.Jinja(false) || source == t.Jinja(true) {
			return t, nil
		}
	}
	t, err := fromText(Own, source, enc)
	if err != nil {
		return nil, err
	}
	builtin, err := Named("chatml")
	if err == nil && builtin.lacks(enc) == "" && t.like(builtin, enc) {
		return builtin, nil
	}
	return t, nil
}

// like says whether a template makes the tokens and the labels of another.
func (t *Template) like(o *Template, enc Encoder) bool {
	for _, conv := range probes() {
		if conv[len(conv)-1].Role == User {
			a, err := t.Prompt(enc, conv)
			if err != nil {
				return false
			}
			b, err := o.Prompt(enc, conv)
			if err != nil || !slices.Equal(a, b) {
				return false
			}
			continue
		}
		a, err := t.Render(enc, conv)
		if err != nil {
			return false
		}
		b, err := o.Render(enc, conv)
		if err != nil || !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.Spans, b.Spans) {
			return false
		}
	}
	return true
}

func readSource(path string) (string, error) {
	text, err := wholefile.Read(path, maxSource)
	if err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	return string(text), nil
}
