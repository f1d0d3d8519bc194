package infer

import (
	"context"
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

// Scores is what the model makes of given tokens.
type Scores struct {
	Argmax []int32   // the likeliest next token at every position; the lowest id among equals
	Last   []float32 // logits at the last position, the whole vocabulary
	// NLL is the mean of -log p(token t | tokens before t) over t ≥ 1, in nats; NaN for a single token.
	NLL float64
}

// Score runs the tokens as they are, with nothing added, in one pass without a cache and with activations in float32.
func (a *Assistant) Score(ctx context.Context, ids []int32) (Scores, error) {
	if len(ids) == 0 {
		return Scores{}, fmt.Errorf("no tokens to score")
	}
	if c := a.Context(); len(ids) > c {
		return Scores{}, &ContextError{Prompt: len(ids), Context: c}
	}
	if err := ctx.Err(); err != nil {
		return Scores{}, err
	}
	b := model.Batch{IDs: ids, Pos: make([]int32, len(ids)), Starts: []int{0}}
	for i := range b.Pos {
		b.Pos[i] = int32(i)
	}
	s := Scores{Argmax: make([]int32, 0, len(ids)), NLL: math.NaN()}
	vocab, total := a.m.Config().Vocab, 0.0
	row := make([]float32, vocab)
	ws := a.m.NewWorkspace(len(ids), model.Inference)
	err := a.m.Exactly(func() error {
		return a.m.Logits(ws, b, b.Pos, func(at int, logits compute.Buffer) {
			for i := range logits.Len() / vocab {
				a.m.Backend().Read(row, logits.Slice(i*vocab, (i+1)*vocab))
				s.Argmax = append(s.Argmax, argmax(row))
				if next := at + i + 1; next < len(ids) {
					total += nll(row, ids[next])
				}
			}
		})
	})
	if err != nil {
		return Scores{}, err
	}
	s.Last = row
	if len(ids) > 1 {
		s.NLL = total / float64(len(ids)-1)
	}
	return s, nil
}

func argmax(x []float32) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}

// nll is -log softmax(logits)[id], in float64.
func nll(logits []float32, id int32) float64 {
	return logSum(logits) - float64(logits[id])
}
