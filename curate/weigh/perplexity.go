package weigh

import (
	"math"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/infer"
)

var (
	pplResponse = Score{
		Name: "ppl-response", Model: true, version: 1,
		About: "perplexity of the answer after nothing",
		tokens: &tokenScore{
			texts: func(e encoder, x curate.Exchange) ([]infer.Pair, string, error) { return e.alone(x.Output.Text) },
			value: perplexity,
		},
	}
	pplInstruction = Score{
		Name: "ppl-instruction", Model: true, version: 1,
		About: "perplexity of the instruction, its input below it",
		tokens: &tokenScore{
			texts: func(e encoder, x curate.Exchange) ([]infer.Pair, string, error) { return e.alone(x.Ask()) },
			value: perplexity,
		},
	}
	loss = Score{
		Name: "loss", Model: true, version: 1,
		About:  "mean loss of the answers as they are trained: what MODEL, with its adapters, gets wrong",
		tokens: &tokenScore{conversation: true, value: together},
	}
)

func perplexity(l []infer.Loss) float64 { return math.Exp(mean(l[0])) }

// together is the mean over the tokens of all parts.
func together(list []infer.Loss) float64 {
	var all infer.Loss
	for _, l := range list {
		all.Sum += l.Sum
		all.Tokens += l.Tokens
	}
	return mean(all)
}

// alone measures a text after nothing but what the tokenizer puts there. What the model has no positions for is not measured
// in part.
func (e encoder) alone(text string) ([]infer.Pair, string, error) {
	pairs, missing, err := e.after(text, []prompted{{"", e.context() + 1}})
	if err == nil && missing == "" && len(pairs[0].Prompt)+len(pairs[0].Response) > e.context() {
		return nil, tooLong, nil
	}
	return pairs, missing, err
}
