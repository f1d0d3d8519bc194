package selfinstruct

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Filters are the rules that a task must fit to be kept. A zero is a rule that is off.
type Filters struct {
	// MinLength and MaxLength are of an instruction, in words; a character of Chinese, Japanese or Korean counts as one.
	MinLength int `json:"min_length,omitempty"`
	MaxLength int `json:"max_length,omitempty"`
	// Blacklist are words that no instruction may have, since a model of text cannot do what they ask for.
	Blacklist   []string `json:"blacklist,omitempty"`
	Program     bool     `json:"program,omitempty"`     // no instruction begins with "Write a program"
	Punctuation bool     `json:"punctuation,omitempty"` // none begins with a punctuation mark
	ASCII       bool     `json:"ascii,omitempty"`       // none begins with a character outside ASCII
	// Similarity is how much like one that is there an instruction may be at most, by ROUGE-L F.
	Similarity float64 `json:"similarity,omitempty"`
	Copied     bool    `json:"copied,omitempty"`   // the output is not the input
	Empty      bool    `json:"empty,omitempty"`    // there is an output
	Colon      bool    `json:"colon,omitempty"`    // neither input nor output ends with ":"
	Conflict   bool    `json:"conflict,omitempty"` // no input of a task comes with two outputs; else all of it is dropped
	Sorry      bool    `json:"sorry,omitempty"`    // no short output says sorry: 80 words are short
	Leak       bool    `json:"leak,omitempty"`     // no evolved instruction speaks of the prompt that it was made from
	Citation   bool    `json:"citation,omitempty"` // what is cited stands in the passage
}

// The lists of words as they were published with Self-Instruct and with Alpaca.
func selfInstructWords() []string {
	return []string{"image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot", "go to"}
}

func alpacaWords() []string {
	return append(selfInstructWords(), "video", "audio", "music", "flowchart", "diagram")
}

// Published are the filters of a method as its authors published them. The rules for inputs and outputs are Self-Instruct's,
// and are here for all methods: Alpaca had none. What begins with a character outside ASCII is dropped from English alone.
func Published(method, language string) Filters {
	f := Filters{MinLength: 4, MaxLength: 150, Similarity: 0.7, Copied: true, Empty: true, Colon: true, Conflict: true}
	switch method {
	case SelfInstruct, Alpaca:
		f.Program, f.Punctuation = true, true
		f.ASCII = language == "" || strings.EqualFold(language, "English")
		f.Blacklist = alpacaWords()
		if method == SelfInstruct {
			f.Blacklist = selfInstructWords()
		}
	case Evol:
		f.Sorry, f.Leak = true, true
	case Documents:
		f.Citation = true
	}
	return f
}

// FilterNames are the names of the filters, in the order in which they are tried.
func FilterNames() []string {
	return []string{"length", "blacklist", "program", "punctuation", "ascii", "leak", "empty", "copied", "colon", "sorry", "conflict", "citation", "similarity"}
}

// flag is the filter that is on or off; nil for one that has a value.
func (f *Filters) flag(name string) *bool {
	switch name {
	case "program":
		return &f.Program
	case "punctuation":
		return &f.Punctuation
	case "ascii":
		return &f.ASCII
	case "copied":
		return &f.Copied
	case "empty":
		return &f.Empty
	case "colon":
		return &f.Colon
	case "conflict":
		return &f.Conflict
	case "sorry":
		return &f.Sorry
	case "leak":
		return &f.Leak
	case "citation":
		return &f.Citation
	}
	return nil
}

// Set turns a filter on by its name, with a value where it has one: "ascii", "length=4..150", "similarity=0.7",
// "blacklist=self-instruct", "blacklist=alpaca", "blacklist=image,go to".
func (f *Filters) Set(spec string) error {
	name, value, valued := strings.Cut(spec, "=")
	if on := f.flag(name); on != nil {
		if valued {
			return fmt.Errorf("filter %q: %s takes no value", spec, name)
		}
		*on = true
		return nil
	}
	switch name {
	case "length":
		low, high, ok := strings.Cut(value, "..")
		a, err := strconv.Atoi(low)
		b, err2 := strconv.Atoi(high)
		if !ok || err != nil || err2 != nil || a < 0 || b < 1 || a > b {
			return fmt.Errorf("filter %q: want two numbers of words, as length=4..150", spec)
		}
		f.MinLength, f.MaxLength = a, b
	case "similarity":
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || !(x > 0 && x <= 1) {
			return fmt.Errorf("filter %q: want a number above 0, to 1, as similarity=0.7", spec)
		}
		f.Similarity = x
	case "blacklist":
		switch value {
		case "":
			return fmt.Errorf("filter %q: want self-instruct, alpaca, or words with commas between", spec)
		case SelfInstruct:
			f.Blacklist = selfInstructWords()
		case Alpaca:
			f.Blacklist = alpacaWords()
		default:
			f.Blacklist = nil
			for _, w := range strings.Split(value, ",") {
				if w = strings.TrimSpace(w); w != "" {
					f.Blacklist = append(f.Blacklist, w)
				}
			}
		}
	default:
		return fmt.Errorf("filter %q: there is none of that name: must be one of %s", spec, strings.Join(FilterNames(), ", "))
	}
	return nil
}

