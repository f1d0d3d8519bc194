package weigh

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
)

// Verdict is what becomes of a row.
type Verdict struct {
	Weight float64
	Repeat int
	// LeftOut is the rule that leaves the row out, with weight and repeat 0; "" where it is kept.
	LeftOut string
}

// Outcome is what rules made of rows.
type Outcome struct {
	Verdicts []Verdict // by row
	Report   Report

	rows  []*curate.Row
	table *Table
}

// applying is an Apply under way.
type applying struct {
	rows     []*curate.Row
	t        *Table
	rules    *Rules
	verdicts []Verdict
	left     []int // rows that no rule has left out so far, in order
	replaced int   // rows whose weight or repeat was another before
}

// Apply does what the rules say. The table has what they need.
func Apply(ctx context.Context, rows []*curate.Row, t *Table, rules *Rules) (*Outcome, error) {
	a := &applying{rows: rows, t: t, rules: rules, verdicts: make([]Verdict, len(rows))}
	before := make([]Verdict, len(rows))
	for i, r := range rows {
		weight, repeat, err := r.Record.Weights()
		if err != nil {
			return nil, err
		}
		before[i] = Verdict{Weight: weight, Repeat: repeat}
		a.verdicts[i] = before[i]
		a.left = append(a.left, i)
	}
	for _, step := range []func(context.Context) error{a.absent, a.drop, a.pick, a.weigh} {
		if err := step(ctx); err != nil {
			return nil, err
		}
		if len(a.left) == 0 {
			return nil, fmt.Errorf("the rules leave out every row: %s", a.reasons())
		}
	}
	o := &Outcome{Verdicts: a.verdicts, rows: rows, table: t}
	var err error
	o.Report, err = a.report(before)
	return o, err
}

// leave leaves out the rows of those left that are not to be kept.
func (a *applying) leave(why func(row int) string) {
	a.left = slices.DeleteFunc(a.left, func(i int) bool {
		text := why(i)
		if text != "" {
			a.verdicts[i] = Verdict{LeftOut: text}
		}
		return text != ""
	})
}

func lacks(score string) string { return "no " + score }

// absent leaves out rows that the file leaves out, where the rules don't weigh or repeat anew, and those that lack a score.
func (a *applying) absent(context.Context) error {
	a.leave(func(i int) string {
		v := a.verdicts[i]
		if v.Weight == 0 && (a.rules.Weight == nil || a.rules.Multiply) {
			return "weight 0 in the file"
		}
		if v.Repeat == 0 && (a.rules.Repeat == nil || a.rules.Multiply) {
			return "repeat 0 in the file"
		}
		return ""
	})
	if !a.rules.DropMissing {
		return nil
	}
	for _, name := range a.rules.scores() {
		c, err := a.t.column(name)
		if err != nil {
			return err
		}
		a.leave(func(i int) string {
			if c.Missing[i] == "" {
				return ""
			}
			return lacks(name)
		})
	}
	return nil
}

func (a *applying) drop(context.Context) error {
	for _, condition := range a.rules.Drop {
		c, err := a.t.column(condition.Score)
		if err != nil {
			return err
		}
		a.leave(func(i int) string {
			if c.Missing[i] == "" && condition.meets(c.Values[i]) {
				return condition.String()
			}
			return ""
		})
	}
	return nil
}

func (a *applying) pick(ctx context.Context) error {
	for _, s := range a.rules.Select {
		picked, err := s.pick(ctx, a.rows, a.t, a.left)
		if err != nil {
			return err
		}
		var c Column
		if s.By != "" {
			if c, err = a.t.column(s.By); err != nil {
				return err
			}
		}
		a.leave(func(i int) string {
			if _, is := slices.BinarySearch(picked, i); is {
				return ""
			}
			if s.By != "" && c.Missing[i] != "" {
				return lacks(s.By)
			}
			return "not in " + s.String()
		})
	}
	return nil
}

