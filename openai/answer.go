package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// piece is an answer, or an event of one that is streamed.
type piece struct {
	Error   json.RawMessage `json:"error"`
	Model   string          `json:"model"`
	Choices []struct {
		Index    int     `json:"index"`
		Delta    message `json:"delta"`
		Message  message `json:"message"`
		Finish   string  `json:"finish_reason"`
		Logprobs *struct {
			Content []struct {
				Top []TokenLogprob `json:"top_logprobs"`
			} `json:"content"`
		} `json:"logprobs"`
	} `json:"choices"`
	Usage *struct {
		Prompt     *int `json:"prompt_tokens"`
		Completion *int `json:"completion_tokens"`
	} `json:"usage"`
}

type message struct {
	Content *string `json:"content"`
	Refusal *string `json:"refusal"`
}

// gathered is an answer as far as it has come.
type gathered struct {
	Response
	text    strings.Builder
	choice  bool // there was one
	counted bool
}

// add takes in the first of the choices.
func (g *gathered) add(data []byte) error {
	var p piece
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("an answer that is no JSON: %.80q", data)
	}
	if len(p.Error) > 0 && string(p.Error) != "null" {
		said, _ := errorText(data)
		return fmt.Errorf("an error in the place of the answer: %s", short(said))
	}
	if p.Model != "" {
		g.Model = p.Model
	}
	for _, c := range p.Choices {
		if c.Index != 0 {
			continue
		}
		g.choice = true
		for _, m := range []message{c.Delta, c.Message} {
			if m.Content != nil {
				g.text.WriteString(*m.Content)
			}
			if m.Refusal != nil && *m.Refusal != "" {
				g.text.WriteString(*m.Refusal)
				g.Finish = "content_filter"
			}
		}
		if c.Finish != "" && g.Finish == "" {
			g.Finish = finish(c.Finish)
		}
		if c.Logprobs != nil && g.Logprobs == nil && len(c.Logprobs.Content) > 0 {
			g.Logprobs = c.Logprobs.Content[0].Top
		}
	}
	if u := p.Usage; u != nil && u.Prompt != nil && u.Completion != nil && *u.Prompt > 0 && *u.Completion >= 0 {
		g.Usage, g.counted = Usage{PromptTokens: *u.Prompt, CompletionTokens: *u.Completion}, true
	}
	return nil
}

// finish is a reason to end in the words of [Response].
func finish(reason string) string {
	switch reason {
	case "length", "max_tokens", "model_length":
		return "length"
	case "content_filter", "safety", "refusal":
		return "content_filter"
	}
	return "stop"
}

// response is the whole answer.
func (g *gathered) response(r Request) *Response {
	out := g.Response
	out.Text = g.text.String()
	if out.Finish == "" {
		out.Finish = "stop"
	}
	if !g.counted || out.Usage.CompletionTokens == 0 && out.Text != "" {
		out.Usage = estimate(r, out.Text)
	}
	return &out
}

// read reads an answer, streamed or whole.
func read(body io.Reader, stream bool, r Request) (*Response, error) {
	bounded := &io.LimitedReader{R: body, N: maxAnswer}
	var g gathered
	var err error
	if stream {
		err = g.stream(bounded)
	} else {
		var b []byte
		if b, err = io.ReadAll(bounded); err == nil {
			if err = g.add(b); err == nil && !g.choice {
				err = errors.New("an answer without choices")
			}
		}
	}
	switch {
	case bounded.N <= 0:
		return nil, fmt.Errorf("an answer of more than %d MiB", maxAnswer>>20)
	case err != nil:
		return nil, err
	}
	return g.response(r), nil
}

// stream reads server-sent events up to the one that is [DONE]. An answer that gave its reason to end is whole, though the
// connection died before that.
func (g *gathered) stream(body io.Reader) error {
	var bad error // of an event
	done := false
	err := events(body, func(data []byte) bool {
		if done = string(bytes.TrimSpace(data)) == "[DONE]"; !done {
			bad = g.add(data)
		}
		return !done && bad == nil
	})
	switch {
	case bad != nil:
		return bad
	case g.Finish != "", done && g.choice:
		return nil
	case done:
		return errors.New("an answer without choices")
	case err == nil:
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("the answer broke off: %w", err)
}

// events reads server-sent events and hands on the data of each until one says that it needs no more.
func events(body io.Reader, each func(data []byte) (more bool)) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 4<<10), maxAnswer)
	var data []byte
	begun := false
	for lines.Scan() {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if begun {
				data = append(data, '\n')
			}
			data, begun = append(data, bytes.TrimPrefix(value, []byte(" "))...), true
		}
		if len(line) == 0 && begun {
			if !each(data) {
				return nil
			}
			data, begun = data[:0], false
		}
	}
	if begun && lines.Err() == nil { // the last line's end is missing
		each(data)
	}
	return lines.Err()
}

// errorText is what an error says, in any of the forms that endpoints have for it, and its code.
func errorText(b []byte) (text, code string) {
	var e struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(b, &e) != nil {
		return short(string(b)), ""
	}
	var inner struct {
		Message string `json:"message"`
		Code    any    `json:"code"`
		Type    string `json:"type"`
	}
	var plain string
	switch {
	case json.Unmarshal(e.Error, &plain) == nil && plain != "":
		return plain, ""
	case json.Unmarshal(e.Error, &inner) == nil && inner.Message != "":
		if code, _ = inner.Code.(string); code == "" {
			code = inner.Type
		}
		return inner.Message, code
	case e.Message != "":
		return e.Message, ""
	case len(e.Detail) > 0:
		return string(e.Detail), ""
	}
	return short(string(b)), ""
}
