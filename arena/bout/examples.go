package bout

import (
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
)

// FromExamples are examples as prompts: of each its first question, with the answer as the right one where a judge has not called
// it a bad one. What does not begin with a question, as with a system message, is left out, for it cannot be asked alone.
func FromExamples(name string, list []dataset.Example) (p *Prompts, leftOut int, err error) {
	var prompts []Prompt
	for _, x := range list {
		m := x.Messages
		if len(m) < 2 || m[0].Role != chat.User || m[1].Role != chat.Assistant {
			leftOut++
			continue
		}
		prompt := Prompt{Text: m[0].Content, Input: m[0].Input, Right: m[1].Content}
		if x.Verdict == dataset.Undesirable {
			prompt.Right = ""
		}
		prompts = append(prompts, prompt)
	}
	p, err = NewPrompts(name, prompts)
	return p, leftOut, err
}
