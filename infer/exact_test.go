package infer

import (
	"slices"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
)

// Scores are those of activations in float32 however the model was opened, and answering in between changes nothing.
func TestScoresAreExactHoweverTheModelWasOpened(t *testing.T) {
	path := shared.Path(t, "data", "models", "stories3M-q8_0.gguf")
	exact, rounded := open(t, path, OpenOptions{Exact: true}), open(t, path, OpenOptions{})
	ids := encode(t, exact, "The little dog was walking in the park.")
	score := func(a *Assistant) Scores {
		s, err := a.Score(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	want := score(exact)
	for range 2 {
		if got := score(rounded); !slices.Equal(got.Last, want.Last) || got.NLL != want.NLL {
			t.Errorf("nll %v, want %v", got.NLL, want.NLL)
		}
		generate(t, exact, ids, Options{MaxTokens: 1})
		generate(t, rounded, ids, Options{MaxTokens: 1})
		if slices.Equal(exact.logits, rounded.logits) {
			t.Error("activations were not rounded")
		}
	}
}
