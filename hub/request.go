package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The bounds of patience: tries without any progress, the longest time to wait between two, and the hosts that a request is
// sent on to.
const (
	maxTries     = 6
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Minute
	maxHops      = 10
)

type pause func(ctx context.Context, d time.Duration) error

// statusError is an answer that is not what was asked for.
type statusError struct {
	code    int
	reason  string // X-Error-Code: RepoNotFound, GatedRepo, …
	text    string // X-Error-Message
	after   time.Duration
	address string // without what follows a ?, which may be secret
}

func (e *statusError) Error() string {
	s := fmt.Sprintf("%s answers %d %s", e.address, e.code, http.StatusText(e.code))
	if e.text != "" {
		s += ": " + e.text
	}
	return s
}

// again says whether the same request may succeed later.
func again(err error) bool {
	var status *statusError
	var dns *net.DNSError
	var fault *faultError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &fault), errors.As(err, &certificate):
		return false
	case errors.As(err, &status):
		return status.code == http.StatusTooManyRequests || status.code == http.StatusRequestTimeout || status.code >= 500 && status.code != http.StatusNotImplemented
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return true
}

// faultError is what no further try can mend: a lie, a full disk.
type faultError struct{ error }

func (e *faultError) Unwrap() error { return e.error }

func fault(format string, args ...any) error { return &faultError{fmt.Errorf(format, args...)} }

// persist tries until do succeeds or there is no hope. do says whether it came further, which makes the patience start anew.
func (c *Client) persist(ctx context.Context, note func(string), do func() (progress bool, err error)) error {
	for tries, all := 1, 1; ; tries, all = tries+1, all+1 {
		progress, err := do()
		if err == nil || ctx.Err() != nil {
			return interrupted(ctx, err)
		}
		if progress {
			tries = 1
		}
		if !again(err) || tries >= maxTries || all >= 1000 {
			return err
		}
		wait := firstPause << (tries - 1)
		var status *statusError
		if errors.As(err, &status) && status.after > 0 {
			if wait = status.after; wait > longestPause {
				return fmt.Errorf("%w; it asks to be left alone for %s: try again then", err, wait.Round(time.Second))
			}
			note(fmt.Sprintf("the hub answers %d and asks to wait %s", status.code, wait.Round(time.Second)))
		}
		if err := c.pause(ctx, wait); err != nil {
			return err
		}
	}
}

// interrupted is the context's error where it ended: an interrupt is told as such, and not as what it did to a connection.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// answer is what came of a request and the redirects after it.
type answer struct {
	*http.Response
	hub http.Header // what the hub itself said, the first that did where it sends on to itself
}

// send sends a request to the hub, and on to where it is redirected: with hops false only within the hub. The token goes to
// the hub alone, and no more once another host was asked.
func (c *Client) send(ctx context.Context, method, address string, header http.Header, hops bool) (*answer, error) {
	home, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	trusted := true
	said := make(http.Header)
	for range maxHops {
		trusted = trusted && at.Scheme == home.Scheme && at.Host == home.Host
		req, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
		if err != nil {
			return nil, err
		}
		for k, v := range header {
			req.Header[k] = v
		}
		req.Header.Set("User-Agent", "cria")
		req.Header.Set("Accept-Encoding", "identity")
		if trusted && c.Token != "" {
			req.Header.Set("Authorization", "Bearer "+c.Token)
		}
		res, err := c.http.Do(req)
		if err != nil {
			return nil, unsigned(err)
		}
		if trusted {
			for k, v := range res.Header {
				if _, ok := said[k]; !ok && strings.HasPrefix(k, "X-") {
					said[k] = v
				}
			}
		}
		location := res.Header.Get("Location")
		if res.StatusCode < 300 || res.StatusCode >= 400 || location == "" {
			return &answer{res, said}, nil
		}
		next, err := at.Parse(location)
		if err != nil || next.Scheme != "http" && next.Scheme != "https" || next.Host == "" {
			_ = res.Body.Close()
			return nil, fault("%s redirects to %.100q, which is no address", plainAddress(at), location)
		}
		if at.Scheme == "https" && next.Scheme == "http" {
			_ = res.Body.Close()
			return nil, fault("%s redirects to %s, which is not encrypted", plainAddress(at), plainAddress(next))
		}
		if !hops && (next.Host != home.Host || next.Scheme != home.Scheme) {
			return &answer{res, said}, nil
		}
		_ = res.Body.Close()
		at = next
	}
	return nil, fault("%s: more than %d redirects", address, maxHops)
}

