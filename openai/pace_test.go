package openai

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// said is an answer of an endpoint.
type said struct {
	status              int
	header, value, body string
}

// scripted answers tries in order, and notes when each came.
type scripted struct {
	mu      sync.Mutex
	answers []said
	came    []time.Time
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came = append(s.came, time.Now())
	a := s.answers[min(len(s.came), len(s.answers))-1]
	h := http.Header{"Content-Type": {"application/json"}}
	if a.header != "" {
		h.Set(a.header, a.value)
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// gaps are the times between tries.
func (s *scripted) gaps() []time.Duration {
	var list []time.Duration
	for i := 1; i < len(s.came); i++ {
		list = append(list, s.came[i].Sub(s.came[i-1]))
	}
	return list
}

const aWord = `{"model":"m","choices":[{"index":0,"message":{"content":"word"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`

var well = said{status: http.StatusOK, body: aWord}

func scriptedClient(t *testing.T, o ClientOptions, answers ...said) (*Client, *scripted) {
	t.Helper()
	o.BaseURL, o.Model = "https://example.com", "m"
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{answers: answers}
	c.http.Transport = s
	return c, s
}

var hello = Request{Messages: []Message{{Role: "user", Content: "hello"}}, MaxTokens: 10}

func TestWhatAnEndpointAsksToWaitIsWaited(t *testing.T) {
	for name, c := range map[string]struct {
		after func() string
		want  time.Duration
	}{
		"seconds": {func() string { return "7" }, 7 * time.Second},
		"a date":  {func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) }, 90 * time.Second},
		"parts":   {func() string { return "0.25" }, 250 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := scriptedClient(t, ClientOptions{}, said{429, "Retry-After", c.after(), `{"error":{"message":"slow down"}}`}, well)
				if res, err := client.Chat(t.Context(), hello); err != nil || res.Text != "word" {
					t.Fatal(res, err)
				}
				if gap := s.gaps()[0]; gap < c.want-time.Second || gap < c.want && name != "a date" || gap > c.want+time.Second {
					t.Errorf("waited %s, want %s", gap, c.want)
				}
			})
		})
	}
}

// While one request waits as it was asked to, no other is sent.
func TestAWaitHoldsForAllRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := scriptedClient(t, ClientOptions{}, said{429, "Retry-After", "30", ""}, well)
		var all sync.WaitGroup
		all.Go(func() { _, _ = client.Chat(t.Context(), hello) })
		time.Sleep(time.Second)
		for range 5 {
			all.Go(func() { _, _ = client.Chat(t.Context(), hello) })
		}
		all.Wait()
		if len(s.came) != 7 || s.gaps()[0] < 29*time.Second {
			t.Errorf("%d tries with gaps %v, want 7, the second after 30 s", len(s.came), s.gaps())
		}
	})
}

func TestPausesDoubleAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := scriptedClient(t, ClientOptions{Retries: 9}, said{503, "", "", `{"error":"overloaded"}`})
		_, err := client.Chat(t.Context(), hello)
		if err == nil || !strings.Contains(err.Error(), "overloaded") || !strings.Contains(err.Error(), "10 tries") {
			t.Errorf("error %v, want what the endpoint said and how often", err)
		}
		if len(s.came) != 10 {
			t.Fatalf("%d tries, want 10", len(s.came))
		}
		for i, gap := range s.gaps() {
			most := min(firstPause<<i, slowestPause)
			if gap < most/2 || gap > most {
				t.Errorf("pause %d is %s, want between %s and %s", i, gap, most/2, most)
			}
		}
	})
}

func TestAnEndpointThatAsksForTooLongIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := scriptedClient(t, ClientOptions{}, said{429, "Retry-After", "7200", ""})
		_, err := client.Chat(t.Context(), hello)
		if err == nil || !strings.Contains(err.Error(), "2h0m0s") || len(s.came) != 1 {
			t.Errorf("error %v after %d tries, want how long at once", err, len(s.came))
		}
	})
}

