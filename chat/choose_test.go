package chat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/chat/chattest"
)

// A model's own template is taken where nobody names another, under its built-in name where it writes the same: what was
// trained before keeps its hash.
func TestTheModelsOwnTemplateIsChosen(t *testing.T) {
	tok := nano(t, false, "<|im_start|>", "<|im_end|>")
	file := filepath.Join(t.TempDir(), "mine.jinja")
	if err := os.WriteFile(file, []byte(marked), 0o600); err != nil {
		t.Fatal(err)
	}
	polite := "{% if messages[0].role != 'system' %}<|im_start|>system\nBe polite.<|im_end|>\n{% endif %}" + ownChatML
	for _, c := range []struct{ asked, source, name, text string }{
		{"", "", "alpaca", ""},
		{"auto", "", "alpaca", ""},
		{"auto", ownChatML, "chatml", ""},
		{"", named(t, "vicuna").Jinja(true), "vicuna", ""},
		{"", polite, "model", polite},
		{"model", ownChatML, "model", ownChatML},
		{"vicuna", ownChatML, "vicuna", ""},
		{file, ownChatML, "mine.jinja", marked},
	} {
		tmpl, err := chat.Choose(c.asked, c.source, tok)
		if err != nil {
			t.Errorf("%q: %v", c.asked, err)
			continue
		}
		if tmpl.Name() != c.name || tmpl.Source() != c.text {
			t.Errorf("%q of %.30q: %s with text %.30q, want %s", c.asked, c.source, tmpl.Name(), tmpl.Source(), c.name)
		}
		again, err := chat.Recorded(tmpl.Name(), tmpl.Source(), tok)
		if err != nil || again.Hash() != tmpl.Hash() {
			t.Errorf("%q: what is written down of it makes another template (%v)", c.asked, err)
		}
		if err := chat.CheckName(c.asked); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct{ asked, source, want string }{
		{"model", "", "the model's files carry none"},
		{"", "{% for %}", "template model: template line 1"},
		{"gone.jinja", "", "no such file"},
		{"llama9", "", `unknown template "llama9"`},
	} {
		if _, err := chat.Choose(c.asked, c.source, tok); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %s", c.asked, err, c.want)
		}
	}
	if err := chat.CheckName("llama9"); err == nil {
		t.Error("a name that nobody knows passes")
	}
	if _, err := chat.Choose(chat.Own, ownChatML, chattest.Full()); err == nil {
		t.Error("a tokenizer that cannot tell control tokens in text is taken")
	}
}

// A control token right before EOS is no end by itself.
func TestTheEndOfAnAnswerIsEOSWhereItFollowsAtOnce(t *testing.T) {
	tok := nano(t, false, "<|done|>")
	_, eos := spelled(t, tok)
	tmpl := fromJinja(t, tok, "{% for m in messages %}{{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}<|done|>{{ eos_token }}{% endif %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}")
	r, err := tmpl.Render(tok, []chat.Message{user("A"), assistant("B")})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shown(tok, r), "user: A\nassistant:« B<|done|>"+eos+"»\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if tmpl.Lead() != " " {
		t.Errorf("answers lead with %q", tmpl.Lead())
	}
	if stop, err := tmpl.Stop(tok); err != nil || len(stop) != 1 {
		t.Errorf("stops at %v (%v)", stop, err)
	}
}
