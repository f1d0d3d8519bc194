package several

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestEachThingIsDoneOnceAndSoManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		got := make([]int, 10)
		var heard []int
		begun := time.Now()
		err := Do(t.Context(), len(got), 4, func(_ context.Context, i int) error {
			most.Store(max(most.Load(), under.Add(1)))
			time.Sleep(time.Second)
			under.Add(-1)
			got[i]++
			return nil
		}, func(done, total int) { heard = append(heard, total*100+done) })
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took != 3*time.Second || most.Load() > 4 {
			t.Errorf("%v with %d at once, want 3 s and 4", took, most.Load())
		}
		if slices.Min(got) != 1 || slices.Max(got) != 1 || len(heard) != 10 || heard[9] != 1010 {
			t.Errorf("done %v, heard %v", got, heard)
		}
	})
	if err := Do(t.Context(), 0, 4, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestAnErrorLetsNothingMoreBegin(t *testing.T) {
	bad := errors.New("bad")
	begun := 0
	err := Do(t.Context(), 10, 0, func(_ context.Context, i int) error {
		begun++
		if i == 2 {
			return bad
		}
		return nil
	}, nil)
	if !errors.Is(err, bad) || begun > 4 {
		t.Errorf("error %v after %d", err, begun)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Do(ctx, 10, 2, func(context.Context, int) error { return nil }, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that has ended", err)
	}
}
