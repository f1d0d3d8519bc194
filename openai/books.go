package openai

import (
	"context"
	"fmt"
	"math"
)

// Caps are what a model's answers may take in all, over every run on one journal; 0 is no cap.
type Caps struct {
	Cost     float64 // in dollars
	Tokens   int     // of prompts and answers
	Requests int     // that were answered, or may have been
}

// Check says what is wrong with caps that are none.
func (c Caps) Check() error {
	if math.IsNaN(c.Cost) || c.Cost < 0 || c.Cost > 1e9 || c.Tokens < 0 || c.Requests < 0 {
		return fmt.Errorf("a cap is $%g, %d tokens or %d requests, want more than 0, or 0 for none", c.Cost, c.Tokens, c.Requests)
	}
	return nil
}

// Spent is what answers took. What became of some requests is not known: they may have been billed, at the most at Uncertain.
type Spent struct {
	Cost             Cost `json:"cost"`
	Uncertain        Cost `json:"uncertain"`
	PromptTokens     int  `json:"prompt_tokens"`
	CompletionTokens int  `json:"completion_tokens"`
	UncertainTokens  int  `json:"uncertain_tokens"`
	Requests         int  `json:"requests"`     // answered
	Lost             int  `json:"lost"`         // that may have been billed without an answer
	Estimated        int  `json:"estimated"`    // answers whose tokens the model did not tell
	FromJournal      int  `json:"from_journal"` // answers that were there already, in this run
}

// Most is the most that was spent.
func (s Spent) Most() Cost { return s.Cost + s.Uncertain }

// CapError is a request that was not sent: a cap leaves no room for it.
type CapError struct {
	Cap  string // cost, tokens or requests
	Text string
}

func (e *CapError) Error() string { return e.Text }

// amount is what a cap counts.
type amount struct {
	cost     Cost
	tokens   int
	requests int
}

func (a amount) plus(b amount) amount {
	return amount{a.cost + b.cost, a.tokens + b.tokens, a.requests + b.requests}
}

func (a amount) minus(b amount) amount {
	return amount{a.cost - b.cost, a.tokens - b.tokens, a.requests - b.requests}
}

// intent is a request that is about to be sent, with the most that it can take.
type intent struct {
	N          int64  `json:"n"`
	ID         string `json:"id"`   // of the request
	Nano       int64  `json:"cost"` // billionths of a dollar
	Prompt     int    `json:"prompt_tokens"`
	Completion int    `json:"completion_tokens"`
}

func (i intent) amount() amount {
	return amount{Cost(i.Nano), i.Prompt + i.Completion, 1}
}

// books are the sums over a journal.
type books struct {
	spent   Spent
	squares float64             // of the answers' costs, in dollars
	open    map[string][]intent // requests whose end is not known, by identity
	held    amount              // of requests under way
	excess  Usage               // by which a request took more than its bound
	last    int64               // intent
}

// settled is what was or may have been spent, without what is under way.
func (b *books) settled() amount {
	return amount{b.spent.Most(), b.spent.PromptTokens + b.spent.CompletionTokens + b.spent.UncertainTokens, b.spent.Requests + b.spent.Lost}
}

// lose counts a request whose end is not known.
func (b *books) lose(i intent) {
	b.open[i.ID] = append(b.open[i.ID], i)
	b.count(i, 1)
}

func (b *books) count(i intent, sign int) {
	b.spent.Uncertain += Cost(sign) * Cost(i.Nano)
	b.spent.UncertainTokens += sign * (i.Prompt + i.Completion)
	b.spent.Lost += sign
}

// earn counts an answer. One under a key that the endpoint knows was billed once, however often it was asked for.
func (b *books) earn(a answered, i intent) {
	u := a.Response.Usage
	b.spent.Cost += Cost(a.Nano)
	b.spent.PromptTokens += u.PromptTokens
	b.spent.CompletionTokens += u.CompletionTokens
	b.spent.Requests++
	b.squares += Cost(a.Nano).Dollars() * Cost(a.Nano).Dollars()
	if u.Estimated {
		b.spent.Estimated++
		b.spent.Uncertain += max(0, Cost(i.Nano-a.Nano))
		b.spent.UncertainTokens += max(0, i.Prompt+i.Completion-u.PromptTokens-u.CompletionTokens)
	}
	b.excess.PromptTokens += max(0, u.PromptTokens-i.Prompt)
	b.excess.CompletionTokens += max(0, u.CompletionTokens-i.Completion)
	if a.Once {
		for _, lost := range b.open[a.ID] {
			b.count(lost, -1)
		}
		delete(b.open, a.ID)
	}
}

// room says whether caps leave room for need on top of what is taken, and which does not.
func (c Caps) room(taken, need amount) error {
	all := taken.plus(need)
	switch limit := CostOf(c.Cost); {
	case c.Cost > 0 && all.cost > limit:
		return &CapError{"cost", fmt.Sprintf("the cap of %s is reached: %s is spent or may be, and the next request may cost %s", limit, taken.cost, need.cost)}
	case c.Tokens > 0 && all.tokens > c.Tokens:
		return &CapError{"tokens", fmt.Sprintf("the cap of %d tokens is reached: %d are used or may be, and the next request may take %d", c.Tokens, taken.tokens, need.tokens)}
	case c.Requests > 0 && all.requests > c.Requests:
		return &CapError{"requests", fmt.Sprintf("the cap of %d requests is reached", c.Requests)}
	}
	return nil
}

// reserve waits until a request fits below the caps, and holds what it may take at the most. Where it would fit if those
// under way took nothing, it waits for what they take.
func (j *Journal) reserve(ctx context.Context, id string, bound Usage, prices Prices, caps Caps) (intent, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for {
		if j.err != nil {
			return intent{}, j.err
		}
		bound := Usage{PromptTokens: bound.PromptTokens + j.excess.PromptTokens, CompletionTokens: bound.CompletionTokens + j.excess.CompletionTokens}
		i := intent{N: j.last + 1, ID: id, Nano: int64(prices.Cost(bound)), Prompt: bound.PromptTokens, Completion: bound.CompletionTokens}
		if err := caps.room(j.settled(), i.amount()); err != nil {
			return intent{}, err
		}
		if caps.room(j.settled().plus(j.held), i.amount()) == nil {
			j.last++
			j.held = j.held.plus(i.amount())
			if err := j.commit(line{Intent: &i}); err != nil {
				j.release(i)
				return intent{}, err
			}
			return i, nil
		}
		changed := j.changed
		j.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		j.mu.Lock()
		if ctx.Err() != nil {
			return intent{}, ctx.Err()
		}
	}
}

// release gives back what an intent held, and lets those that wait look again.
func (j *Journal) release(i intent) {
	j.held = j.held.minus(i.amount())
	close(j.changed)
	j.changed = make(chan struct{})
}
