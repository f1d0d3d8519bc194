// Package repair gives rows better texts where detectors found fault with them, and says what it changed.
//
// A rule's repair is what a detector suggests: it follows from the row. Where none does, a teacher is shown the row and what
// was found, and its text counts only if it stands a second look. A repair is a difference that a person can accept, edit or
// reject; nothing is ever changed without one.
//
//	settled, repairs := repair.ByRule(row, found, detectors, func(f curate.Finding) bool { return f.Certain })
package repair

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/experts"
)

// Who a repair is by.
const (
	Rule    = "rule"
	Teacher = "teacher"
	Person  = "person"
)

// Status is what became of a repair.
type Status string

// A repair is in the corrected file where it is Accepted, Edited or Applied.
const (
	Proposed Status = "proposed" // nobody decided
	Applied  Status = "applied"  // it is certain, or as sure as was asked for
	Accepted Status = "accepted" // by a person
	Edited   Status = "edited"   // a person wrote After
	Rejected Status = "rejected" // by a person, or by the second look
	Stale    Status = "stale"    // the field no longer holds Before: a repair made earlier was decided otherwise
)

// Taken says whether the repair is in the corrected file.
func (s Status) Taken() bool { return s == Applied || s == Accepted || s == Edited }

// Repair is one text of a row and what it would better be.
type Repair struct {
	Row        int      `json:"row"` // from 0
	Field      string   `json:"field"`
	Before     string   `json:"before"`
	After      string   `json:"after"`
	By         string   `json:"by"`         // rule, teacher or person
	Confidence float64  `json:"confidence"` // of its least sure finding
	Findings   []Reason `json:"findings"`   // what it is for
	// Verified says that the detectors find nothing more of what it is for, and nothing new; of a teacher's, that the second
	// look prefers it, too.
	Verified bool   `json:"verified"`
	Certain  bool   `json:"certain,omitempty"` // every one of its findings is
	Status   Status `json:"status"`
	// Suggested is what After was before a person wrote another; nil where none did.
	Suggested *string `json:"suggested,omitempty"`
	Note      string  `json:"note,omitempty"`   // why it is not verified, or what the teacher says of it
	Model     string  `json:"model,omitempty"`  // of the teacher
	Prompt    string  `json:"prompt,omitempty"` // hash of the teacher's instructions
}

// Reason is a finding that a repair is for.
type Reason struct {
	Detector   string  `json:"detector"`
	Confidence float64 `json:"confidence"`
	Why        string  `json:"why"`
}

// ID names a repair by what it changes, so that a decision about it is found again when the same file is corrected anew.
func (r *Repair) ID() string {
	after := r.After
	if r.Suggested != nil {
		after = *r.Suggested
	}
	text, err := json.Marshal([]any{r.Row, r.Field, r.Before, after})
	if err != nil {
		return "" // cannot be: they are texts and a number
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// Detectors are the names of the detectors that the repair is for, each once.
func (r *Repair) Detectors() []string {
	var names []string
	for _, f := range r.Findings {
		if !slices.Contains(names, f.Detector) {
			names = append(names, f.Detector)
		}
	}
	return names
}

func reason(f curate.Finding) Reason { return Reason{f.Detector, f.Confidence, f.Why} }

// text is what a field of the row holds.
func text(row *curate.Row, field string) (string, bool) {
	for _, t := range row.Record.Turns {
		if t.Field == field {
			return t.Text, true
		}
	}
	return "", false
}

// copyOf is a row whose changes do not reach the original.
func copyOf(row *curate.Row) *curate.Row {
	return &curate.Row{Index: row.Index, Record: row.Record.Clone()}
}

// likely says whether the finding is at least as likely as not.
func likely(f curate.Finding) bool { return f.Confidence >= 0.5 }

// learned says whether the finding is by what was learned from experts' revisions: a score of what an answer looks like, and
// no verdict on what it says.
func learned(f curate.Finding) bool { return f.Detector == experts.DetectorName }

// newFault is a likely finding that only the changed row has, by a detector that found nothing in that field before. It is nil
// where there is none.
func newFault(before, after []curate.Finding) *curate.Finding {
	for i, f := range after {
		was := slices.ContainsFunc(before, func(b curate.Finding) bool { return b.Detector == f.Detector && b.Field == f.Field })
		if !was && likely(f) && !learned(f) {
			return &after[i]
		}
	}
	return nil
}
