package similarity

import (
	"runtime"
	"sync"
)

// many is how many small pieces of work a processor takes at once.
const many = 64

// spread calls work for 0 to n-1 on all processors, a block of them at a time. What it does for one may not depend on
// another.
func spread(n, block int, work func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+block-1)/block)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for from := w * block; from < n; from += workers * block {
				for i := from; i < min(from+block, n); i++ {
					work(i)
				}
			}
		})
	}
	wait.Wait()
}
