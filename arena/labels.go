package arena

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/internal/wholefile"
)

// Label is who won a pair.
type Label int

// A pair is won by one of the two or by neither.
const (
	Tie Label = iota
	AWon
	BWon
)

// label is the winner of a score from A's side.
func label(a float64) Label {
	switch sign(a) {
	case 1:
		return AWon
	case -1:
		return BWon
	}
	return Tie
}

// Labelled is a pair that people have judged. A is the file's first answer.
type Labelled struct {
	Pair
	Humans []Label // one or more
}

// Majority is what more than half of the people said; there may be none.
func (l Labelled) Majority() (Label, bool) {
	for _, x := range l.Humans {
		n := 0
		for _, y := range l.Humans {
			if x == y {
				n++
			}
		}
		if 2*n > len(l.Humans) {
			return x, true
		}
	}
	return Tie, false
}

// ReadLabelled reads pairs with the verdicts of people, a JSON list or a row a line: PandaLM's
//
//	{"instruction":…,"input":…,"response1":…,"response2":…,"annotator1":0,"annotator2":1,"annotator3":2}
//
// where 0 is a tie, or LLMBar's
//
//	{"input":…,"output_1":…,"output_2":…,"label":1}
//
// where input is the instruction. Either may have the right answer in "reference".
func ReadLabelled(path string) ([]Labelled, error) {
	text, err := wholefile.Read(path, most)
	if err != nil {
		return nil, err
	}
	rows, err := ParseLabelled(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// ParseLabelled reads what [ReadLabelled] does.
func ParseLabelled(text []byte) ([]Labelled, error) {
	var rows []Labelled
	d := json.NewDecoder(bytes.NewReader(text))
	list := bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("["))
	if list {
		if _, err := d.Token(); err != nil {
			return nil, err
		}
	}
	for d.More() {
		where := func() string {
			if list {
				return fmt.Sprintf("row %d", len(rows)+1)
			}
			return fmt.Sprintf("line %d", 1+bytes.Count(text[:d.InputOffset()], []byte("\n")))
		}
		var row labelledRow
		if err := d.Decode(&row); err != nil {
			return nil, fmt.Errorf("%s: %w", where(), err)
		}
		l, err := row.labelled()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where(), err)
		}
		rows = append(rows, l)
	}
	if list {
		if _, err := d.Token(); err != nil {
			return nil, fmt.Errorf("after row %d: %w", len(rows), err)
		}
		if d.More() {
			return nil, fmt.Errorf("after row %d: more than one list", len(rows))
		}
	}
	if len(rows) == 0 {
		return nil, errors.New("no rows")
	}
	return rows, nil
}

type labelledRow struct {
	Instruction *string `json:"instruction"`
	Input       string  `json:"input"`
	Reference   string  `json:"reference"`
	Response1   *answer `json:"response1"`
	Response2   *answer `json:"response2"`
	Annotator1  *int    `json:"annotator1"`
	Annotator2  *int    `json:"annotator2"`
	Annotator3  *int    `json:"annotator3"`
	Output1     *answer `json:"output_1"`
	Output2     *answer `json:"output_2"`
	Label       *int    `json:"label"`
}

// answer is a text, or what the tables that such files were made with take a text for: an answer "True" is stored as true.
type answer string

func (a *answer) UnmarshalJSON(text []byte) error {
	switch text[0] {
	case '"':
		return json.Unmarshal(text, (*string)(a))
	case 't':
		*a = "True"
	case 'f':
		*a = "False"
	case '[', '{', 'n':
		return errors.New("an answer that is no text")
	default:
		*a = answer(text)
	}
	return nil
}

func (r labelledRow) labelled() (Labelled, error) {
	var l Labelled
	switch {
	case r.Instruction != nil && r.Response1 != nil && r.Response2 != nil:
		l.Prompt, l.Input, l.A.Text, l.B.Text = *r.Instruction, r.Input, string(*r.Response1), string(*r.Response2)
		for i, said := range []*int{r.Annotator1, r.Annotator2, r.Annotator3} {
			if said == nil {
				continue
			}
			if *said < 0 || *said > 2 {
				return l, fmt.Errorf("annotator%d is %d: want 1 or 2, the better response, or 0, a tie", i+1, *said)
			}
			l.Humans = append(l.Humans, Label(*said))
		}
		if l.Humans == nil {
			return l, errors.New("no verdict: want annotator1, and so on, of 0, 1 or 2")
		}
	case r.Output1 != nil && r.Output2 != nil:
		l.Prompt, l.A.Text, l.B.Text = r.Input, string(*r.Output1), string(*r.Output2)
		if r.Instruction != nil {
			l.Prompt, l.Input = *r.Instruction, r.Input
		}
		if r.Label == nil || *r.Label < 1 || *r.Label > 2 {
			return l, errors.New("no label of 1 or 2, the better output")
		}
		l.Humans = []Label{Label(*r.Label)}
	default:
		return l, errors.New("neither PandaLM's instruction, response1 and response2 nor LLMBar's input, output_1 and output_2")
	}
	l.Right = r.Reference
	l.ID = strings.Join([]string{l.Prompt, l.Input}, "\x00")
	return l, nil
}
