package repair

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/curate"
)

// settling is how many suggestions are followed in a row before it counts as one that does not settle. Of Alpaca's rows
// none takes more than a few.
const settling = 32

// ByRule follows the suggestions of those findings in a row that take says yes to. They are followed one by one, the first
// finding's first, and the detectors look anew after each, so that every suggestion is about the text that the one before it
// left, until none is to be followed: the row has settled, and settling it again changes nothing.
//
// It gives the settled row, which is row itself where nothing changes, and one repair for each field that is now another. A
// repair that brings a new fault is not verified. A row that does not settle is left as it is. What was found with the help
// of other rows is followed only in fields that nothing else changed.
func ByRule(row *curate.Row, found []curate.Finding, detectors []curate.Detector, take func(curate.Finding) bool) (*curate.Row, []Repair) {
	now, seen := row, found
	var repairs []Repair
	for range settling {
		i := slices.IndexFunc(seen, func(f curate.Finding) bool {
			if f.Suggestion == nil || !take(f) {
				return false
			}
			old, ok := text(now, f.Field)
			return ok && old != *f.Suggestion
		})
		if i < 0 {
			verify(repairs, found, seen)
			return now, repairs
		}
		f := seen[i]
		if now == row {
			now = copyOf(row)
		}
		old, _ := text(row, f.Field)
		if err := now.Record.SetText(f.Field, *f.Suggestion); err != nil {
			return row, nil // cannot be: the field has a text
		}
		repairs = follow(repairs, f, old)
		seen = curate.Look(now, detectors)
		for _, f := range found {
			if !alone(f, detectors) && !slices.ContainsFunc(repairs, func(r Repair) bool { return r.Field == f.Field }) {
				seen = append(seen, f)
			}
		}
	}
	return row, nil
}

// follow adds a finding whose suggestion was followed to its field's repair. old is what the field first held.
func follow(repairs []Repair, f curate.Finding, old string) []Repair {
	i := slices.IndexFunc(repairs, func(r Repair) bool { return r.Field == f.Field })
	if i < 0 {
		i = len(repairs)
		repairs = append(repairs, Repair{Row: f.Row, Field: f.Field, Before: old, By: Rule, Confidence: 1, Certain: true, Status: Proposed})
	}
	r := &repairs[i]
	r.After = *f.Suggestion
	r.Confidence = min(r.Confidence, f.Confidence)
	r.Certain = r.Certain && f.Certain
	r.Findings = append(r.Findings, reason(f))
	return repairs
}

// verify says of a row's repairs whether they brought new faults.
func verify(repairs []Repair, before, after []curate.Finding) {
	bad := newFault(before, after)
	for i := range repairs {
		repairs[i].Verified = bad == nil
		if bad != nil {
			repairs[i].Note = fmt.Sprintf("it would bring a new fault: %s in %s: %s", bad.Detector, bad.Field, bad.Why)
		}
	}
}

// alone says whether the finding is by a detector that looks at one row.
func alone(f curate.Finding, detectors []curate.Detector) bool {
	return slices.ContainsFunc(detectors, func(d curate.Detector) bool { return d.Name == f.Detector && d.Look != nil })
}
