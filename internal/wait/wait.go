// Package wait waits, unless there is nobody left to wait for.
//
//	err := wait.For(ctx, 20*time.Millisecond)
package wait

import (
	"context"
	"time"
)

// For waits so long, or until the context ends, whose error it gives then.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
