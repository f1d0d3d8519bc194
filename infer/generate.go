package infer

import (
	"context"
	"fmt"
	"time"

	"github.com/cria-llm/cria/grammar"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/model"
)

const (
	// DefaultMaxTokens is the longest answer where the caller does not say, or less where less fits.
	DefaultMaxTokens = 512

	prefillChunk = 512 // tokens of a prompt that are computed at once
	cacheGrain   = 256 // the cache's length is a multiple of this
)

// Options say how an answer is generated.
type Options struct {
	// MaxTokens is the longest answer. 0 is [DefaultMaxTokens] or what fits after the prompt; more than fits is an error.
	MaxTokens int
	Sampling  Sampling
	// Lead is what the answer begins with and is not to be shown, as [chat.Template.Lead] says; it is taken off where the
	// answer does begin with it.
	Lead string
	// Stop is the ids that end the answer; nil is [Assistant.Stop], and an empty list that nothing ends it early.
	Stop []int32
	// StopText ends the answer before the earliest of these strings, none of which may be empty.
	StopText []string
	// Grammar is what the answer must fit; nil is anything. Once it fits and nothing can follow, it ends. Where tokens run low
	// its end is sought, so that it fits at the end too, and then it counts as ended by its length. An answer that ends at a
	// stop text or with the context is cut anywhere.
	Grammar *grammar.Grammar
	// Alternatives asks for the likeliest first tokens.
	Alternatives int
}

// StopReason says why an answer ended.
type StopReason string

// An answer ends at a stop token, at its longest length, or because the context ended.
const (
	Stopped   StopReason = "stop"
	Length    StopReason = "length"
	Cancelled StopReason = "cancelled"
)

// Result is an answer.
type Result struct {
	IDs        []int32 // without the token that ended it
	Text       string  // exactly what was emitted
	StopReason StopReason
	StopID     int32 // the token that ended it, -1 for none

	// Alternatives are the likeliest first tokens, as many as were asked for, before anything was done to their likelihoods.
	Alternatives []Alternative

	PromptTokens int
	Reused       int           // of these, found in the cache
	PromptTime   time.Duration // until the first token could be drawn
	AnswerTime   time.Duration // from then on
}

// TokensPerSecond is the speed of the answer, and 0 where there is none.
func (r Result) TokensPerSecond() float64 {
	if len(r.IDs) == 0 || r.AnswerTime <= 0 {
		return 0
	}
	return float64(len(r.IDs)) / r.AnswerTime.Seconds()
}

// ContextError is the error of a prompt and an answer that together need more positions than the model has (law 10).
type ContextError struct {
	Prompt  int // tokens
	Max     int // longest answer that was asked for
	Context int // positions
}

func (e *ContextError) Error() string {
	if e.Prompt >= e.Context {
		return fmt.Sprintf("the prompt has %d tokens, which leaves no room for an answer in the model's %d positions", e.Prompt, e.Context)
	}
	return fmt.Sprintf("the prompt has %d tokens and the answer may have %d, more than the model's %d positions: ask for at most %d",
		e.Prompt, e.Max, e.Context, e.Context-e.Prompt)
}

// Generate continues a prompt. What the cache still holds of it from the call before is not computed again. emit is
// given the text as it comes, always whole characters; its error ends the answer and is returned. A context that ends
// is no error: the result is what there was until then.
func (a *Assistant) Generate(ctx context.Context, prompt []int32, o Options, emit func(text string) error) (Result, error) {
	s, err := a.newAnswer(prompt, o, emit)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	if s.res.Reused, err = a.prefill(ctx, prompt, s.limit); err != nil {
		if ctx.Err() == nil {
			return Result{}, err
		}
		s.res.StopReason = Cancelled
		return s.res, nil
	}
	s.res.PromptTime = time.Since(began)
	for {
		if ctx.Err() != nil {
			s.res.StopReason = Cancelled
			break
		}
		more, err := s.next(a.logits)
		if err != nil {
			return Result{}, err
		}
		if !more {
			break
		}
		if err := a.decode(s.history[len(s.history)-1:], true); err != nil {
			return Result{}, err
		}
	}
	return s.result()
}

