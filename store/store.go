// Package store is the ledger: what was done with models on this machine, what came of it, and what it cost. It is one
// SQLite file in the user's data folder. Any number of programs may write to it at once: every change is one short
// transaction that takes its turn, and a program that is killed leaves no half of one.
//
//	path, err := store.Path()
//	ledger, err := store.Open(ctx, path)
//	defer ledger.Close()
//	run := store.Run{Kind: "train", Out: "my-run", Recipe: string(recipe.YAML())}
//	err = ledger.Begin(ctx, &run)              // gives it an id; status running
//	run.Status, run.Steps = store.Done, 100
//	err = ledger.Update(ctx, run)
//	runs, err := ledger.Runs(ctx)              // newest first
//
// It never touches what a run wrote, and knows nothing of models: package train/record fills it while a model is trained,
// so that a program that trains without a ledger carries no database.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/cria-llm/cria/internal/datafolder"
	"github.com/cria-llm/cria/internal/wait"
)

// Store is an open ledger. Its methods may be called by several goroutines.
type Store struct {
	db   *sql.DB
	path string
}

// Path is the ledger's file in the user's data folder. It may not be there yet.
func Path() (string, error) {
	dir, err := datafolder.Path()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "ledger.db"), nil
}

// patience is how long a change waits for those of other programs.
const patience = 10 * time.Second

// Open opens the ledger at path, which it makes where there is none, with its folder.
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// What people do with models is nobody else's to read.
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, path: path}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// address is the file with how it is opened: readers and one writer side by side (WAL), every transaction a writer from
// its beginning, so that two that read before they write do not lock each other out.
func address(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // a drive's letter
	}
	u := url.URL{Scheme: "file", Path: p, RawQuery: url.Values{
		"_txlock": {"immediate"},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()), "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"},
	}.Encode()}
	return u.String()
}

// Close closes the ledger.
func (s *Store) Close() error { return s.db.Close() }

// change runs a transaction. One that finds the file locked in a way that SQLite does not wait for, as while another
// program makes the ledger, is tried again until the patience is at its end.
func (s *Store) change(ctx context.Context, do func(*sql.Tx) error) error {
	const pause = 20 * time.Millisecond
	for began := time.Now(); ; {
		err := s.transaction(ctx, do)
		if !busy(err) || time.Since(began) > patience {
			return err
		}
		if err := wait.For(ctx, pause); err != nil {
			return err
		}
	}
}

func (s *Store) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func busy(err error) bool {
	var e *sqlite.Error
	const primary = 0xff // what lies above it is detail
	return errors.As(err, &e) && e.Code()&primary == sqlite3.SQLITE_BUSY
}
