// Package filelock keeps two processes from doing the same thing at once, by a lock on a file that the system gives up when
// the process that holds it ends, however it ends. The file stays.
//
//	unlock, err := filelock.Lock(ctx, "blobs/abc.lock")
//	defer unlock()
package filelock

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cria-llm/cria/internal/wait"
)

// pause is the time between two tries for a lock that another holds.
const pause = 100 * time.Millisecond

// Lock takes the lock on a file, which is made with its folder where it is not there, and waits for another holder to give
// it up. Holders within one process exclude each other too.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for {
		ok, err := try(f)
		if ok {
			return func() { _ = f.Close() }, nil // which gives the lock up
		}
		if err == nil {
			if err = wait.For(ctx, pause); err == nil {
				continue
			}
		}
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
}
