package tasks

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
)

// continued is a text after a prompt as tokens, encoded together: the text begins after as many tokens as the prompt has by
// itself. Space at the prompt's end counts to the text, where tokenizers expect it.
func continued(a *infer.Assistant, prompt, text string) (infer.Pair, error) {
	bare := strings.TrimRightFunc(prompt, unicode.IsSpace)
	text = prompt[len(bare):] + text
	before, err := a.Encode(bare)
	if err != nil {
		return infer.Pair{}, err
	}
	ids, err := a.Encode(bare + text)
	if err != nil {
		return infer.Pair{}, err
	}
	if len(before) == 0 {
		return infer.Pair{}, fmt.Errorf("no token before %q, so its first cannot be expected", text)
	}
	if len(before) >= len(ids) {
		return infer.Pair{}, fmt.Errorf("%q adds no token to the prompt", text)
	}
	return infer.Pair{Prompt: ids[:len(before)], Response: ids[len(before):]}, nil
}

// replied is a choice as the assistant's answer to a prompt, in the model's template; the end of the turn is not measured, as after
// plain text nothing is.
func replied(a *infer.Assistant, prompt, choice string) (infer.Pair, error) {
	r, err := a.Answered([]chat.Message{{Role: chat.User, Content: prompt}, {Role: chat.Assistant, Content: choice}})
	if err != nil {
		return infer.Pair{}, err
	}
	span := r.Spans[len(r.Spans)-1]
	if span.To-span.From < 2 {
		return infer.Pair{}, fmt.Errorf("%q is no token in the model's template", choice)
	}
	return infer.Pair{Prompt: r.IDs[:span.From], Response: r.IDs[span.From : span.To-1]}, nil
}

// windows are a document in pieces that fill the model's positions. The first follows the token that begins a sequence, or
// that ends one where there is none; the last reaches back as far as it can. Each token is measured once.
func windows(a *infer.Assistant, text string) ([]infer.Pair, error) {
	tok, err := a.Tokenizer()
	if err != nil {
		return nil, err
	}
	start, ok := tok.BOS()
	if !ok {
		if start, ok = tok.EOS(); !ok {
			return nil, fmt.Errorf("the tokenizer has no token that begins or ends a sequence, so a text's first cannot be expected")
		}
	}
	ids := append([]int32{start}, tok.EncodeText(text, true)...)
	var pairs []infer.Pair
	size := a.Context()
	for from := 1; from < len(ids); {
		to := min(from+size-1, len(ids))
		pairs = append(pairs, infer.Pair{Prompt: ids[max(0, to-size):from], Response: ids[from:to]})
		from = to
	}
	return pairs, nil
}
