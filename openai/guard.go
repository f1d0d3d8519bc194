package openai

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Guarded is a [Model] that asks nothing twice and stays below its caps, whatever happens in between.
type Guarded struct {
	m      Model
	prices Prices
	caps   Caps
	j      *Journal
}

var _ Model = (*Guarded)(nil)

// Guard puts a journal and caps before a model. A request that the journal has an answer to, by the model's name, the
// request's Key and its content, is answered from there for nothing, and two at once are sent as one. One that could pass a
// cap, at the most that it can take, is refused with a [*CapError] before it is sent. An answer is on disk before it is
// returned.
//
// What may have been billed without an answer, as a request under way when the process was killed, counts at the most that it
// can have cost, for good: asked again, it may be billed again. Only of an endpoint that shows that it knows keys, by an
// Idempotency-Key header like the request's in its answer, all such tries are one bill.
//
// A cap can be passed in one way: an endpoint that counts more tokens in a prompt than it has bytes, with an allowance for its
// template, or answers with more than MaxTokens. The excess is added to the bound of every later request.
//
// Guard belongs directly around a [Client], whose every try it counts.
func Guard(m Model, prices Prices, caps Caps, j *Journal) *Guarded {
	return &Guarded{m: m, prices: prices, caps: caps, j: j}
}

// Name is the model's.
func (g *Guarded) Name() string { return g.m.Name() }

// Unwrap is the model behind the journal.
func (g *Guarded) Unwrap() Model { return g.m }

// Spent is what the answers of this and earlier runs on the journal took.
func (g *Guarded) Spent() Spent {
	g.j.mu.Lock()
	defer g.j.mu.Unlock()
	return g.j.spent
}

// counted is a model that tells of each of its tries.
type counted interface {
	chat(ctx context.Context, r Request, watch attempts) (_ *Response, keyed bool, err error)
}

// Chat answers from the journal, or asks.
func (g *Guarded) Chat(ctx context.Context, r Request) (*Response, error) {
	if r.MaxTokens <= 0 && (g.prices != Prices{} || g.caps.Cost > 0 || g.caps.Tokens > 0) {
		return nil, &RequestError{Message: "a request without a bound on its answer's tokens (max_tokens) cannot be kept below a cap"}
	}
	id, err := identity(g.Name(), r)
	if err != nil {
		return nil, err
	}
	done, kept, err := g.j.lookup(ctx, id)
	if kept != nil || err != nil {
		return kept, err
	}
	defer done()
	r.Key = id
	w := &watch{g: g, id: id, bound: Bound(r)}
	var res *Response
	var keyed bool
	if c, ok := g.m.(counted); ok {
		res, keyed, err = c.chat(ctx, r, w)
	} else if err = w.begin(ctx); err == nil {
		free := g.prices == Prices{} // what was lost of a model on this machine was not paid for
		keyed = free
		if res, err = g.m.Chat(ctx, r); err != nil {
			w.failed(!free && !errors.As(err, new(*RequestError)))
		}
	}
	if err != nil {
		return nil, err
	}
	return g.j.keep(w.now, *res, g.prices, keyed)
}

// identity is a request's name in the journal, and its key at an endpoint.
func identity(model string, r Request) (string, error) {
	for _, v := range []*float64{r.Temperature, r.TopP, r.Presence} {
		if v != nil && *v != *v {
			return "", &RequestError{Message: "a number of the request is NaN"}
		}
	}
	b, err := json.Marshal(struct {
		Model, Key string
		Request    Request
	}{model, r.Key, r})
	if err != nil {
		return "", &RequestError{Message: fmt.Sprintf("the request: %v", err)}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// watch keeps the books of one request's tries.
type watch struct {
	g     *Guarded
	id    string
	bound Usage
	now   intent // of the try under way
}

func (w *watch) begin(ctx context.Context) (err error) {
	w.now, err = w.g.j.reserve(ctx, w.id, w.bound, w.g.prices, w.g.caps)
	return err
}

func (w *watch) failed(billed bool) {
	j := w.g.j
	j.mu.Lock()
	defer j.mu.Unlock()
	if billed {
		j.lose(w.now)
	} else if text, err := (line{Free: w.now.N}).encode(); err == nil {
		j.queue(text) // lost in a crash, it counts as billed
	}
	j.release(w.now)
}

// lookup finds the answer to a request, or makes the caller the one to ask for it, until done.
func (j *Journal) lookup(ctx context.Context, id string) (done func(), kept *Response, err error) {
	for {
		j.mu.Lock()
		at, ok := j.answers[id]
		other, flying := j.flying[id]
		err := j.err
		switch {
		case err != nil:
		case ok:
			j.spent.FromJournal++
		case !flying:
			j.flying[id] = make(chan struct{})
		}
		j.mu.Unlock()
		switch {
		case err != nil:
			return nil, nil, err
		case ok:
			kept, err := j.read(at)
			return nil, kept, err
		case !flying:
			return func() { j.landed(id) }, nil, nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

func (j *Journal) landed(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.flying[id])
	delete(j.flying, id)
}

// read reads an answer.
func (j *Journal) read(at place) (*Response, error) {
	b := make([]byte, at.size)
	if _, err := j.f.ReadAt(b, at.at); err != nil {
		return nil, fmt.Errorf("journal %s: %w", j.path, err)
	}
	kept, err := answerOf(b)
	if err != nil {
		return nil, fmt.Errorf("journal %s: byte %d: %w", j.path, at.at, err)
	}
	return kept, nil
}

// keep writes an answer down and counts it. What is returned is what was written.
func (j *Journal) keep(i intent, res Response, prices Prices, once bool) (*Response, error) {
	res.Logprobs = slices.Clone(res.Logprobs)
	for k := range res.Logprobs {
		if one := &res.Logprobs[k]; !(one.Logprob > leastLogprob) { // JSON has no infinity
			one.Logprob = leastLogprob
		}
	}
	for _, n := range []*int{&res.Usage.PromptTokens, &res.Usage.CompletionTokens} {
		*n = min(max(*n, 0), maxTokens)
	}
	res.At = time.Now().UTC().Truncate(time.Millisecond)
	a := answered{N: i.N, ID: i.ID, Nano: int64(prices.Cost(res.Usage)), Once: once, Response: res}
	text, err := line{Answer: &a}.encode()
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.release(i)
	if err == nil {
		at := j.queue(text)
		if err = j.flush(j.queued); err == nil {
			j.earn(a, i)
			j.answers[i.ID] = at
			return answerOf(text)
		}
	}
	j.lose(i)
	return nil, err
}

// answerOf reads the line of an answer.
func answerOf(text []byte) (*Response, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	if l.Answer == nil {
		return nil, errors.New("no answer where one was: it was changed by something else")
	}
	return &l.Answer.Response, nil
}

// leastLogprob stands for an impossible token, as at OpenAI.
const leastLogprob = -9999
