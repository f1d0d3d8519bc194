package infer

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/model"
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
	one := int64(model.CacheBytes(a.m.Config(), 1, 229))
	for _, room := range []int64{0, 3 * one, 100 * one} { // however many there is room for
		got, err := a.Ends(t.Context(), prompts, most, room)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("in %d bytes %v, %v; alone %v", room, got, err, want)
		}
	}
	// An answer may be cut short by the model's positions, and a prompt that fills them is refused.
	if _, err := a.Ends(t.Context(), [][]int32{make([]int32, modeltest.MaxPos-1)}, most, 1<<20); err != nil {
		t.Error(err)
	}
	var e *ContextError
	if _, err := a.Ends(t.Context(), [][]int32{make([]int32, modeltest.MaxPos)}, most, 1<<20); !errors.As(err, &e) {
		t.Errorf("a prompt that leaves no room: %v", err)
	}
}

func TestProbeAsksAModelThatIsOpen(t *testing.T) {
	m, err := model.Open(backend(t), modeltest.Tiny(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	conv := [][]chat.Message{{{Role: chat.User, Content: "hello"}}, {{Role: chat.User, Content: "and you?"}}}
	alpaca, err := chat.Named("alpaca")
	if err != nil {
		t.Fatal(err)
	}
	ended, err := Probe(t.Context(), m, alpaca, conv, 8, 1<<20)
	if err != nil || len(ended) != 2 {
		t.Errorf("%v, %v", ended, err)
	}
	chatML, err := chat.Named("chatml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Probe(t.Context(), m, chatML, conv, 8, 1<<20); err == nil {
		t.Error("a template that the vocabulary has no tokens for is asked with")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Probe(ctx, m, alpaca, conv, 8, 1<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}
