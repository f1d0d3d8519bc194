package ifeval

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Kinds are the kinds of instruction, in order of name.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds())) }

// kinds makes the check of each kind from its arguments.
func kinds() map[string]func(a *arguments) check {
	return map[string]func(a *arguments) check{
		"change_case:capital_word_frequency":            capitalWords,
		"change_case:english_capital":                   always(englishCapital),
		"change_case:english_lowercase":                 always(englishLowercase),
		"combination:repeat_prompt":                     repeatPrompt,
		"combination:two_responses":                     always(twoResponses),
		"detectable_content:number_placeholders":        placeholders,
		"detectable_content:postscript":                 postscript,
		"detectable_format:constrained_response":        always(constrained),
		"detectable_format:json_format":                 always(jsonFormat),
		"detectable_format:multiple_sections":           sections,
		"detectable_format:number_bullet_lists":         bullets,
		"detectable_format:number_highlighted_sections": highlights,
		"detectable_format:title":                       always(titled),
		"keywords:existence":                            keywords,
		"keywords:forbidden_words":                      forbiddenWords,
		"keywords:frequency":                            keywordFrequency,
		"keywords:letter_frequency":                     letterFrequency,
		"language:response_language":                    responseLanguage,
		"length_constraints:nth_paragraph_first_word":   firstWord,
		"length_constraints:number_paragraphs":          paragraphs,
		"length_constraints:number_sentences":           numberOfSentences,
		"length_constraints:number_words":               numberOfWords,
		"punctuation:no_comma":                          always(noComma),
		"startend:end_checker":                          endsWith,
		"startend:quotation":                            always(quoted),
	}
}

// always is a kind without arguments.
func always(c check) func(*arguments) check { return func(*arguments) check { return c } }

// arguments are the fields of an instruction's arguments. The first that is missing or wrong is kept as the error.
type arguments struct {
	fields map[string]json.RawMessage
	used   map[string]bool
	err    error
}

func (a *arguments) get(name, want string, v any) {
	a.used[name] = true
	if raw, ok := a.fields[name]; !ok || string(raw) == "null" {
		a.fail("%s is missing: %s", name, want)
	} else if json.Unmarshal(raw, v) != nil {
		a.refuse(name, want)
	}
}

// refuse says that a field is not what it must be.
func (a *arguments) refuse(name, want string) {
	a.fail("%s is %s: must be %s", name, short(string(a.fields[name])), want)
}

func (a *arguments) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

func (a *arguments) text(name string) string {
	var s string
	a.get(name, "a text", &s)
	if strip(s) == "" {
		a.refuse(name, "a text with something in it")
	}
	return s
}

func (a *arguments) texts(name string) []string {
	var s []string
	a.get(name, "a list of texts", &s)
	if len(s) == 0 || slices.Contains(s, "") {
		a.refuse(name, "a list of texts with something in each")
	}
	return s
}

// number reads a whole number. 0 is refused: the published program takes it for none given, and draws another.
func (a *arguments) number(name string) int {
	var n int
	a.get(name, "a whole number", &n)
	if n <= 0 {
		a.refuse(name, "1 or more")
	}
	return n
}

// compare reads a relation and a number, and compares with them.
func (a *arguments) compare(relation, number string) func(n int) bool {
	var is string
	a.get(relation, `"less than" or "at least"`, &is)
	than := a.number(number)
	if is != "less than" && is != "at least" {
		a.refuse(relation, `"less than" or "at least"`)
	}
	return func(n int) bool { return n < than == (is == "less than") }
}

// newInstruction makes an instruction of a kind. Arguments that are null are as if absent.
func newInstruction(kind string, fields map[string]json.RawMessage) (Instruction, error) {
	build, ok := kinds()[kind]
	if !ok {
		return Instruction{}, fmt.Errorf("%q is none of the %d kinds of instruction", short(kind), len(kinds()))
	}
	a := &arguments{fields: fields, used: map[string]bool{}}
	follow := build(a)
	if a.err != nil {
		return Instruction{}, fmt.Errorf("%s: %w", kind, a.err)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !a.used[name] && string(fields[name]) != "null" {
			return Instruction{}, fmt.Errorf("%s: %q is none of its arguments", kind, short(name))
		}
	}
	return Instruction{Kind: kind, follow: follow}, nil
}
