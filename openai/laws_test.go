package openai_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// Many ask at once, of an endpoint that fails in every way and whose answers vary in length: no cap is passed at any time,
// to the billionth of a dollar, and what is left of it in the end is less than what one more request could take.
func TestLaw14CapsHoldUnderConcurrency(t *testing.T) {
	t.Parallel()
	for name, caps := range map[string]openai.Caps{"cost": {Cost: 0.0021}, "tokens": {Tokens: 9000}, "requests": {Requests: 57}} {
		for _, forgets := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, keys forgotten %t", name, forgets), func(t *testing.T) {
				t.Parallel()
				var tokens, answers atomic.Int64
				s := openaitest.NewServer(t, func(r openai.Request) string {
					text := strings.Repeat("word ", len(r.Messages[0].Content)*7%60)
					tokens.Add(int64(7 + openaitest.Tokens(r.Messages[0].Content) + openaitest.Tokens(text)))
					answers.Add(1)
					return text
				}, openaitest.Options{Seed: 14, Prices: prices, Forgets: forgets, Fail: 0.05, Drop: 0.02, Cut: 0.03})
				c := newClient(t, s, func(o *openai.ClientOptions) { o.Concurrency = 16 })
				g := guard(t, c, caps, filepath.Join(t.TempDir(), "a.journal"))
				over := func() bool {
					return caps.Cost > 0 && s.Billed() > openai.CostOf(caps.Cost) ||
						caps.Tokens > 0 && !(tokens.Load() <= int64(caps.Tokens)) || caps.Requests > 0 && s.Bills() > caps.Requests
				}
				var all sync.WaitGroup
				var full atomic.Int64
				for i := range 300 {
					all.Go(func() {
						r := ask(fmt.Sprintf("task %d%s", i, strings.Repeat("?", i%40)))
						if _, err := g.Chat(t.Context(), r); errors.As(err, new(*openai.CapError)) {
							full.Add(1)
						} else if err != nil {
							t.Error(err)
						}
						if over() {
							t.Errorf("a cap was passed: %s, %d tokens, %d bills", s.Billed(), tokens.Load(), s.Bills())
						}
					})
				}
				all.Wait()
				spent := g.Spent()
				if full.Load() == 0 {
					t.Error("the cap was not reached")
				}
				if s.Billed() < spent.Cost || s.Billed() > spent.Most() {
					t.Errorf("billed %s, books %s to %s", s.Billed(), spent.Cost, spent.Most())
				}
				most := openai.Bound(ask(fmt.Sprintf("task 299%s", strings.Repeat("?", 39))))
				if left := openai.CostOf(caps.Cost) - spent.Most(); caps.Cost > 0 && (left < 0 || left > prices.Cost(most)) {
					t.Errorf("%s are left, want less than a request can cost, %s", left, prices.Cost(most))
				}
				if left := caps.Tokens - spent.PromptTokens - spent.CompletionTokens - spent.UncertainTokens; caps.Tokens > 0 && (left < 0 || left > most.PromptTokens+most.CompletionTokens) {
					t.Errorf("%d tokens are left", left)
				}
				if n := spent.Requests + spent.Lost; caps.Requests > 0 && n != caps.Requests {
					t.Errorf("%d requests, want %d", n, caps.Requests)
				}
			})
		}
	}
}

// The child of the test below: it asks its questions and says which were answered.
const (
	childAddress = "CRIA_TEST_TEACHER"
	childJournal = "CRIA_TEST_JOURNAL"
	childCap     = "CRIA_TEST_CAP"
	questions    = 240
)

func TestMain(m *testing.M) {
	if os.Getenv(childAddress) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child() error {
	limit, err := strconv.ParseFloat(os.Getenv(childCap), 64)
	if err != nil {
		return err
	}
	if err := smallDisk(); err != nil {
		return err
	}
	c, err := openai.NewClient(openai.ClientOptions{BaseURL: os.Getenv(childAddress), Model: "m", Concurrency: 8})
	if err != nil {
		return err
	}
	j, err := openai.OpenJournal(os.Getenv(childJournal))
	if err != nil {
		return err
	}
	g := openai.Guard(c, prices, openai.Caps{Cost: limit}, j)
	var all sync.WaitGroup
	for i := range questions {
		all.Go(func() {
			text := fmt.Sprintf("task %d", i)
			switch _, err := g.Chat(context.Background(), ask(text)); {
			case err == nil:
				fmt.Printf("answered %s\n", text)
			case !errors.As(err, new(*openai.CapError)):
				fmt.Fprintln(os.Stderr, err)
			}
		})
	}
	all.Wait()
	s := g.Spent()
	fmt.Printf("spent %d %d\n", s.Cost, s.Most())
	return j.Close()
}

// A process is killed five times while it asks, and ends on the sixth: what was answered is never asked again, what the
// endpoint billed is within what the books say, and below the cap at all times.
func TestLaw14NothingIsLostOrPassedWhenKilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		cap     float64
		forgets bool
	}{{"a cap that is reached", 0.003, false}, {"one that is not", 0.1, false}, {"an endpoint that forgets keys", 0.1, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			asked := make(map[string]int) // how often an answer was made and billed
			s := openaitest.NewServer(t, func(r openai.Request) string {
				mu.Lock()
				defer mu.Unlock()
				asked[r.Messages[0].Content]++
				return strings.Repeat("word ", 9+len(asked)%23)
			}, openaitest.Options{Seed: 5, Prices: prices, Forgets: c.forgets, Drop: 0.02, Fail: 0.02, Delay: 2 * time.Millisecond})
			limit := openai.CostOf(c.cap)
			journal := filepath.Join(t.TempDir(), "a.journal")
			answered := make(map[string]int) // by question: how often it had been asked by then
			kills := rand.New(rand.NewPCG(14, 0))
			for run := range 6 {
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), childAddress+"="+s.URL, childJournal+"="+journal, fmt.Sprintf("%s=%g", childCap, c.cap))
				cmd.Stderr = os.Stderr
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				stop := len(answered) + 15 + kills.IntN(20)
				var cost, most int64
				now := make(map[string]bool)
				lines := bufio.NewScanner(out)
				for lines.Scan() {
					if text, ok := strings.CutPrefix(lines.Text(), "answered "); ok {
						now[text] = true
					}
					_, _ = fmt.Sscanf(lines.Text(), "spent %d %d", &cost, &most)
					if run < 5 && len(now) == stop {
						_ = cmd.Process.Kill()
					}
					if s.Billed() > limit {
						t.Errorf("run %d: billed %s, the cap is %s", run, s.Billed(), limit)
					}
				}
				_, _ = io.Copy(io.Discard, out)
				if err := cmd.Wait(); err != nil && run == 5 || err == nil && run < 5 && c.cap > 0.05 {
					t.Fatalf("run %d ended with %v after %d answers", run, err, len(now))
				}
				mu.Lock()
				for text := range answered {
					if asked[text] != answered[text] {
						t.Errorf("run %d: %q had an answer and was asked again", run, text)
					}
				}
				for text := range now {
					answered[text] = asked[text]
				}
				mu.Unlock()
				if run == 5 {
					t.Logf("%d answered, billed %s, books %s to %s, cap %s", len(answered), s.Billed(), openai.Cost(cost), openai.Cost(most), limit)
					if b := int64(s.Billed()); b < cost || b > most || most > int64(limit) {
						t.Errorf("billed %d, books %d to %d, cap %d", b, cost, most, limit)
					}
					if c.cap > 0.05 && len(answered) != questions {
						t.Errorf("%d answered, want all %d", len(answered), questions)
					}
				}
			}
		})
	}
}
