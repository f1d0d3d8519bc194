package openai

import (
	"encoding/json"
	"net/http"
	"strings"
)

// shape is how a request is written for an endpoint. The zero is tried first.
type shape struct {
	free       bool // no schema
	completion bool // max_completion_tokens in the place of max_tokens
	uncounted  bool // no stream_options, and so no usage
	unsampled  bool // no temperature, top_p and presence_penalty: models that think draw as they please
	deeper     bool // /v1 after the path that was given
}

// other is the shape to try after a refusal, where there is one.
func (s shape) other(f *failure, r Request, path string) (shape, bool) {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(strings.ToLower(f.said), w) {
				return true
			}
		}
		return false
	}
	switch f.status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		if !s.deeper && !strings.Contains(path, "/v1") && !has("model") {
			s.deeper = true
			return s, true
		}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		switch {
		case !s.completion && has("max_completion_tokens"):
			s.completion = true
			return s, true
		case !s.uncounted && has("stream_options", "include_usage"):
			s.uncounted = true
			return s, true
		case !s.unsampled && has("temperature", "top_p", "presence_penalty"):
			s.unsampled = true
			return s, true
		case !s.free && r.Schema != nil:
			s.free = true
			return s, true
		}
	}
	return s, false
}

// told is what a person is to know of a shape that another did not have; "" for nothing.
func (s shape) told(known shape) string {
	var list []string
	if s.free && !known.free {
		list = append(list, "takes no schema, so that its answers are read as they come")
	}
	if s.unsampled && !known.unsampled {
		list = append(list, "lets nobody choose temperature and the like")
	}
	if s.uncounted && !known.uncounted {
		list = append(list, "does not count its tokens, so that they are estimated")
	}
	return strings.Join(list, "; ")
}

// key is a request's key in this shape: an endpoint may refuse one key with two bodies.
func (s shape) key(key string) string {
	for _, f := range []struct {
		on   bool
		mark string
	}{{s.free, "f"}, {s.completion, "c"}, {s.uncounted, "u"}, {s.unsampled, "s"}} {
		if f.on {
			key += "-" + f.mark
		}
	}
	return key
}

// question is the body of a request.
type question struct {
	Model               string          `json:"model"`
	Messages            []Message       `json:"messages"`
	Temperature         *float64        `json:"temperature,omitempty"`
	TopP                *float64        `json:"top_p,omitempty"`
	Presence            *float64        `json:"presence_penalty,omitempty"`
	MaxTokens           int             `json:"max_tokens,omitempty"`
	MaxCompletionTokens int             `json:"max_completion_tokens,omitempty"`
	Stop                []string        `json:"stop,omitempty"`
	Seed                *int64          `json:"seed,omitempty"`
	Format              *responseFormat `json:"response_format,omitempty"`
	Logprobs            bool            `json:"logprobs,omitempty"`
	TopLogprobs         int             `json:"top_logprobs,omitempty"`
	Stream              bool            `json:"stream"`
	StreamOptions       *streamOptions  `json:"stream_options,omitempty"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type responseFormat struct {
	Type   string      `json:"type"`
	Schema namedSchema `json:"json_schema"`
}

type namedSchema struct {
	Name   string          `json:"name"`
	Strict bool            `json:"strict"`
	Schema json.RawMessage `json:"schema"`
}

func (s shape) body(model string, r Request) ([]byte, error) {
	q := question{
		Model: model, Messages: r.Messages, Temperature: r.Temperature, TopP: r.TopP, Presence: r.Presence, Stop: r.Stop, Seed: r.Seed,
		Logprobs: r.TopLogprobs > 0, TopLogprobs: r.TopLogprobs, Stream: true,
	}
	if s.unsampled {
		q.Temperature, q.TopP, q.Presence = nil, nil, nil
	}
	if s.completion {
		q.MaxCompletionTokens = r.MaxTokens
	} else {
		q.MaxTokens = r.MaxTokens
	}
	if r.Schema != nil && !s.free {
		q.Format = &responseFormat{Type: "json_schema", Schema: namedSchema{Name: "answer", Strict: true, Schema: r.Schema}}
	}
	if !s.uncounted {
		q.StreamOptions = &streamOptions{IncludeUsage: true}
	}
	return json.Marshal(q)
}
