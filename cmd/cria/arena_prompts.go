package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/store"
	"github.com/cria-llm/cria/train"
)

// readPrompts reads a file of prompts, or takes the rows that a run held out.
func (f *arenaRunFlags) readPrompts(ctx context.Context, a *app) (*bout.Prompts, error) {
	if info, err := os.Stat(f.prompts); err == nil && !info.IsDir() {
		return bout.ReadPrompts(f.prompts, f.limit)
	}
	dir, err := runFolder(ctx, f.prompts)
	if err != nil {
		return nil, fmt.Errorf("--prompts: %w", err)
	}
	held, err := train.HeldOut(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("--prompts: %w", err)
	}
	if f.limit > 0 && f.limit < len(held) {
		held = held[:f.limit]
	}
	p, leftOut, err := bout.FromExamples("what "+dir+" held out", held)
	switch {
	case err != nil:
		return nil, err
	case p.N == 0:
		return nil, fmt.Errorf("--prompts: none of the %s that %s held out begins with a question and its answer, so none can be asked", plural(len(held), "row"), dir)
	case leftOut > 0:
		fmt.Fprintf(a.stderr, "  note: %s that %s held out are left out: they do not begin with a question and its answer\n", plural(leftOut, "row"), plain(dir))
	}
	return p, nil
}

// runFolder is the folder of a run: one that is named, alone or on top of a model, or that of an id in the ledger.
func runFolder(ctx context.Context, name string) (dir string, err error) {
	for _, path := range []string{name, name[strings.LastIndex(name, "+")+1:]} {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return path, nil
		}
	}
	if strings.ContainsAny(name, `+./\`) { // no id has these
		return "", fmt.Errorf("%s is no file of prompts, and no folder of a run", name)
	}
	err = withLedger(ctx, func(s *store.Store) error {
		r, err := s.Run(ctx, name)
		if err != nil {
			return fmt.Errorf("%s is no file of prompts, no folder of a run, and no id of one: %w", name, err)
		}
		dir = r.Out
		return nil
	})
	return dir, err
}
