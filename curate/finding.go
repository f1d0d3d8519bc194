// Package curate makes rows of instructions better: it finds what is wrong with them, repairs it, and weighs what is left.
//
// A detector looks at exchanges, which are an instruction with its answer, or at all rows together, and says what it finds
// with a confidence and, where it knows one, a better text. Nothing is changed by finding it.
//
//	rows, err := curate.Read(ctx, "rows.jsonl", dataset.Options{})
//	for _, x := range rows[0].Exchanges() {
//		findings = append(findings, detector.Look(x)...)
//	}
package curate

import "context"

// Finding is something wrong with a row.
type Finding struct {
	Row        int     `json:"row"` // from 0
	Detector   string  `json:"detector"`
	Field      string  `json:"field"`      // where it is: "output", "messages[2].content"
	Confidence float64 `json:"confidence"` // that a careful reader would agree, 0 to 1
	Why        string  `json:"why"`        // one line, with the words that show it
	// Suggestion is the whole text that Field would better have; nil where none is known.
	Suggestion *string `json:"suggestion"`
	// Certain says that Suggestion follows from the row by calculation or by taking something away, and needs no second look.
	Certain bool `json:"certain,omitempty"`
	// Rows are the other rows that it concerns, such as duplicates.
	Rows []int `json:"rows,omitempty"`
}

// Detector finds one kind of fault. Exactly one of Look and LookAll is there.
type Detector struct {
	Name    string // in findings, flags and reports: "refusal"
	About   string // what it finds, one sentence
	Example string // a text that has the fault, for the documentation, and a test
	// Precision is the share of its findings in Alpaca's rows that a reader agreed with, and of how many; see docs/data.md.
	Precision Share

	Look    func(x Exchange) []Finding
	LookAll func(ctx context.Context, rows []*Row) ([]Finding, error)
}

// Share is a count out of a total; a total of 0 is not measured.
type Share struct{ Count, Of int }
