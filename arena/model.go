package arena

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/cria-llm/cria/openai"
)

// modelJudge asks a model.
type modelJudge struct {
	m    openai.Model
	t    template
	name string
	mute atomic.Bool // the model tells no likelihoods
}

// Asked is a judge that asks a model, at an endpoint or on this machine, with one of [Templates]. Its name has the hash of the
// template. It may be used by many goroutines at once.
func Asked(m openai.Model, name string) (Judge, error) {
	t, err := findTemplate(name)
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256([]byte(t.system + "\x00" + t.user + "\x00" + strings.Join(t.ids, " ") + "\x00" + string(t.schema)))
	return &modelJudge{m: m, t: t, name: fmt.Sprintf("%s, template %s (%s)", m.Name(), t.name, hex.EncodeToString(h[:6]))}, nil
}

func (j *modelJudge) Name() string { return j.name }

const (
	likeliest = 20 // first tokens that are asked for: the most that OpenAI tells
	written   = 64 // tokens of a verdict that is written out
)

func (j *modelJudge) Judge(ctx context.Context, s Shown) (Verdict, error) {
	greedy := 0.0
	r := openai.Request{Messages: j.t.fill(s), Temperature: &greedy, MaxTokens: j.t.longest}
	refused := false
	if j.t.ids != nil && !j.mute.Load() {
		r.TopLogprobs = likeliest
		answer, err := j.m.Chat(ctx, r)
		if _, refused = Untaken(err); err != nil && !refused {
			return Verdict{}, err
		}
		if !refused {
			first, ok := j.t.likely(answer.Logprobs)
			if !ok {
				first, err = j.t.read(answer.Text)
			}
			if ok || err == nil {
				return Verdict{First: first, Said: answer.Text}, nil
			}
		}
		r.TopLogprobs = 0
	}
	// What the first token did not tell is asked for in writing.
	if r.Schema = j.t.schema; r.MaxTokens == 1 {
		r.MaxTokens = written
	}
	answer, err := j.m.Chat(ctx, r)
	if why, bad := Untaken(err); bad {
		return Verdict{Failed: "the judge does not take the question: " + why}, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	if refused { // it was the likelihoods that it did not take
		j.mute.Store(true)
	}
	v := Verdict{Said: answer.Text}
	if v.First, err = j.t.read(answer.Text); err != nil {
		v.Failed = err.Error()
	}
	return v, nil
}

// Untaken says why a model does not take a request that others might, such as one that is too long for it; ok is false of
// every other error, also of what no request would get past, such as a wrong key.
func Untaken(err error) (why string, ok bool) {
	var bad *openai.RequestError
	if !errors.As(err, &bad) {
		return "", false
	}
	switch bad.Status {
	case 0, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return bad.Error(), true
	}
	return "", false
}
