package selfinstruct

import (
	"fmt"
	"strings"
	"unicode"
)

// documents asks for questions that passages answer, passage by passage in random order, and begins again when all were
// asked.
type documents struct {
	language    string
	count       int // questions a request
	withPassage bool
	passages    []passage
	order       []int // that are left
	turns       int   // over all passages
}

// turnsOver is how often a passage is asked about at most.
const turnsOver = 3

// pick is the number of the next passage.
func pick(p *pool, n int, order *[]int, turns *int, most int) (int, bool) {
	if len(*order) == 0 {
		if *turns == most {
			return 0, false
		}
		*turns++
		*order = p.random.Perm(n)
	}
	i := (*order)[0]
	*order = (*order)[1:]
	return i, true
}

func (m *documents) next(p *pool) *ask {
	i, ok := pick(p, len(m.passages), &m.order, &m.turns, turnsOver)
	if !ok {
		return nil
	}
	from := m.passages[i]
	alone := "Each question can be understood without the passage in view: it names what it is about, and does not speak of a passage or a text."
	if m.withPassage {
		alone = "Each question will be shown together with the passage."
	}
	prompt := fmt.Sprintf(`Here is a passage of a text, between the lines of dashes:

----
%s
----

Write %d questions or instructions that this passage answers, and the answers.

%s

Answer with JSON alone: an object whose "pairs" is a list of %d objects with "quote", "question" and "answer".`, from.text, m.count, numbered([]string{
		"The quote is copied from the passage letter by letter: the one to three sentences from which the answer follows.",
		alone,
		"Each answer says only what the passage says or what follows from it, in whole sentences of its own.",
		"They ask for different things and in different ways: for a fact, a reason, a comparison, a summary, an explanation.",
		in(m.language, "passage"),
	}), m.count)
	a := &ask{step: "questions", parents: []string{from.id()},
		request: single(prompt, listSchema("pairs", 1, m.count, "quote", "question", "answer"), sampling{temperature: 0.7, topP: 0.95, max: 2048})}
	a.read = func(x answer) (made []candidate, _ []*ask) {
		for _, f := range p.read(readRecords(x.text, "pairs", []string{"quote", "question", "answer"}, nil, x.cut)) {
			quote, there := cited(from.text, f["quote"])
			if !there {
				if p.rules.Citation {
					p.drop("citation", 1)
					continue
				}
				quote = ""
			}
			input := ""
			if m.withPassage {
				input = from.text
			}
			made = append(made, candidate{instruction: f["question"], instances: []instance{{input, f["answer"]}},
				source: &Source{File: from.file, Passage: from.number, Quote: quote}})
		}
		return made, nil
	}
	return a
}

func (*documents) begun(ahead int) int { return ahead }

func (m *documents) prior() (requests, tokens Interval) {
	n := float64(m.count)
	return Interval{1 / (0.95 * n), 1 / (0.75 * n), 1 / (0.4 * n)}, Interval{60 * n, 110 * n, 200 * n}
}

// leastQuote is how many words a citation has at least.
const leastQuote = 3

// cited finds a quote in a text, whatever white space and kinds of quotation marks and dashes differ, and gives the words as
// they stand there.
func cited(text, quote string) (string, bool) {
	want, _ := folded(strings.Trim(quote, " \t\r\n\"“”…"))
	if length(want) < leastQuote {
		return "", false
	}
	plain, at := folded(text)
	from := strings.Index(plain, want)
	if from < 0 {
		return "", false
	}
	return strings.TrimSpace(text[at[from]:at[from+len(want)]]), true
}

// folded is a text with one space for white space and one kind of quotation marks, apostrophes and dashes. at is where in the
// text each byte of it is from, and one more for the end.
func folded(text string) (string, []int) {
	var b strings.Builder
	var at []int
	space := false
	for i, r := range text {
		switch {
		case unicode.IsSpace(r):
			if space {
				continue
			}
			r = ' '
		case strings.ContainsRune("’‘ʼ`", r):
			r = '\''
		case strings.ContainsRune("“”„«»", r):
			r = '"'
		case strings.ContainsRune("–—‐‑−", r):
			r = '-'
		}
		space = r == ' '
		n := b.Len()
		b.WriteRune(r)
		for range b.Len() - n {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(text))
}

// backTranslation asks what good texts could be the answers to. Each is asked about once.
type backTranslation struct {
	language string
	passages []passage
	order    []int
	turns    int
}

func (m *backTranslation) next(p *pool) *ask {
	i, ok := pick(p, len(m.passages), &m.order, &m.turns, 1)
	if !ok {
		return nil
	}
	from := m.passages[i]
	prompt := fmt.Sprintf(`Here is a text that an assistant wrote, between the lines of dashes:

----
%s
----

What was the assistant asked? Write the instruction to which this whole text is the best possible answer. It says what is wanted, and how long and in which form, and gives away no more of the text than a person who does not know it would. %s

Answer with JSON alone: an object whose "instruction" is that instruction.`, from.text, in(m.language, "text"))
	a := &ask{step: "instruction", parents: []string{from.id()},
		request: single(prompt, textSchema("instruction"), sampling{temperature: 0.7, topP: 0.9, max: 512})}
	a.read = func(x answer) ([]candidate, []*ask) {
		text, ok := readText(p, x, "instruction")
		if !ok {
			return nil, nil
		}
		return []candidate{{instruction: text, instances: []instance{{"", from.text}}, source: &Source{File: from.file, Passage: from.number}}}, nil
	}
	return a
}

func (*backTranslation) begun(ahead int) int { return ahead }

func (m *backTranslation) prior() (requests, tokens Interval) {
	return Interval{1.05, 1.2, 2}, Interval{20, 45, 120}
}
