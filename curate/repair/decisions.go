package repair

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cria-llm/cria/curate"
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
	f  *os.File
	by map[string]Decision // the last of each repair
}

// OpenDecisions opens the file, or makes it. A last line that a crash cut off is taken away.
func OpenDecisions(path string) (*Decisions, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	d := &Decisions{f: f, by: map[string]Decision{}}
	if err := d.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return d, nil
}

func (d *Decisions) read() error {
	whole, err := wholeLines(d.f)
	if err != nil {
		return err
	}
	if err := d.f.Truncate(whole); err != nil {
		return err
	}
	if _, err := d.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return parseDecisions(d.f, d.by)
}

// wholeLines is how many bytes there are up to the last line's end.
func wholeLines(r io.Reader) (int64, error) {
	var all, whole int64
	in := bufio.NewReader(r)
	for {
		part, err := in.ReadSlice('\n')
		all += int64(len(part))
		if bytes.HasSuffix(part, []byte("\n")) {
			whole = all
		}
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, err
		}
	}
}

func parseDecisions(r io.Reader, by map[string]Decision) error {
	return curate.EachLine(r, func(line int, text []byte) error {
		var x Decision
		if err := json.Unmarshal(text, &x); err != nil {
			return fmt.Errorf("line %d is no decision: %w", line, err)
		}
		switch x.Status {
		case Accepted, Edited, Rejected, Proposed:
		default:
			return fmt.Errorf("line %d: status is %q, must be accepted, edited, rejected or proposed", line, x.Status)
		}
		by[x.ID] = x
		return nil
	})
}

// Decide gives a repair a status, and where it is Edited another text, once that is on the disk.
func (d *Decisions) Decide(r *Repair, status Status, text string) error {
	x := Decision{ID: r.ID(), Status: status}
	if status == Edited {
		x.Text = text
	}
	line, err := json.Marshal(x)
	if err != nil {
		return err
	}
	if _, err := d.f.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := d.f.Sync(); err != nil {
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
