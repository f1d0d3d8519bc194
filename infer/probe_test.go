package infer

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/model/modeltest"
)

// Answers that are drawn together end where each alone does.
func TestAnswersEndAsTheyDoAlone(t *testing.T) {
	a := open(t, modeltest.Tiny(t, 1), OpenOptions{Exact: true})
	rng := rand.New(rand.NewPCG(7, 0))
	var prompts [][]int32
	for n := 1; n <= 200; n += 18 {
		p := make([]int32, n)
		for i := range p {
			p[i] = int32(rng.IntN(256))
		}
		prompts = append(prompts, p)
	}
	const most = 30
	// The tokens that an answer has make up what ends others: with these some end at once, some late, and some never.
	first := generate(t, a, prompts[3], Options{MaxTokens: most, Stop: []int32{}})
	a.stop = first.IDs[4:6]
	var want []bool
	for _, p := range prompts {
		want = append(want, generate(t, a, p, Options{MaxTokens: most}).StopReason == Stopped)
	}
	if !slices.Contains(want, true) || !slices.Contains(want, false) {
		t.Fatalf("all answers are alike: %v", want)
	}
	got, err := a.Ends(t.Context(), prompts, most)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("together %v, %v; alone %v", got, err, want)
	}
	parts := append([]bool{}, got[:0]...)
	for _, p := range prompts { // however they are cut into groups
		one, err := a.ends(t.Context(), [][]int32{p}, min(len(p)+most, a.Context()), most)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, one...)
	}
	if !slices.Equal(parts, want) {
		t.Errorf("one at a time %v, want %v", parts, want)
	}
	// An answer may be cut short by the model's positions, and a prompt that fills them is refused.
	if _, err := a.Ends(t.Context(), [][]int32{make([]int32, modeltest.MaxPos-1)}, most); err != nil {
		t.Error(err)
	}
	var e *ContextError
	if _, err := a.Ends(t.Context(), [][]int32{make([]int32, modeltest.MaxPos)}, most); !errors.As(err, &e) {
		t.Errorf("a prompt that leaves no room: %v", err)
	}
}

func TestProbeOpensAsksAndCloses(t *testing.T) {
	conv := [][]chat.Message{{{Role: chat.User, Content: "hello"}}, {{Role: chat.User, Content: "and you?"}}}
	ended, err := Probe(t.Context(), backend(t), modeltest.Tiny(t, 1), conv, 8)
	if err != nil || len(ended) != 2 {
		t.Errorf("%v, %v", ended, err)
	}
	if _, err := Probe(t.Context(), backend(t), "nowhere", conv, 8); err == nil {
		t.Error("a model that is not there answers")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Probe(ctx, backend(t), modeltest.Tiny(t, 1), conv, 8); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}
