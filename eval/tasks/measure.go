package tasks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cria-llm/cria/infer"
)

// batchItems is how many items are measured together, and kept before the next.
const batchItems = 64

// Options of a measurement. The zero value measures all items and keeps nothing.
type Options struct {
	Limit    int // items to draw, 0 for all
	Seed     uint64
	Cache    *Cache
	Judge    *Judge             // for the metric judge
	Sampling infer.Sampling     // of answers; the zero value is greedy. Each item has a seed of its own, by this one and its text
	Progress func(done, of int) // nil for none
}

// Result is what a task came to.
type Result struct {
	Value            // of the first metric
	N        int     `json:"n"`  // items that count
	Of       int     `json:"of"` // that the task has
	TooLong  int     `json:"too_long"`
	Cut      int     `json:"cut,omitempty"`      // answers that the model did not end itself
	Unjudged int     `json:"unjudged,omitempty"` // answers that the judge came to no verdict on, which its number is without
	Judge    string  `json:"judge,omitempty"`
	Cached   int     `json:"cached"`
	Shots    int     `json:"shots"`
	Source   string  `json:"source,omitempty"`
	Others   []Value `json:"others,omitempty"`
	Measured int     `json:"-"` // items that were not cached
	// Seconds is how long these took.
	Seconds float64 `json:"-"`
	// Outcomes are of the items that count, in their order.
	Outcomes []Outcome `json:"-"`

	numbers []number // what Value and Others are, in that order
}

// Outcome is what became of an item.
type Outcome struct {
	Item
	Measured
	Scores []Score // by each of the numbers, the task's own first
}

// Score is what an item adds to a number, which is the sum of Num over the sum of Den.
type Score struct{ Num, Den float64 }

// none says that the item has no part in the number, as an answer without a verdict has none.
func (s Score) none() bool { return s.Den == 0 }

// number is a metric of what one extraction finds.
type number struct {
	metric
	full string // its name, with that of the extraction
	from Extract
}

// Measure puts a task's items to a model.
func Measure(ctx context.Context, a *infer.Assistant, s *Set, o Options) (Result, error) {
	asked, err := s.asked(a)
	if err != nil {
		return Result{}, err
	}
	if o.Cache == nil {
		o.Cache = &Cache{known: map[string]Measured{}}
	}
	items := Sample(s.Items, o.Limit, o.Seed)
	keys := make([]string, len(items))
	var open []int
	for i, it := range items {
		keys[i] = s.keyOf(asked, it)
		if s.Kind == Answer && o.Sampling.Temperature > 0 {
			keys[i] = hashed(fmt.Sprintf("sampled 1 %+v", o.Sampling), keys[i])
		}
		if _, ok := o.Cache.known[keys[i]]; !ok {
			open = append(open, i)
		}
	}
	told := func(done int) {
		if o.Progress != nil {
			o.Progress(len(items)-len(open)+done, len(items))
		}
	}
	r := Result{Of: len(s.Items), Cached: len(items) - len(open), Measured: len(open), Shots: s.shots, Source: s.Source}
	list := make([]Item, len(open))
	for k, i := range open {
		list[k] = items[i]
	}
	begun, done := time.Now(), 0
	keep := func(from int, found ...Measured) error {
		for k, m := range found {
			if err := o.Cache.put(keys[open[from+k]], m); err != nil {
				return err
			}
		}
		done += len(found)
		told(done)
		return nil
	}
	told(0)
	if s.Kind == Answer {
		err = s.answers(ctx, a, list, keep, func(k int) infer.Sampling { return drawn(o.Sampling, keys[open[k]]) })
	} else {
		err = s.losses(ctx, a, list, keep)
	}
	if err != nil {
		return r, errors.Join(err, o.Cache.f.Flush())
	}
	r.Seconds = time.Since(begun).Seconds()
	measured := make([]Measured, len(items))
	for i, key := range keys {
		measured[i] = o.Cache.known[key]
	}
	if s.Judged() {
		if err := s.judge(ctx, o, items, measured); err != nil {
			return r, err
		}
		r.Judge = o.Judge.Name
	}
	return r, s.count(&r, items, measured)
}

