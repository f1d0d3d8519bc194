package tasks

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/cria-llm/cria/format/jinja"
)

// arcRow is a row as published (a question of stem and choices) or as Hugging Face has it (a question, and choices of text and
// label). Choices are labelled A to E or 1 to 5.
func arcRow(raw []byte) (*jinja.Dict, error) {
	type choice struct{ Text, Label string }
	var r struct {
		Question json.RawMessage `json:"question"`
		Choices  struct {
			Text  []string `json:"text"`
			Label []string `json:"label"`
		} `json:"choices"`
		Key string `json:"answerKey"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	if len(r.Question) == 0 {
		return nil, errors.New("no question in it")
	}
	var question string
	var list []choice
	if json.Unmarshal(r.Question, &question) == nil {
		if len(r.Choices.Text) != len(r.Choices.Label) {
			return nil, fmt.Errorf("choices have %d texts and %d labels", len(r.Choices.Text), len(r.Choices.Label))
		}
		for i, text := range r.Choices.Text {
			list = append(list, choice{text, r.Choices.Label[i]})
		}
	} else {
		var q struct {
			Stem    string   `json:"stem"`
			Choices []choice `json:"choices"`
		}
		if err := json.Unmarshal(r.Question, &q); err != nil {
			return nil, errors.New("question is neither a text nor an object of stem and choices")
		}
		question, list = q.Stem, q.Choices
	}
	d := jinja.NewDict()
	var texts []any
	for _, c := range list {
		texts = append(texts, c.Text)
		if c.Label == r.Key {
			d.Set("right", c.Text) // by text, for an answer that is a number would be taken for a choice's
		}
	}
	if _, ok := d.Lookup("right"); !ok {
		return nil, fmt.Errorf("answerKey is %q: the label of none of %d choices", r.Key, len(list))
	}
	d.Set("question", question)
	d.Set("choices", texts)
	return d, nil
}

// winograndeRow is a row of a sentence with a gap, two options for it and, where labels are not in a file of their own, the
// answer: 1 or 2.
func winograndeRow(raw []byte) (*jinja.Dict, error) {
	var r struct {
		Sentence string `json:"sentence"`
		Option1  string `json:"option1"`
		Option2  string `json:"option2"`
		Answer   string `json:"answer"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	before, after, gap := strings.Cut(r.Sentence, "_")
	if !gap {
		return nil, fmt.Errorf("sentence %q has no gap, which is a _", r.Sentence)
	}
	d := jinja.NewDict()
	d.Set("before", before)
	d.Set("after", strings.TrimSpace(after))
	d.Set("option1", r.Option1)
	d.Set("option2", r.Option2)
	if r.Answer != "" {
		d.Set("label", r.Answer)
	}
	return d, nil
}

// mmluRow is a row as Hugging Face has it (choices, and the answer as a number from 0), or one whose options stand behind the
// question, as "(A) … (B) … (C) … (D) …", with the answer as a label.
func mmluRow(raw []byte) (*jinja.Dict, error) {
	var r struct {
		Question string   `json:"question"`
		Subject  string   `json:"subject"`
		Choices  []any    `json:"choices"`
		Answer   *int     `json:"answer"`
		Label    string   `json:"label"`
		Options  []string `json:"options"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	d := jinja.NewDict()
	d.Set("subject", r.Subject)
	if r.Answer != nil {
		if len(r.Choices) != 4 || *r.Answer < 0 || *r.Answer > 3 {
			return nil, fmt.Errorf("%d choices, and the answer is %d: want 4, and 0 to 3", len(r.Choices), *r.Answer)
		}
		d.Set("question", strings.TrimSpace(r.Question))
		d.Set("choices", r.Choices)
		d.Set("answer", string(rune('A'+*r.Answer)))
		return d, nil
	}
	rest := r.Question
	if len(r.Options) != 4 {
		return nil, fmt.Errorf("%d options: want (A) to (D)", len(r.Options))
	}
	choices := make([]any, 4)
	for i := 3; i >= 0; i-- {
		mark := "(" + string(rune('A'+i)) + ") "
		at := strings.LastIndex(rest, mark)
		// A choice begins a line or follows a space: "f(A) " is none.
		for at > 0 && rest[at-1] != ' ' && rest[at-1] != '\n' {
			at = strings.LastIndex(rest[:at], mark)
		}
		if at < 0 {
			return nil, fmt.Errorf("the question has no option %s", mark)
		}
		choices[i] = strings.TrimSpace(rest[at+len(mark):])
		rest = rest[:at]
	}
	d.Set("question", strings.TrimSpace(rest))
	d.Set("choices", choices)
	d.Set("answer", strings.Trim(r.Label, "()"))
	return d, nil
}

// hellaswagRow is a row as published (ctx_a, ctx_b, activity_label, endings, label), or one of question, choices and answer,
// which has lost the activity: its prompt begins without.
func hellaswagRow(raw []byte) (*jinja.Dict, error) {
	var r struct {
		CtxA     *string           `json:"ctx_a"`
		CtxB     string            `json:"ctx_b"`
		Activity string            `json:"activity_label"`
		Endings  []string          `json:"endings"`
		Label    json.RawMessage   `json:"label"`
		Split    string            `json:"split_type"`
		Question *string           `json:"question"`
		Choices  map[string]string `json:"choices"`
		Answer   string            `json:"answer"`
		Domain   string            `json:"domain"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	var query, right, domain string
	endings := r.Endings
	switch {
	case r.CtxA != nil:
		query = r.Activity + ": " + *r.CtxA + " " + capitalise(r.CtxB)
		right, domain = strings.Trim(string(r.Label), `"`), r.Split
	case r.Question != nil:
		a, b := halves(*r.Question)
		query, right, domain = a+" "+capitalise(b), r.Answer, r.Domain
		for i := range len(r.Choices) {
			c, ok := r.Choices[string(rune('A'+i))]
			if !ok {
				return nil, fmt.Errorf("choices have no %c", 'A'+i)
			}
			endings = append(endings, c)
		}
	default:
		return nil, errors.New("neither ctx_a nor question in it")
	}
	list := make([]any, len(endings))
	for i, e := range endings {
		list[i] = withoutMarks(e)
	}
	d := jinja.NewDict()
	d.Set("query", withoutMarks(query))
	d.Set("endings", list)
	d.Set("label", right)
	d.Set("domain", domain)
	return d, nil
}

// halves parts a context where its last sentence begins that does not end, as those do that describe a film; one that ends
// with a sentence is whole.
func halves(text string) (a, b string) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexAny(text, ".!?")
	if at < 0 || at+1 == len(text) || text[at+1] != ' ' || strings.HasPrefix(text, "[header]") {
		return text, ""
	}
	return text[:at+1], text[at+2:]
}

// capitalise is Python's: the first letter large, all others small.
func capitalise(s string) string {
	for i, c := range s {
		return string(unicode.ToTitle(c)) + strings.ToLower(s[i+len(string(c)):])
	}
	return s
}

// withoutMarks takes away the marks of WikiHow's headings, which stand in brackets within a line.
func withoutMarks(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), " [title]", ". ")
	var b strings.Builder
	for {
		from := strings.IndexByte(text, '[')
		if from < 0 {
			break
		}
		to := strings.IndexAny(text[from:], "]\n")
		if to < 0 || text[from+to] == '\n' { // no mark begins here, and none before the line's end
			b.WriteString(text[:from+1])
			text = text[from+1:]
			continue
		}
		b.WriteString(text[:from])
		text = text[from+to+1:]
	}
	text = b.String() + text
	return strings.ReplaceAll(text, "  ", " ")
}

