package bout

import (
	"context"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/openai"
)

// local is a model on this machine.
type local struct {
	t        *infer.Teacher
	name, id string
	weights  []string
	longest  int
}

// Local is a model on this machine as a contestant, under the name that the user gave it: its likeliest tokens, so many at the
// most, in its own template. Several prompts are answered together.
func Local(name string, a *infer.Assistant, longest int) (Contestant, error) {
	id, err := arena.Fingerprint(a)
	if err != nil {
		return nil, err
	}
	weights, err := a.Hash()
	if err != nil {
		return nil, err
	}
	return &local{
		t: infer.NewTeacher(a), name: name, id: fmt.Sprintf("%s, likeliest tokens, at most %d", id, longest), weights: strings.Split(weights, "+"), longest: longest,
	}, nil
}

func (l *local) Name() string { return l.name }
func (l *local) ID() string   { return l.id }

// Weights are the hashes of the base and of each adapter.
func (l *local) Weights() []string { return l.weights }

func (l *local) Answer(ctx context.Context, p Prompt) (text, failed string, err error) {
	res, err := l.t.Answer(ctx, []chat.Message{{Role: chat.User, Content: p.Text, Input: p.Input}}, infer.Options{MaxTokens: l.longest})
	if failed, err = untaken(err); failed != "" || err != nil {
		return "", failed, err
	}
	return res.Text, "", nil
}

// remote is a model that is asked by its API.
type remote struct {
	m        openai.Model
	name, id string
	longest  int
}

// Remote is a model at an endpoint as a contestant, under the name that the user gave it, at temperature 0 and with so many
// tokens of answer at the most.
func Remote(name string, m openai.Model, longest int) Contestant {
	return &remote{m, name, fmt.Sprintf("%s at %s, temperature 0, at most %d tokens", m.Name(), name, longest), longest}
}

func (r *remote) Name() string { return r.name }
func (r *remote) ID() string   { return r.id }

func (r *remote) Answer(ctx context.Context, p Prompt) (text, failed string, err error) {
	greedy := 0.0
	res, err := r.m.Chat(ctx, openai.Request{Messages: []openai.Message{{Role: "user", Content: p.whole()}}, Temperature: &greedy, MaxTokens: r.longest})
	if failed, err = untaken(err); failed != "" || err != nil {
		return "", failed, err
	}
	return res.Text, "", nil
}

// untaken makes of the error of a request that a model does not take why there is no answer.
func untaken(err error) (failed string, _ error) {
	if why, ok := arena.Untaken(err); ok {
		return why, nil
	}
	return "", err
}
