package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
)

// Items are asked together, answered as each alone, and come back in their order, in which they need not be told.
func TestAskingTogetherIsAskingOneByOne(t *testing.T) {
	a := infertest.Nano(t, infer.OpenOptions{})
	template, _, err := a.Template()
	if err != nil {
		t.Fatal(err)
	}
	var items []Item
	for i := range 20 {
		items = append(items, Item{Question: chat.Message{Role: chat.User, Content: fmt.Sprintf("What comes after %d?", i*i)}, Right: fmt.Sprint(i*i + 1)})
	}
	told := 0
	answers, err := Ask(t.Context(), a, items, 12, func(done int, last Answer) {
		if told++; done != told || last.Right == "" {
			t.Errorf("answer %d is told as number %d: %+v", told, done, last)
		}
	})
	if err != nil || told != len(items) {
		t.Fatalf("%d answers were told, error %v", told, err)
	}
	for i, item := range items {
		prompt, err := a.Prompt([]chat.Message{item.Question})
		if err != nil {
			t.Fatal(err)
		}
		want, err := a.Generate(t.Context(), prompt, infer.Options{MaxTokens: 12, Lead: template.Lead()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := answers[i]; got.Item != item || got.Text != want.Text || got.Ended != (want.StopReason == infer.Stopped) {
			t.Errorf("item %d: %+v, want %q", i, got, want.Text)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	if _, err := Ask(ctx, a, items, 12, func(int, Answer) { stop() }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that ended", err)
	}
}

// Wilson's interval against values worked out by hand from the published formula: 8 of 10, 0 of 10, 10 of 10.
func TestIntervals(t *testing.T) {
	for _, c := range []struct {
		s         Score
		low, high float64
	}{
		{Score{Exact: 8, N: 10}, 0.4901625, 0.9433178},
		{Score{Exact: 0, N: 10}, 0, 0.2775328},
		{Score{Exact: 10, N: 10}, 0.7224672, 1},
		{Score{}, 0, 1},
	} {
		low, high := c.s.Interval()
		if math.Abs(low-c.low) > 1e-6 || math.Abs(high-c.high) > 1e-6 {
			t.Errorf("%+v: %.7f to %.7f, want %.7f to %.7f", c.s, low, high, c.low, c.high)
		}
	}
}

func TestAnswersAreExactButForSpaceAround(t *testing.T) {
	right := Item{Right: "cold"}
	answers := []Answer{{Item: right, Text: " cold\n", Ended: true}, {Item: right, Text: "cold."}, {Item: right, Text: "Cold", Ended: true}}
	if s := Tally(answers); s != (Score{Exact: 1, Ended: 2, N: 3}) || math.Abs(s.Share()-1.0/3) > 1e-12 {
		t.Errorf("%+v", s)
	}
}
