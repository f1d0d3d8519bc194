package arena_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/model/modeltest"
)

// The likelier answer is the one whose tokens have the smaller mean when the whole conversation and its prompt are scored
// one after the other, from either seat; what has no tokens, or more than the model has positions, has no verdict.
func TestLikelihoodIsThatOfScoringOneByOne(t *testing.T) {
	m := infertest.Open(t, modeltest.Tiny(t, 1), infer.OpenOptions{Template: "plain"})
	j, err := arena.Likelihood(m)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(prompt, text string) float64 {
		r, err := m.Answered([]chat.Message{{Role: chat.User, Content: prompt}, {Role: chat.Assistant, Content: text}})
		if err != nil {
			t.Fatal(err)
		}
		k, n := slices.Index(r.Train, true), len(r.IDs)
		whole, err := m.Score(t.Context(), r.IDs)
		if err != nil {
			t.Fatal(err)
		}
		before, err := m.Score(t.Context(), r.IDs[:k])
		if err != nil {
			t.Fatal(err)
		}
		return (whole.NLL*float64(n-1) - before.NLL*float64(k-1)) / float64(n-k)
	}
	texts := []string{"Seven.", "It is seven, of course.", "zzzz", "No.", "the the the the"}
	for i, x := range texts {
		for _, y := range texts[:i] {
			v, err := j.Judge(t.Context(), arena.Shown{Prompt: "Name a prime.", Answers: [2]string{x, y}})
			if err != nil || v.Failed != "" {
				t.Fatal(v, err)
			}
			if want := mean("Name a prime.", x) < mean("Name a prime.", y); (v.First == 1) != want || (v.First == 0) == want {
				t.Errorf("%q, %q: %+v", x, y, v)
			}
			back, err := j.Judge(t.Context(), arena.Shown{Prompt: "Name a prime.", Answers: [2]string{y, x}})
			if err != nil || back.First != 1-v.First {
				t.Errorf("%q, %q: from the other seat %+v, %v", x, y, back, err)
			}
		}
	}
	for _, text := range []string{"", strings.Repeat("a long answer ", 2000)} {
		v, err := j.Judge(t.Context(), arena.Shown{Prompt: "Name a prime.", Answers: [2]string{"Seven.", text}})
		if err != nil || v.Failed == "" || (text == "") != (v.Failed == "an empty answer has no likelihood") {
			t.Errorf("an answer of %d bytes: %+v, %v", len(text), v, err)
		}
	}
}
