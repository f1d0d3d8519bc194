// Package openai is the outside world that writes and judges text: the wire types of OpenAI's chat API, a [Client] for any
// endpoint that speaks it, and [Model], the one interface that a remote and a local model both answer. [Guard] puts a cap on
// what a model costs and a [Journal] of its answers before any of them, so that none is paid for twice.
//
// It sends nothing but what it is asked to, to no other address, and keeps the key out of files, logs and errors.
//
//	client, err := openai.NewClient(openai.ClientOptions{BaseURL: "https://api.openai.com/v1", Key: key, Model: "gpt-4o-mini"})
//	journal, err := openai.OpenJournal("answers.journal")
//	defer journal.Close()
//	var m openai.Model = openai.Guard(client, openai.Prices{In: 0.15, Out: 0.60}, openai.Caps{Cost: 5}, journal)
//	temperature := 0.7
//	answer, err := m.Chat(ctx, openai.Request{
//		Messages:    []openai.Message{{Role: "user", Content: "Name a prime."}},
//		Temperature: &temperature, MaxTokens: 64,
//	})
package openai

import (
	"context"
	"encoding/json"
	"time"
)

// Model answers conversations. Its methods may be called by many goroutines at once.
type Model interface {
	// Name is what the answers are filed under: the model's name at its endpoint, or its MODEL on this machine.
	Name() string
	// Chat asks for one answer. A request that the model cannot take is a [*RequestError]; one that may succeed later was
	// tried again before its error comes back.
	Chat(ctx context.Context, r Request) (*Response, error)
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // system, user or assistant
	Content string `json:"content"`
}

// Request is a conversation to be continued, and how. A nil pointer and a zero leave the choice to the model.
type Request struct {
	Messages    []Message `json:"messages"`
	Temperature *float64  `json:"temperature,omitempty"`
	TopP        *float64  `json:"top_p,omitempty"`
	Presence    *float64  `json:"presence_penalty,omitempty"`
	MaxTokens   int       `json:"max_tokens,omitempty"` // of the answer
	Stop        []string  `json:"stop,omitempty"`
	Seed        *int64    `json:"seed,omitempty"`
	// Schema is the JSON schema that the answer must fit; nil is free text. A model that cannot be held to it answers
	// freely: the caller parses with tolerance either way.
	Schema json.RawMessage `json:"schema,omitempty"`
	// TopLogprobs asks for the likeliest first tokens with their log-probabilities; 0 is none.
	TopLogprobs int `json:"top_logprobs,omitempty"`
	// Key tells requests with the same content apart: with the content it is the request's identity. Asked twice with one
	// key and the same content, a model that knows keys bills once. "" is none.
	Key string `json:"-"`
}

// Response is an answer and what it took.
type Response struct {
	Model    string         `json:"model"`
	Text     string         `json:"text"`
	Finish   string         `json:"finish"` // stop, length or content_filter
	Usage    Usage          `json:"usage"`
	Logprobs []TokenLogprob `json:"logprobs,omitempty"` // of the first token, likeliest first
	At       time.Time      `json:"at,omitzero"`        // when it was written into a journal, to the millisecond; zero where it was not
}

// Usage counts tokens.
type Usage struct {
	PromptTokens     int  `json:"prompt_tokens"`
	CompletionTokens int  `json:"completion_tokens"`
	Estimated        bool `json:"estimated,omitempty"` // from the length of the texts: the model did not say
}

// TokenLogprob is a token that could have come first, with its log-probability in nats.
type TokenLogprob struct {
	Token   string  `json:"token"`
	Logprob float64 `json:"logprob"`
}

// RequestError is what a model says of a request that it will never take.
type RequestError struct {
	Status  int // of HTTP; 0 for a model on this machine
	Message string
}

func (e *RequestError) Error() string { return e.Message }