// weigh gives the rows that are left their weights and repeats.
func (a *applying) weigh(context.Context) error {
	was := slices.Clone(a.verdicts)
	if mix := a.rules.Weight; mix != nil {
		weights, err := mix.weights(a.t, a.left)
		if err != nil {
			return err
		}
		for k, i := range a.left {
			if a.rules.Multiply {
				weights[k] *= a.verdicts[i].Weight
			}
			a.verdicts[i].Weight = weights[k]
		}
	}
	if ladder := a.rules.Repeat; ladder != nil {
		repeats, err := ladder.repeats(a.t, a.left)
		if err != nil {
			return err
		}
		for k, i := range a.left {
			if a.rules.Multiply {
				repeats[k] *= a.verdicts[i].Repeat
			}
			if repeats[k] > dataset.MaxRepeat {
				return fmt.Errorf("row %d is to be repeated %d times: at most %d", i, repeats[k], dataset.MaxRepeat)
			}
			a.verdicts[i].Repeat = repeats[k]
		}
	}
	for _, i := range a.left {
		if w, v := was[i], a.verdicts[i]; w != v && (w.Weight != 1 || w.Repeat != 1) {
			a.replaced++
		}
	}
	a.leave(func(i int) string {
		switch v := a.verdicts[i]; {
		case v.Weight == 0:
			return "weight 0 by the rules"
		case v.Repeat == 0:
			return "repeat 0 by the rules"
		}
		return ""
	})
	if a.rules.Weight == nil {
		return nil
	}
	scale := 1.0
	if !a.rules.AsIs {
		scale = 1 / a.mean()
	}
	for _, i := range a.left {
		w, err := rounded(a.verdicts[i].Weight * scale)
		if err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		a.verdicts[i].Weight = w
	}
	return nil
}

// mean is the mean weight over an epoch of the rows that are left.
func (a *applying) mean() float64 {
	sum, n := 0.0, 0
	for _, i := range a.left {
		v := a.verdicts[i]
		sum += v.Weight * float64(v.Repeat)
		n += v.Repeat
	}
	return sum / float64(n)
}

// rounded is a weight in six digits, one that float32 has.
func rounded(w float64) (float64, error) {
	x, err := strconv.ParseFloat(strconv.FormatFloat(w, 'g', 6, 64), 64)
	if err != nil || math.IsInf(float64(float32(x)), 0) || float32(x) == 0 {
		return 0, fmt.Errorf("weight %s is beyond what a training reads: clamp it", number(w))
	}
	return x, nil
}

// reasons counts the rules that left rows out.
func (a *applying) reasons() string {
	var b bytes.Buffer
	for _, c := range countReasons(a.verdicts) {
		fmt.Fprintf(&b, "%d rows by %q; ", c.Rows, c.Rule)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("; ")))
}

// Write writes the rows with all their fields, and scores, weight and repeat, to a JSONL file, whole or not at all. Rows that
// were left out have weight and repeat 0, or are not written where drop says so.
func (o *Outcome) Write(path string, drop bool) error {
	i := 0
	return dataset.Lines(path, func() (*dataset.Record, error) {
		for drop && i < len(o.rows) && o.Verdicts[i].LeftOut != "" {
			i++
		}
		if i == len(o.rows) {
			return nil, nil
		}
		r, v := o.rows[i].Record.Clone(), o.Verdicts[i]
		scores, err := o.scores(i)
		if err != nil {
			return nil, err
		}
		err = errors.Join(r.Set("scores", scores), r.Set("weight", v.Weight), r.Set("repeat", v.Repeat))
		i++
		return r, err
	})
}

// scores is a row's object of scores: those that were measured, and what else the row had there.
func (o *Outcome) scores(row int) (json.RawMessage, error) {
	had := map[string]json.RawMessage{}
	r := o.rows[row].Record
	if raw := r.Field("scores"); raw != nil && string(raw) != "null" {
		if err := json.Unmarshal(raw, &had); err != nil {
			return nil, fmt.Errorf("%s: field \"scores\" is no object, and scores are written there: rename the field", r.Ref)
		}
	}
	var b bytes.Buffer
	add := func(name string, value []byte) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.Write(key)
		b.WriteString(": ")
		b.Write(value)
		return nil
	}
	for _, c := range o.table.Columns {
		delete(had, c.Score.Name)
		if c.Missing[row] == "" {
			value, err := json.Marshal(c.Values[row])
			if err != nil {
				return nil, err
			}
			if err := add(c.Score.Name, value); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range sortedKeys(had) {
		if err := add(name, had[name]); err != nil {
			return nil, err
		}
	}
	return json.RawMessage("{" + b.String() + "}"), nil
}
