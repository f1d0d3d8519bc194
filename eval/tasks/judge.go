package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cria-llm/cria/internal/several"
)

const judged = "judge" // the metric

// Judge says what answers are worth beside the right ones.
type Judge struct {
	Name string // of who judges and how it is asked: what was judged is kept under it
	// Worth is 1 where the answer is the better of the two, 0.5 where they are alike, 0 where the right one is better. failed is
	// why there is no verdict; an error ends the measurement. It is called from as many goroutines as AtOnce says.
	Worth  func(ctx context.Context, question, right, said string) (worth float64, failed string, err error)
	AtOnce int
	// Progress hears of the items that are judged; nil for none.
	Progress func(done, of int)
}

// Judged says whether answers of the task are judged.
func (t *Task) Judged() bool { return slices.Contains(t.Metrics, judged) }

// FirstUnjudged says of the first answer without a verdict where its item is, and why.
func (r Result) FirstUnjudged() string {
	for _, o := range r.Outcomes {
		if o.Unjudged != "" {
			return o.Where + ": " + o.Unjudged
		}
	}
	return ""
}

// judge fills in what the items' answers are worth. A verdict that failed is not kept, and is asked for again by the next run.
func (s *Set) judge(ctx context.Context, o Options, items []Item, measured []Measured) (err error) {
	if o.Judge == nil {
		return fmt.Errorf("task %s has the metric %s, and nobody judges", s.Name, judged)
	}
	j := o.Judge
	var open []int
	keys := make([]string, len(items))
	for i, it := range items {
		if measured[i].TooLong {
			continue
		}
		keys[i] = hashed("judged 1 "+j.Name, it.Before+it.Prompt, it.Target, measured[i].Said)
		if known, ok := o.Cache.known[keys[i]]; ok {
			measured[i].Worth = known.Worth
		} else {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return nil
	}
	if j.Progress != nil {
		j.Progress(0, len(open))
	}
	var mu sync.Mutex
	defer func() { err = errors.Join(err, o.Cache.f.Flush()) }()
	return several.Do(ctx, len(open), j.AtOnce, func(ctx context.Context, k int) error {
		i := open[k]
		it := items[i]
		worth, failed, err := j.Worth(ctx, it.Before+it.Prompt, it.Target, measured[i].Said)
		if err != nil {
			return fmt.Errorf("%s: %w", it.Where, err)
		}
		if failed != "" {
			measured[i].Unjudged = failed
			return nil
		}
		measured[i].Worth = &worth
		mu.Lock()
		defer mu.Unlock()
		return o.Cache.put(keys[i], Measured{Worth: &worth})
	}, j.Progress)
}
