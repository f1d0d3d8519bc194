package infer

import (
	"context"
	"slices"
	"strings"

	"github.com/cria-llm/cria/chat"
)

// Conversation is questions and answers in turn. It keeps the exact tokens that the model produced: its own words are
// never tokenised again, which could cut them differently, and the cache holds for all that was said before.
type Conversation struct {
	a      *Assistant
	system string
	turns  []chat.Message // user and assistant in turn, ending with an answer
	said   []int32        // the conversation as tokens, to the last answer, without the token that ends it
	asked  uint64         // questions ever asked, which vary the seed
}

// NewConversation starts one without a system message.
func (a *Assistant) NewConversation() *Conversation { return &Conversation{a: a} }

// Reset forgets all turns. The system message stays.
func (c *Conversation) Reset() { c.turns, c.said = nil, nil }

// SetSystem sets the system message, "" for none, and forgets all turns.
func (c *Conversation) SetSystem(text string) {
	c.system = text
	c.Reset()
}

// System is the system message.
func (c *Conversation) System() string { return c.system }

// Messages is the conversation so far.
func (c *Conversation) Messages() []chat.Message {
	var conv []chat.Message
	if c.system != "" {
		conv = append(conv, chat.Message{Role: chat.System, Content: c.system})
	}
	return append(conv, c.turns...)
}

// Ask puts a question and generates the answer, both of which become part of the conversation. An answer that was
// cancelled counts as far as it came; an empty one, and its question, are forgotten. Every question draws with a seed
// of its own, which follows from that of o.
func (c *Conversation) Ask(ctx context.Context, question string, o Options, emit func(text string) error) (Result, error) {
	conv := append(c.Messages(), chat.Message{Role: chat.User, Content: question})
	prompt, err := c.prompt(conv)
	if err != nil {
		return Result{}, err
	}
	o.Lead = c.a.template.Lead()
	o.Sampling.Seed += c.asked << 32
	c.asked++
	res, err := c.a.Generate(ctx, prompt, o, emit)
	if err != nil || strings.TrimSpace(res.Text) == "" {
		return res, err
	}
	c.turns = append(c.turns, conv[len(conv)-1], chat.Message{Role: chat.Assistant, Content: res.Text})
	c.said = append(prompt, res.IDs...)
	return res, nil
}

// prompt is the conversation as tokens: what was said, as it was said, and the new question.
func (c *Conversation) prompt(conv []chat.Message) ([]int32, error) {
	fresh, err := c.a.Prompt(conv)
	if err != nil || len(c.said) == 0 {
		return fresh, err
	}
	before, ok := c.taught(conv[:len(conv)-1])
	if !ok {
		return fresh, nil
	}
	// The last answer's end token, and all that follows it, are the template's own.
	end := before.Spans[len(before.Spans)-1].To
	if end > len(fresh) || !slices.Equal(before.IDs[:end], fresh[:end]) {
		return fresh, nil
	}
	return append(slices.Clone(c.said), fresh[end-1:]...), nil
}

// taught is a conversation as it would be learned from; false of a template that can be spoken with and not be taught.
func (c *Conversation) taught(conv []chat.Message) (chat.Rendered, bool) {
	r, err := c.a.template.Render(c.a.tok, conv)
	return r, err == nil
}
