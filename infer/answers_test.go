package infer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
)

// Answers together are those to each question alone, whatever their prompts share and however long they are, and what all
// begin with is computed once, not once in every place of the cache.
func TestAnswersTogetherAreThoseAlone(t *testing.T) {
	a := open(t, shared.Path(t, "data", "models", "stories3M"), OpenOptions{Exact: true})
	before := "Tom had a red ball. He gave it to Ann, who was happy. " + strings.Repeat("They played in the park with the dog. ", 12)
	var questions []Question
	common := 0
	for i := range 3*maxTogether + 1 {
		text := before + fmt.Sprintf("Then %s came. ", []string{"Tom", "Ann", "Mum", "a cat", "a bird"}[i%5])
		if i%4 == 3 {
			text = "Lily saw " + strings.Repeat("a very ", i) + "big"
		}
		ids, err := a.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		if i%4 != 3 && i > 0 {
			common += len(questions[0].Prompt) - 8
		}
		questions = append(questions, Question{ids, Options{MaxTokens: 4 + 7*(i%6), StopText: []string{"."}}})
	}
	got := make([]Result, len(questions))
	var order []int
	if err := a.Answers(t.Context(), questions, func(i int, res Result, err error) error {
		got[i], order = res, append(order, i)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	reused := 0
	for i, q := range questions {
		want := generate(t, a, q.Prompt, q.Options)
		if got[i].Text != want.Text || got[i].StopReason != want.StopReason {
			t.Errorf("question %d is answered %q (%s) together, %q (%s) alone", i, got[i].Text, got[i].StopReason, want.Text, want.StopReason)
		}
		reused += got[i].Reused
	}
	if reused < common {
		t.Errorf("%d tokens of the prompts were not computed again, want %d", reused, common)
	}
	slices.Sort(order)
	for i, k := range order {
		if i != k {
			t.Fatalf("answers came of %v", order)
		}
	}
}

// One question too long for the model says so and holds up no other; whoever asks may stop at any answer, and a context that
// ends is its error.
func TestAnswersEnd(t *testing.T) {
	a := small(t)
	prompt, err := promptFor(a, "Name a prime.")
	if err != nil {
		t.Fatal(err)
	}
	questions := slices.Repeat([]Question{{prompt, Options{MaxTokens: 9}}}, maxTogether+2)
	questions[1].MaxTokens = a.Context()
	var long *ContextError
	n := 0
	if err := a.Answers(t.Context(), questions, func(i int, _ Result, err error) error {
		if n++; (i == 1) != errors.As(err, &long) {
			t.Errorf("question %d: error %v", i, err)
		}
		return nil
	}); err != nil || n != len(questions) {
		t.Errorf("%d answers, error %v", n, err)
	}
	enough := errors.New("enough")
	if err := a.Answers(t.Context(), questions, func(int, Result, error) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("error %v, want that of who was told", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	n = 0
	if err := a.Answers(ctx, questions, func(int, Result, error) error {
		if n++; n == 2 {
			stop()
		}
		return nil
	}); !errors.Is(err, context.Canceled) || n >= len(questions) {
		t.Errorf("%d answers in a context that ended, error %v", n, err)
	}
	if err := a.Answers(t.Context(), nil, nil); err != nil {
		t.Errorf("error %v of no question", err)
	}
}
