package train

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
)

// Prober answers each of the conversations with the trained model, in the form of the template, greedily and with at
// most so many tokens, and says which of the answers ended by themselves. It may take about room bytes of memory.
// infer.Probe is one; this package trains and does not speak.
type Prober func(ctx context.Context, m *model.Model, template *chat.Template, conversations [][]chat.Message, most int, room int64) ([]bool, error)

// Probe is what the answers after training were like (law 1).
type Probe struct {
	Asked     int      `json:"asked"`
	Stopped   int      `json:"stopped"`        // answers that ended by themselves
	MaxTokens int      `json:"max_tokens"`     // that an answer could have
	Open      []string `json:"open,omitempty"` // rows whose prompts were answered without an end
}

// question is a row's prompt to be answered after training.
type question struct {
	ref    dataset.Ref
	prompt []chat.Message
	answer int // tokens of the row's own answer
}

// The prompts that are answered where the recipe does not say how many, and the bounds of an answer.
const (
	probeDefault = 20
	probeLeast   = 64 // tokens that an answer may have in any case
	probeMost    = 96 // tokens: rows with longer answers are not asked
)

// chooseQuestions takes questions from examples, of which those that are not trained on come first; of each row the first.
func (s *session) chooseQuestions(enc chat.Encoder, examples []dataset.Example, each int) []question {
	n := s.r.Probe
	if n == 0 {
		n = probeDefault
	}
	var list []question
	for i := 0; i < len(examples) && len(list) < n; i += each {
		e := examples[i]
		last := len(e.Messages) - 1
		if last < 1 || e.Messages[last].Role != chat.Assistant || e.Messages[last-1].Role != chat.User || e.Weight == 0 || e.Repeat == 0 {
			continue
		}
		q := question{ref: e.Ref(), prompt: e.Messages[:last], answer: len(enc.EncodeText(e.Messages[last].Content, false))}
		same := func(o question) bool { return slices.Equal(o.prompt, q.prompt) }
		if q.answer > probeMost || slices.ContainsFunc(list, same) {
			continue
		}
		if ids, err := s.template.Prompt(enc, q.prompt); err != nil || len(ids)+q.answer >= s.m.Config().MaxPos {
			continue
		}
		list = append(list, q)
	}
	return list
}

// probe has questions answered by the trained model, and names those whose answers have no end. That it cannot be done is
// no reason to lose a run. The workspace of training makes room for it, and is gone.
func (s *session) probe(ctx context.Context, ask Prober) *Probe {
	if ask == nil || len(s.questions) == 0 {
		return nil
	}
	p := &Probe{Asked: len(s.questions), MaxTokens: probeLeast}
	var prompts [][]chat.Message
	for _, q := range s.questions {
		prompts = append(prompts, q.prompt)
		p.MaxTokens = max(p.MaxTokens, 2*q.answer)
	}
	room := int64(model.WorkspaceBytes(s.m.Config(), s.ws.Plan()))
	s.ws = nil
	ended, err := ask(ctx, s.m, s.template, prompts, p.MaxTokens, room)
	if err != nil {
		s.obs.Noted("whether answers end was not looked at: " + err.Error())
		return nil
	}
	var named []string
	for i, q := range s.questions {
		if ended[i] {
			p.Stopped++
			continue
		}
		p.Open = append(p.Open, q.ref.String())
		named = append(named, fmt.Sprintf("%s (%s)", q.ref, beginning(q.prompt[len(q.prompt)-1])))
	}
	if len(named) > 0 {
		const most = 5
		more := ""
		if len(named) > most {
			named, more = named[:most], fmt.Sprintf(", and %d more", len(named)-most)
		}
		s.obs.Noted(fmt.Sprintf("%d of %d answers did not end by themselves within %d tokens, to the prompts of %s%s",
			p.Asked-p.Stopped, p.Asked, p.MaxTokens, strings.Join(named, ", "), more))
	}
	return p
}

// beginning is how a question begins, fit to print.
func beginning(m chat.Message) string {
	const most = 40
	text := []rune(strings.Join(strings.Fields(m.Content+" "+m.Input), " "))
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return fmt.Sprintf("%q", string(text))
}