// limit is the longest answer to a prompt of n tokens.
func (a *Assistant) limit(n, asked int) (int, error) {
	c := a.Context()
	switch {
	case n == 0:
		return 0, fmt.Errorf("the prompt has no tokens")
	case asked < 0:
		return 0, fmt.Errorf("an answer of at most %d tokens: want 1 or more", asked)
	case n >= c || asked > c-n:
		return 0, &ContextError{Prompt: n, Max: asked, Context: c}
	case asked == 0:
		return min(DefaultMaxTokens, c-n), nil
	}
	return asked, nil
}

// prefill brings the cache to hold exactly the prompt, computing what it lacks, and leaves the logits of the prompt's
// last token in a.logits.
func (a *Assistant) prefill(ctx context.Context, prompt []int32, limit int) (reused int, err error) {
	if err := a.reserve(len(prompt) + limit); err != nil {
		return 0, err
	}
	// The last token is computed in any case, for its logits.
	for reused < min(len(a.seen), len(prompt)-1) && a.seen[reused] == prompt[reused] {
		reused++
	}
	a.seen = a.seen[:reused]
	for at := reused; at < len(prompt); {
		if err := ctx.Err(); err != nil {
			return reused, err
		}
		end := min(at+prefillChunk, len(prompt))
		if err := a.decode(prompt[at:end], end == len(prompt)); err != nil {
			return reused, err
		}
		at = end
	}
	return reused, nil
}

// decode adds tokens to the cache and, where asked, puts the logits of the last into a.logits.
func (a *Assistant) decode(ids []int32, logits bool) error {
	b := model.DecodeBatch{IDs: ids, Spans: []model.Span{{Pos: len(a.seen), Len: len(ids)}}}
	if !logits {
		b.Rows = []int32{}
	}
	y, err := a.m.Decode(a.ws, a.cache, b)
	if err != nil {
		return err
	}
	a.seen = append(a.seen, ids...)
	if logits {
		a.m.Backend().Read(a.logits, y)
	}
	return nil
}

// reserve makes the cache hold n tokens. It grows by doubling, so that a model made for long contexts takes no memory
// for them before they come; a conversation that grows is computed again a few times at most.
func (a *Assistant) reserve(n int) error {
	if a.ws == nil {
		p := a.m.Plan(min(prefillChunk, a.Context()), model.Inference)
		p.LogitRows = 1
		a.ws = a.m.NewWorkspaceFor(p)
		a.logits = make([]float32, a.m.Config().Vocab)
	}
	if a.suits(a.cache, n) {
		return nil
	}
	length := a.lengthFor(n, a.cache)
	need := int64(model.CacheBytes(a.m.Config(), 1, length))
	if free := machine.Memory().Available; free > 0 && need > free {
		return fmt.Errorf("keys and values of %d tokens need %d MB, the machine has %d MB free: ask for fewer tokens", length, need>>20, free>>20)
	}
	cache, err := a.m.NewCache(1, length)
	if err != nil {
		return err
	}
	a.cache, a.seen = cache, nil
	return nil
}

// suits says whether n tokens can be in a cache, and turned there as in one that was made for them alone.
func (a *Assistant) suits(c *model.Cache, n int) bool {
	return c != nil && c.Length() >= n && a.alike(c.Length(), n)
}

func (a *Assistant) alike(length, n int) bool {
	long := a.m.Config().LongFrom()
	return long == 0 || length > long == (n > long)
}

// lengthFor is that of a cache for n tokens in the place of another, which may be nil.
func (a *Assistant) lengthFor(n int, before *model.Cache) int {
	length := (n + cacheGrain - 1) / cacheGrain * cacheGrain
	if before != nil && before.Length() < n {
		length = max(length, 2*before.Length())
	}
	if length = min(length, a.Context()); !a.alike(length, n) {
		return n // what a text gives does not depend on the texts before it
	}
	return length
}
