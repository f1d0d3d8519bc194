package repair

import (
	"encoding/json"
	"fmt"

	"github.com/cria-llm/cria/internal/appendfile"
)

// Decision is what a person made of a repair.
type Decision struct {
	ID     string `json:"id"`     // see [Repair.ID]
	Status Status `json:"status"` // accepted, edited, rejected, or proposed where an earlier decision was undone
	Text   string `json:"text,omitempty"`
}

// Decisions is a file to which every decision is added and brought to the disk when it is made, so that a review goes on
// where it was left, however it ended.
type Decisions struct {
	f  *appendfile.File
	by map[string]Decision // the last of each repair
}

// maxDecision bounds the memory that one line can take.
const maxDecision = 64 << 20

// OpenDecisions opens the file, or makes it. A last line that a crash cut off is taken away.
func OpenDecisions(path string) (*Decisions, error) {
	d := &Decisions{by: map[string]Decision{}}
	var err error
	if d.f, err = appendfile.Open(path, maxDecision, d.take); err != nil {
		return nil, err
	}
	return d, nil
}

// take takes in a line of the file.
func (d *Decisions) take(n int, line []byte) error {
	if len(line) == 0 {
		return nil
	}
	if len(line) > maxDecision {
		return fmt.Errorf("line %d is longer than %d MiB", n, maxDecision>>20)
	}
	var x Decision
	if err := json.Unmarshal(line, &x); err != nil {
		return fmt.Errorf("line %d is no decision: %w", n, err)
	}
	switch x.Status {
	case Accepted, Edited, Rejected, Proposed:
	default:
		return fmt.Errorf("line %d: status is %q, must be accepted, edited, rejected or proposed", n, x.Status)
	}
	d.by[x.ID] = x
	return nil
}

// Decide gives a repair a status, and where it is Edited another text, once that is on the disk.
func (d *Decisions) Decide(r *Repair, status Status, text string) error {
	x := Decision{ID: r.ID(), Status: status}
	if status == Edited {
		x.Text = text
	}
	if err := d.f.Add(x); err != nil {
		return err
	}
	d.by[x.ID] = x
	r.decide(x)
	return nil
}

// decide makes the repair what a person made of it.
func (r *Repair) decide(x Decision) {
	r.Status = x.Status
	if x.Status == Edited {
		if r.Suggested == nil {
			suggested := r.After
			r.Suggested = &suggested
		}
		r.After, r.By, r.Verified, r.Certain = x.Text, Person, false, false
	}
}

// Recall makes of repairs what was decided before, and says of how many something was.
func (d *Decisions) Recall(repairs []Repair) int {
	n := 0
	for i := range repairs {
		if x, ok := d.by[repairs[i].ID()]; ok && x.Status != Proposed {
			repairs[i].decide(x)
			n++
		}
	}
	return n
}

// Close closes the file.
func (d *Decisions) Close() error { return d.f.Close() }
