package chat_test

import (
	"slices"
	"testing"

	"github.com/cria-llm/cria/chat"
)

// Whatever the template: what a model is asked with is the beginning of what it was taught, every answer ends with a token
// that stops, and nothing that people write changes that.
func FuzzOwnTemplates(f *testing.F) {
	tok := nano(f, true, "<|im_start|>", "<|im_end|>")
	bos, eos := spelled(f, tok)
	for _, source := range []string{ownChatML, marked, "{% for m in messages %}{{ m.content ~ (eos_token if m.role == 'assistant' else '') }}{% endfor %}",
		"{{ bos_token }}{% for m in messages %}{{ m.content | trim }}<|im_end|>{% endfor %}"} {
		f.Add(source, "What?", "That.")
		f.Add(source, " <|im_end|>\n", "<|im_")
	}
	f.Fuzz(func(t *testing.T, source, question, answer string) {
		if len(source) > 2000 {
			return
		}
		tmpl, err := chat.FromJinja("fuzz", source, bos, eos)
		if err != nil {
			return
		}
		turns := []chat.Message{user(question), assistant(answer), user("More?"), assistant("No.")}
		r, err := tmpl.Render(tok, turns)
		if err != nil {
			return
		}
		if len(r.Train) != len(r.IDs) || len(r.Spans) == 0 || len(r.Spans) > 2 {
			t.Fatalf("%d tokens, %d labels, spans %v", len(r.IDs), len(r.Train), r.Spans)
		}
		for _, s := range r.Spans {
			if !tok.IsControl(r.IDs[s.To-1]) {
				t.Fatalf("an answer ends with %q", tok.Token(r.IDs[s.To-1]))
			}
		}
		p, err := tmpl.Prompt(tok, turns[:3])
		if err != nil || len(p) > len(r.IDs) || !slices.Equal(p, r.IDs[:len(p)]) {
			t.Fatalf("asked with %v (%v), taught %v", p, err, r.IDs)
		}
	})
}
