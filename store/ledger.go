package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Begin writes down that a run has begun: it gets an id, the status running and, where r has none, the time of its start.
func (s *Store) Begin(ctx context.Context, r *Run) error {
	out, err := filepath.Abs(r.Out)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	r.Out, r.Status = out, Running
	if r.Started.IsZero() {
		r.Started = time.Now()
	}
	r.Started = r.Started.UTC().Truncate(time.Millisecond)
	r.claim()
	err = s.change(ctx, func(tx *sql.Tx) error {
		var last string
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(id), '') FROM runs").Scan(&last); err != nil {
			return err
		}
		r.ID = nextID(last, r.Started)
		fields := r.fields()
		_, err := tx.ExecContext(ctx, "INSERT INTO runs ("+columns+") VALUES (?"+strings.Repeat(", ?", len(fields)-1)+")", fields...)
		if err != nil {
			return err
		}
		return putParents(ctx, tx, r)
	})
	if err != nil {
		return fmt.Errorf("ledger: begin a run: %w", err)
	}
	return nil
}

// Resume writes down that the latest run of a kind in a folder goes on, unless it is done, and gives it. It reports false
// where there is none, as where the ledger was elsewhere when the run began.
func (s *Store) Resume(ctx context.Context, kind, out string) (Run, bool, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return Run{}, false, fmt.Errorf("ledger: %w", err)
	}
	var r Run
	err = s.change(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, "SELECT "+columns+" FROM runs WHERE kind = ? AND out = ? ORDER BY id DESC LIMIT 1", kind, out)
		if err := row.Scan(r.fields()...); err != nil {
			return err
		}
		if r.Status == Done && r.Stopped == "" {
			return sql.ErrNoRows
		}
		r.Status, r.Error, r.Stopped, r.Ended = Running, "", "", nil
		r.claim()
		if err := getParents(ctx, tx, &r); err != nil {
			return err
		}
		return update(ctx, tx, &r)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Run{}, false, nil
	case err != nil:
		return Run{}, false, fmt.Errorf("ledger: resume the run in %s: %w", out, err)
	}
	return r, true, nil
}

// Update writes a run as it is now. The time of its end is set where its status is no longer running.
func (s *Store) Update(ctx context.Context, r Run) error {
	if r.Status != Running && r.Ended == nil {
		now := time.Now().UTC().Truncate(time.Millisecond)
		r.Ended = &now
	}
	if err := s.change(ctx, func(tx *sql.Tx) error { return update(ctx, tx, &r) }); err != nil {
		return fmt.Errorf("ledger: update run %s: %w", r.ID, err)
	}
	return nil
}

func update(ctx context.Context, tx *sql.Tx, r *Run) error {
	fields := r.fields()
	list := "(?" + strings.Repeat(", ?", len(fields)-1) + ")"
	res, err := tx.ExecContext(ctx, "UPDATE runs SET ("+columns+") = "+list+" WHERE id = ?", append(fields, r.ID)...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errors.New("it is not in the ledger any more"))
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM parents WHERE run = ?", r.ID); err != nil {
		return err
	}
	return putParents(ctx, tx, r)
}

// querier is the ledger, or a transaction on it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func putParents(ctx context.Context, tx *sql.Tx, r *Run) error {
	for i, p := range r.Parents {
		if _, err := tx.ExecContext(ctx, "INSERT INTO parents (run, place, name, hash) VALUES (?, ?, ?, ?)", r.ID, i, p.Name, p.Hash); err != nil {
			return err
		}
	}
	return nil
}

func getParents(ctx context.Context, q querier, r *Run) (err error) {
	rows, err := q.QueryContext(ctx, "SELECT name, hash FROM parents WHERE run = ? ORDER BY place", r.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p Parent
		if err := rows.Scan(&p.Name, &p.Hash); err != nil {
			return err
		}
		r.Parents = append(r.Parents, p)
	}
	return rows.Err()
}

// Runs are all runs, the newest first.
func (s *Store) Runs(ctx context.Context) ([]Run, error) {
	runs, err := s.read(ctx, "ORDER BY id DESC")
	if err != nil {
		return nil, fmt.Errorf("ledger: list runs: %w", err)
	}
	return runs, nil
}

// Run finds a run by its id, or by the beginning or the end of one that no other run has.
func (s *Store) Run(ctx context.Context, id string) (Run, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	if !written(id) {
		return Run{}, fmt.Errorf("run %q: no id of a run: cria runs list shows them", id)
	}
	runs, err := s.read(ctx, "WHERE id = ?1 OR id GLOB ?1 || '*' OR id GLOB '*' || ?1 ORDER BY id = ?1 DESC, id", id)
	switch {
	case err != nil:
		return Run{}, fmt.Errorf("ledger: find run %s: %w", id, err)
	case len(runs) == 0:
		return Run{}, fmt.Errorf("run %q: there is none: cria runs list shows them", id)
	case len(runs) > 1 && runs[0].ID != id:
		var ids []string
		for _, r := range runs[:min(len(runs), 5)] {
			ids = append(ids, r.ID)
		}
		return Run{}, fmt.Errorf("run %q: %d runs have that: %s", id, len(runs), strings.Join(ids, ", "))
	}
	return runs[0], nil
}

// read gives the runs that the rest of a query selects.
func (s *Store) read(ctx context.Context, rest string, args ...any) ([]Run, error) {
	runs, err := s.readRuns(ctx, rest, args...)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		if err := getParents(ctx, s.db, &runs[i]); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

func (s *Store) readRuns(ctx context.Context, rest string, args ...any) (runs []Run, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM runs "+rest, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	host, _ := os.Hostname()
	for rows.Next() {
		var r Run
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, err
		}
		r.settle(host)
		runs = append(runs, r)
	}
	return runs, rows.Err()
}

// Remove takes a run out of the ledger, by its whole id. What it wrote stays.
func (s *Store) Remove(ctx context.Context, id string) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM runs WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errors.New("it is not in the ledger"))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: remove run %s: %w", id, err)
	}
	return nil
}
