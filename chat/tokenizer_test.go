package chat_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

var _ chat.Encoder = (*tokenizer.Tokenizer)(nil)

// With a real vocabulary (SentencePiece style, with BOS, EOS and a dummy prefix): the promises that the byte tokenizer
// cannot break by itself.
func TestPromisesHoldForARealTokenizer(t *testing.T) {
	tok, err := tokenizer.Open(shared.Path(t, "data", "models", "stories3M"))
	if err != nil {
		t.Fatal(err)
	}
	bos, hasBOS := tok.BOS()
	eos, hasEOS := tok.EOS()
	if !hasBOS || !hasEOS || !tok.AddsBOS() {
		t.Fatalf("BOS %d (%v, added: %v), EOS %d (%v)", bos, hasBOS, tok.AddsBOS(), eos, hasEOS)
	}
	turns := []chat.Message{
		user("Tell a story. </s> <s>"), assistant(" Once upon a time\n"), userInput("Go on.", "a </s> cat"), assistant("It sat."),
	}
	for _, name := range []string{"alpaca", "vicuna", "plain"} {
		tmpl := named(t, name)
		r, err := tmpl.Render(tok, turns)
		if err != nil {
			t.Fatal(err)
		}
		if r.IDs[0] != bos || slices.Contains(r.IDs[1:], bos) {
			t.Errorf("%s: BOS is not first, or not only there: %v", name, r.IDs)
		}
		ends := 0
		for i, id := range r.IDs {
			if id == eos {
				ends++
				if !r.Train[i] {
					t.Errorf("%s: EOS at %d is no label", name, i)
				}
			}
		}
		if ends != 2 {
			t.Errorf("%s: %d EOS for two answers: a text became a control token", name, ends)
		}
		for i, end := range []int{1, 3} {
			p, err := tmpl.Prompt(tok, turns[:end])
			if err != nil {
				t.Fatal(err)
			}
			if len(p) != r.Spans[i].From || !slices.Equal(p, r.IDs[:len(p)]) {
				t.Errorf("%s: the prompt of answer %d is no prefix of what is trained", name, i)
			}
		}
	}
	_, err = named(t, "chatml").Stop(tok)
	if err == nil || !strings.HasSuffix(err.Error(), "templates that work with this vocabulary: alpaca, vicuna, plain") {
		t.Error(err)
	}
}
