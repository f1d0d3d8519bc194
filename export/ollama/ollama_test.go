package ollama

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/internal/shared"
)

// family is a way of writing conversations down, in plain Go: what comes of it is known without a template engine.
type family struct {
	name  string
	write func(system string, turns []chat.Message) (string, error)
}

func families() []family {
	turned := func(open func(system string) string, user, reply, again string) func(string, []chat.Message) (string, error) {
		return func(system string, turns []chat.Message) (string, error) {
			text := open(system)
			for i, m := range turns {
				switch {
				case m.Role == chat.User && i > 0:
					text += again + user + m.Content + reply
				case m.Role == chat.User:
					text += user + m.Content + reply
				default:
					text += m.Content
				}
			}
			return text, nil
		}
	}
	optional := func(before, after string) func(string) string {
		return func(system string) string {
			if system == "" {
				return ""
			}
			return before + system + after
		}
	}
	return []family{
		{"chatml", turned(optional("<|im_start|>system\n", "<|im_end|>\n"), "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>\n")},
		{"chatml with a system message of its own", turned(func(s string) string {
			if s == "" {
				s = "You are a helpful lamb."
			}
			return "<|im_start|>system\n" + s + "<|im_end|>\n"
		}, "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>\n")},
		{"llama 2", func(system string, turns []chat.Message) (string, error) {
			if system != "" {
				system = "<<SYS>>\n" + system + "\n<</SYS>>\n\n"
			}
			return turned(func(string) string { return "[INST] " + system }, "", " [/INST]", " </s><s>[INST] ")("", turns)
		}},
		{"llama 3", turned(func(s string) string {
			return "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n\n" + s + "<|eot_id|>"
		}, "<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>")},
		{"mistral nemo", func(system string, turns []chat.Message) (string, error) {
			text := ""
			for i, m := range turns {
				switch {
				case m.Role == chat.Assistant:
					text += m.Content + "</s>"
				case i == len(turns)-1 && system != "":
					text += "[INST]" + system + "\n\n" + m.Content + "[/INST]"
				default:
					text += "[INST]" + m.Content + "[/INST]"
				}
			}
			return text, nil
		}},
		{"gemma 2", func(system string, turns []chat.Message) (string, error) {
			if system != "" {
				return "", errors.New("System role not supported")
			}
			return turned(optional("", ""), "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n", "<end_of_turn>\n")("", turns)
		}},
		{"one that leaves the system message out", func(_ string, turns []chat.Message) (string, error) {
			return turned(optional("", ""), "<|user|>", "<|assistant|>", "<|end|>")("", turns)
		}},
		{"deepseek", turned(optional("", ""), "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>")},
		{"what a template would read as an action", turned(optional("{{ system }}\n", "\u200b"), "{{ user }}", "\"\"\"{{", "}}\r\n")},
		{"plain", turned(optional("", "\n\n"), "", "", "\n")},
	}
}

func (f family) render(conv []chat.Message) (string, error) {
	if conv[0].Role == chat.System {
		return f.write(conv[0].Content, conv[1:])
	}
	return f.write("", conv)
}

func TestTheTemplateWritesWhatTheModelsOwnDoes(t *testing.T) {
	for _, f := range families() {
		tpl, err := Derive(f.render)
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if strings.Contains(tpl.Text, `"""`) {
			t.Errorf("%s: three quotes in %s", f.name, tpl.Text)
		}
		noted := f.name == "gemma 2" || strings.HasPrefix(f.name, "one that leaves")
		for _, conv := range Conversations(!noted) {
			got, err := tpl.Execute(conv)
			want, _ := f.render(conv)
			if err != nil || got != want {
				t.Fatalf("%s: %q, want %q (%v)\n%s", f.name, got, want, err, tpl.Text)
			}
		}
		if noted != (len(tpl.Notes) == 1) {
			t.Errorf("%s: notes %q", f.name, tpl.Notes)
		}
	}
}