// losses measures items, and has some kept before the next.
func (s *Set) losses(ctx context.Context, a *infer.Assistant, items []Item, keep func(from int, found ...Measured) error) error {
	batch := batchItems
	if s.Kind == Text {
		batch = 1
	}
	for at := 0; at < len(items); at += batch {
		found, err := s.measure(ctx, a, items[at:min(at+batch, len(items))])
		if err == nil {
			err = keep(at, found...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measure is what the model makes of some items.
func (s *Set) measure(ctx context.Context, a *infer.Assistant, items []Item) ([]Measured, error) {
	out := make([]Measured, len(items))
	var pairs []infer.Pair
	from := make([]int, len(items)+1)
	for i, it := range items {
		more, err := s.pairs(a, it)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", it.Where, err)
		}
		for _, p := range more {
			if len(p.Prompt)+len(p.Response) > a.Context() {
				out[i], more = Measured{TooLong: true}, nil
				break
			}
		}
		pairs = append(pairs, more...)
		from[i+1] = len(pairs)
	}
	var found []infer.Foreseen
	if s.Kind == Word {
		var err error
		if found, err = a.Foresee(ctx, pairs); err != nil {
			return nil, err
		}
	} else {
		losses, err := a.Losses(ctx, pairs)
		if err != nil {
			return nil, err
		}
		for _, l := range losses {
			found = append(found, infer.Foreseen{Loss: l})
		}
	}
	for i, it := range items {
		sum := 0.0
		for _, f := range found[from[i]:from[i+1]] {
			if math.IsNaN(f.Sum) || math.IsInf(f.Sum, 0) {
				return nil, fmt.Errorf("%s: the model's loss is %g", it.Where, f.Sum)
			}
			sum += f.Sum
			out[i].Losses, out[i].Greedy = append(out[i].Losses, f.Sum), f.Greedy
		}
		if s.Kind == Text {
			out[i].Losses = []float64{sum}
		}
	}
	return out, nil
}

// pairs are what is to be measured of an item.
func (s *Set) pairs(a *infer.Assistant, it Item) ([]infer.Pair, error) {
	if s.Kind == Text {
		return windows(a, it.Target)
	}
	texts := []string{it.Target}
	if s.Kind == Choice {
		texts = nil
		for _, c := range it.Choices {
			texts = append(texts, " "+c)
		}
	}
	asked := s.Asked(it)
	var pairs []infer.Pair
	if s.Chat {
		for _, c := range it.Choices {
			p, err := replied(a, asked, c)
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, p)
		}
		return pairs, nil
	}
	for i, text := range texts {
		prompt := asked
		if it.Continuation != "" {
			prompt, text = asked+it.Choices[i], " "+it.Continuation
		}
		p, err := continued(a, prompt, text)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// asked names who is asked, in the keys of what is kept: the model, and the template that it is asked in.
func (s *Set) asked(a *infer.Assistant) (string, error) {
	name, err := a.Hash()
	if err != nil || !s.Chat {
		return name, err
	}
	t, _, err := a.Template()
	if err != nil {
		return "", err
	}
	return name + " " + t.Hash(), nil
}

// count makes numbers of what was measured.
func (s *Set) count(r *Result, items []Item, measured []Measured) error {
	if r.numbers = s.numbers(); len(r.numbers) == 0 {
		return fmt.Errorf("task %s has no metric", s.Name)
	}
	for i, it := range items {
		if measured[i].TooLong {
			r.TooLong++
			continue
		}
		if measured[i].Cut {
			r.Cut++
		}
		if measured[i].Unjudged != "" {
			r.Unjudged++
		}
		o := Outcome{Item: it, Measured: measured[i]}
		for _, n := range r.numbers {
			said := o.Said
			if n.from.regex != nil {
				said = n.from.extracted(said)
			}
			num, den := n.score(s, it, o.Measured, said)
			o.Scores = append(o.Scores, Score{num, den})
		}
		r.Outcomes = append(r.Outcomes, o)
	}
	r.total()
	return nil
}

// total makes numbers of the outcomes' scores.
func (r *Result) total() {
	r.N = len(r.Outcomes)
	for k, n := range r.numbers {
		scores := make([]Score, r.N)
		for i, o := range r.Outcomes {
			scores[i] = o.Scores[k]
		}
		v := n.estimate(n.full, scores)
		if k == 0 {
			r.Value = v
		} else {
			r.Others = append(r.Others, v)
		}
	}
}

// numbers are the task's metrics, each of what every extraction finds.
func (s *Set) numbers() []number {
	extracts := s.Extract
	if len(extracts) == 0 {
		extracts = []Extract{{}}
	}
	var list []number
	all := metricsOf()
	for _, name := range s.Metrics {
		for _, m := range all {
			if m.name != name || !m.of(s.Kind, s.Form) {
				continue
			}
			for k, e := range extracts {
				if m.name == judged {
					if k == 0 {
						list = append(list, number{metric: m, full: name}) // of the whole answer
					}
					continue
				}
				full := name
				if e.regex != nil {
					full += "," + e.Name
				}
				list = append(list, number{m, full, e})
			}
		}
	}
	return list
}
