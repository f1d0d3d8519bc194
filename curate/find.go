package curate

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Look is what detectors that need no other row find in one, in the order of its exchanges and, in an exchange, of the
// detectors.
func Look(row *Row, detectors []Detector) []Finding {
	var found []Finding
	for _, x := range row.Exchanges() {
		for _, d := range detectors {
			if d.Look != nil {
				found = append(found, d.Look(x)...)
			}
		}
	}
	return found
}

// Find has every detector look at the rows, as many at once as there are processors, and gives what they find in the order of
// the rows, and what is in one row in the order that [Look] has, before what only all rows together show. progress may be
// nil; it hears, from several goroutines, how many rows were looked at one by one.
func Find(ctx context.Context, rows []*Row, detectors []Detector, progress func(done int)) ([]Finding, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const chunk = 64
	alone := make([][]Finding, len(rows))
	together := make([][]Finding, len(detectors))
	errs := make([]error, len(detectors))
	var jobs []func()
	for i, d := range detectors {
		if d.LookAll != nil {
			jobs = append(jobs, func() {
				if together[i], errs[i] = d.LookAll(ctx, rows); errs[i] != nil {
					cancel()
				}
			})
		}
	}
	var looked atomic.Int64
	for from := 0; from < len(rows); from += chunk {
		to := min(from+chunk, len(rows))
		jobs = append(jobs, func() {
			for i := from; i < to; i++ {
				alone[i] = Look(rows[i], detectors)
			}
			if n := looked.Add(int64(to - from)); progress != nil {
				progress(int(n))
			}
		})
	}
	work(ctx, jobs)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := slices.Concat(alone...)
	for _, list := range together {
		found = append(found, list...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(a.Row, b.Row) })
	return found, nil
}

// work does jobs in their order, as many at once as there are processors, until the context ends.
func work(ctx context.Context, jobs []func()) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(len(jobs), runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := next.Add(1); int(i) <= len(jobs) && ctx.Err() == nil; i = next.Add(1) {
				jobs[i-1]()
			}
		})
	}
	all.Wait()
}
