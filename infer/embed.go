package infer

import (
	"context"
	"math"

	"github.com/cria-llm/cria/model"
)

// Embed is a vector of length 1 for each text, in which texts of like meaning lie near each other: the mean of the model's
// last hidden states, after the final norm, over the text's tokens, with activations in float32. The token that begins a
// sequence is not among them, for it is the same in every text. A text that is longer than the model's positions is read in
// pieces, each by itself. An empty text has the zero vector.
//
// The vectors of one model have a large part in common: what tells texts apart is the difference from their mean.
func (a *Assistant) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var seqs []sequence
	var of []int // the text that each sequence is of
	skip := 0
	for i, text := range texts {
		ids, err := a.Encode(text)
		if err != nil {
			return nil, err
		}
		if a.tok.AddsBOS() {
			skip = 1
		}
		for rest := ids[skip:]; len(rest) > 0; {
			n := min(len(rest), a.Context()-skip)
			seqs = append(seqs, sequence{ids: append(ids[:skip:skip], rest[:n]...), own: skip + n})
			of = append(of, i)
			rest = rest[n:]
		}
	}
	width := a.m.Config().Hidden
	sums := make([][]float64, len(texts))
	for i := range sums {
		sums[i] = make([]float64, width)
	}
	var host []float32
	err := a.inBatches(ctx, seqs, 0, func(ws *model.Workspace, b model.Batch, all []laid) error {
		hidden, err := a.m.Hidden(ws, b)
		if err != nil {
			return err
		}
		if len(host) < hidden.Len() {
			host = make([]float32, hidden.Len())
		}
		a.m.Backend().Read(host[:hidden.Len()], hidden)
		for _, at := range all {
			sum := sums[of[at.of]]
			first := int(at.row(0))
			for i := (first + skip) * width; i < (first+len(seqs[at.of].ids))*width; i += width {
				for j, x := range host[i : i+width] {
					sum[j] += float64(x)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	for i, sum := range sums {
		vectors[i] = unit(sum)
	}
	return vectors, nil
}

// unit is a vector's direction; that of zero is zero.
func unit(v []float64) []float32 {
	squares := 0.0
	for _, x := range v {
		squares += x * x
	}
	u := make([]float32, len(v))
	if squares == 0 {
		return u
	}
	for i, x := range v {
		u[i] = float32(x / math.Sqrt(squares))
	}
	return u
}
