package correct

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/duplicates"
	"github.com/cria-llm/cria/curate/repair"
	"github.com/cria-llm/cria/openai"
)

// Question is a field of a row to ask a teacher about, and what was found in it that no rule repairs.
type Question struct {
	Row      *curate.Row
	Field    string
	Findings []curate.Finding
}

// Questions are what to ask a teacher about: in the rows as repairs leave them, what detectors that look at one row find, and
// answers that contradict another row's, with a confidence of least or more, unless a repair for it is taken or proposed. Where every is true, also every other answer that
// no repair is proposed for.
func Questions(before, now []*curate.Row, found []curate.Finding, repairs []repair.Repair, detectors []curate.Detector, least float64, every bool) []Question {
	type cause struct {
		row             int
		field, detector string
	}
	seen := map[cause]bool{}
	for _, r := range repairs {
		if !r.Status.Taken() {
			seen[cause{r.Row, r.Field, ""}] = true
		}
		for _, f := range r.Findings {
			seen[cause{r.Row, r.Field, f.Detector}] = true
		}
	}
	var out []Question
	lists := ByRow(found, len(now))
	for i, row := range now {
		list := lists[i]
		if row != before[i] {
			list = slices.DeleteFunc(list, func(f curate.Finding) bool { return f.Detector != duplicates.Contradiction })
			list = append(curate.Look(row, detectors), list...)
		}
		first := len(out)
		for _, f := range list {
			alone := slices.ContainsFunc(detectors, func(d curate.Detector) bool { return d.Name == f.Detector && d.Look != nil })
			if f.Detector == duplicates.Contradiction {
				f.Why += "; " + others(now, f.Rows)
				alone = true
			}
			if !alone || f.Confidence < least || f.Field == "" || seen[cause{i, f.Field, f.Detector}] {
				continue
			}
			at := slices.IndexFunc(out[first:], func(q Question) bool { return q.Field == f.Field })
			if at < 0 {
				out = append(out, Question{Row: row, Field: f.Field})
				at = len(out) - 1 - first
			}
			out[first+at].Findings = append(out[first+at].Findings, f)
		}
		if !every {
			continue
		}
		for _, x := range row.Exchanges() {
			asked := slices.ContainsFunc(out[first:], func(q Question) bool { return q.Field == x.Output.Field })
			if !asked && x.Output.Field != "" && !seen[cause{i, x.Output.Field, ""}] {
				out = append(out, Question{Row: row, Field: x.Output.Field})
			}
		}
	}
	return out
}

// others quotes the answers of a few rows.
func others(rows []*curate.Row, which []int) string {
	const most, long = 3, 300
	var list []string
	for _, i := range which[:min(most, len(which))] {
		if x := rows[i].Exchanges(); len(x) > 0 {
			text := x[0].Output.Text
			if len(text) > long {
				text = strings.ToValidUTF8(text[:long], "") + "…"
			}
			list = append(list, fmt.Sprintf("the answer of row %d is %q", i, text))
		}
	}
	return strings.Join(list, ", ")
}

// Ask asks a teacher, several questions at once, and gives its repairs in the order of the questions. Verified ones of a
// confidence of apply or more are taken. After an error, such as a cap that is reached, no more is asked, what is under way is
// waited for, and what was answered comes with the error. progress may be nil; it hears from several goroutines.
func Ask(ctx context.Context, k *repair.Asker, questions []Question, atOnce int, apply float64, progress func(done int)) ([]repair.Repair, error) {
	answers := make([]*repair.Repair, len(questions))
	var failed sync.Once
	var first error
	var next, done atomic.Int64
	var all sync.WaitGroup
	for range min(max(1, atOnce), len(questions)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(questions); i = int(next.Add(1)) - 1 {
				q := questions[i]
				r, err := k.Mend(ctx, q.Row, q.Field, q.Findings)
				if err != nil {
					failed.Do(func() { first = err })
					next.Store(int64(len(questions))) // the others find nothing to do
					return
				}
				if r.Status == repair.Proposed && r.Verified && r.Confidence >= apply {
					r.Status = repair.Applied
				}
				answers[i] = &r
				if n := done.Add(1); progress != nil {
					progress(int(n))
				}
			}
		})
	}
	all.Wait()
	var out []repair.Repair
	for _, r := range answers {
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, first
}

// Most is the most that asking all questions takes, where every answer can be read.
func Most(k *repair.Asker, questions []Question) (openai.Usage, error) {
	var all openai.Usage
	for _, q := range questions {
		u, err := k.Most(q.Row, q.Field, q.Findings)
		if err != nil {
			return all, err
		}
		all.PromptTokens += u.PromptTokens
		all.CompletionTokens += u.CompletionTokens
	}
	return all, nil
}
