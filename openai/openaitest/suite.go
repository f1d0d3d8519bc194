package openaitest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/openai"
)

// Suite holds a model to what [openai.Model] promises. Its answers may be any, short ones too.
func Suite(t *testing.T, open func(t *testing.T) openai.Model) {
	for _, c := range []struct {
		name string
		test func(*testing.T, openai.Model)
	}{
		{"it has a name", named},
		{"an answer is whole", whole},
		{"an answer is no longer than it may be", bounded},
		{"without temperature an answer is the same twice", repeated},
		{"an answer ends before a stop", stopped},
		{"a conversation is taken as one", conversation},
		{"the likeliest tokens come in order", likeliest},
		{"a schema is no hindrance", schema},
		{"a request that makes no sense is a RequestError", refused},
		{"many ask at once", many},
		{"a context that has ended ends it", ended},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func request(text string) openai.Request {
	zero, seed := 0.0, int64(1)
	return openai.Request{Messages: []openai.Message{{Role: "user", Content: text}}, Temperature: &zero, Seed: &seed, MaxTokens: 24}
}

// answer asks, and checks what holds of every answer.
func answer(t *testing.T, m openai.Model, r openai.Request) *openai.Response {
	t.Helper()
	before := fmt.Sprintf("%+v", r)
	res, err := m.Chat(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprintf("%+v", r); after != before {
		t.Errorf("the request was changed: %s, was %s", after, before)
	}
	if res.Model == "" || !slices.Contains([]string{"stop", "length", "content_filter"}, res.Finish) ||
		res.Usage.PromptTokens <= 0 || res.Usage.CompletionTokens < 0 || res.Text != "" && res.Usage.CompletionTokens == 0 {
		t.Errorf("answer %+v: want a model, a known reason to end, and counts", res)
	}
	if !utf8.ValidString(res.Text) {
		t.Errorf("answer %q is not UTF-8", res.Text)
	}
	return res
}

func named(t *testing.T, m openai.Model) {
	if a, b := m.Name(), m.Name(); a == "" || a != b {
		t.Errorf("names %q and %q, want one", a, b)
	}
}

func whole(t *testing.T, m openai.Model) { answer(t, m, request("Name a prime, 素数 🎉.")) }

func bounded(t *testing.T, m openai.Model) {
	for _, n := range []int{1, 3} {
		r := request("Tell a long story of a llama and an alpaca that cross the Andes.")
		r.MaxTokens = n
		if res := answer(t, m, r); res.Usage.CompletionTokens > n {
			t.Errorf("%d tokens, want %d at the most", res.Usage.CompletionTokens, n)
		}
	}
}

func repeated(t *testing.T, m openai.Model) {
	a, b := answer(t, m, request("Name a colour.")), answer(t, m, request("Name a colour."))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("asked twice, the answers differ: %s", diff)
	}
}

func stopped(t *testing.T, m openai.Model) {
	r := request("Tell of a llama and an alpaca.")
	long := answer(t, m, r).Text
	runes := []rune(long)
	if len(runes) < 6 {
		t.Skipf("the answer %q is too short to be stopped", long)
	}
	r.Stop = []string{string(runes[len(runes)/2 : len(runes)/2+2])}
	res := answer(t, m, r)
	if strings.Contains(res.Text, r.Stop[0]) || !strings.HasPrefix(long, res.Text) || res.Finish != "stop" {
		t.Errorf("with the stop %q: %q (%s), want the beginning of %q", r.Stop[0], res.Text, res.Finish, long)
	}
}

func conversation(t *testing.T, m openai.Model) {
	system := openai.Message{Role: "system", Content: "Be brief."}
	short := request("And another?")
	short.Messages = slices.Insert(short.Messages, 0, system)
	long := request("And another?")
	long.Messages = slices.Insert(long.Messages, 0, system,
		openai.Message{Role: "user", Content: "Name a prime."}, openai.Message{Role: "assistant", Content: "7"})
	if n, less := answer(t, m, long).Usage.PromptTokens, answer(t, m, short).Usage.PromptTokens; n <= less {
		t.Errorf("a prompt of %d tokens with what was said before, and %d without", n, less)
	}
}

func likeliest(t *testing.T, m openai.Model) {
	r := request("Is 7 a prime? Answer A or B.")
	r.TopLogprobs = 4
	res := answer(t, m, r)
	if len(res.Logprobs) != 4 {
		t.Fatalf("%d tokens, want 4: %+v", len(res.Logprobs), res.Logprobs)
	}
	for i, one := range res.Logprobs {
		if one.Logprob > 0 || i > 0 && one.Logprob > res.Logprobs[i-1].Logprob {
			t.Errorf("log-probabilities %+v: want 0 or less, the largest first", res.Logprobs)
		}
	}
}

func schema(t *testing.T, m openai.Model) {
	r := request(`Answer {"prime": 7}.`)
	r.Schema = []byte(`{"type":"object","properties":{"prime":{"type":"integer"}},"required":["prime"],"additionalProperties":false}`)
	answer(t, m, r)
}

func refused(t *testing.T, m openai.Model) {
	role := request("Hello.")
	role.Messages[0].Role = "oracle"
	none := request("")
	none.Messages = nil
	for name, r := range map[string]openai.Request{"role": role, "no messages": none} {
		_, err := m.Chat(t.Context(), r)
		var bad *openai.RequestError
		if !errors.As(err, &bad) || bad.Message == "" {
			t.Errorf("%s: error %v, want a RequestError", name, err)
		}
	}
}

func many(t *testing.T, m openai.Model) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			r := request(fmt.Sprintf("Count to %d.", i))
			r.MaxTokens = 4
			if _, err := m.Chat(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func ended(t *testing.T, m openai.Model) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if _, err := m.Chat(ctx, request("Never mind.")); !errors.Is(err, context.Canceled) || time.Since(began) > 5*time.Second {
		t.Errorf("error %v after %s, want the context's at once", err, time.Since(began))
	}
}
