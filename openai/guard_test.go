package openai_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// function is a model that is a function.
type function func(openai.Request) (*openai.Response, error)

func (f function) Name() string { return "function" }
func (f function) Chat(_ context.Context, r openai.Request) (*openai.Response, error) {
	return f(r)
}

func used(prompt, completion int) *openai.Response {
	return &openai.Response{Model: "function", Text: "word", Finish: "stop", Usage: openai.Usage{PromptTokens: prompt, CompletionTokens: completion}}
}

func open(t *testing.T, path string) *openai.Journal {
	t.Helper()
	j, err := openai.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func keyed(text, key string) openai.Request {
	r := ask(text)
	r.Key = key
	return r
}

// A request is known by the model, its key and all that it asks.
func TestNothingIsAskedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.journal")
	asked := 0
	m := function(func(r openai.Request) (*openai.Response, error) {
		asked++
		res := used(10, 2)
		res.Text = fmt.Sprintf("%s %d \xff", r.Messages[0].Content, asked)
		res.Logprobs = []openai.TokenLogprob{{Token: "a", Logprob: math.Inf(-1)}, {Token: "b", Logprob: math.NaN()}}
		return res, nil
	})
	warm := 0.7
	other := ask("one")
	other.Temperature = &warm
	list := []openai.Request{ask("one"), ask("two"), keyed("one", "a"), keyed("one", "b"), other}
	var first []*openai.Response
	for run := range 3 {
		j := open(t, path)
		g := openai.Guard(m, prices, openai.Caps{Requests: len(list)}, j)
		for i, r := range list {
			res, err := g.Chat(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if run == 0 {
				first = append(first, res)
			} else if diff := cmp.Diff(first[i], res); diff != "" {
				t.Errorf("from the journal, answer %d is another: %s", i, diff)
			}
		}
		if s := g.Spent(); asked != len(list) || s.Requests != len(list) || s.PromptTokens != 10*len(list) || run > 0 && s.FromJournal != len(list) {
			t.Errorf("run %d: asked %d times, spent %+v", run, asked, s)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoAtOnceAreOne(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Prices: prices})
	g := guard(t, newClient(t, s, nil), openai.Caps{}, filepath.Join(t.TempDir(), "a.journal"))
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := g.Chat(t.Context(), ask(fmt.Sprint(i%4))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := g.Spent(); s.Bills() != 4 || got.Requests != 4 || got.FromJournal != 36 || got.Cost != s.Billed() {
		t.Errorf("%d bills of %s, spent %+v, want 4 and the same", s.Bills(), s.Billed(), got)
	}
}

// A request that fails is asked again by the next who wants its answer.
func TestAFailureIsNotKept(t *testing.T) {
	var asked atomic.Int32
	m := function(func(openai.Request) (*openai.Response, error) {
		if asked.Add(1) == 1 {
			return nil, &openai.RequestError{Message: "not now"}
		}
		return used(1, 1), nil
	})
	g := guard(t, m, openai.Caps{Requests: 1}, filepath.Join(t.TempDir(), "a.journal"))
	if _, err := g.Chat(t.Context(), ask("hello")); err == nil {
		t.Error("no error")
	}
	if s := g.Spent(); s.Lost != 0 || s.Most() != 0 {
		t.Errorf("a refusal was counted: %+v", s)
	}
	if _, err := g.Chat(t.Context(), ask("hello")); err != nil {
		t.Error(err)
	}
}

// What broke may have been billed: it counts at its bound, and the cap holds with it, in this run and the next.
func TestWhatMayHaveBeenBilledCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.journal")
	broken := function(func(openai.Request) (*openai.Response, error) { return nil, errors.New("it broke") })
	bound := prices.Cost(openai.Bound(ask("hello")))
	caps := openai.Caps{Cost: (2 * bound).Dollars()}
	for run := range 3 {
		j := open(t, path)
		g := openai.Guard(broken, prices, caps, j)
		_, err := g.Chat(t.Context(), ask("hello"))
		var full *openai.CapError
		if errors.As(err, &full) != (run == 2) {
			t.Errorf("run %d: %v", run, err)
		}
		if s := g.Spent(); s.Cost != 0 || s.Lost != min(run+1, 2) || s.Uncertain != bound*openai.Cost(s.Lost) {
			t.Errorf("run %d: spent %+v, want %s for each try", run, s, bound)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Of an answer without a count, the bound counts.
func TestAnEstimateIsUncertain(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Echo, openaitest.Options{Uncounted: true, Prices: prices})
	g := guard(t, newClient(t, s, nil), openai.Caps{}, filepath.Join(t.TempDir(), "a.journal"))
	if _, err := g.Chat(t.Context(), ask("hello")); err != nil {
		t.Fatal(err)
	}
	if got := g.Spent(); got.Estimated != 1 || got.Most() != prices.Cost(openai.Bound(ask("hello"))) || s.Billed() > got.Most() {
		t.Errorf("spent %+v, billed %s", got, s.Billed())
	}
}

// A model that counts more than the bound takes the cap's room once, and not again.
func TestMoreThanTheBoundIsLearned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.journal")
	bound := openai.Bound(ask("0"))
	m := function(func(openai.Request) (*openai.Response, error) { return used(bound.PromptTokens+1000, 0), nil })
	for range 2 {
		j := open(t, path)
		g := openai.Guard(m, openai.Prices{In: 1}, openai.Caps{Tokens: 5000}, j)
		for i := range 9 {
			if _, err := g.Chat(t.Context(), ask(fmt.Sprint(i))); err != nil && !errors.As(err, new(*openai.CapError)) {
				t.Fatal(err)
			}
		}
		if got := g.Spent().PromptTokens; got > 5000 || got < 3000 {
			t.Errorf("%d tokens with a cap of 5000", got)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARequestWithoutABoundIsRefused(t *testing.T) {
	g := guard(t, function(func(openai.Request) (*openai.Response, error) { return used(1, 1), nil }), openai.Caps{}, filepath.Join(t.TempDir(), "a.journal"))
	r := ask("hello")
	r.MaxTokens = 0
	if _, err := g.Chat(t.Context(), r); !errors.As(err, new(*openai.RequestError)) {
		t.Errorf("error %v, want a RequestError", err)
	}
}

func TestOneProcessHasAJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.journal")
	j := open(t, path)
	if _, err := openai.OpenJournal(path); err == nil || !strings.Contains(err.Error(), "open in another process") {
		t.Errorf("opened twice: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	g := openai.Guard(function(func(openai.Request) (*openai.Response, error) { return used(1, 1), nil }), prices, openai.Caps{}, j)
	if _, err := g.Chat(t.Context(), ask("hello")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("asked with a journal that is closed: %v", err)
	}
}

// A journal that ends anywhere opens, with the answers that were whole; one that is broken within says where.
func TestTornJournals(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.journal")
	m := function(func(openai.Request) (*openai.Response, error) { return used(10, 5), nil })
	j := open(t, path)
	for i := range 3 {
		if _, err := openai.Guard(m, prices, openai.Caps{}, j).Chat(t.Context(), ask(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n <= len(whole); n += 7 {
		torn := filepath.Join(dir, fmt.Sprint(n))
		kept := whole[:n:n]
		if n > len(`{"cria_journal":1}`) {
			kept = append(kept, strings.Repeat("\x00", n%3)...)
		}
		if err := os.WriteFile(torn, kept, 0o666); err != nil {
			t.Fatal(err)
		}
		answers, intents := strings.Count(string(kept), `}}}`+"\n"), strings.Count(string(kept), `}}`+"\n")
		j := open(t, torn)
		g := openai.Guard(m, prices, openai.Caps{}, j)
		if s := g.Spent(); s.Requests != answers || s.Lost != intents-2*answers {
			t.Errorf("after %d bytes: %+v, want %d answers and %d lost", n, s, answers, intents-2*answers)
		}
		if _, err := g.Chat(t.Context(), ask("0")); err != nil {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for want, text := range map[string]string{
		"line 3":            strings.Join(append(append([]string{}, lines[:2]...), append([]string{"{torn\n"}, lines[2:]...)...), ""),
		"line 1":            "some other file\n",
		"line 2":            lines[0] + "{}\n" + lines[1],
		"line 4 is none":    strings.Join(lines[:3], "") + lines[0] + lines[3],
		"newer cria":        `{"cria_journal":2}` + "\n" + lines[1],
		"an amount below 0": lines[0] + `{"intent":{"n":1,"id":"x","cost":-1}}` + "\n" + lines[1],
	} {
		bad := filepath.Join(dir, "bad")
		if err := os.WriteFile(bad, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := openai.OpenJournal(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if after, err := os.ReadFile(bad); err != nil || string(after) != text {
			t.Errorf("a file that could not be opened was changed: %q, %v", after, err)
		}
	}
}

func TestForecast(t *testing.T) {
	n := 0
	m := function(func(openai.Request) (*openai.Response, error) { n++; return used(1000*(1+n%2), 0), nil })
	g := openai.Guard(m, openai.Prices{In: 1}, openai.Caps{}, open(t, filepath.Join(t.TempDir(), "a.journal")))
	if _, ok := g.Forecast(0, 100); ok {
		t.Error("a forecast out of nothing")
	}
	for i := range 50 {
		if _, err := g.Chat(t.Context(), ask(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	spent := g.Spent().Cost
	f, ok := g.Forecast(25, 100)
	// cv² of 1, 2, 1, 2, … is 1/9: 1.96·3·spent·√((1/9+1)/50)
	half := 1.96 * 3 * spent.Dollars() * math.Sqrt((1.0/9+1)/50)
	if want := (openai.Forecast{Expect: 4 * spent, Low: openai.CostOf(4*spent.Dollars() - half), High: openai.CostOf(4*spent.Dollars() + half)}); !ok || f != want {
		t.Errorf("forecast %+v, want %+v", f, want)
	}
	if f, _ := g.Forecast(100, 100); f != (openai.Forecast{Expect: spent, Low: spent, High: spent}) {
		t.Errorf("forecast in the end %+v, want what was spent, %s", f, spent)
	}
}

// Whatever a file holds, it is a journal, with the same sums when it is opened again, or an error and left as it is.
func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"cria_journal\":1}\n{\"intent\":{\"n\":1,\"id\":\"x\",\"cost\":5,\"prompt_tokens\":1,\"completion_tokens\":1}}\n{\"free\":1}\n"))
	f.Add([]byte("{\"cria_journal\":1}\n{\"answer\":{\"n\":1,\"id\":\"x\",\"cost\":5,\"once\":true,\"response\":{\"text\":\"a\"}}}\n{\"ans"))
	f.Add([]byte("{\"cria_"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "a.journal")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		j, err := openai.OpenJournal(path)
		if err != nil {
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, text) {
				t.Errorf("a file that is no journal was changed: %q, %v", after, err)
			}
			return
		}
		first := openai.Guard(nil, prices, openai.Caps{}, j).Spent()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j, err = openai.OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		if again := openai.Guard(nil, prices, openai.Caps{}, j).Spent(); again != first || again.Most() < 0 {
			t.Errorf("spent %+v, and when it was opened again %+v", first, again)
		}
	})
}
