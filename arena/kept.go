package arena

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cria-llm/cria/internal/appendfile"
	"github.com/cria-llm/cria/internal/filelock"
)

// Kept is a judge whose verdicts are kept in a file as they come, a line each, and are not asked for again. What failed is.
type Kept struct {
	j      Judge
	file   *appendfile.File
	unlock func()
	mu     sync.Mutex
	had    map[string]Verdict // by what was seen
}

// keptLine is a line of the file, which may have the verdicts of several judges.
type keptLine struct {
	Judge string  `json:"judge"`
	Seen  string  `json:"seen"` // see [Shown.Hash]
	First float64 `json:"first"`
	Said  string  `json:"said,omitempty"`
}

// Keep opens the file, which need not be there, and no other process may have open.
func Keep(j Judge, path string) (*Kept, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	unlock, err := filelock.Lock(ctx, path+".lock")
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s is open in another process: let that one end, or stop it", path)
	} else if err != nil {
		return nil, err
	}
	k := &Kept{j: j, unlock: unlock, had: map[string]Verdict{}}
	const longest = 64 << 20
	k.file, err = appendfile.Open(path, longest, func(n int, text []byte) error {
		var l keptLine
		if err := json.Unmarshal(text, &l); err != nil || l.Seen == "" || !(l.First >= 0 && l.First <= 1) {
			return fmt.Errorf("line %d is no verdict: want {\"judge\":…,\"seen\":…,\"first\":0 to 1}", n)
		}
		if l.Judge == j.Name() {
			k.had[l.Seen] = Verdict{First: l.First, Said: l.Said}
		}
		return nil
	})
	if err != nil {
		unlock()
		return nil, err
	}
	return k, nil
}

// Name is the judge's.
func (k *Kept) Name() string { return k.j.Name() }

// soon is how long a verdict may not be on the disk yet.
const soon = 100 * time.Millisecond

// Judge implements the interface of that name.
func (k *Kept) Judge(ctx context.Context, s Shown) (Verdict, error) {
	seen := s.Hash()
	k.mu.Lock()
	v, ok := k.had[seen]
	k.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := k.j.Judge(ctx, s)
	if err != nil || v.Failed != "" {
		return v, err
	}
	if err := k.file.Soon(keptLine{Judge: k.j.Name(), Seen: seen, First: v.First, Said: v.Said}, soon); err != nil {
		return Verdict{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.had[seen] = v
	return v, nil
}

// Close brings the last verdicts to the disk and closes the file.
func (k *Kept) Close() error {
	defer k.unlock()
	return errors.Join(k.file.Flush(), k.file.Close())
}
