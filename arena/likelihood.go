package arena

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
)

// likelihood is a judge by what a model on this machine would rather have said.
type likelihood struct {
	a    *infer.Assistant
	name string

	mu    sync.Mutex
	known map[[3]string]loss // by prompt, input and answer: the other seat asks again
}

type loss struct {
	mean   float64 // -log p of a token, in nats
	failed string
}

// Likelihood is a judge for which the better answer is the one that the model finds likelier after the prompt, by the mean over
// its tokens, the end of the turn included. It takes no notice of seats, and prefers what reads like its own answers.
func Likelihood(a *infer.Assistant) (Judge, error) {
	id, err := Fingerprint(a)
	if err != nil {
		return nil, err
	}
	return &likelihood{a: a, name: fmt.Sprintf("likelihood of %s (%.12s)", a.Name(), id), known: map[[3]string]loss{}}, nil
}

// Fingerprint tells models on this machine apart by what they say: a hash of the weights, the adapters and the template.
func Fingerprint(a *infer.Assistant) (string, error) {
	id, err := a.Hash()
	if err != nil {
		return "", err
	}
	t, _, err := a.Template()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(id + "\n" + t.Hash()))
	return hex.EncodeToString(sum[:]), nil
}

func (l *likelihood) Name() string { return l.name }

func (l *likelihood) Judge(ctx context.Context, s Shown) (Verdict, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var means [2]float64
	for seat, text := range s.Answers {
		got, err := l.of(ctx, s.Prompt, s.Input, text)
		if err != nil {
			return Verdict{}, err
		}
		if got.failed != "" {
			return Verdict{Failed: got.failed}, nil
		}
		means[seat] = got.mean
	}
	said := fmt.Sprintf("-log p of a token: %.4f and %.4f nats", means[First], means[Second])
	switch {
	case means[First] < means[Second]:
		return Verdict{First: 1, Said: said}, nil
	case means[First] > means[Second]:
		return Verdict{First: 0, Said: said}, nil
	}
	return Verdict{First: 0.5, Said: said}, nil
}

// remembered is how many losses are remembered.
const remembered = 1 << 12

func (l *likelihood) of(ctx context.Context, prompt, input, text string) (loss, error) {
	key := [3]string{prompt, input, text}
	if got, ok := l.known[key]; ok {
		return got, nil
	}
	if strings.TrimSpace(text) == "" {
		return loss{failed: "an empty answer has no likelihood"}, nil
	}
	r, err := l.a.Answered([]chat.Message{{Role: chat.User, Content: prompt, Input: input}, {Role: chat.Assistant, Content: text}})
	var bad *chat.MessageError
	if errors.As(err, &bad) {
		return loss{failed: "there is no likelihood of an answer: " + bad.Problem}, nil
	}
	if err != nil {
		return loss{}, err
	}
	var got loss
	begin := slices.Index(r.Train, true)
	switch {
	case begin < 0:
		got.failed = "an answer has no tokens"
	case len(r.IDs) > l.a.Context():
		got.failed = fmt.Sprintf("prompt and answer have %d tokens, and the judge has %d positions", len(r.IDs), l.a.Context())
	default:
		losses, err := l.a.Losses(ctx, []infer.Pair{{Prompt: r.IDs[:begin], Response: r.IDs[begin:]}})
		if err != nil {
			return loss{}, err
		}
		if got.mean = losses[0].Sum / float64(losses[0].Tokens); losses[0].Tokens == 0 {
			got.failed = "an answer has no tokens"
		}
	}
	if len(l.known) >= remembered {
		clear(l.known)
	}
	l.known[key] = got
	return got, nil
}
