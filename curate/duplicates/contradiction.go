package duplicates

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

// brief is how many words an answer has at most for its difference from another to be all that it says.
const brief = 6

// Contradiction is the name of the detector of answers that cannot all be right. Unlike a duplicate, what it finds can be
// repaired.
const Contradiction = "contradiction"

func contradiction() curate.Detector {
	return curate.Detector{
		Name:    Contradiction,
		About:   "Another row has the same instruction and input, which ask for one answer, and answers yes for no, with another number, or with other words.",
		Example: "How many legs does a spider have? → 8\nHow many legs does a spider have? → Six",
		LookAll: func(ctx context.Context, rows []*curate.Row) ([]curate.Finding, error) {
			by := map[string][]curate.Exchange{}
			var order []string
			for _, r := range rows {
				for _, x := range r.Exchanges() {
					if len(x.Before) > 0 {
						continue // what was said before belongs to the question
					}
					key := asked(x)
					if key == "" {
						continue
					}
					if by[key] == nil {
						order = append(order, key)
					}
					by[key] = append(by[key], x)
				}
			}
			var out []curate.Finding
			for _, key := range order {
				if group := by[key]; len(group) > 1 && !open(group[0].Instruction.Text) {
					out = append(out, differing(group)...)
				}
			}
			return sorted(out), ctx.Err()
		},
	}
}

// asked is a question in a form that other ways to ask it share: the words of its instruction that say what is asked for, in
// order, and its input as it stands.
func asked(x curate.Exchange) string {
	words := slices.DeleteFunc(similarity.Words(x.Instruction.Text), filler)
	if len(words) == 0 {
		return ""
	}
	return plainly(x.System.Text) + "\x00" + strings.Join(words, " ") + "\x00" + input(x.Input.Text)
}

// filler says whether a word of a question can be left out without asking for something else.
func filler(word string) bool {
	switch word {
	case "a", "an", "the", "this", "that", "these", "of", "in", "for", "to", "please", "following", "given", "below", "provided",
		"is", "are", "what", "which", "s", "name", "tell", "me", "identify", "find", "determine", "calculate", "compute", "state",
		"output", "answer", "question", "figure", "out", "can", "you", "do", "does":
		return true
	}
	return false
}

// differing finds the exchanges of one question whose answers cannot all be right. Each is compared with the answers of the
// others until one differs.
func differing(group []curate.Exchange) []curate.Finding {
	group = group[:min(len(group), 200)] // more than that say nothing new, and every two are compared
	answers := make([]answer, len(group))
	for i, x := range group {
		answers[i] = answerOf(x.Output.Text)
	}
	var out []curate.Finding
	for i, x := range group {
		var against []int
		why := ""
		for j, y := range group {
			if y.Row == x.Row {
				continue
			}
			if d := answers[i].against(answers[j]); d != "" {
				if why == "" {
					why = fmt.Sprintf("%s; row %d was asked the same", d, y.Row)
				}
				if against = append(against, y.Row); len(against) == mention {
					break
				}
			}
		}
		if why != "" {
			out = append(out, curate.Finding{Row: x.Row, Detector: Contradiction, Field: x.Output.Field, Confidence: 0.6, Why: why, Rows: against})
		}
	}
	return out
}

// answer is what can be compared of an answer.
type answer struct {
	text    string
	verdict string   // yes or no; "" where it does not begin with such a word
	number  string   // the only number in it, as its digits mean it; "" where there is none or are several
	words   []string // nil where the answer is not brief
}

// number is one in digits, with separators for thousands and a fraction.
var number = regexp.MustCompile(`[-−]?\d[\d,]*(?:\.\d+)?`)

func answerOf(text string) answer {
	words := similarity.Words(text)
	a := answer{text: strings.TrimSpace(text)}
	if len(words) == 0 {
		return a
	}
	first := words[0]
	if len(words) > 3 && words[0] == "the" && (words[1] == "statement" || words[1] == "sentence") && words[2] == "is" {
		first = words[3]
	}
	switch first {
	case "yes", "true", "correct":
		a.verdict = "yes"
	case "no", "false", "incorrect":
		a.verdict = "no"
	}
	found := number.FindAllString(text, 2)
	if len(words) <= brief {
		a.words = words
		if len(found) == 0 && len(words) == 1 {
			a.number = counted(words[0])
		}
	}
	if len(found) == 1 && len(words) <= 4*brief {
		plain := strings.ReplaceAll(strings.ReplaceAll(found[0], "−", "-"), ",", "")
		if v, err := strconv.ParseFloat(plain, 64); err == nil {
			a.number = strconv.FormatFloat(v, 'g', 12, 64)
		}
	}
	return a
}

// counted is the number that a word is.
func counted(word string) string {
	i := slices.Index([]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}, word)
	if i < 0 {
		return ""
	}
	return strconv.Itoa(i)
}

// against says how two answers differ so that not both can be right, or "".
func (a answer) against(b answer) string {
	switch {
	case a.verdict != "" && b.verdict != "":
		if a.verdict != b.verdict {
			return fmt.Sprintf("it says %s, another answer %s", a.verdict, b.verdict)
		}
	case a.number != "" && b.number != "":
		if a.number != b.number {
			return fmt.Sprintf("it says %s, another answer %s", a.number, b.number)
		}
	case a.words != nil && b.words != nil && !shares(a.words, b.words):
		return fmt.Sprintf("it says %s, another answer %s", strconv.Quote(short(a.text)), strconv.Quote(short(b.text)))
	}
	return ""
}

// shares says whether two answers have a word in common that means something, or one spells the other's beginning: "Sr" is no
// answer against "strontium".
func shares(a, b []string) bool {
	for _, w := range a {
		for _, v := range b {
			long := len(w) > 3 || len(a) == 1 || len(b) == 1
			if w == v && long || len(w) > 3 && len(v) > 3 && w[:4] == v[:4] || len(a) == 1 && len(b) == 1 && w[0] == v[0] {
				return true
			}
		}
	}
	return false
}

// short is a text cut for a line.
func short(text string) string {
	r := []rune(text)
	if len(r) <= 40 {
		return text
	}
	return string(r[:40]) + "…"
}

// inviting are words of instructions that have many right answers.
var inviting = regexp.MustCompile(`(?i)\b(write|generate|create|compose|invent|come up|make up|suggest|propose|recommend|give (me )?(an?|one|some|two|three|four|five|\d+)\b|` +
	`name (an?|one|some|two|three|four|five|\d+)\b|provide|list|example|examples|rewrite|rephrase|paraphrase|edit|reword|describe|design|random|randomly|brainstorm|think of|` +
	`ascii|draw|something|anything|all words|hello|headline|title|slogan|tagline|metaphor|synonyms?|antonyms?|rhymes?|adjectives?|opposite|imagine|find (an?|one|some)\b|select|choose|pick|add|insert|change|replace|your (favou?rite|opinion)|you)\b`)

// open says whether an instruction asks for one of many right answers.
func open(instruction string) bool { return inviting.MatchString(instruction) }
