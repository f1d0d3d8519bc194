// Package ollama writes what Ollama needs beside a model's weights: a Modelfile, with the conversation template in the
// language of Go's text/template, which Ollama renders conversations with.
//
// The template is not translated but derived: conversations of made-up words are rendered by the model's own template,
// and what stands between the words is what the Go template has to write there. Then both render a set of conversations,
// and a template that writes anything else in any of them is refused.
//
//	t, err := ollama.Derive(render)
//	err = ollama.Modelfile{From: "./model.gguf", Template: t.Text, Stop: []string{"<|im_end|>"}}.Write(w)
//
// The package knows nothing of tokens or weights.
package ollama

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"

	"github.com/cria-llm/cria/chat"
)

// Render writes down a conversation that ends with a user message, up to where the answer begins, without the token that
// begins every sequence.
type Render func(conv []chat.Message) (string, error)

// Template is a conversation template of Ollama.
type Template struct {
	Text string
	// Notes are what people should know of it: where it does not do what the model's own does.
	Notes []string
	// System says whether the model's own template takes a system message.
	System bool

	parsed *template.Template
}

// parts is what a template writes around the messages of a conversation.
type parts struct {
	open          string // before the first question, without a system message
	before, after string // around the system message; with it before replaces open
	again         string // between an answer and the next question
	answer        string // between a question and its answer
	prompt        string // after the last question
	late          bool   // the system message stands right before the last question's text, and after follows it
}

// Derive makes the Go template that writes what render does. The error says what render does that no such template can.
func Derive(render Render) (*Template, error) {
	p, notes, err := probe(render)
	if err != nil {
		return nil, err
	}
	t, err := parse(p.text())
	if err != nil {
		return nil, err
	}
	t.Notes, t.System = notes, notes == nil
	if err := t.check(render); err != nil {
		return nil, err
	}
	return t, t.note(render)
}

// Words that no template writes, and that none has a reason to change.
const (
	aSystem = "qzsysqz"
	aFirst  = "qzoneqz"
	aReply  = "qztwoqz"
	aSecond = "qzthreeqz"
	aMore   = "qzfourqz"
	aThird  = "qzfiveqz"
)

// talk is a conversation of a system message, unless it is empty, and turns.
func talk(system string, turns ...string) []chat.Message {
	var conv []chat.Message
	if system != "" {
		conv = append(conv, chat.Message{Role: chat.System, Content: system})
	}
	for i, text := range turns {
		role := chat.User
		if i%2 == 1 {
			role = chat.Assistant
		}
		conv = append(conv, chat.Message{Role: role, Content: text})
	}
	return conv
}

// probe takes apart what render writes.
func probe(render Render) (parts, []string, error) {
	var p parts
	one, err := between(render, talk("", aFirst), aFirst)
	if err != nil {
		return p, nil, err
	}
	three, err := between(render, talk("", aFirst, aReply, aSecond), aFirst, aReply, aSecond)
	if err != nil {
		return p, nil, err
	}
	p.open, p.prompt, p.answer, p.again = one[0], one[1], three[1], three[2]
	system, err := between(render, talk(aSystem, aFirst), aSystem, aFirst)
	if err != nil {
		what := withoutSystem(render, err)
		if what == "" {
			return p, nil, err
		}
		p.before, p.after = p.open, "\n\n"
		return p, []string{"the model's own template " + what + " a system message; here it comes before the first question"}, nil
	}
	p.before, p.after = system[0], system[1]
	if _, err := between(render, talk(aSystem, aFirst, aReply, aSecond), aSystem, aFirst, aReply, aSecond); err != nil {
		if _, err := between(render, talk(aSystem, aFirst, aReply, aSecond), aFirst, aReply, aSystem, aSecond); err != nil {
			return p, nil, err
		}
		p.late = true
	}
	return p, nil, nil
}

// withoutSystem is what a template does with a system message that it does not write, empty where it does something else.
func withoutSystem(render Render, err error) string {
	var refused *refusedError
	if errors.As(err, &refused) {
		return "refuses"
	}
	with, err := render(talk(aSystem, aFirst))
	if err != nil {
		return ""
	}
	if without, err := render(talk("", aFirst)); err == nil && with == without {
		return "leaves out"
	}
	return ""
}

// refusedError is the error of a conversation that the model's template refuses.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// between is what render writes before, between and after the words, in that order.
func between(render Render, conv []chat.Message, words ...string) ([]string, error) {
	text, err := render(conv)
	if err != nil {
		return nil, &refusedError{err}
	}
	var list []string
	rest := text
	for _, w := range words {
		before, after, ok := strings.Cut(rest, w)
		if !ok || strings.Contains(after, w) {
			return nil, fmt.Errorf("the model's template leaves messages out, repeats them or changes their order: of %d messages it makes %q", len(conv), text)
		}
		list, rest = append(list, before), after
	}
	return append(list, rest), nil
}

// text is the template. Ollama gives it all messages, system messages among them, and their texts as System besides.
func (p parts) text() string {
	open := literal(p.open)
	switch {
	case p.late:
	case strings.HasSuffix(p.before, p.open) && p.after == "":
		open = "{{ if $.System }}" + literal(strings.TrimSuffix(p.before, p.open)) + "{{ $.System }}{{ end }}" + open
	default:
		open = "{{ if $.System }}" + literal(p.before) + "{{ $.System }}" + literal(p.after) + "{{ else }}" + open + "{{ end }}"
	}
	question := "{{ if $first }}" + open + "{{ else }}" + literal(p.again) + "{{ end }}{{ $first = false }}"
	if p.late {
		question += "{{ if and $.System (eq (len (slice $.Messages $i)) 1) }}{{ $.System }}" + literal(p.after) + "{{ end }}"
	}
	return `{{ $first := true }}{{ $role := "" }}{{ range $i, $m := .Messages }}{{ $role = .Role }}{{ if eq .Role "user" }}` + question +
		`{{ .Content }}{{ else if eq .Role "assistant" }}` + literal(p.answer) + `{{ .Content }}{{ end }}{{ end }}{{ if eq $role "user" }}` +
		literal(p.prompt) + `{{ end }}`
}

// literal is a text as a template writes it. What would be read as an action or as the end of a Modelfile's text, and what
// Ollama's reader of Modelfiles passes over, is quoted.
func literal(s string) string {
	plain := !strings.Contains(s, "{{") && !strings.Contains(s, `"""`) && !strings.Contains(s, "\r")
	for _, r := range s {
		if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
			plain = false
		}
	}
	if plain {
		return s
	}
	return "{{ " + strconv.QuoteToASCII(s) + " }}"
}
