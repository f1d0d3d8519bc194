package infer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

func question(text string) openai.Request {
	seed := int64(1)
	return openai.Request{Messages: []openai.Message{{Role: "user", Content: text}}, MaxTokens: 24, Seed: &seed}
}

func taught(t *testing.T, teacher *Teacher, r openai.Request) *openai.Response {
	t.Helper()
	res, err := teacher.Chat(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestATeacherIsAModel(t *testing.T) {
	openaitest.Suite(t, func(t *testing.T) openai.Model { return NewTeacher(small(t)) })
}

// A teacher's answer is the assistant's to the same prompt, cut before a stop, and counted.
func TestATeacherAnswersAsItsAssistantDoes(t *testing.T) {
	a := small(t)
	teacher := NewTeacher(a)
	zero := 0.0
	r := question("Name a prime.")
	r.Temperature = &zero
	r.TopLogprobs = 5
	got := taught(t, teacher, r)
	prompt, err := promptFor(a, "Name a prime.")
	if err != nil {
		t.Fatal(err)
	}
	want := generate(t, a, prompt, Options{MaxTokens: 24})
	if got.Text != want.Text || got.Finish != string(want.StopReason) || got.Model != a.Name() ||
		got.Usage != (openai.Usage{PromptTokens: len(prompt), CompletionTokens: len(want.IDs)}) {
		t.Errorf("answer %+v, want %+v", got, want)
	}
	s, err := a.Score(t.Context(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Logprobs) != 5 || got.Logprobs[0].Token != string(a.tok.Bytes(want.IDs[0])) {
		t.Fatalf("the likeliest first tokens are %v, the first is %q", got.Logprobs, a.tok.Bytes(want.IDs[0]))
	}
	if nll := nll(s.Last, want.IDs[0]); math.Abs(nll+got.Logprobs[0].Logprob) > 1e-3 {
		t.Errorf("the first token's log-probability is %g, want %g", got.Logprobs[0].Logprob, -nll)
	}
	stop := want.Text[len(want.Text)/2:]
	r.Stop = []string{stop[:min(3, len(stop))], "nothing of the kind"}
	if cut := taught(t, teacher, r); cut.Finish != "stop" || strings.Contains(cut.Text, r.Stop[0]) || !strings.HasPrefix(want.Text, cut.Text) {
		t.Errorf("with the stop %q the answer is %+v", r.Stop[0], cut)
	}
}

func TestATeachersSeedsDecideItsDraws(t *testing.T) {
	teacher := NewTeacher(small(t))
	r := question("Tell me a story.")
	one, hot := taught(t, teacher, r), 1.5
	if again := taught(t, teacher, r); again.Text != one.Text {
		t.Errorf("one seed drew %q and %q", one.Text, again.Text)
	}
	r.Temperature, r.Seed = &hot, nil
	if a, b := taught(t, teacher, r), taught(t, teacher, r); a.Text == b.Text {
		t.Errorf("without a seed both answers are %q", a.Text)
	}
	presence := 100.0
	r.Presence = &presence
	if res, err := teacher.a.Prompt(nil); err == nil {
		t.Errorf("a prompt of nothing is %v", res)
	}
	ids := teacher.a.tok.EncodeText(taught(t, teacher, r).Text, false)
	if len(distinct(ids)) < len(ids)-2 { // it may be cut otherwise than it was drawn
		t.Errorf("with a presence penalty tokens come again: %v", ids)
	}
}

func TestATeacherRefusesWhatItCannotTake(t *testing.T) {
	a := small(t)
	teacher := NewTeacher(a)
	low, wide := -1.0, 1.5
	for want, edit := range map[string]func(r *openai.Request){
		"no messages":                func(r *openai.Request) { r.Messages = nil },
		`unknown role "critic"`:      func(r *openai.Request) { r.Messages[0].Role = "critic" },
		"temperature is -1":          func(r *openai.Request) { r.Temperature = &low },
		"top-p is 1.5":               func(r *openai.Request) { r.TopP = &wide },
		"max_tokens is -1":           func(r *openai.Request) { r.MaxTokens = -1 },
		"stop 0 is empty":            func(r *openai.Request) { r.Stop = []string{""} },
		"top_logprobs is -2":         func(r *openai.Request) { r.TopLogprobs = -2 },
		"more than the model's 256":  func(r *openai.Request) { r.MaxTokens = 250 },
		"leaves no room for an answ": func(r *openai.Request) { r.Messages[0].Content = strings.Repeat("prime ", 300) },
	} {
		r := question("Name a prime.")
		edit(&r)
		var refused *openai.RequestError
		if _, err := teacher.Chat(t.Context(), r); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := teacher.Chat(ended, question("Name a prime.")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that ended", err)
	}
}

// Whoever asks at once, more than there are slots, is answered as if alone: short and long, held to a schema or not.
func TestATeacherIsAskedByManyAtOnce(t *testing.T) {
	teacher := NewTeacher(small(t))
	zero := 0.0
	var requests []openai.Request
	for i, p := range GoldenPrompts()[:2*maxTogether+3] {
		r := question(p.Text + p.Question)
		r.MaxTokens, r.Temperature = 5+3*(i%7), &zero
		if i%3 == 0 {
			r.MaxTokens, r.Schema = 60, []byte(`{"type":"object","properties":{"word":{"type":"string","maxLength":9}},"required":["word"]}`)
		}
		requests = append(requests, r)
	}
	alone, together := make([]string, len(requests)), make([]string, len(requests))
	for i, r := range requests {
		alone[i] = taught(t, teacher, r).Text
	}
	var all sync.WaitGroup
	for i, r := range requests {
		all.Go(func() {
			res, err := teacher.Chat(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			together[i] = res.Text
		})
	}
	all.Wait()
	for i := range alone {
		if alone[i] != together[i] {
			t.Errorf("request %d is answered %q together, %q alone", i, together[i], alone[i])
		}
	}
}

// Who gives up frees the place, whether it ran the model for the others or waited for them.
func TestGivingUpHoldsUpNobody(t *testing.T) {
	teacher := NewTeacher(small(t))
	long := question("Tell me a long story.")
	long.MaxTokens = 120
	var all sync.WaitGroup
	for i := range 3 * maxTogether {
		ctx, stop := context.WithCancel(t.Context())
		all.Go(func() {
			defer stop()
			res, err := teacher.Chat(ctx, long)
			if i%2 == 0 && !errors.Is(err, context.Canceled) || i%2 == 1 && (err != nil || res.Usage.CompletionTokens == 0) {
				t.Errorf("request %d: %+v, %v", i, res, err)
			}
		})
		if i%2 == 0 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				stop()
			})
		}
	}
	all.Wait()
	if res := taught(t, teacher, question("Name a prime.")); res.Usage.CompletionTokens == 0 {
		t.Errorf("the next is answered %+v", res)
	}
	for i, s := range teacher.all.slots {
		if s.job != nil {
			t.Errorf("slot %d is taken", i)
		}
	}
}

// A request for more room than the slots have waits for those that are being answered, and those behind it for it.
func TestALongAnswerWaitsForRoom(t *testing.T) {
	teacher := NewTeacher(open(t, shared.Path(t, "data", "models", "stories3M"), OpenOptions{}))
	zero := 0.0
	ask := func(most int) openai.Request {
		r := question("Tell me about a dog.")
		r.MaxTokens, r.Temperature = most, &zero
		return r
	}
	want := taught(t, teacher, ask(20))
	if n := teacher.all.cache.Length(); n >= 300 {
		t.Fatalf("a short answer has a cache of %d tokens", n)
	}
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			r := ask(20)
			if i%4 == 0 {
				r.MaxTokens = 300
			}
			res, err := teacher.Chat(t.Context(), r)
			if err != nil || !strings.HasPrefix(res.Text, want.Text[:10]) {
				t.Errorf("request %d: %+v, %v; want %q", i, res, err, want.Text)
			}
		})
	}
	all.Wait()
	if n := teacher.all.cache.Length(); n < 300 {
		t.Errorf("a long answer had a cache of %d tokens", n)
	}
}

func promptFor(a *Assistant, text string) ([]int32, error) {
	return a.Prompt([]chat.Message{{Role: chat.User, Content: text}})
}

// What a teacher writes in a second when one asks, and when eight do.
func BenchmarkTeacher(b *testing.B) {
	for _, many := range []int{1, maxTogether} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			teacher := NewTeacher(open(b, shared.Path(b, "data", "models", "stories3M"), OpenOptions{}))
			var tokens atomic.Int64
			began := time.Now()
			for b.Loop() {
				var all sync.WaitGroup
				for range many {
					all.Go(func() {
						r := question("Tell me about a dog.")
						r.MaxTokens = 200
						res, err := teacher.Chat(b.Context(), r)
						if err != nil {
							b.Error(err)
							return
						}
						tokens.Add(int64(res.Usage.CompletionTokens))
					})
				}
				all.Wait()
			}
			b.ReportMetric(float64(tokens.Load())/time.Since(began).Seconds(), "tokens/s")
		})
	}
}
