package openai

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// ClientOptions say where a model is and how it may be asked.
type ClientOptions struct {
	// BaseURL is the endpoint's address, with or without /v1 and what comes after: https://api.openai.com,
	// http://localhost:11434/v1.
	BaseURL string
	// Key goes into the Authorization header and nowhere else; "" sends none.
	Key   string
	Model string // its name at the endpoint

	Concurrency       int // requests at once; 0 is 8
	RequestsPerMinute int // 0 for no limit of one's own
	TokensPerMinute   int // of the prompt, by estimate, and MaxTokens; 0 for no limit of one's own

	Timeout time.Duration // the longest silence of an endpoint that is to answer; 0 is 5 minutes
	Retries int           // after the first try, where a later one may succeed; 0 is 6, and less is none
	Grace   time.Duration // how long an answer that is under way may take to its end once the context has ended: it is paid for

	Insecure bool              // http to another machine: the texts and the key can be read on the way
	Note     func(text string) // is told of long waits; nil for silence
}

// Client is a [Model] at an endpoint. It waits its turn, tries again where that may help, and learns what the endpoint does
// not know: a schema, the one or the other name of the bound on the answer's length.
type Client struct {
	o     ClientOptions
	at    *url.URL // without the path's end
	http  *http.Client
	turns chan struct{} // holds a token for each request under way
	pace  pace

	mu    sync.Mutex
	shape shape
	until time.Time // the endpoint asked to be left alone
}

var _ Model = (*Client)(nil)

// NewClient sends nothing yet.
func NewClient(o ClientOptions) (*Client, error) {
	at, err := address(o.BaseURL, o.Insecure)
	if err != nil {
		return nil, err
	}
	switch {
	case o.Model == "":
		return nil, errors.New("a teacher at an address needs the name of its model there")
	case strings.ContainsFunc(o.Key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("the key has a character in it that no key has, such as white space: want one line of letters, digits and signs")
	case o.Concurrency < 0 || o.RequestsPerMinute < 0 || o.TokensPerMinute < 0 || o.Timeout < 0 || o.Grace < 0:
		return nil, errors.New("concurrency, requests and tokens a minute, timeout and grace are 0 or more")
	}
	if o.Concurrency == 0 {
		o.Concurrency = 8
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Minute
	}
	if o.Retries == 0 {
		o.Retries = 6
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true // so that what is read is bounded by what is sent
	t.MaxIdleConnsPerHost = o.Concurrency
	t.MaxResponseHeaderBytes = 1 << 20
	return &Client{
		o: o, at: at, turns: make(chan struct{}, o.Concurrency), pace: newPace(o.RequestsPerMinute, o.TokensPerMinute),
		http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the key and the texts go to one address
		}},
	}, nil
}

// Name is the model's at its endpoint.
func (c *Client) Name() string { return c.o.Model }

// Chat asks until there is an answer or no hope of one.
func (c *Client) Chat(ctx context.Context, r Request) (*Response, error) {
	res, _, err := c.chat(ctx, r, unwatched{})
	return res, err
}

// attempts is told of every try that is sent, so that what a lost one may have cost is counted.
type attempts interface {
	begin(ctx context.Context) error // a try is about to be sent, unless this fails
	failed(billed bool)              // it has failed, and may have been billed
}

type unwatched struct{}

func (unwatched) begin(context.Context) error { return nil }
func (unwatched) failed(bool)                 {}

// chat says also whether the endpoint knows keys, and billed all tries as one.
func (c *Client) chat(ctx context.Context, r Request, watch attempts) (_ *Response, keyed bool, err error) {
	if r.Key == "" {
		r.Key = rand.Text()
	}
	select {
	case c.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	defer func() { <-c.turns }()
	c.mu.Lock()
	known := c.shape
	c.mu.Unlock()
	try := known
	var first error     // of a request in the shape that is known
	var since time.Time // of the first refusal
	for failures, refusals := 0, 0; ; {
		if err := c.wait(ctx, r); err != nil {
			return nil, false, err
		}
		if err := watch.begin(ctx); err != nil {
			return nil, false, err
		}
		answer, keyed, f := c.attempt(ctx, r, try)
		if f == nil {
			if try != known {
				c.mu.Lock()
				told := try.told(c.shape)
				c.shape = try
				c.mu.Unlock()
				if told != "" {
					c.o.Note(c.at.Host + " " + told)
				}
			}
			return answer, keyed, nil
		}
		watch.failed(f.billed)
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if !f.again {
			if first == nil {
				first = f.err
			}
			if next, ok := try.other(f, r, c.at.Path); ok {
				try = next
				continue
			}
			return nil, false, first
		}
		if f.status != http.StatusTooManyRequests {
			failures++
		} else if refusals++; refusals == 1 {
			since = time.Now()
		}
		if failures > c.o.Retries || refusals > c.o.Retries && time.Since(since) > longestPause || f.after > longestPause {
			return nil, false, c.givenUp(f, failures+refusals)
		}
		if err := c.rest(ctx, f, failures+refusals); err != nil {
			return nil, false, err
		}
	}
}

// givenUp says why there was no further try.
func (c *Client) givenUp(f *failure, tries int) error {
	switch {
	case f.after > longestPause:
		return fmt.Errorf("%w; it asks to be left alone for %s: go on then", f.err, f.after.Round(time.Second))
	case tries > 1:
		return fmt.Errorf("%w (%d tries)", f.err, tries)
	}
	return f.err
}
