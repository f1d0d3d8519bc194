package experts

import (
	"hash/fnv"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/statistics"
)

// trait is a property of an answer that a reader may like or not. Its value is of the order of 1.
type trait struct {
	name  string
	value func(a *answerView) float64
}

// answerView is what the traits look at.
type answerView struct {
	instruction, input, text string
	lines                    []string // not empty
	words                    []string // lower case
	asked                    map[string]bool
	sentences                float64
}

func viewOf(x curate.Exchange) *answerView {
	a := &answerView{instruction: strings.ToLower(x.Instruction.Text), input: x.Input.Text, text: x.Output.Text, asked: map[string]bool{}}
	for line := range strings.SplitSeq(a.text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			a.lines = append(a.lines, line)
		}
	}
	a.words = wordsOf(a.text)
	for _, w := range wordsOf(x.Instruction.Text + " " + x.Input.Text) {
		a.asked[w] = true
	}
	for i, w := range a.text {
		if strings.ContainsRune(".!?。！？", w) {
			if next, _ := utf8.DecodeRuneInString(a.text[i+utf8.RuneLen(w):]); next == utf8.RuneError || unicode.IsSpace(next) {
				a.sentences++
			}
		}
	}
	return a
}

// wordsOf are the words of a text in lower case.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// bulleted says how a line of a list begins: '-' for a bullet, '1' for a number, 0 for neither.
func bulleted(line string) byte {
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	rest := line[digits:]
	switch {
	case digits > 0 && digits < 4 && (strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") ")):
		return '1'
	case strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "• "):
		return '-'
	}
	return 0
}

func (a *answerView) listed(kind byte) float64 {
	n := 0.0
	for _, l := range a.lines {
		if bulleted(l) == kind {
			n++
		}
	}
	return n
}

// share counts words of a kind among all.
func (a *answerView) share(is func(w string) bool) float64 {
	n := 0.0
	for _, w := range a.words {
		if is(w) {
			n++
		}
	}
	return n / float64(len(a.words)+1)
}

func (a *answerView) characters(of string) float64 {
	n := 0.0
	for _, r := range a.text {
		if strings.ContainsRune(of, r) {
			n++
		}
	}
	return n
}

func (a *answerView) log() float64 { return math.Log1p(float64(utf8.RuneCountInString(a.text))) }

// verbs are what instructions most often ask for; how long an answer should be depends on it.
var verbs = [...]string{"write", "generate", "create", "name", "list", "describe", "explain", "what", "how", "rewrite", "classify",
	"summar", "sentence", "edit", "identify", "give", "find", "translate", "suggest", "calculate"}

