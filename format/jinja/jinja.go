// Package jinja renders chat templates: the part of Jinja 2 that language models' templates are written in, with what
// Hugging Face's transformers adds to it (apply_chat_template: trim_blocks and lstrip_blocks on, autoescape off, break and
// continue, {% generation %}, raise_exception, strftime_now, and tojson as Python's json.dumps).
//
// A template is untrusted input. It reads the variables that it is given and nothing else, as in Jinja's immutable
// sandbox; the clock is an argument; and steps, nesting and memory are bounded, so one that would run for ever or fill the
// memory ends with an error. Includes, imports, template inheritance and calls into the host do not exist.
//
// Values behave as Python's do: True and 1 are equal, 7/2 is 3.5, mappings keep their order, and what is printed is
// Python's str. Integers have 64 bits; what does not fit is an error.
//
// Strings remember which of their bytes are a caller's [Data], through joining, cutting, stripping, splitting and
// replacing. A string changed in another way is wholly data if any part of it was. So what people wrote can be told from
// the template's own text in the result.
package jinja

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Template is a parsed template. It is immutable and safe for concurrent use.
type Template struct{ body []stmt }

// Result is a rendered template. Spans are of bytes, in order.
type Result struct {
	Text       string
	Generation []Span // what stands in {% generation %}
	Data       []Span // what came from Data strings
}

// Limits bound a rendering; a zero field takes its default.
type Limits struct {
	Steps  int // nodes evaluated and values made, 5 million
	Memory int // bytes of text made on the way, 256 MiB
}

// Options of a rendering.
type Options struct {
	Now time.Time // for strftime_now; a template that asks for the time of a zero Now fails
	Limits
}

// Error says where a template is wrong or failed.
type Error struct {
	Line   int // from 1
	Msg    string
	Raised bool // by the template's own raise_exception
}

func (e *Error) Error() string {
	if e.Raised {
		return fmt.Sprintf("the template refuses the conversation (line %d): %s", e.Line, e.Msg)
	}
	return fmt.Sprintf("template line %d: %s", e.Line, e.Msg)
}

// maxSource is how long a template may be; real ones have some tens of kilobytes.
const maxSource = 4 << 20

// Parse reads a template. Errors are [*Error].
func Parse(source string) (*Template, error) {
	if len(source) > maxSource {
		return nil, &Error{Line: 1, Msg: fmt.Sprintf("the template has %d bytes, more than %d", len(source), maxSource)}
	}
	body, err := parse(source)
	if err != nil {
		return nil, err
	}
	return &Template{body}, nil
}

// Render runs the template with variables by name. Errors are [*Error], but for the context's.
func (t *Template) Render(ctx context.Context, vars *Dict, opt Options) (Result, error) {
	if opt.Steps == 0 {
		opt.Steps = 5_000_000
	}
	if opt.Memory == 0 {
		opt.Memory = 256 << 20
	}
	e := &evaluator{ctx: ctx, opt: opt, globals: globals()}
	top := newScope(nil)
	for i, k := range vars.keys {
		if k, ok := k.(text); ok {
			top.vars[k.s] = vars.vals[i]
		}
	}
	e.out = &builder{}
	e.root = e.out
	if _, err := e.run(t.body, newScope(top)); err != nil {
		return Result{}, err
	}
	return Result{Text: string(e.out.b), Generation: e.generation, Data: e.out.data}, nil
}

// at gives an error the line of what failed, unless it has one.
func at(line int, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var r *raised
	if errors.As(err, &r) {
		return &Error{Line: line, Msg: r.msg, Raised: true}
	}
	return &Error{Line: line, Msg: err.Error()}
}
