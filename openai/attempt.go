package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cria-llm/cria/internal/wait"
)

// What is read of an endpoint is bounded, whatever it sends.
const (
	maxAnswer  = 16 << 20
	maxError   = 64 << 10
	maxMessage = 300 // of an error's text that is shown
)

// failure is what became of a try that has no answer.
type failure struct {
	err    error
	status int           // of HTTP; 0 where there was none
	said   string        // by the endpoint
	again  bool          // a later try may succeed
	billed bool          // the endpoint may have billed it
	after  time.Duration // before which it wants no other try
}

// attempt sends a request once. keyed says that the endpoint knows its key.
func (c *Client) attempt(ctx context.Context, r Request, s shape) (_ *Response, keyed bool, _ *failure) {
	body, err := s.body(c.o.Model, r)
	if err != nil {
		return nil, false, &failure{err: &RequestError{Message: fmt.Sprintf("the request: %v", err)}}
	}
	r.Key = s.key(r.Key)
	ctx, patience := newPatience(ctx, c.o.Timeout, c.o.Grace)
	defer patience.end()
	var sent atomic.Bool // whole or in part
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	at := *c.at
	if s.deeper {
		at.Path += "/v1"
	}
	at.Path += chatPath
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, false, &failure{err: err}
	}
	req.GetBody = nil // or the transport would send it again by itself, uncounted
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream, application/json")
	req.Header.Set("User-Agent", "cria")
	req.Header.Set("Idempotency-Key", r.Key)
	if c.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.o.Key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, false, c.unreached(patience.why(ctx, err), sent.Load())
	}
	defer func() { _ = res.Body.Close() }() // what matters was read
	patience.heard()
	if res.StatusCode != http.StatusOK {
		return nil, false, c.refused(res, patience)
	}
	keyed = res.Header.Get("Idempotency-Key") == r.Key || strings.EqualFold(res.Header.Get("Idempotent-Replayed"), "true")
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	answer, err := read(patience.reader(res.Body), kind == "text/event-stream", r)
	if err != nil {
		said := c.unkeyed(patience.why(ctx, err).Error())
		return nil, false, &failure{err: fmt.Errorf("%s: %s", c.at.Host, said), again: true, billed: true}
	}
	if answer.Model == "" {
		answer.Model = c.o.Model
	}
	return answer, keyed, nil
}

// unreached is the failure of a try without any answer.
func (c *Client) unreached(err error, sent bool) *failure {
	var dns *net.DNSError
	f := &failure{again: true, billed: sent}
	if errors.As(err, &dns) && dns.IsNotFound {
		f.again = false
	}
	f.err = fmt.Errorf("%s: %s", plainAddress(c.at), c.unkeyed(cause(err).Error()))
	return f
}

// refused is the failure of an answer that is none. An error of the endpoint's own is not billed; what lies between may not
// know how the endpoint fared.
func (c *Client) refused(res *http.Response, patience *patience) *failure {
	b, _ := io.ReadAll(io.LimitReader(patience.reader(res.Body), maxError)) // what there is of it
	said, code := errorText(b)
	said = c.unkeyed(said)
	f := &failure{status: res.StatusCode, said: said, after: retryAfter(res.Header.Get("Retry-After"), time.Now())}
	text := fmt.Sprintf("%s answers %d %s", plainAddress(c.at), res.StatusCode, http.StatusText(res.StatusCode))
	if said != "" {
		text += ": " + short(said)
	}
	if res.StatusCode == http.StatusUnauthorized && c.o.Key == "" {
		text += " (no key was sent)"
	}
	switch s := res.StatusCode; {
	case s == http.StatusTooManyRequests && code == "insufficient_quota":
	case s == http.StatusTooManyRequests, s == http.StatusConflict, s == http.StatusInternalServerError, s == http.StatusServiceUnavailable, s == 529:
		f.again = true
	case s == http.StatusNotImplemented:
	case s == http.StatusRequestTimeout, s >= 500:
		f.again, f.billed = true, true
	case s < 300:
		f.billed = true
	case s < 400:
		text = fmt.Sprintf("%s answers %d and sends elsewhere: give the address that it has moved to", plainAddress(c.at), s)
	}
	f.err = errors.New(text)
	if !f.again {
		f.err = &RequestError{Status: res.StatusCode, Message: text}
	}
	return f
}

// unkeyed takes the key out of what an endpoint says.
func (c *Client) unkeyed(text string) string {
	if c.o.Key == "" {
		return text
	}
	return strings.ReplaceAll(text, c.o.Key, "[key]")
}

// cause takes the address, which may have a secret in its query, from a client's error.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}

// errSilent is why a try ends whose endpoint says nothing for too long.
var errSilent = errors.New("silent for too long")

// patience ends a try's context after a silence, or some time after the context around it: what is under way is paid for.
type patience struct {
	silence time.Duration
	timer   *time.Timer
	end     func()
}

// longest is how long a try may take, in silences: an endpoint that only says that it is still there is given up as well.
const longest = 12

func newPatience(outer context.Context, silence, grace time.Duration) (context.Context, *patience) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(outer))
	p := &patience{silence: silence, timer: time.AfterFunc(silence, func() {
		cancel(fmt.Errorf("%w: nothing came for %s", errSilent, silence))
	})}
	whole := time.AfterFunc(longest*silence, func() {
		cancel(fmt.Errorf("%w: no end of an answer in %s", errSilent, longest*silence))
	})
	stop := context.AfterFunc(outer, func() {
		if grace <= 0 || wait.For(ctx, grace) == nil {
			cancel(outer.Err())
		}
	})
	p.end = func() { stop(); whole.Stop(); p.timer.Stop(); cancel(context.Canceled) }
	return ctx, p
}

func (p *patience) heard() { p.timer.Reset(p.silence) }

// why is the reason for which the context was ended, where it was.
func (p *patience) why(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}

func (p *patience) reader(r io.Reader) io.Reader { return &heardReader{r, p} }

type heardReader struct {
	r io.Reader
	p *patience
}

func (h *heardReader) Read(b []byte) (int, error) {
	n, err := h.r.Read(b)
	if n > 0 {
		h.p.heard()
	}
	return n, err
}