// traits are the properties that a score is learned from, beside the detectors' findings and the words.
func traits() []trait {
	list := []trait{
		{"length", (*answerView).log},
		{"length squared", func(a *answerView) float64 { return a.log() * a.log() / 6 }},
		{"words", func(a *answerView) float64 { return math.Log1p(float64(len(a.words))) }},
		{"three words or fewer", func(a *answerView) float64 { return yes(len(a.words) <= 3) }},
		{"ten words or fewer", func(a *answerView) float64 { return yes(len(a.words) <= 10) }},
		{"lines", func(a *answerView) float64 { return math.Log1p(float64(len(a.lines))) }},
		{"longest line", func(a *answerView) float64 {
			n := 0
			for _, l := range a.lines {
				n = max(n, len(l))
			}
			return math.Log1p(float64(n))
		}},
		{"bullets", func(a *answerView) float64 { return math.Log1p(a.listed('-')) }},
		{"numbered lines", func(a *answerView) float64 { return math.Log1p(a.listed('1')) }},
		{"a list", func(a *answerView) float64 { return yes(a.listed('-')+a.listed('1') > 0) }},
		{"a list with an introduction", func(a *answerView) float64 { return yes(len(a.lines) > 1 && strings.HasSuffix(a.lines[0], ":")) }},
		{"sentences", func(a *answerView) float64 { return math.Log1p(a.sentences) }},
		{"words a sentence", func(a *answerView) float64 { return math.Log1p(float64(len(a.words)) / max(1, a.sentences)) }},
		{"no sentence", func(a *answerView) float64 { return yes(a.sentences == 0) }},
		{"ends like a sentence", func(a *answerView) float64 {
			last, _ := utf8.DecodeLastRuneInString(a.text)
			return yes(strings.ContainsRune(".!?\"')]*`。！？」", last))
		}},
		{"begins in lower case", func(a *answerView) float64 {
			first, _ := utf8.DecodeRuneInString(a.text)
			return yes(unicode.IsLower(first))
		}},
		{"begins with a quote", func(a *answerView) float64 { return yes(strings.HasPrefix(a.text, `"`)) }},
		{"bold", func(a *answerView) float64 { return yes(strings.Contains(a.text, "**")) }},
		{"code", func(a *answerView) float64 { return yes(strings.Contains(a.text, "```")) }},
		{"a blank to fill", func(a *answerView) float64 { return yes(strings.Contains(a.text, "__")) }},
		{"an exclamation", func(a *answerView) float64 { return yes(strings.Contains(a.text, "!")) }},
		{"a question", func(a *answerView) float64 { return yes(strings.Contains(a.text, "?")) }},
		{"commas a word", func(a *answerView) float64 { return 10 * a.characters(",") / float64(len(a.words)+1) }},
		{"colons a word", func(a *answerView) float64 { return 10 * a.characters(":") / float64(len(a.words)+1) }},
		{"semicolons a word", func(a *answerView) float64 { return 10 * a.characters(";") / float64(len(a.words)+1) }},
		{"parentheses a word", func(a *answerView) float64 { return 10 * a.characters("(") / float64(len(a.words)+1) }},
		{"digits a character", func(a *answerView) float64 {
			return 10 * a.characters("0123456789") / float64(utf8.RuneCountInString(a.text)+1)
		}},
		{"letters a word", func(a *answerView) float64 {
			n := 0
			for _, w := range a.words {
				n += utf8.RuneCountInString(w)
			}
			return float64(n) / float64(len(a.words)+1)
		}},
		{"words told apart", func(a *answerView) float64 {
			seen := map[string]bool{}
			for _, w := range a.words {
				seen[w] = true
			}
			return float64(len(seen)) / float64(len(a.words)+1)
		}},
		{"words of the question", func(a *answerView) float64 { return a.share(func(w string) bool { return a.asked[w] }) }},
		{"speaks to the reader", func(a *answerView) float64 {
			return 10 * a.share(func(w string) bool { return w == "you" || w == "your" })
		}},
		{"gives reasons", func(a *answerView) float64 {
			return yes(a.share(func(w string) bool {
				return w == "because" || w == "since" || w == "therefore" || w == "means" || w == "example" || w == "however"
			}) > 0)
		}},
		{"length of the instruction", func(a *answerView) float64 { return math.Log1p(float64(len(a.instruction))) }},
		{"length of the input", func(a *answerView) float64 { return math.Log1p(float64(len(a.input))) }},
		{"longer than the input", func(a *answerView) float64 { return a.log() - math.Log1p(float64(len(a.input))) }},
	}
	for _, verb := range verbs {
		list = append(list,
			trait{"asked to " + verb, func(a *answerView) float64 { return yes(strings.Contains(a.instruction, verb)) }},
			trait{"length, asked to " + verb, func(a *answerView) float64 {
				return yes(strings.Contains(a.instruction, verb)) * (a.log() - 5)
			}})
	}
	return list
}

// hashed is how many coordinates the words and pairs of words share.
const hashed = 1 << 15

// plainMarks makes typographic marks what a keyboard has: which of them a text has says where it was typed, not how good it is.
var plainMarks = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "…", "...", "\u00a0", " ", "\u200b", "")

// wording is the answer's words, pairs of words, and beginning and end, hashed to coordinates (Weinberger and others 2009), as
// a vector of length 1.
func wording(text string) []statistics.Feature {
	at := map[int]float64{}
	add := func(parts ...string) {
		h := fnv.New64a()
		for _, p := range parts {
			_, _ = h.Write([]byte(p))
			_, _ = h.Write([]byte{0})
		}
		sum := h.Sum64()
		at[int(sum%hashed)] = 1 - 2*float64(sum>>63)
	}
	pieces := piecesOf(strings.ToLower(plainMarks.Replace(text)))
	for i, p := range pieces {
		add(p)
		if i > 0 {
			add(pieces[i-1], p)
		}
	}
	for n := 1; n <= 3 && n <= len(pieces); n++ {
		add(append([]string{"^"}, pieces[:n]...)...)
		add(append([]string{"$"}, pieces[len(pieces)-n:]...)...)
	}
	out := make([]statistics.Feature, 0, len(at))
	scale := 1 / math.Sqrt(float64(max(1, len(at))))
	for k, v := range at {
		out = append(out, statistics.Feature{At: k, Value: v * scale})
	}
	return out
}

// piecesOf are a text's words and the marks between them, a line end being one.
func piecesOf(text string) []string {
	var out []string
	start := -1
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			out = append(out, text[start:i])
			start = -1
		}
		if r == '\n' || !unicode.IsSpace(r) {
			out = append(out, string(r))
		}
	}
	if start >= 0 {
		out = append(out, text[start:])
	}
	return out
}
