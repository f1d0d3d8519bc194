package detect

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/curatetest"
)

// Reading UTF-8 as Windows-1252 is done here by the library's decoder, not by the code that undoes it.
func TestMojibakeIsUndone(t *testing.T) {
	for _, s := range []string{"café", "naïve façade", "don’t “quote” — ever…", "5 € and 3 £", "Größe, ñandú, Łódź", "😀 party", "→ ✓ ™"} {
		var bad strings.Builder
		for _, b := range []byte(s) {
			r := charmap.Windows1252.DecodeByte(b)
			if r == utf8.RuneError {
				r = rune(b)
			}
			bad.WriteRune(r)
		}
		if got, first, _ := demojibake(bad.String()); got != s || first == "" {
			t.Errorf("%q became %q and is mended to %q", s, bad.String(), got)
		}
		if got, first, _ := demojibake(s); got != s || first != "" {
			t.Errorf("%q is sound and became %q", s, got)
		}
	}
}

// Numbers that their makers publish as valid.
func TestChecksums(t *testing.T) {
	for _, s := range []string{"GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947"} {
		if !validIBAN(s) || validIBAN(s[:len(s)-1]+"8") {
			t.Errorf("%s is a valid IBAN, and not with another last character", s)
		}
	}
	for _, s := range []string{"378282246310005", "6011 1111 1111 1117", "4012888888881881"} {
		if !validCard(s) || validCard(s[:len(s)-1]+"2") {
			t.Errorf("%s is a valid card number, and not with another last digit", s)
		}
	}
}

// Texts made to keep a searcher busy take time in proportion to their length.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	units := []string{"a", " ", "\n", "  ", ".", "1. Instruction:\n", "<noinput>", "a a ", "1 ", "4012888888881881 ", "@", "a@a.", "&amp;", "Ã", "â€", "```\n", "([{<",
		"i can't ", "as an ai ", "the following ", "translate to ", "please provide the ", "eyJ", "-----BEGIN PRIVATE KEY-----", "{", "\\n", "的", "\u200b", "<|im_end|>", "sk-", "the the "}
	all := Text()
	for _, u := range units {
		s := strings.Repeat(u, 1<<15/len(u))
		x := curatetest.Exchange("")
		x.Instruction.Text, x.Input.Text, x.Output.Text = s, s, s
		for _, d := range all {
			began := time.Now()
			d.Look(x)
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s takes %v over 32 KiB of %q", d.Name, took, u)
			}
		}
	}
}

// matching writes a text that an expression's tree describes, but for its word boundaries.
func matching(re *syntax.Regexp, r *rand.Rand) string {
	var out strings.Builder
	repeat := func(least, more int) {
		for range least + r.IntN(more+1) {
			out.WriteString(matching(re.Sub[0], r))
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		i := r.IntN(len(re.Rune)/2) * 2
		return string(re.Rune[i] + rune(r.IntN(int(re.Rune[i+1]-re.Rune[i])+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpStar:
		repeat(0, 3)
	case syntax.OpPlus:
		repeat(1, 2)
	case syntax.OpRepeat:
		repeat(re.Min, 2)
	case syntax.OpAlternate:
		return matching(re.Sub[r.IntN(len(re.Sub))], r)
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			out.WriteString(matching(sub, r))
		}
	}
	return out.String()
}

// A text that an expression matches always has one of the expression's hints.
func TestHintsPassNothingOver(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, expr := range []string{
		`abc`, `a|bc|d`, `(?:as (?:an? )?(?:ai|language model)\b)`, `colou?rs?`, `x*foo+y`, `(?:ab|cd)(?:ef|gh)?ij`, `[abc]d|e[fgh]`, `^\W*(?:please )?(?:give|tell) me`,
		`(?:a|b|c|d|e)(?:a|b|c|d|e)(?:a|b|c|d|e)(?:a|b|c|d|e)`, `\bthe (?:\w+ )?(?:texts?|articles?)\W*$`, `(?:ab){2,3}c`, `a?b?c?`, `.*`, `(?:|a)b`, `[a-z]+ing\b|(?:not|n['’]t) so`,
	} {
		re, tree := regexp.MustCompile(expr), must(syntax.Parse(expr, syntax.Perl))
		p := newPattern(0, "", expr)
		n := 0
		for range 500 {
			if s := matching(tree, r); re.MatchString(s) {
				if n++; !p.hinted(s) {
					t.Fatalf("%s matches %q, which has none of %q", expr, s, p.hints)
				}
			}
		}
		if n == 0 {
			t.Errorf("no text was written that %s matches", expr)
		}
	}
	if got := hintsOf(`\bas (?:an? )?(?:ai|bot)\b.*`); !slices.Equal(got, []string{"as an ai", "as an bot", "as a ai", "as a bot", "as ai", "as bot"}) {
		t.Errorf("hints %q", got)
	}
}

func must(tree *syntax.Regexp, err error) *syntax.Regexp {
	if err != nil {
		panic(err)
	}
	return tree
}

func FuzzHints(f *testing.F) {
	f.Add(`as (?:an? )?(?:ai|bot)`, "as an ai")
	f.Add(`[abc]d|e[fgh]`, "eh")
	f.Fuzz(func(t *testing.T, expr, text string) {
		re, err := regexp.Compile(expr)
		if err != nil || len(expr) > 200 {
			return
		}
		if p := newPattern(0, "", expr); re.MatchString(text) && !p.hinted(text) {
			t.Errorf("%s matches %q, which has none of %q", expr, text, p.hints)
		}
	})
}

// Whatever the text, no detector panics, every finding is whole and a suggestion changes something.
func FuzzDetectors(f *testing.F) {
	for _, d := range Text() {
		x := curatetest.Exchange(d.Example)
		f.Add(x.Instruction.Text, x.Input.Text, x.Output.Text)
	}
	f.Add("Summarize.", "\xff\xfe", "Ã©Ã\u00a9 â€™ \r\n\t 1.\n2.\n")
	all := Text()
	f.Fuzz(func(t *testing.T, instruction, input, output string) {
		x := curate.Exchange{Instruction: curate.Text{Text: instruction, Field: "instruction"}, Input: curate.Text{Text: input, Field: "input"},
			Output: curate.Text{Text: output, Field: "output"}}
		was := map[string]string{"instruction": instruction, "input": input, "output": output}
		for _, d := range all {
			for _, found := range d.Look(x) {
				text, ok := was[found.Field]
				if !ok || found.Detector != d.Name || found.Confidence <= 0 || found.Confidence > 1 || found.Why == "" || strings.Contains(found.Why, "\n") {
					t.Errorf("%s: unfit finding %+v", d.Name, found)
				}
				if found.Suggestion != nil && *found.Suggestion == text || found.Certain && found.Suggestion == nil {
					t.Errorf("%s: a suggestion that changes nothing in %q", d.Name, text)
				}
			}
		}
	})
}
