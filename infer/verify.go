package infer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Check is how far one model is from another that it should be, on the same prompts (law 7).
type Check struct {
	GreedyEqual bool    `json:"greedy_equal"` // the greedy texts after all prompts are the same
	KLMean      float64 `json:"kl_mean"`      // KL(reference ‖ other) of the next token, in nats: the mean over the tokens
	KLMax       float64 `json:"kl_max"`       // and the most of any
	// Top10 is the share of the reference's ten likeliest tokens that are among the other's, the mean over the tokens.
	Top10 float64 `json:"top10_overlap"`
	// GreedySame is the share of the reference's greedy tokens that the other finds likeliest too.
	GreedySame float64 `json:"greedy_same"`
	Tokens     int     `json:"tokens"`
	Prompts    int     `json:"prompts"`
	// TooLong counts the prompts that do not fit the models' positions and were left out.
	TooLong int `json:"too_long,omitempty"`
	// Split is the first text that the models' tokenizers make other tokens of, empty where they agree on all.
	Split string `json:"split_differently,omitempty"`
	// Unstopped lists the tokens that end the reference's answers and not the other's.
	Unstopped []int32 `json:"unstopped,omitempty"`
}

// Apart says in what the other model is not the reference, where the mean of KL may be so much; empty where it is.
func (c Check) Apart(maxKL float64) string {
	switch {
	case !(c.KLMean <= maxKL):
		return fmt.Sprintf("KL is %.3g nats a token, more than the %.3g that it may be (--max-kl allows another)", c.KLMean, maxKL)
	case c.Split != "":
		return fmt.Sprintf("its tokenizer makes other tokens of %q", c.Split)
	case len(c.Unstopped) > 0:
		return fmt.Sprintf("it does not stop at tokens %v", c.Unstopped)
	}
	return ""
}

// VerifyOptions are choices of a comparison. Zero values stand for the defaults.
type VerifyOptions struct {
	Prompts []Prompt // GoldenPrompts
	Greedy  int      // tokens that are generated after each prompt: 24
	// Progress is told how many of the prompts have been compared.
	Progress func(done, of int)
}

// probedTogether is how many greedy texts are generated at once: few, for their keys and values.
const probedTogether = 8

// Verify compares two models, in float32: the reference continues each prompt greedily, and both say what they expect
// after every token of prompt and continuation. Both are given the reference's tokens. Where the other finds the
// reference's greedy token likeliest everywhere, its own greedy text is the same.
func Verify(ctx context.Context, reference, other *Assistant, o VerifyOptions) (Check, error) {
	c, err := verify(ctx, reference, other, o)
	if err != nil {
		return Check{}, fmt.Errorf("compare %s with %s: %w", reference.Name(), other.Name(), err)
	}
	return c, nil
}

func verify(ctx context.Context, reference, other *Assistant, o VerifyOptions) (Check, error) {
	if r, o := reference.m.Config().Vocab, other.m.Config().Vocab; r != o {
		return Check{}, fmt.Errorf("vocabularies of %d and %d tokens", r, o)
	}
	if o.Prompts == nil {
		o.Prompts = GoldenPrompts()
	}
	o.Greedy = cmp.Or(o.Greedy, 24)
	c := Check{Split: splitDifferently(reference, other, o.Prompts)}
	for _, id := range reference.stop {
		if !slices.Contains(other.stop, id) {
			c.Unstopped = append(c.Unstopped, id)
		}
	}
	var prompts [][]int32
	length := min(reference.Context(), other.Context())
	for _, p := range o.Prompts {
		ids, err := p.ids(reference)
		if err != nil {
			return Check{}, err
		}
		if len(ids) >= length {
			c.TooLong++
			continue
		}
		prompts = append(prompts, ids)
	}
	if len(prompts) == 0 {
		return Check{}, errors.New("none of the prompts fits the models' positions")
	}
	t := tally{}
	for group := range slices.Chunk(prompts, probedTogether) {
		most := 0
		for _, p := range group {
			most = max(most, min(len(p)+o.Greedy, length))
		}
		var texts [][]int32
		err := reference.m.Exactly(func() (err error) {
			texts, _, err = reference.greedy(ctx, group, most, o.Greedy)
			return err
		})
		if err != nil {
			return Check{}, err
		}
		for i, p := range group {
			if err := t.compare(ctx, reference, other, p, texts[i]); err != nil {
				return Check{}, err
			}
			if c.Prompts++; o.Progress != nil {
				o.Progress(c.Prompts, len(prompts))
			}
		}
	}
	return t.complete(c), nil
}

// splitDifferently is the first of the prompts' texts that the tokenizers make other tokens of.
func splitDifferently(a, b *Assistant, prompts []Prompt) string {
	if a.tokErr != nil || b.tokErr != nil {
		return ""
	}
	for _, p := range prompts {
		text := p.Text + p.Question
		x, errX := a.Encode(text)
		y, errY := b.Encode(text)
		if errX == nil && errY == nil && !slices.Equal(x, y) {
			return text
		}
	}
	return ""
}

// tally adds up what both models expect at each token.
type tally struct {
	kl, klMax, top     float64
	tokens             int
	greedy, greedySame int // those of the greedy texts
}

// compare adds one prompt and the reference's greedy text after it.
func (t *tally) compare(ctx context.Context, reference, other *Assistant, prompt, text []int32) error {
	ids := slices.Concat(prompt, text)
	want, err := reference.logitsOf(ctx, ids, 0, len(ids))
	if err != nil {
		return err
	}
	got, err := other.logitsOf(ctx, ids, 0, len(ids))
	if err != nil {
		return err
	}
	for i := range want {
		kl := divergence(want[i], got[i])
		if math.IsNaN(kl) {
			return errors.New("the logits are not finite")
		}
		t.kl += kl
		t.klMax = max(t.klMax, kl)
		t.tokens++
		t.top += overlap(topOf(want[i], 10), topOf(got[i], 10))
		if i >= len(prompt)-1 {
			t.greedy++
			if argmax(want[i]) == argmax(got[i]) {
				t.greedySame++
			}
		}
	}
	return nil
}

func (t *tally) complete(c Check) Check {
	c.Tokens = t.tokens
	c.KLMean, c.KLMax, c.Top10 = t.kl/float64(t.tokens), t.klMax, t.top/float64(t.tokens)
	c.GreedySame = float64(t.greedySame) / float64(t.greedy)
	c.GreedyEqual = t.greedySame == t.greedy
	return c
}

// topOf is the k likeliest tokens, or all of fewer; the lowest ids among equals.
func topOf(logits []float32, k int) []int32 {
	top := make([]int32, 0, k+1)
	for id, x := range logits {
		if len(top) == k && x <= logits[top[k-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, x, func(t int32, x float32) int {
			if logits[t] >= x {
				return -1
			}
			return 1
		})
		top = slices.Insert(top, at, int32(id))
		top = top[:min(len(top), k)]
	}
	return top
}

// overlap is the share of one set of tokens that is in another.
func overlap(a, b []int32) float64 {
	n := 0
	for _, id := range a {
		if slices.Contains(b, id) {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
