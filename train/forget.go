package train

import (
	"context"
	_ "embed" // the general text
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/cria-llm/cria/dataset"
)

// generalText is a text such as any base has learned to continue: a tale, a letter, news, science, a recipe. It was
// written for this program, so that no base has seen it.
//
//go:embed general.txt
var generalText string

// noText in place of a file turns the look at the general text off.
const noText = "none"

// forgetMost is how much the loss on the general text may rise, in nats a token, before people should know: perplexity is
// up by more than a quarter.
const forgetMost = 0.25

// generalWindow is the most tokens of the general text at once: enough context, and little memory.
const generalWindow = 256

// readGeneral makes tokens of the general text that forgetting is measured on.
func (s *session) readGeneral() error {
	text := generalText
	switch s.r.ForgetText {
	case noText:
		return nil
	case "":
	default:
		b, err := os.ReadFile(s.r.ForgetText)
		if err != nil {
			return fmt.Errorf("forget_text: %w", err)
		}
		if text = string(b); !utf8.ValidString(text) {
			return fmt.Errorf("forget_text is %s: not UTF-8 text", s.r.ForgetText)
		}
	}
	if id, ok := s.tok.BOS(); ok && s.tok.AddsBOS() {
		s.general = append(s.general, id)
	}
	s.general = append(s.general, s.tok.EncodeText(strings.TrimSpace(text), true)...)
	if len(s.general) < 2 {
		return fmt.Errorf("forget_text is %s: no text in it", s.r.ForgetText)
	}
	return nil
}

// windows cuts tokens into sequences of at most most tokens, all of them labels. A window begins with the last token of the
// one before, so that every token but the first is predicted once.
func windows(ids []int32, most int) []dataset.Tokens {
	var list []dataset.Tokens
	for at := 0; at+1 < len(ids); at += most - 1 {
		w := dataset.Tokens{IDs: ids[at:min(at+most, len(ids))], Weight: 1, Repeat: 1}
		w.Train = make([]bool, len(w.IDs))
		for i := 1; i < len(w.Train); i++ {
			w.Train[i] = true
		}
		list = append(list, w)
	}
	return list
}

// generalLoss is the mean loss of the general text's tokens, in nats; nil where none is read.
func (s *session) generalLoss(ctx context.Context) (*float64, error) {
	if len(s.general) == 0 {
		return nil, nil // it was turned off, or there is no base that could forget
	}
	list := windows(s.general, min(generalWindow, s.m.Config().MaxPos, s.micro))
	batches := dataset.Pack(list, upTo(len(list)), s.micro)
	var sum float64
	n := 0
	for i := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b := &batches[i]
		nll, err := s.m.Loss(s.ws, s.batch(b, 0), b.Weights, false)
		if err != nil {
			return nil, fmt.Errorf("the general text: %w", err)
		}
		for _, x := range nll {
			sum += float64(x)
		}
		n += len(nll)
	}
	mean := sum / float64(n)
	if !finite(mean) {
		return nil, fmt.Errorf("the loss on the general text is not finite after step %d (try a lower --lr)", s.opt.steps)
	}
	return &mean, nil
}

// warnForgotten says so where the run has unlearned much.
func (s *session) warnForgotten(before, after *float64) {
	if before == nil || after == nil || *after-*before <= forgetMost {
		return
	}
	less := "a smaller --rank"
	if s.r.Method == Full {
		less = "--method lora"
	}
	s.obs.Noted(fmt.Sprintf("the model has forgotten: on a general text its loss rose from %.3f to %.3f nats a token. Fewer steps, a lower --lr or %s forget less",
		*before, *after, less))
}