// parts reads an object whose lists dev and test hold the rows.
func parts(path string, r io.Reader, visit func(where string, raw []byte) error) error {
	var file struct{ Dev, Test []json.RawMessage }
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, list := range map[string][]json.RawMessage{"dev": file.Dev, "test": file.Test} {
		if len(list) == 0 {
			return fmt.Errorf("%s: no list %q in it", path, name)
		}
	}
	for i, raw := range append(file.Dev, file.Test...) {
		if err := visit(fmt.Sprintf("%s row %d", path, i+1), raw); err != nil {
			return err
		}
	}
	return nil
}

// truthfulRows reads TruthfulQA's table. The first choices are the best answer and the false ones, the second the true and the
// false ones; each ends with a full stop, and none is there twice.
func truthfulRows(path string, r io.Reader) ([]row, error) {
	in := csv.NewReader(r)
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.TrimPrefix(name, "\ufeff")] = i
	}
	for _, name := range []string{"Category", "Question", "Best Answer", "Correct Answers", "Incorrect Answers"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s:1: no column %q", path, name)
		}
	}
	var rows []row
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := in.FieldPos(0)
		best := closed(fields[column["Best Answer"]])
		right, wrong := answers(fields[column["Correct Answers"]]), answers(fields[column["Incorrect Answers"]])
		if best == "" {
			return nil, fmt.Errorf("%s:%d: no best answer", path, line)
		}
		d := jinja.NewDict()
		d.Set("question", strings.TrimSpace(fields[column["Question"]]))
		d.Set("category", fields[column["Category"]])
		first, _ := choicesOf([]string{best}, wrong)
		second, labels := choicesOf(right, wrong)
		d.Set("mc1", first)
		d.Set("mc2", second)
		d.Set("true2", labels)
		rows = append(rows, row{fmt.Sprintf("%s:%d", path, line), d})
	}
}

// answers are those of a cell, with semicolons between.
func answers(cell string) []string {
	var list []string
	for part := range strings.SplitSeq(cell, ";") {
		if part = closed(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func closed(text string) string {
	if text = strings.TrimSpace(text); text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// choicesOf are right and wrong answers in that order, each text once, and 1 or 0 for each.
func choicesOf(right, wrong []string) (choices, labels []any) {
	seen := map[string]bool{}
	for k, list := range [][]string{right, wrong} {
		for _, text := range list {
			if !seen[text] {
				seen[text] = true
				choices, labels = append(choices, text), append(labels, 1-k)
			}
		}
	}
	return choices, labels
}
