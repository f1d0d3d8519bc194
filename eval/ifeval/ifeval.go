// Package ifeval says how well answers follow instructions that a program can check: IFEval (Zhou et al. 2023,
// arXiv:2311.07911), all 25 of its kinds of instruction, in its file format.
//
// An answer is read strictly, as it is, and loosely, where it counts if it follows the instruction without its first line, its
// last line, both, and without the asterisks of Markdown. The checks are those of the published program, also where they are odd
// (a bullet list needs a number of bullets exactly, and each * that is no part of ** counts), so that numbers compare; where this
// package differs, the doc of the check says so. It takes time linear in an answer's length, and never asks a model anything.
//
//	prompts, err := ifeval.ReadPrompts("ifeval_input_data.jsonl")
//	answers, err := ifeval.ReadAnswers("answers.jsonl")
//	c, err := ifeval.Check(prompts, answers, language.New().Code)
//	fmt.Println(ifeval.Total(c.Results).PromptStrict.Value)
package ifeval

import (
	"fmt"
	"strings"
)

// Prompt is a request with instructions that an answer is to follow.
type Prompt struct {
	Key          int
	Text         string
	Instructions []Instruction
}

// Instruction is one of the 25 kinds with its arguments.
type Instruction struct {
	Kind   string // "keywords:existence"
	follow check
}

// check says whether a text follows an instruction.
type check func(text string, identify Identify) bool

// Unknown is the code of a language that is not known.
const Unknown = "und"

// Identify says in which language a text is: its ISO 639-1 code, [Unknown], or "" for a text that is in none, as a number is. The last
// follows every instruction about its language, as in the published program.
type Identify func(text string) string

// Result is what became of a prompt's instructions, one value for each.
type Result struct {
	Prompt *Prompt
	Strict []bool
	Loose  []bool
}

// Follow checks an answer to the prompt.
func (p *Prompt) Follow(answer string, identify Identify) Result {
	r := Result{Prompt: p, Strict: make([]bool, len(p.Instructions)), Loose: make([]bool, len(p.Instructions))}
	loose := variants(answer)
	for i, in := range p.Instructions {
		for j, text := range loose {
			if strip(text) == "" || !in.follow(text, identify) {
				continue
			}
			r.Strict[i] = j == 0
			r.Loose[i] = true
			break
		}
	}
	return r
}

// variants are the texts of which one has to follow an instruction for the loose measure, the answer itself first.
func variants(answer string) []string {
	first, last := strings.IndexByte(answer, '\n'), strings.LastIndexByte(answer, '\n')
	noFirst, noLast, neither := "", "", ""
	if first >= 0 {
		noFirst, noLast = strip(answer[first+1:]), strip(answer[:last])
		if first < last {
			neither = strip(answer[first+1 : last])
		}
	}
	all := []string{answer, plain(answer)}
	for _, s := range []string{noFirst, noLast, neither} {
		all = append(all, s, plain(s))
	}
	return all
}

func plain(s string) string { return strings.ReplaceAll(s, "*", "") }

// Checked are the results of answers to prompts, in the prompts' order.
type Checked struct {
	Results []Result
	Missing []*Prompt // have no answer
	Strange []Answer  // are to none of the prompts
}

// Check checks the answers to the prompts. A second answer to the same prompt is an error.
func Check(prompts []Prompt, answers []Answer, identify Identify) (*Checked, error) {
	byText, byKey := make(map[string]*Prompt, len(prompts)), make(map[int]*Prompt, len(prompts))
	for i := range prompts {
		p := &prompts[i]
		byText[strip(p.Text)], byKey[p.Key] = p, p
	}
	c := &Checked{}
	given := make(map[*Prompt]Answer, len(answers))
	for _, a := range answers {
		p := byText[strip(a.Prompt)]
		if a.Prompt == "" {
			p = byKey[a.Key]
		}
		if p == nil {
			c.Strange = append(c.Strange, a)
			continue
		}
		if before, ok := given[p]; ok {
			return nil, fmt.Errorf("%s: the prompt with key %d was answered at %s: one answer to each is checked", a.Ref, p.Key, before.Ref)
		}
		given[p] = a
	}
	for i := range prompts {
		p := &prompts[i]
		if a, ok := given[p]; ok {
			c.Results = append(c.Results, p.Follow(a.Text, identify))
		} else {
			c.Missing = append(c.Missing, p)
		}
	}
	return c, nil
}

// Names says which prompt an answer is to, for an error.
func (a Answer) Names() string {
	if a.Prompt == "" {
		return fmt.Sprintf("key %d", a.Key)
	}
	return fmt.Sprintf("%q", short(a.Prompt))
}

// short is the beginning of a text, for an error.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
