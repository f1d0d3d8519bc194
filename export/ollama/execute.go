package ollama

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"github.com/cria-llm/cria/chat"
)

// message is one of those that Ollama gives a template.
type message struct{ Role, Content string }

func parse(text string) (*Template, error) {
	parsed, err := template.New("").Option("missingkey=zero").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			text, err := json.Marshal(v)
			return string(text), err
		},
	}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the derived template: %w", err)
	}
	return &Template{Text: text, parsed: parsed}, nil
}

// Execute renders a conversation as Ollama does: messages of one role in a row are one, and those of the system are also
// its System.
func (t *Template) Execute(conv []chat.Message) (string, error) {
	var system []string
	var list []*message
	for _, m := range conv {
		if m.Role == chat.System {
			system = append(system, m.Content)
		}
		if n := len(list); n > 0 && list[n-1].Role == string(m.Role) {
			list[n-1].Content += "\n\n" + m.Content
			continue
		}
		list = append(list, &message{string(m.Role), m.Content})
	}
	var b strings.Builder
	err := t.parsed.Execute(&b, map[string]any{"System": strings.Join(system, "\n\n"), "Messages": list, "Response": ""})
	return b.String(), err
}

// MismatchError is the error of a conversation that a Go template does not write as the model's own does.
type MismatchError struct {
	Conversation []chat.Message
	Want, Got    string // what the model's own template writes, and the other
}

func (e *MismatchError) Error() string {
	at := 0
	for at < len(e.Want) && at < len(e.Got) && e.Want[at] == e.Got[at] {
		at++
	}
	return fmt.Sprintf("of a conversation of %d messages the model's template makes …%q, and what can be said in Go's template language …%q",
		len(e.Conversation), clip(e.Want, at), clip(e.Got, at))
}

// clip is what a text has around a place.
func clip(s string, at int) string {
	return s[max(0, at-20):min(len(s), at+40)]
}

// Conversations are those that templates are compared on. They end with a user's message, and no message has white space
// at its ends.
func Conversations(system bool) [][]chat.Message {
	questions := []string{
		"Name a prime.",
		"Two lines:\n\n    x = {\"a\": [1, 2.50], 'b': None}\nWhy?",
		"{{ .System }} {% if x %} <b>&amp;</b> \"quoted\" 'single' \\n % $5",
		"¿Qué tal? 你好,世界! Ünïcödé 🙂 e\u0301",
		"1",
	}
	answers := []string{"7", "Because:\n- one\n- two\n\n```go\nfmt.Println(\"{{\")\n```", "No.", "Sí 🙂"}
	systems := []string{""}
	if system {
		systems = append(systems, "Be brief.", "You are a lamb.\n\nRules:\n1. {{ bleat }}\n2. \"quote\"")
	}
	var list [][]chat.Message
	for _, s := range systems {
		for from := range questions {
			for turns := 1; turns <= 4; turns++ {
				var texts []string
				for i := range turns {
					texts = append(texts, questions[(from+i)%len(questions)])
					if i < turns-1 {
						texts = append(texts, answers[(from+i)%len(answers)])
					}
				}
				list = append(list, talk(s, texts...))
			}
		}
	}
	return list
}

// check holds the template to render on all conversations.
func (t *Template) check(render Render) error {
	for _, conv := range Conversations(t.System) {
		want, err := render(conv)
		if err != nil {
			return err
		}
		got, err := t.Execute(conv)
		if err != nil {
			return err
		}
		if got != want {
			return &MismatchError{conv, want, got}
		}
	}
	return nil
}

// note says where render changes messages, which Go's templates cannot.
func (t *Template) note(render Render) error {
	for _, c := range []struct {
		conv []chat.Message
		note string
	}{
		{talk("", " a \n", " b \n", " c \n"), "the model's own template takes off white space at the ends of messages; here it stays"},
		{talk("", "a", "<think>\nhm\n</think>\n\nb", "c"), "the model's own template leaves out what was thought before earlier answers; here it stays where the answer has it"},
	} {
		want, err := render(c.conv)
		if err != nil {
			continue // it takes them for no messages
		}
		got, err := t.Execute(c.conv)
		if err != nil {
			return err
		}
		if got != want {
			t.Notes = append(t.Notes, c.note)
		}
	}
	return nil
}
