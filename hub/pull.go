package hub

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cria-llm/cria/internal/machine"
)

// parallel is how many files are fetched at once.
const parallel = 4

// PullOptions are choices of a pull.
type PullOptions struct {
	// Include fetches the files that fit one of these patterns instead of those that are needed. * stands for any text.
	Include []string
}

// Pulled is what a pull brought.
type Pulled struct {
	ID       string       `json:"id"`
	Revision string       `json:"revision"`
	Commit   string       `json:"commit"`
	Path     string       `json:"path"` // the snapshot's folder, or the GGUF file that was asked for
	Files    []PulledFile `json:"files"`
	Bytes    int64        `json:"bytes"`         // of all files
	Resumed  int64        `json:"resumed_bytes"` // of them, left by earlier tries that were cut short
}

// PulledFile is a file of a snapshot.
type PulledFile struct {
	Path   string `json:"path"` // in the repository
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Observer sees how a pull goes. Its methods are called by several goroutines.
type Observer interface {
	// Planned says what will lie in the cache in the end, and how much of it is there already.
	Planned(files int, bytes, have int64)
	// Moved says that more of a file is there: fewer than 0 bytes where some were thrown away. What was there before counts too.
	Moved(name string, bytes int64)
	// Finished says that a file is whole and checked.
	Finished(name string, bytes int64)
	// Noted is a text for people.
	Noted(text string)
}

// Silent is an observer that takes no notice.
type Silent struct{}

// Planned implements [Observer].
func (Silent) Planned(int, int64, int64) {}

// Moved implements [Observer].
func (Silent) Moved(string, int64) {}

// Finished implements [Observer].
func (Silent) Finished(string, int64) {}

// Noted implements [Observer].
func (Silent) Noted(string) {}

// Pull brings what is needed of a repository into the cache, and what is there already it leaves as it is. Where it is
// interrupted, the next pull goes on.
func (c *Client) Pull(ctx context.Context, r Ref, o PullOptions, obs Observer) (*Pulled, error) {
	if c.Offline {
		return nil, fmt.Errorf("pull %s: HF_HUB_OFFLINE is set, so no connection is opened", r.ID)
	}
	in, err := c.info(ctx, r, obs.Noted)
	if err != nil {
		return nil, err
	}
	p := &pull{c: c, ref: r, in: in, dir: folderOf(c.Cache, r), obs: obs, commit: in.Commit}
	chosen, err := p.choose(ctx, o.Include)
	if err != nil {
		return nil, err
	}
	slices.Sort(chosen.files)
	if err := p.describe(ctx, slices.Compact(chosen.files)); err != nil {
		return nil, err
	}
	if err := p.room(); err != nil {
		return nil, err
	}
	if err := p.fetch(ctx); err != nil {
		return nil, err
	}
	if err := p.dir.setRef(r.revision(), p.commit); err != nil {
		return nil, err
	}
	out := &Pulled{ID: r.ID, Revision: r.revision(), Commit: p.commit, Path: p.dir.snapshot(p.commit), Files: make([]PulledFile, len(p.files))}
	if chosen.gguf != "" {
		out.Path = filepath.Join(out.Path, filepath.FromSlash(chosen.gguf))
	}
	for i, f := range p.files {
		out.Files[i] = PulledFile{Path: f.name, Bytes: f.size, SHA256: p.got[i].sha256}
		out.Bytes += f.size
		out.Resumed += p.got[i].resumed
	}
	return out, nil
}

// pull is one that goes on.
type pull struct {
	c      *Client
	ref    Ref
	in     *info
	dir    folder
	obs    Observer
	commit string
	files  []file
	got    []fetched
}

// each does something for every index below n, a few at once, and gives the first error. The others are called off then.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next := make(chan int)
	errs := make([]error, n)
	var all sync.WaitGroup
	var once sync.Once
	var first error
	for range min(parallel, n) {
		all.Go(func() {
			for i := range next {
				if errs[i] = do(ctx, i); errs[i] != nil {
					once.Do(func() { first = errs[i]; cancel() })
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
	if first == nil {
		return ctx.Err()
	}
	return first
}

// describe asks what the hub says of each file, and finds the commit where the list did not say it.
func (p *pull) describe(ctx context.Context, names []string) error {
	p.files = make([]file, len(names))
	commits := make([]string, len(names))
	err := each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		p.files[i], commits[i], err = p.c.head(ctx, p.ref, p.in, names[i], p.obs.Noted)
		return err
	})
	if err != nil {
		return err
	}
	for _, commit := range commits {
		if p.commit == "" {
			p.commit = commit
		}
		if commit != "" && commit != p.commit {
			return fmt.Errorf("%s changed while it was looked at: pull again", p.ref.ID)
		}
	}
	if !commitForm.MatchString(p.commit) {
		return fmt.Errorf("%s: the hub does not say which commit %s is", p.ref.ID, p.ref.revision())
	}
	return nil
}

// choose says which files are needed. What it takes to know that is fetched for it.
func (p *pull) choose(ctx context.Context, include []string) (choice, error) {
	names := p.in.names()
	if len(include) > 0 {
		list := included(names, include)
		if len(list) == 0 {
			return choice{}, fmt.Errorf("%s: no file fits --include %s; it has %s", p.ref.ID, strings.Join(include, ", "), some(names, 12))
		}
		return choice{files: list}, nil
	}
	if p.ref.Kind == Dataset {
		var card []byte
		if slices.Contains(names, cardFile) {
			var err error
			if card, err = p.read(ctx, cardFile); err != nil {
				return choice{}, err
			}
		}
		return chooseDataset(p.ref, names, card)
	}
	chosen, err := chooseModel(p.ref, p.in)
	if err != nil || chosen.index == "" {
		return chosen, err
	}
	index, err := p.read(ctx, chosen.index)
	if err != nil {
		return choice{}, err
	}
	more, err := shards(p.ref, index, names)
	chosen.files = append(chosen.files, more...)
	return chosen, err
}

// read fetches a small file that says which others are needed.
func (p *pull) read(ctx context.Context, name string) ([]byte, error) {
	if err := p.describe(ctx, []string{name}); err != nil {
		return nil, err
	}
	f := p.files[0]
	if f.size > maxInfo {
		return nil, fmt.Errorf("%s: %s is of %d bytes: too large for what it is", p.ref.ID, name, f.size)
	}
	if _, err := p.c.fetch(ctx, p.ref, p.dir, f, p.commit, Silent{}); err != nil {
		return nil, p.c.explain(p.ref, err)
	}
	return os.ReadFile(p.dir.blob(f.etag))
}

// room refuses what the disk has no room for, before any of it comes.
func (p *pull) room() error {
	var need, total, have int64
	seen := make(map[string]bool)
	for _, f := range p.files {
		there := p.dir.size(f.etag)
		if there != f.size {
			there = min(p.dir.begun(f.etag), f.size)
		}
		total += f.size
		have += there
		if !seen[f.etag] {
			need += f.size - there
		}
		seen[f.etag] = true
		if need < 0 || total < 0 {
			return fmt.Errorf("%s: the hub says sizes that no disk has", p.ref.ID)
		}
	}
	if free := machine.FreeDisk(p.c.Cache); free > 0 && need > free {
		return fmt.Errorf("%s needs %s more on the disk of %s, which has %s free: make room, or set HF_HUB_CACHE to a folder on another disk",
			p.ref.ID, bytesText(need), p.c.Cache, bytesText(free))
	}
	p.obs.Planned(len(p.files), total, have)
	return nil
}

// fetch brings all files, the largest first, so that none is left over at the end alone.
func (p *pull) fetch(ctx context.Context) error {
	order := make([]int, len(p.files))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(1, max(-1, p.files[b].size-p.files[a].size))) })
	p.got = make([]fetched, len(p.files))
	return each(ctx, len(order), func(ctx context.Context, k int) error {
		i := order[k]
		f := p.files[i]
		var err error
		if p.got[i], err = p.c.fetch(ctx, p.ref, p.dir, f, p.commit, p.obs); err != nil {
			return p.c.explain(p.ref, err)
		}
		if err := p.dir.link(p.commit, f.name, f.etag); err != nil {
			return fmt.Errorf("pull %s: %w", p.ref.ID, err)
		}
		p.obs.Finished(f.name, f.size)
		return nil
	})
}
