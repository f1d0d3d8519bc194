// Package eval says how well a model does: on items whose right answer is known, which share it gives word for word, how
// likely it finds the right answers, and how far chance alone could move the shares.
//
// It never trains and never writes a file. Answers are greedy, so that the same model gives the same score.
//
//	answers, err := eval.Ask(ctx, a, items, 24, nil)
//	s := eval.Tally(answers)
//	low, high := s.Interval()
package eval

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/statistics"
)

// Item is a question with its one right answer.
type Item struct {
	Kind     string // of task
	Question chat.Message
	Right    string
}

// Answer is what a model made of an item.
type Answer struct {
	Item
	Text string
	// Ended says that the model ended the answer itself, and was not stopped at the longest length.
	Ended bool
}

// Exact says that the answer is the right one, but for space around it.
func (a Answer) Exact() bool { return strings.TrimSpace(a.Text) == strings.TrimSpace(a.Right) }

// Ask puts every item to the model, each in a conversation of its own, several at once. longest is the most tokens of an
// answer; told, where it is not nil, is called after each, in the order in which they come.
func Ask(ctx context.Context, a *infer.Assistant, items []Item, longest int, told func(done int, last Answer)) ([]Answer, error) {
	t, _, err := a.Template()
	if err != nil {
		return nil, err
	}
	questions := make([]infer.Question, len(items))
	for i, item := range items {
		q := &questions[i]
		q.MaxTokens, q.Lead = longest, t.Lead()
		if q.Prompt, err = a.Prompt([]chat.Message{item.Question}); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	answers := make([]Answer, len(items))
	done := 0
	err = a.Answers(ctx, questions, func(i int, res infer.Result, err error) error {
		if err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
		answers[i] = Answer{Item: items[i], Text: res.Text, Ended: res.StopReason == infer.Stopped}
		if done++; told != nil {
			told(done, answers[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// lossTokens is how many tokens are computed at once.
const lossTokens = 1024

// Loss is the mean -log p, in nats, of the tokens of the items' right answers, the end of turn included.
func Loss(ctx context.Context, a *infer.Assistant, items []Item) (float64, error) {
	var seqs []dataset.Tokens
	var order []int
	longest := lossTokens
	for i, item := range items {
		r, err := a.Answered([]chat.Message{item.Question, {Role: chat.Assistant, Content: item.Right}})
		if err != nil {
			return 0, fmt.Errorf("item %d: %w", i+1, err)
		}
		if n := len(r.IDs); n > a.Context() {
			return 0, &infer.ContextError{Prompt: n, Context: a.Context()}
		}
		longest = max(longest, len(r.IDs))
		seqs, order = append(seqs, dataset.Tokens{IDs: r.IDs, Train: r.Train, Weight: 1, Repeat: 1}), append(order, i)
	}
	m := a.Model()
	ws := m.NewWorkspace(longest, model.Inference)
	var sum float64
	var n int
	err := m.Exactly(func() error {
		for _, b := range dataset.Pack(seqs, order, longest) {
			if err := ctx.Err(); err != nil {
				return err
			}
			nll, err := m.Loss(ws, model.Batch{IDs: b.IDs, Pos: b.Pos, Starts: b.Starts[:len(b.Starts)-1], Prefix: b.Prefix, Rows: b.Rows, Targets: b.Targets}, b.Weights, false)
			if err != nil {
				return err
			}
			for _, x := range nll {
				sum += float64(x)
			}
			n += len(nll)
		}
		return nil
	})
	if err != nil || n == 0 {
		return math.NaN(), err
	}
	return sum / float64(n), nil
}

// Score counts answers.
type Score struct {
	Exact int `json:"exact"`
	Ended int `json:"ended"` // that the model ended itself
	N     int `json:"n"`
}

// Tally counts.
func Tally(answers []Answer) Score {
	var s Score
	for _, a := range answers {
		s = s.Plus(a)
	}
	return s
}

// Plus counts one more.
func (s Score) Plus(a Answer) Score {
	s.N++
	if a.Exact() {
		s.Exact++
	}
	if a.Ended {
		s.Ended++
	}
	return s
}

// Share is the part of the answers that is exact, 0 where there are none.
func (s Score) Share() float64 {
	if s.N == 0 {
		return 0
	}
	return float64(s.Exact) / float64(s.N)
}

// Interval is the 95 % score interval of the share (Wilson 1927).
func (s Score) Interval() (low, high float64) {
	return statistics.Wilson(s.Exact, s.N)
}
