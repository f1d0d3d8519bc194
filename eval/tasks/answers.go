package tasks

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
)

// answers has the model answer items, many at once, and each answer kept as it comes. sampling says how an item's is drawn.
func (s *Set) answers(ctx context.Context, a *infer.Assistant, items []Item, keep func(from int, found ...Measured) error, sampling func(i int) infer.Sampling) error {
	var questions []infer.Question
	var of []int // the items that fit
	for i, it := range items {
		q, fits, err := s.question(a, it)
		if err != nil {
			return fmt.Errorf("%s: %w", it.Where, err)
		}
		if !fits {
			if err := keep(i, Measured{TooLong: true}); err != nil {
				return err
			}
			continue
		}
		q.Sampling = sampling(i)
		questions, of = append(questions, q), append(of, i)
	}
	return a.Answers(ctx, questions, func(k int, res infer.Result, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", items[of[k]].Where, err)
		}
		return keep(of[k], Measured{Said: res.Text, Cut: res.StopReason == infer.Length})
	})
}

// question is an item as tokens, and how its answer is given; fits is false where the model has no positions for both.
func (s *Set) question(a *infer.Assistant, it Item) (q infer.Question, fits bool, err error) {
	q.MaxTokens, q.StopText = s.Tokens, s.Until
	if !s.Chat {
		q.Prompt, err = a.Encode(s.Asked(it))
		return q, len(q.Prompt)+s.Tokens <= a.Context(), err
	}
	t, _, err := a.Template()
	if err != nil {
		return q, false, err
	}
	q.Prompt, err = a.Prompt([]chat.Message{{Role: chat.User, Content: s.Asked(it)}})
	q.Lead, q.MaxTokens = t.Lead(), min(s.Tokens, a.Context()-len(q.Prompt))
	return q, q.MaxTokens > 0, err
}

// drawn is how an item's answer is drawn, whose key is given: with a seed of its own, which neither the items beside it nor where
// a run was ended can change.
func drawn(s infer.Sampling, key string) infer.Sampling {
	if s.Temperature > 0 {
		s.Seed, _ = strconv.ParseUint(key[:16], 16, 64) // hex digits, all of them
	}
	return s
}