// Being refused is no failure while others may have their turn, but it has an end.
func TestRefusalsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		client, s := scriptedClient(t, ClientOptions{Retries: 2}, said{429, "Retry-After", "1", ""})
		if _, err := client.Chat(t.Context(), hello); err == nil || len(s.came) < 300 || time.Since(began) > longestPause+time.Minute {
			t.Errorf("error %v after %d tries in %s, want the end of patience after %s", err, len(s.came), time.Since(began), longestPause)
		}
	})
}

func TestRequestsAndTokensKeepTheirPace(t *testing.T) {
	for name, c := range map[string]struct {
		o    ClientOptions
		want time.Duration // of 30 requests
	}{
		"60 requests a minute":  {ClientOptions{RequestsPerMinute: 60, Concurrency: 30}, 29 * time.Second},
		"600 tokens a minute":   {ClientOptions{TokensPerMinute: 600, Concurrency: 30}, 56 * time.Second}, // 19 each, 10 at once
		"no limit of one's own": {ClientOptions{Concurrency: 30}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := scriptedClient(t, c.o, well)
				began := time.Now()
				var all sync.WaitGroup
				for range 30 {
					all.Go(func() {
						if _, err := client.Chat(t.Context(), hello); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if took := time.Since(began); took < c.want-time.Second || took > c.want+time.Second {
					t.Errorf("%d requests took %s, want %s", len(s.came), took, c.want)
				}
			})
		})
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := scriptedClient(t, ClientOptions{}, said{429, "Retry-After", "300", ""})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := client.Chat(ctx, hello); err != context.DeadlineExceeded || time.Since(began) != 3*time.Second { //nolint:errorlint // the error itself
			t.Errorf("error %v after %s", err, time.Since(began))
		}
	})
}

// dripping is a body of which each read takes some time.
type dripping struct {
	parts []string
	every time.Duration
	done  <-chan struct{}
}

func (d *dripping) Read(b []byte) (int, error) {
	if len(d.parts) == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.every):
	case <-d.done:
		return 0, context.Canceled
	}
	n := copy(b, d.parts[0])
	d.parts = d.parts[1:]
	return n, nil
}

func (d *dripping) Close() error { return nil }

// drips is a round trip whose answer comes in five parts.
type drips struct {
	every time.Duration
	tries int
}

func (d *drips) RoundTrip(r *http.Request) (*http.Response, error) {
	d.tries++
	event := func(text, finish string) string {
		return fmt.Sprintf("data: {\"choices\":[{\"delta\":{\"content\":%q},\"finish_reason\":%s}]}\n\n", text, finish)
	}
	body := &dripping{parts: []string{event("a", "null"), event("b", "null"), ": still there\n\n", event("c", `"stop"`), "data: [DONE]\n\n"}, every: d.every, done: r.Context().Done()}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}}, Body: body, Request: r}, nil
}

// An answer may take long in all, but not between two of its parts.
func TestSilenceEndsATry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := scriptedClient(t, ClientOptions{Timeout: time.Minute, Retries: 2}, well)
		slow := &drips{every: 50 * time.Second}
		client.http.Transport = slow
		if res, err := client.Chat(t.Context(), hello); err != nil || res.Text != "abc" || !res.Usage.Estimated || slow.tries != 1 {
			t.Errorf("a slow answer is %+v, %v", res, err)
		}
		silent := &drips{every: 70 * time.Second}
		client.http.Transport = silent
		if _, err := client.Chat(t.Context(), hello); err == nil || !strings.Contains(err.Error(), "nothing came for 1m0s") || silent.tries != 3 {
			t.Errorf("a silent endpoint: %v after %d tries, want its silence after 3", err, silent.tries)
		}
	})
}

// An answer that is under way when the context ends is taken to its end, where there is time for that.
func TestGraceForAnswersUnderWay(t *testing.T) {
	for _, c := range []struct {
		grace time.Duration
		whole bool
	}{{0, false}, {2 * time.Second, false}, {10 * time.Second, true}} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := scriptedClient(t, ClientOptions{Grace: c.grace}, well)
			client.http.Transport = &drips{every: time.Second}
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			res, err := client.Chat(ctx, hello)
			if (err == nil) != c.whole || c.whole && res.Text != "abc" || !c.whole && err != context.DeadlineExceeded { //nolint:errorlint // the error itself
				t.Errorf("with a grace of %s: %+v, %v", c.grace, res, err)
			}
		})
	}
}