// Unset turns a filter off.
func (f *Filters) Unset(name string) error {
	if on := f.flag(name); on != nil {
		*on = false
		return nil
	}
	switch name {
	case "length":
		f.MinLength, f.MaxLength = 0, 0
	case "similarity":
		f.Similarity = 0
	case "blacklist":
		f.Blacklist = nil
	default:
		return fmt.Errorf("filter %q: there is none of that name: must be one of %s", name, strings.Join(FilterNames(), ", "))
	}
	return nil
}

func (f *Filters) check() error {
	if f.MinLength < 0 || f.MaxLength < 0 || f.MaxLength > 0 && f.MinLength > f.MaxLength || !(f.Similarity >= 0 && f.Similarity <= 1) {
		return fmt.Errorf("filters: length %d..%d and similarity %g make no sense", f.MinLength, f.MaxLength, f.Similarity)
	}
	return nil
}

// rules are filters made ready.
type rules struct {
	Filters
	banned *regexp.Regexp // nil for none
}

func newRules(f Filters) rules {
	r := rules{Filters: f}
	if len(f.Blacklist) > 0 {
		words := make([]string, len(f.Blacklist))
		for i, w := range f.Blacklist {
			words[i] = regexp.QuoteMeta(w)
		}
		r.banned = regexp.MustCompile(`(?i)\b(?:` + strings.Join(words, "|") + `)\b`)
	}
	return r
}

// instruction is the name of the filter that an instruction does not pass, "" where it passes all. Similarity is looked at
// elsewhere.
func (r *rules) instruction(text string) string {
	n := length(text)
	first, _ := utf8.DecodeRuneInString(text)
	switch {
	case n == 0:
		return malformed
	case n < r.MinLength || r.MaxLength > 0 && n > r.MaxLength:
		return "length"
	case r.banned != nil && r.banned.MatchString(text):
		return "blacklist"
	case r.Program && strings.HasPrefix(text, "Write a program"):
		return "program"
	case r.Punctuation && first < utf8.RuneSelf && (unicode.IsPunct(first) || unicode.IsSymbol(first)):
		return "punctuation"
	case r.ASCII && first >= utf8.RuneSelf:
		return "ascii"
	}
	return ""
}

// exchange is the name of the filter that an input and its output do not pass.
func (r *rules) exchange(input, output string) string {
	switch {
	case r.Empty && output == "":
		return "empty"
	case r.Copied && input == output:
		return "copied"
	case r.Colon && (ends(input, ":") || ends(output, ":")):
		return "colon"
	case r.Sorry && strings.Contains(strings.ToLower(output), "sorry") && length(output) < 80:
		return "sorry"
	}
	return ""
}

// ends says whether a text ends with a mark, or with the wide form of it.
func ends(text, mark string) bool {
	return strings.HasSuffix(text, mark) || mark == ":" && strings.HasSuffix(text, "：")
}

// conflicts says whether one input of a task comes with two outputs.
func conflicts(list []instance) bool {
	outputs := map[string]string{}
	for _, x := range list {
		if was, ok := outputs[x.Input]; ok && x.Input != "" && was != x.Output {
			return true
		}
		outputs[x.Input] = x.Output
	}
	return false
}

// length is the number of words; a character of Chinese, Japanese or Korean counts as one.
func length(text string) int {
	n, inside := 0, false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			inside = false
		case byCharacter(r):
			n++
			inside = false
		case inside:
		case unicode.IsPunct(r) && r >= utf8.RuneSelf: // the marks between characters
		default:
			n++
			inside = true
		}
	}
	return n
}

// byCharacter says whether a character is of a script that is counted by them.
func byCharacter(r rune) bool {
	return r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// noInput says whether an input is a way to say that there is none.
func noInput(text string) bool {
	t := strings.ToLower(strings.Trim(strings.TrimSpace(text), "<>[]()."))
	return slices.Contains([]string{"", "noinput", "no input", "n/a", "none", "not applicable", "no input required", "no input needed"}, t)
}