// plainAddress is an address without its query, which may hold a signature.
func plainAddress(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

// unsigned takes the query out of a client's error.
func unsigned(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		u.URL, _, _ = strings.Cut(u.URL, "?")
	}
	return err
}

// failed is the error of an answer that is none of the 200s. It reads nothing of the body.
func failed(a *answer) error {
	return &statusError{
		code: a.StatusCode, reason: a.hub.Get("X-Error-Code"), text: fmt.Sprintf("%.300s", a.hub.Get("X-Error-Message")),
		after: retryAfter(a.Header.Get("Retry-After"), time.Now()), address: plainAddress(a.Request.URL),
	}
}

// retryAfter reads that header, seconds or a date; 0 where it says nothing.
func retryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(24*time.Hour/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// explain says for a repository what an answer means and what to do about it.
func (c *Client) explain(r Ref, err error) error {
	var e *statusError
	if !errors.As(err, &e) {
		return err
	}
	page := c.Endpoint + "/" + r.ID
	other := "--dataset where it is a dataset"
	if r.Kind == Dataset {
		page = c.Endpoint + "/datasets/" + r.ID
		other = "without --dataset where it is a model"
	}
	account := "set HF_TOKEN to the token of an account that may see it (" + c.Endpoint + "/settings/tokens)"
	if c.Token != "" {
		account = "the account of the token that is set may not see it"
	}
	switch {
	case e.reason == "GatedRepo":
		if c.Token == "" {
			account = "then set HF_TOKEN to that account's token (" + c.Endpoint + "/settings/tokens)"
		} else {
			account = "with the account of the token that is set"
		}
		return fmt.Errorf("%s is gated: accept its terms at %s, %s", r.ID, page, account)
	case e.reason == "RevisionNotFound":
		return fmt.Errorf("%s has no revision %q: see %s/tree/main", r.ID, r.revision(), page)
	case e.code == http.StatusUnauthorized && c.Token != "":
		return fmt.Errorf("%s: the hub takes the token for wrong, or there is no such %s: see %s/settings/tokens, and check the spelling", r.ID, r.Kind, c.Endpoint)
	case e.code == http.StatusForbidden:
		return fmt.Errorf("%s is not open to everyone: where it is gated, accept its terms at %s; %s", r.ID, page, account)
	case e.code == http.StatusUnauthorized || e.code == http.StatusNotFound:
		return fmt.Errorf("%s: no such %s at %s, or it is private: check the spelling (%s), or %s", r.ID, r.Kind, c.Endpoint, other, account)
	}
	return err
}

// get reads a small document of the hub.
func (c *Client) get(ctx context.Context, address string, limit int64, note func(string)) (body []byte, err error) {
	err = c.persist(ctx, note, func() (bool, error) {
		a, err := c.send(ctx, http.MethodGet, address, nil, true)
		if err != nil {
			return false, err
		}
		defer a.Body.Close()
		if a.StatusCode != http.StatusOK {
			return false, failed(a)
		}
		body, err = io.ReadAll(io.LimitReader(a.Body, limit+1))
		if err == nil && int64(len(body)) > limit {
			err = fault("%s answers more than %d MiB", plainAddress(a.Request.URL), limit>>20)
		}
		return false, err
	})
	return body, err
}
