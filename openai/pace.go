package openai

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/cria-llm/cria/internal/wait"
)

// The bounds of patience.
const (
	firstPause   = 500 * time.Millisecond
	slowestPause = time.Minute      // between two tries of one's own accord
	longestPause = 10 * time.Minute // that an endpoint may ask for
	toldPause    = 2 * time.Second  // from here on a person is told
)

// pace keeps to so many requests and tokens a minute, spread over it evenly.
type pace struct {
	requests, tokens *rate.Limiter // nil for no limit
}

func newPace(requests, tokens int) pace {
	var p pace
	if requests > 0 {
		p.requests = rate.NewLimiter(rate.Limit(float64(requests)/60), 1)
	}
	if tokens > 0 {
		p.tokens = rate.NewLimiter(rate.Limit(float64(tokens)/60), max(1, tokens/60))
	}
	return p
}

// wait takes a request's place in line. A request of more tokens than there are in a second takes those of several.
func (p pace) wait(ctx context.Context, r Request) error {
	if p.tokens != nil {
		for n := estimate(r, "").PromptTokens + r.MaxTokens; n > 0; n -= p.tokens.Burst() {
			if err := p.tokens.WaitN(ctx, min(n, p.tokens.Burst())); err != nil {
				return waited(ctx, err)
			}
		}
	}
	if p.requests != nil {
		return waited(ctx, p.requests.Wait(ctx))
	}
	return nil
}

// waited is the context's error where a limiter foresees that the context ends first.
func waited(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
}

// wait ends when a request may be sent: by the client's own limits and by what the endpoint asked for.
func (c *Client) wait(ctx context.Context, r Request) error {
	if err := c.pace.wait(ctx, r); err != nil {
		return err
	}
	for {
		c.mu.Lock()
		left := time.Until(c.until)
		c.mu.Unlock()
		if left <= 0 {
			return ctx.Err()
		}
		if err := wait.For(ctx, left); err != nil {
			return err
		}
	}
}

// rest pauses before the next try. What an endpoint asks for holds for every request to it.
func (c *Client) rest(ctx context.Context, f *failure, tries int) error {
	if f.after > 0 {
		c.mu.Lock()
		until := time.Now().Add(f.after)
		later := until.Sub(c.until) > toldPause
		if until.After(c.until) {
			c.until = until
		}
		c.mu.Unlock()
		if later && f.after > toldPause {
			c.o.Note(fmt.Sprintf("%s answers %d and asks to wait %s", c.at.Host, f.status, f.after.Round(time.Second)))
		}
		return wait.For(ctx, f.after+time.Duration(rand.Int64N(int64(firstPause)))) // not all at once
	}
	most := min(firstPause<<min(tries-1, 10), slowestPause)
	pause := most/2 + time.Duration(rand.Int64N(int64(most/2)+1))
	if most > toldPause {
		c.o.Note(fmt.Sprintf("%v; trying again in %s", f.err, pause.Round(time.Second)))
	}
	return wait.For(ctx, pause)
}

// retryAfter reads that header, seconds or a date; 0 where it says nothing.
func retryAfter(v string, now time.Time) time.Duration {
	v = strings.TrimSpace(v)
	if n, err := strconv.ParseFloat(v, 64); err == nil && n >= 0 {
		return time.Duration(min(n, (24*time.Hour).Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