func TestTheBuiltInTemplatesHaveAForm(t *testing.T) {
	for _, name := range chat.Names() {
		own, err := chat.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Derive(own.Text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer that is begun already is left open, and a system message that comes late counts from the first.
func TestOllamasOwnConversations(t *testing.T) {
	f := families()[0]
	tpl, err := Derive(f.render)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tpl.Execute([]chat.Message{{Role: chat.User, Content: "a"}, {Role: chat.Assistant, Content: "b"}})
	if want := "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb"; err != nil || got != want {
		t.Errorf("%q, want %q (%v)", got, want, err)
	}
	got, err = tpl.Execute([]chat.Message{{Role: chat.User, Content: "a"}, {Role: chat.User, Content: "b"}, {Role: chat.System, Content: "s"}})
	if want := "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\na\n\nb"; err != nil || got != want {
		t.Errorf("%q, want %q (%v)", got, want, err)
	}
}

func TestATemplateThatHasNoFormIsRefused(t *testing.T) {
	last := func(conv []chat.Message) chat.Message { return conv[len(conv)-1] }
	for _, c := range []struct {
		name, want string
		render     Render
	}{
		{"shouts", "changes their order", func(conv []chat.Message) (string, error) { return strings.ToUpper(last(conv).Content), nil }},
		{"forgets", "leaves messages out", func(conv []chat.Message) (string, error) { return last(conv).Content, nil }},
		{"counts", "can be said in Go's template language", func(conv []chat.Message) (string, error) {
			text := ""
			for _, m := range conv {
				text += strings.Repeat("x", len(conv)) + m.Content
			}
			return text, nil
		}},
		{"fails", "broken", func([]chat.Message) (string, error) { return "", errors.New("broken") }},
	} {
		if _, err := Derive(c.render); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestWhatStaysInMessagesIsNoted(t *testing.T) {
	for want, change := range map[string]func(string) string{
		"white space": strings.TrimSpace,
		"thought":     func(s string) string { return s[strings.LastIndex(s, "</think>")+1:] },
	} {
		tpl, err := Derive(func(conv []chat.Message) (string, error) {
			text := ""
			for _, m := range conv {
				text += "<" + string(m.Role) + ">" + change(m.Content)
			}
			return text, nil
		})
		if err != nil || len(tpl.Notes) != 1 || !strings.Contains(tpl.Notes[0], want) {
			t.Errorf("%s: %v, %v", want, tpl, err)
		}
	}
}

func TestAModelfileReadsBack(t *testing.T) {
	f := Modelfile{From: "./model.gguf", Adapter: "./adapter.gguf", Template: "{{ .Prompt }}\n\"x\"", Stop: []string{"<|im_end|>", "a \"b\""},
		Sampling: []Parameter{{"temperature", 0.7}, {"top_k", 20}}, License: "You may.\n\nYou may not.", Comments: []string{"two\nlines"}}
	var b strings.Builder
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "# two\n# lines\nFROM ./model.gguf\nADAPTER ./adapter.gguf\nTEMPLATE \"\"\"{{ .Prompt }}\n\"x\"\"\"\"\n" +
		"LICENSE \"\"\"You may.\n\nYou may not.\"\"\"\nPARAMETER stop \"<|im_end|>\"\nPARAMETER stop \"a \"b\"\"\nPARAMETER temperature 0.7\nPARAMETER top_k 20\n"
	if b.String() != want {
		t.Errorf("%s, want\n%s", b.String(), want)
	}
	if err := (Modelfile{From: "x", License: `"""`}).Write(&b); err == nil {
		t.Error("three quotes in a licence are written")
	}
}

// Templates as models carry them, in their own language, are derived from as from any other renderer.
func TestModelsTemplatesHaveAForm(t *testing.T) {
	for _, name := range []string{"CohereForAI-c4ai-command-r7b-12-2024-tool_use", "Qwen-Qwen2.5-7B-Instruct", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B",
		"google-gemma-2-2b-it", "meta-llama-Llama-3.1-8B-Instruct", "microsoft-Phi-3.5-mini-instruct", "mistralai-Mistral-Nemo-Instruct-2407",
		"ollama_laguna_v8_chat_template", "ollama_nemotron3nano_chat_template", "ollama_qwen38_chat_template"} {
		source, err := os.ReadFile(shared.Path(t, "golden", "jinja", "templates", name+".jinja"))
		if err != nil {
			t.Fatal(err)
		}
		own, err := chat.FromJinja(name, string(source), "<s>", "</s>")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Derive(own.Text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
