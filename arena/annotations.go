package arena

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cria-llm/cria/internal/wholefile"
)

// most is the most bytes that a file of annotations or labels may have.
const most = 1 << 30

// Annotation is a verdict as alpaca_eval stores it, on the answer of a model in place 2 against that of a baseline in place 1.
type Annotation struct {
	Instruction string
	Baseline    Answer
	Model       Answer
	// Preference is 1 where the baseline won, 2 where the model did, something between for a likelihood, and NaN where
	// there is no verdict.
	Preference float64
}

// Won is how far the model won, 0 to 1.
func (a Annotation) Won() float64 { return a.Preference - 1 }

// Annotations are the verdicts on one model against one baseline, in the order of their file. The two names are empty where
// the file has none.
type Annotations struct {
	Baseline, Model string
	Rows            []Annotation
}

// ReadAnnotations reads alpaca_eval's annotations.json. A preference of 0 is a tie in an older coding, 1.5 in today's; null, NaN
// and numbers outside 1 to 2 are no verdict, as there.
func ReadAnnotations(path string) (*Annotations, error) {
	text, err := wholefile.Read(path, most)
	if err != nil {
		return nil, err
	}
	a, err := ParseAnnotations(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// ParseAnnotations reads what [ReadAnnotations] does. It may change text.
func ParseAnnotations(text []byte) (*Annotations, error) {
	numbers(text)
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.New("no list of annotations: want [{\"instruction\":…,\"output_1\":…,\"output_2\":…,\"preference\":…},…]")
	}
	a := new(Annotations)
	for i := 0; d.More(); i++ {
		var row struct {
			Instruction *string  `json:"instruction"`
			Output1     *string  `json:"output_1"`
			Output2     *string  `json:"output_2"`
			Generator1  string   `json:"generator_1"`
			Generator2  string   `json:"generator_2"`
			Preference  *float64 `json:"preference"`
		}
		if err := d.Decode(&row); err != nil {
			return nil, fmt.Errorf("annotation %d: %w", i+1, err)
		}
		for _, f := range []struct {
			name string
			has  bool
		}{{"instruction", row.Instruction != nil}, {"output_1", row.Output1 != nil}, {"output_2", row.Output2 != nil}} {
			if !f.has {
				return nil, fmt.Errorf("annotation %d: no text %q", i+1, f.name)
			}
		}
		if i == 0 {
			a.Baseline, a.Model = row.Generator1, row.Generator2
		}
		if row.Generator1 != a.Baseline || row.Generator2 != a.Model {
			return nil, fmt.Errorf("annotation %d: %q against %q, where the first is %q against %q: one model and one baseline a file",
				i+1, row.Generator2, row.Generator1, a.Model, a.Baseline)
		}
		p := math.NaN()
		switch v := row.Preference; {
		case v == nil:
		case *v == 0:
			p = 1.5
		case *v >= 1 && *v <= 2:
			p = *v
		}
		a.Rows = append(a.Rows, Annotation{*row.Instruction, Answer{row.Generator1, *row.Output1}, Answer{row.Generator2, *row.Output2}, p})
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("after annotation %d: %w", len(a.Rows), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("after annotation %d: more than one list", len(a.Rows))
	}
	if len(a.Rows) == 0 {
		return nil, errors.New("no annotations")
	}
	return a, nil
}

// numbers turns the NaN and Infinity that Python writes, which are no JSON, into -1, which is no preference either.
func numbers(text []byte) {
	inside := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == 'N' || c == 'I' || c == '-':
			for _, name := range []string{"NaN", "Infinity", "-Infinity"} {
				if bytes.HasPrefix(text[i:], []byte(name)) {
					copy(text[i:], "-1")
					for k := 2; k < len(name); k++ {
						text[i+k] = ' '
					}
					break
				}
			}
		}
	}
}

// Outcomes are the rows as outcomes for the model; those without a verdict have failed. Each row was judged once, from a
// seat that the file does not tell.
func (a *Annotations) Outcomes() []Outcome {
	all := make([]Outcome, len(a.Rows))
	for i, r := range a.Rows {
		o := Outcome{ID: r.Instruction, A: r.Won(), FirstWon: math.NaN(), Longer: longer(r.Model.Text, r.Baseline.Text)}
		if math.IsNaN(r.Preference) {
			o.Failed, o.A = "no preference", 0.5
		}
		o.Identical = r.Model.Text == r.Baseline.Text
		all[i] = o
	}
	return all
}
