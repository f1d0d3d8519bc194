package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cria-llm/cria/format/jinja"
)

// Written is a conversation in the text of a Jinja template.
type Written struct {
	Text string
	// Spans are what an assistant says, in characters (code points), end not included: what the template marks with
	// {% generation %}, or else what each assistant's message adds to the conversation before it. It is nil where a
	// template writes the beginning of a conversation anew once it goes on, so that there is no such thing.
	Spans [][2]int
}

// Write renders an object of JSON with messages and whatever else the template reads, in the template's Jinja text, as
// transformers' apply_chat_template does. more are variables that the object need not have; now is the template's clock.
func Write(ctx context.Context, template string, object []byte, more map[string]string, now time.Time) (Written, error) {
	t, err := jinja.Parse(template)
	if err != nil {
		return Written{}, err
	}
	v, err := jinja.FromJSON(object, true)
	if err != nil {
		return Written{}, err
	}
	vars, ok := v.(*jinja.Dict)
	if !ok {
		return Written{}, errors.New("the conversation is not an object with messages")
	}
	for name, text := range more {
		if _, ok := vars.Lookup(name); !ok {
			vars.Set(name, text)
		}
	}
	w := writer{ctx: ctx, t: t, vars: vars, opt: jinja.Options{Now: now}}
	r, err := t.Render(ctx, vars, w.opt)
	if err != nil {
		return Written{}, err
	}
	out := Written{Text: r.Text}
	if len(r.Generation) > 0 {
		out.Spans = characters(r.Text, r.Generation)
		return out, nil
	}
	spans, err := w.added(r.Text)
	if err != nil {
		return Written{}, err
	}
	if spans != nil {
		out.Spans = characters(r.Text, spans)
	}
	return out, nil
}

// writer renders parts of a conversation.
type writer struct {
	ctx  context.Context
	t    *jinja.Template
	vars *jinja.Dict
	opt  jinja.Options
}

// added is what each assistant's message adds to the text of the messages before it; nil where the text of some messages
// is not the beginning of that of more.
func (w *writer) added(whole string) ([]jinja.Span, error) {
	v, _ := w.vars.Lookup("messages")
	messages, err := jinja.Items(v)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	spans := []jinja.Span{}
	for i, m := range messages {
		if role, _ := jinja.Text(m, "role"); role != string(Assistant) {
			continue
		}
		before, ok := w.some(messages[:i], true)
		after, ok2 := w.some(messages[:i+1], false)
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		if !ok || !ok2 || !strings.HasPrefix(after, before) || !strings.HasPrefix(whole, after) {
			return nil, nil
		}
		spans = append(spans, jinja.Span{From: len(before), To: len(after)})
	}
	return spans, nil
}

func (w *writer) some(messages []any, open bool) (string, bool) {
	vars := w.vars.Clone()
	vars.Set("messages", messages)
	vars.Set("add_generation_prompt", open)
	r, err := w.t.Render(w.ctx, vars, w.opt)
	return r.Text, err == nil
}

// characters turns spans of bytes into spans of code points.
func characters(s string, spans []jinja.Span) [][2]int {
	out := make([][2]int, len(spans))
	at, n := 0, 0
	count := func(to int) int {
		n += utf8.RuneCountInString(s[at:to])
		at = to
		return n
	}
	for i, p := range spans {
		out[i] = [2]int{count(p.From), count(p.To)}
	}
	return out
}
