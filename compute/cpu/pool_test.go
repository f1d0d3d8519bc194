package cpu

import (
	"sync/atomic"
	"testing"
	"time"
)

// counted is a job that counts how often each task is run.
type counted []atomic.Int32

func (c counted) run(task int, _ *worker) { c[task].Add(1) }

// Every task is run once and before run returns, whether the workers still spin, sleep, or have ended.
func TestPoolRunsEveryTaskOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := newPool(threads)
		check := func(tasks int) {
			t.Helper()
			c := make(counted, tasks)
			p.run(c, tasks)
			for i := range c {
				if n := c[i].Load(); n != 1 {
					t.Fatalf("%d threads: task %d of %d ran %d times", threads, i, tasks, n)
				}
			}
		}
		for i := range 2000 {
			check(i % 17)
		}
		for range 5 {
			time.Sleep(2 * time.Millisecond)
			check(5)
		}
		p.close()
		p.close()
		check(5)
	}
}
