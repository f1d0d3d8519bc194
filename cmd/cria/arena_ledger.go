package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/arena/record"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/store"
)

// recordBout is what writes a bout into the user's ledger. Where that cannot be it says so in one line on stderr, and the bout
// goes on without.
func (a *app) recordBout(ctx context.Context, b *bout.Bout) (rec *record.Recorder, done func()) {
	note := func(text string) { fmt.Fprintf(a.stderr, "  note: %s\n", plain(text)) }
	s, err := openLedger(ctx)
	if err != nil {
		note("the comparison will not be in the ledger: " + err.Error())
		return nil, func() {}
	}
	return record.Of(s, b, note), func() {
		if err := s.Close(); err != nil {
			note("the ledger was not closed in good order: " + err.Error())
		}
	}
}

// paid is what was paid, nil where nothing was.
func paid(spent *openai.Spent) *float64 {
	if spent == nil || spent.Most() == 0 {
		return nil
	}
	cost := spent.Most().Dollars()
	return &cost
}

// boutFolder is the folder of a bout: one that is named, or that of an id in the ledger.
func boutFolder(ctx context.Context, name string) (dir string, err error) {
	if _, err := os.Stat(name); err == nil || strings.Trim(strings.ToLower(name), "0123456789abcdef") != "" {
		return name, nil
	}
	err = withLedger(ctx, func(s *store.Store) error {
		b, err := s.Bout(ctx, name)
		if err != nil {
			return fmt.Errorf("%s is no folder, and %w", name, err)
		}
		if _, err := os.Stat(filepath.Join(b.Folder, "bout.json")); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("bout %s was in %s and is not there any more: name the folder", b.ID, b.Folder)
		}
		dir = b.Folder
		return nil
	})
	return dir, err
}
