// Package correct is the whole way from rows with faults to better rows: every detector looks, rules and a teacher repair,
// and what is beyond repair is left out where that was asked for. Each step gives a record of what it did, and nothing is
// lost: the rows that come out are the rows that went in with the repairs that were taken, and rows left out are kept aside.
//
//	found, err := curate.Find(ctx, rows, detectors, nil)
//	plan := correct.Plan(rows, found, detectors, 0.9)
//	better, err := correct.Apply(rows, plan)
package correct

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/repair"
	"github.com/cria-llm/cria/dataset"
)

// CertainOnly is a confidence for [Plan] that no finding has.
const CertainOnly = 2

// ByRow are the findings of each row, in their order.
func ByRow(found []curate.Finding, rows int) [][]curate.Finding {
	out := make([][]curate.Finding, rows)
	for _, f := range found {
		out[f.Row] = append(out[f.Row], f)
	}
	return out
}

// Plan repairs rows by rules. Certain repairs are taken, and those whose findings have a confidence of apply or more; a
// repair that would bring a new fault is not. What else detectors suggest is proposed, as changes of the row that those
// taken leave. Repairs come in the order in which they are made.
func Plan(rows []*curate.Row, found []curate.Finding, detectors []curate.Detector, apply float64) []repair.Repair {
	var all []repair.Repair
	for i, list := range ByRow(found, len(rows)) {
		if !slices.ContainsFunc(list, func(f curate.Finding) bool { return f.Suggestion != nil }) {
			continue
		}
		row := rows[i]
		settled, taken := take(row, list, detectors, func(f curate.Finding) bool { return f.Certain || f.Confidence >= apply })
		all = append(all, taken...)
		if settled != row {
			list = curate.Look(settled, detectors)
		}
		_, proposed := repair.ByRule(settled, list, detectors, func(f curate.Finding) bool { return !f.Certain && f.Confidence < apply })
		all = append(all, proposed...)
	}
	return all
}

// take follows suggestions that are to be taken. Where all of them together would bring a new fault, each field's are tried
// by themselves, and those that would not are taken.
func take(row *curate.Row, found []curate.Finding, detectors []curate.Detector, wanted func(curate.Finding) bool) (settled *curate.Row, repairs []repair.Repair) {
	settled, repairs = repair.ByRule(row, found, detectors, wanted)
	bad := func(r repair.Repair) bool { return !r.Verified }
	if slices.ContainsFunc(repairs, bad) && len(repairs) > 1 {
		together := repairs
		settled, repairs = row, nil
		for _, r := range together {
			now, own := take(settled, found, detectors, func(f curate.Finding) bool { return f.Field == r.Field && wanted(f) })
			if now != settled {
				settled, found = now, curate.Look(now, detectors)
			}
			repairs = append(repairs, own...)
		}
		return settled, repairs
	}
	if slices.ContainsFunc(repairs, bad) {
		return row, repairs
	}
	for i := range repairs {
		repairs[i].Status = repair.Applied
	}
	return settled, repairs
}

// Mark is what a changed row gains in its field "corrected", for each text that is another now.
type Mark struct {
	Field     string   `json:"field"`
	By        string   `json:"by"`
	Detectors []string `json:"detectors"`
}

// provenance is the field of a row that says what was corrected. Nothing that trains on rows reads it.
const provenance = "corrected"

// Apply gives the rows with the repairs that were taken. A row that none changes is the row that was given. A repair whose
// field does not hold what it is to change is stale, and says so.
func Apply(rows []*curate.Row, repairs []repair.Repair) ([]*curate.Row, error) {
	out := slices.Clone(rows)
	for i := range repairs {
		r := &repairs[i]
		if !r.Status.Taken() {
			continue
		}
		old := rows[r.Row]
		now := out[r.Row]
		at := slices.IndexFunc(now.Record.Turns, func(t dataset.Turn) bool { return t.Field == r.Field })
		if at < 0 {
			return nil, fmt.Errorf("%s: has no text in a field %q to repair", old.Record.Ref, r.Field)
		}
		if now.Record.Turns[at].Text != r.Before {
			r.Status = repair.Stale
			continue
		}
		if now == old {
			now = &curate.Row{Index: old.Index, Record: old.Record.Clone()}
			out[r.Row] = now
		}
		if err := now.Record.SetText(r.Field, r.After); err != nil {
			return nil, err
		}
		if err := mark(now, Mark{r.Field, r.By, r.Detectors()}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mark adds to what a row says of its corrections. What stands in its field and is no such list is kept as the first
// element of one.
func mark(row *curate.Row, m Mark) error {
	var marks []any
	if old := row.Record.Field(provenance); old != nil {
		var list []json.RawMessage
		if json.Unmarshal(old, &list) != nil {
			list = []json.RawMessage{old}
		}
		for _, o := range list {
			marks = append(marks, o)
		}
	}
	return row.Record.Set(provenance, append(marks, m))
}

// Dropped is a row that was left out, and why.
type Dropped struct {
	Row      int              `json:"row"` // from 0
	File     string           `json:"file"`
	Line     int              `json:"line,omitempty"`
	Findings []curate.Finding `json:"findings"` // for which it was left out
	Record   *dataset.Record  `json:"record"`   // whole, as it was
}

// Drop takes out the rows in which one of the named detectors still finds something, at its least confidence or above. before
// are the rows as they were and now as they are. Of rows that are found together, such as duplicates, one stays.
func Drop(before, now []*curate.Row, found []curate.Finding, detectors []curate.Detector, least map[string]float64) (kept []*curate.Row, out []Dropped) {
	if len(least) == 0 {
		return now, nil
	}
	together := map[string]bool{} // detectors that look at all rows
	for _, d := range detectors {
		together[d.Name] = d.LookAll != nil
	}
	gone := make([]bool, len(now))
	lists := ByRow(found, len(now))
	for i, row := range slices.Backward(now) {
		list := lists[i]
		if row != before[i] {
			list = slices.DeleteFunc(list, func(f curate.Finding) bool { return !together[f.Detector] })
			list = append(curate.Look(row, detectors), list...)
		}
		var why []curate.Finding
		for _, f := range list {
			x, named := least[f.Detector]
			alone := len(f.Rows) > 0 && !slices.ContainsFunc(f.Rows, func(other int) bool { return other < i || !gone[other] })
			if named && f.Confidence >= x && !alone {
				why = append(why, f)
			}
		}
		if why != nil {
			gone[i] = true
			r := before[i].Record
			out = append(out, Dropped{Row: row.Index, File: r.Ref.File, Line: r.Ref.Line, Findings: why, Record: r})
		}
	}
	for i, row := range now {
		if !gone[i] {
			kept = append(kept, row)
		}
	}
	slices.SortFunc(out, func(a, b Dropped) int { return cmp.Compare(a.Row, b.Row) })
	return kept, out
}
