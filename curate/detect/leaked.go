package detect

import (
	"regexp"

	"github.com/cria-llm/cria/curate"
)

func leakedPrompt() curate.Detector {
	patterns := []pattern{
		newPattern(0.95, "the prompt that asked for tasks", `\byou are asked to come up with\b|\bcome up with a (?:set|list) of \d+ (?:diverse |different )?task`),
		newPattern(0.9, "the prompt that asked for tasks", `\b(?:list|set) of (?:\d+ )?tasks\b[^.\n]{0,60}\bgpt\b|\btasks? diverse\b[^.\n]{0,40}\bgpt\b|\bgiven to a gpt (?:language )?model\b`),
		newPattern(0.95, "the prompt of an instruction", `\bbelow is an instruction that describes a task\b`),
		newPattern(0.9, "a prompt's heading", `(?m)^[ \t]*#{2,}[ \t]*response[ \t]*:`),
		newPattern(0.95, "a control token", `<\|(?:im_start|im_end|endoftext|end|startoftext|start_header_id|end_header_id|eot_id|user|assistant|system|end_of_text)\|>|\[/?inst\]|<<sys>>|<(?:start|end)_of_turn>|</s>[ \t]*$`),
		newPattern(0.6, "a system prompt", `^\W*(?:system: ?)?you are a helpful(?:,? \w+){0,4} assistant\b`),
	}
	end := regexp.MustCompile(`(?:\s*(?:<\|(?:im_end|endoftext|end|eot_id|end_of_text)\|>|</s>|<end_of_turn>))+\s*$`)
	about := newPattern(0, "", `token|template|chatml|prompt|html|\bgpt`)
	return detector(curate.Detector{
		Name:      "leaked-prompt",
		About:     "Words of the prompt or of a chat template stand in the text.",
		Example:   "Name a primary color. → Red.<|im_end|>",
		Precision: curate.Share{Count: 1, Of: 1},
	}, func(x curate.Exchange) []fault {
		var out []fault
		for _, t := range []curate.Text{x.Instruction, x.Input, x.Output} {
			if t.Field == "" {
				continue
			}
			low := lower(t.Text)
			f, ok := find(patterns, low)
			if !ok || t.Field != x.Output.Field && f.confidence < 0.9 {
				continue
			}
			if about.in(lower(x.Instruction.Text)) { // a row about prompts
				continue
			}
			why := f.why + " stands in the text: " + f.shown(t.Text)
			if at := end.FindStringIndex(low); at != nil && at[0] > 0 {
				rest := t.Text[:at[0]]
				_, more := find(patterns, lower(rest))
				out = append(out, mend(t, f.confidence, !more, rest, "%s", why)...)
				continue
			}
			out = append(out, one(t, f.confidence, "%s", why)...)
		}
		return out
	})
}
