// Package several does many things, some of them at once: questions to an endpoint, that each take a while.
//
//	err := several.Do(ctx, len(pairs), 8, func(ctx context.Context, i int) error { … }, nil)
package several

import (
	"context"
	"sync"
)

// Do does n things, begun in their order, so many at once, and 1 at least. The first error, or the end of the context, lets
// nothing more begin and ends the context of what was begun, which is waited for. told may be nil; it hears of each thing that
// is done, from one goroutine at a time.
func Do(ctx context.Context, n, parallel int, do func(ctx context.Context, i int) error, told func(done, total int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(n, max(1, parallel)) {
		all.Go(func() {
			for i := range next {
				if err := do(ctx, i); err != nil {
					cancel(err)
					continue
				}
				mu.Lock()
				done++
				if told != nil {
					told(done, n)
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
	return context.Cause(ctx)
}
