package infer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/grammar"
	"github.com/cria-llm/cria/openai"
)

// Teacher is an assistant as the [openai.Model] that writes or judges data. Many goroutines may ask, and up to eight are
// answered at once.
//
// A request that names neither temperature nor top_p is drawn as [DefaultSampling] says, one that names either from the
// whole vocabulary or its top_p; one without a seed draws another answer every time. A request's schema is kept to by every
// answer (see [Options.Grammar]); one that [grammar.Compile] does not take is refused.
type Teacher struct {
	a    *Assistant
	all  together
	turn chan struct{} // holds a token while one of those who ask runs the model for all

	waiting []*job // for a slot

	mu       sync.Mutex
	queue    []*job // that came since
	compiled []compiledSchema
}

// compiledSchema is a schema that was asked with, and its grammar.
type compiledSchema struct {
	text string
	g    *grammar.Grammar
}

// NewTeacher takes the assistant for itself. Closing it stays with the caller.
func NewTeacher(a *Assistant) *Teacher {
	return &Teacher{a: a, all: together{a: a}, turn: make(chan struct{}, 1)}
}

var _ openai.Model = (*Teacher)(nil)

// Name is the assistant's.
func (t *Teacher) Name() string { return t.a.name }

// Hash is the assistant's.
func (t *Teacher) Hash() (string, error) { return t.a.Hash() }

// Chat answers in the model's template. What the model cannot take, such as more tokens than it has positions, is an
// [*openai.RequestError]; a context that ends is its error, and what was written until then is lost. The same request with
// the same seed has the same answer where it is asked alone; among others sums are made in another order.
func (t *Teacher) Chat(ctx context.Context, r openai.Request) (*openai.Response, error) {
	o, err := options(r)
	if err != nil {
		return nil, err
	}
	if o.Grammar, err = t.grammar(r.Schema); err != nil {
		return nil, err
	}
	var conv []chat.Message
	for _, m := range r.Messages {
		conv = append(conv, chat.Message{Role: chat.Role(m.Role), Content: m.Content})
	}
	res, err := t.Answer(ctx, conv, o)
	if err != nil {
		return nil, err
	}
	answer := &openai.Response{Model: t.a.name, Text: res.Text, Finish: string(res.StopReason),
		Usage: openai.Usage{PromptTokens: res.PromptTokens, CompletionTokens: len(res.IDs)}}
	for _, one := range res.Alternatives {
		answer.Logprobs = append(answer.Logprobs, openai.TokenLogprob{Token: t.a.spelled(one.ID), Logprob: one.Logprob})
	}
	return answer, nil
}

// Answer continues a conversation that ends with a user message, which may have an input of its own, in the model's template.
// What the model cannot take is an error as of [Teacher.Chat].
func (t *Teacher) Answer(ctx context.Context, conv []chat.Message, o Options) (Result, error) {
	if t.a.templateErr != nil {
		return Result{}, t.a.templateErr
	}
	prompt, err := t.a.Prompt(conv)
	if err != nil {
		return Result{}, &openai.RequestError{Message: err.Error()}
	}
	o.Lead = t.a.template.Lead()
	res, err := t.answer(&job{ctx: ctx, prompt: prompt, o: o, done: make(chan struct{})})
	var long *ContextError
	if errors.As(err, &long) {
		return Result{}, &openai.RequestError{Message: err.Error()}
	}
	return res, err
}

// answer waits for a job to be done. One of those who wait runs the model, until its own is.
func (t *Teacher) answer(j *job) (Result, error) {
	t.mu.Lock()
	t.queue = append(t.queue, j)
	t.mu.Unlock()
	for {
		select {
		case <-j.done:
			return j.res, j.err
		case <-j.ctx.Done():
			return Result{}, j.ctx.Err() // whoever runs the model next drops the job
		case t.turn <- struct{}{}:
			t.run(j)
			<-t.turn
		}
	}
}

// run runs the model until a job is done or its context ends.
func (t *Teacher) run(j *job) {
	for j.ctx.Err() == nil {
		select {
		case <-j.done:
			return
		default:
		}
		t.mu.Lock()
		t.waiting = append(t.waiting, t.queue...)
		t.queue = nil
		t.mu.Unlock()
		t.waiting = t.all.admit(t.waiting)
		t.all.step()
	}
}

// grammar is that of a schema, of the few that were asked with last; nil of none.
func (t *Teacher) grammar(schema []byte) (*grammar.Grammar, error) {
	if len(schema) == 0 {
		return nil, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.compiled {
		if c.text == string(schema) {
			return c.g, nil
		}
	}
	g, err := grammar.Compile(schema)
	if err != nil {
		return nil, &openai.RequestError{Message: err.Error()}
	}
	if len(t.compiled) == maxGrammars {
		t.compiled = slices.Delete(t.compiled, 0, 1)
	}
	t.compiled = append(t.compiled, compiledSchema{string(schema), g})
	return g, nil
}

// spelled is a token as the text it adds, or by its name where it adds none.
func (a *Assistant) spelled(id int32) string {
	if text := a.tok.Bytes(id); len(text) > 0 {
		return string(text)
	}
	return a.tok.Token(id)
}

// options is how a request wants its answer.
func options(r openai.Request) (Options, error) {
	bad := func(format string, args ...any) (Options, error) {
		return Options{}, &openai.RequestError{Message: fmt.Sprintf(format, args...)}
	}
	s := DefaultSampling()
	if r.Temperature != nil || r.TopP != nil {
		s = Sampling{Temperature: 1}
	}
	if r.Temperature != nil {
		s.Temperature = *r.Temperature
	}
	if r.TopP != nil {
		s.TopP = *r.TopP
	}
	if r.Presence != nil {
		s.Presence = *r.Presence
	}
	if s.Seed = rand.Uint64(); r.Seed != nil {
		s.Seed = uint64(*r.Seed)
	}
	if err := s.Check(); err != nil {
		return bad("%v", err)
	}
	if r.TopP != nil && *r.TopP == 0 {
		s.Temperature = 0 // the likeliest alone, not all
	}
	if r.MaxTokens < 0 {
		return bad("max_tokens is %d, want 1 or more, or 0 for the model's choice", r.MaxTokens)
	}
	if r.TopLogprobs < 0 {
		return bad("top_logprobs is %d, want 0 or more", r.TopLogprobs)
	}
	for i, stop := range r.Stop {
		if stop == "" {
			return bad("stop %d is empty", i)
		}
	}
	return Options{MaxTokens: r.MaxTokens, Sampling: s, StopText: r.Stop, Alternatives: r.TopLogprobs}, nil
}
