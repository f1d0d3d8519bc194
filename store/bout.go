package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Bout is a comparison of contestants as the ledger has it. Its folder has all of it, texts included, and can be moved; the ledger
// says what was compared when, and what came of it.
type Bout struct {
	ID          string       `json:"id"`
	Folder      string       `json:"folder"` // an absolute path, where it was last seen
	Begun       time.Time    `json:"begun"`
	Contestants []Contestant `json:"contestants"`
	Prompts     string       `json:"prompts"` // the file
	PromptsHash string       `json:"prompts_sha256"`
	N           int          `json:"prompts_n"`
	Version     string       `json:"version"`
	Cost        *float64     `json:"cost"`    // of answers and verdicts, in dollars; nil where nobody was paid
	Results     []Result     `json:"results"` // the last reported first
	// Voters are how many votes of each person count.
	Voters map[string]int `json:"voters"`
}

// Contestant is who took part in a bout.
type Contestant struct {
	Name    string   `json:"name"`
	ID      string   `json:"id"`                // tells its answers from others'
	Weights []string `json:"weights,omitempty"` // hashes of a model on this machine: the base, and the adapters on top of it
}

// Result is what one judge, or people, made of two contestants.
type Result struct {
	Judge    string      `json:"judge"`
	A        int         `json:"a"` // places of contestants, from 0; A's wins are counted
	B        int         `json:"b"`
	N        int         `json:"n"`
	Wins     int         `json:"wins"`
	Ties     int         `json:"ties"`
	Losses   int         `json:"losses"`
	Failed   int         `json:"failed"`
	Pending  int         `json:"pending"`
	WinRate  *float64    `json:"win_rate"` // a share, nil where nothing is counted
	Interval *[2]float64 `json:"ci95"`
	At       time.Time   `json:"at"` // until when what was said is counted; an older result never replaces a newer one
}

// Vote is what a person or a judge said of two answers.
type Vote struct {
	Person bool
	Voter  string
	Shown  string // hash of what was seen, seats and all
	Prompt string // hash of the prompt; empty where the answers are not compared any more
	Seat   int    // of A's answer
	Choice string // first, second, tie, both bad, failed; empty takes the vote back
	First  *float64
	At     time.Time
}

// PutBout writes a bout as it is now: results of judges that it does not name stay, and so does a cost. votes, where it is not nil,
// tells all votes that count, which replace those that the ledger has; it is called while no other program writes to the ledger, so
// what it reads is never older than what another one wrote.
func (s *Store) PutBout(ctx context.Context, b Bout, votes func() ([]Vote, error)) error {
	folder, err := filepath.Abs(b.Folder)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	err = s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO bouts (id, folder, prompts, prompts_hash, prompts_n, version, begun, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, cost = coalesce(excluded.cost, cost)`,
			b.ID, folder, b.Prompts, b.PromptsHash, b.N, b.Version, b.Begun.UnixMilli(), b.Cost)
		if err != nil {
			return err
		}
		if err := putContestants(ctx, tx, b); err != nil {
			return err
		}
		for _, r := range b.Results {
			if err := putResult(ctx, tx, b.ID, r); err != nil {
				return err
			}
		}
		if votes == nil {
			return nil
		}
		list, err := votes()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM votes WHERE bout = ?", b.ID); err != nil {
			return err
		}
		for _, v := range list {
			if err := putVote(ctx, tx, b.ID, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger: bout %s: %w", b.ID, err)
	}
	return nil
}

func putContestants(ctx context.Context, tx *sql.Tx, b Bout) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM contestants WHERE bout = ?", b.ID); err != nil {
		return err
	}
	for place, c := range b.Contestants {
		if _, err := tx.ExecContext(ctx, "INSERT INTO contestants (bout, place, name, id) VALUES (?, ?, ?, ?)", b.ID, place, c.Name, c.ID); err != nil {
			return err
		}
		for layer, hash := range c.Weights {
			if _, err := tx.ExecContext(ctx, "INSERT INTO weights (bout, place, layer, hash) VALUES (?, ?, ?, ?)", b.ID, place, layer, hash); err != nil {
				return err
			}
		}
	}
	return nil
}

func putResult(ctx context.Context, tx *sql.Tx, bout string, r Result) error {
	var low, high *float64
	if r.Interval != nil {
		low, high = &r.Interval[0], &r.Interval[1]
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO results (bout, judge, a, b, n, wins, ties, losses, failed, pending, win_rate, low, high, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET (n, wins, ties, losses, failed, pending, win_rate, low, high, at) =
		(excluded.n, excluded.wins, excluded.ties, excluded.losses, excluded.failed, excluded.pending, excluded.win_rate, excluded.low, excluded.high, excluded.at)
		WHERE excluded.at >= at`,
		bout, r.Judge, r.A, r.B, r.N, r.Wins, r.Ties, r.Losses, r.Failed, r.Pending, r.WinRate, low, high, r.At.UnixMilli())
	return err
}

func putVote(ctx context.Context, tx *sql.Tx, bout string, v Vote) error {
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO votes (bout, person, voter, shown, prompt, seat, choice, first, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		bout, v.Person, v.Voter, v.Shown, v.Prompt, v.Seat, v.Choice, v.First, v.At.UnixMilli())
	return err
}

// PutVote writes down a vote on a bout that the ledger has. A voter's earlier one on the same is replaced.
func (s *Store) PutVote(ctx context.Context, bout string, v Vote) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		if v.Choice != "" {
			return putVote(ctx, tx, bout, v)
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM votes WHERE bout = ? AND person = ? AND voter = ? AND shown = ?", bout, v.Person, v.Voter, v.Shown)
		return err
	})
	if err != nil {
		return fmt.Errorf("ledger: vote on bout %s: %w", bout, err)
	}
	return nil
}

// Votes are what people and judges said in a bout.
func (s *Store) Votes(ctx context.Context, bout string) ([]Vote, error) {
	list, err := each(ctx, s.db, func(v *Vote) []any {
		return []any{&v.Person, &v.Voter, &v.Shown, &v.Prompt, &v.Seat, &v.Choice, &v.First, (*stamp)(&v.At)}
	}, "SELECT person, voter, shown, prompt, seat, choice, first, at FROM votes WHERE bout = ? ORDER BY person, voter, shown", bout)
	if err != nil {
		return nil, fmt.Errorf("ledger: votes on bout %s: %w", bout, err)
	}
	return list, nil
}

// Bouts are all comparisons, the one that was begun last first.
func (s *Store) Bouts(ctx context.Context) ([]Bout, error) { return s.bouts(ctx, "") }

// BoutsOf are those in which weights with that hash took part: a base's, or an adapter's.
func (s *Store) BoutsOf(ctx context.Context, hash string) ([]Bout, error) {
	return s.bouts(ctx, "WHERE id IN (SELECT bout FROM weights WHERE hash = ?)", hash)
}

// Bout finds a comparison by its id, or by the beginning or the end of one that no other has.
func (s *Store) Bout(ctx context.Context, id string) (Bout, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || strings.Trim(id, "0123456789abcdef") != "" {
		return Bout{}, fmt.Errorf("bout %q: no id of a comparison: cria arena list shows them", id)
	}
	list, err := s.bouts(ctx, "WHERE id = ?1 OR id GLOB ?1 || '*' OR id GLOB '*' || ?1", id)
	if err != nil {
		return Bout{}, err
	}
	var ids []string
	for _, b := range list {
		if b.ID == id {
			return b, nil
		}
		ids = append(ids, b.ID)
	}
	switch len(list) {
	case 0:
		return Bout{}, fmt.Errorf("bout %q: there is none: cria arena list shows them", id)
	case 1:
		return list[0], nil
	}
	return Bout{}, fmt.Errorf("bout %q: %d have that: %s", id, len(ids), strings.Join(ids[:min(len(ids), 5)], ", "))
}

// RemoveBout takes a comparison out of the ledger with all votes on it, by its whole id. Its folder stays.
func (s *Store) RemoveBout(ctx context.Context, id string) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM bouts WHERE id = ?", id)
		return err
	})
	if err != nil {
		return fmt.Errorf("ledger: remove bout %s: %w", id, err)
	}
	return nil
}

func (s *Store) bouts(ctx context.Context, where string, args ...any) ([]Bout, error) {
	list, err := each(ctx, s.db, func(b *Bout) []any {
		return []any{&b.ID, &b.Folder, &b.Prompts, &b.PromptsHash, &b.N, &b.Version, (*stamp)(&b.Begun), &b.Cost}
	}, "SELECT id, folder, prompts, prompts_hash, prompts_n, version, begun, cost FROM bouts "+where+" ORDER BY begun DESC, rowid DESC", args...)
	for i := range list {
		if err == nil {
			err = s.fill(ctx, &list[i])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: list bouts: %w", err)
	}
	return list, nil
}

// fill reads what hangs on a bout.
func (s *Store) fill(ctx context.Context, b *Bout) (err error) {
	b.Contestants, err = each(ctx, s.db, func(c *Contestant) []any { return []any{&c.Name, &c.ID} },
		"SELECT name, id FROM contestants WHERE bout = ? ORDER BY place", b.ID)
	if err != nil {
		return err
	}
	for place := range b.Contestants {
		b.Contestants[place].Weights, err = each(ctx, s.db, func(hash *string) []any { return []any{hash} },
			"SELECT hash FROM weights WHERE bout = ? AND place = ? ORDER BY layer", b.ID, place)
		if err != nil {
			return err
		}
	}
	type row struct {
		Result
		low, high *float64
	}
	rows, err := each(ctx, s.db, func(r *row) []any {
		return []any{&r.Judge, &r.A, &r.B, &r.N, &r.Wins, &r.Ties, &r.Losses, &r.Failed, &r.Pending, &r.WinRate, &r.low, &r.high, (*stamp)(&r.At)}
	}, "SELECT judge, a, b, n, wins, ties, losses, failed, pending, win_rate, low, high, at FROM results WHERE bout = ? ORDER BY at DESC, judge, a, b", b.ID)
	if err != nil {
		return err
	}
	b.Results = []Result{}
	for _, r := range rows {
		if r.low != nil && r.high != nil {
			r.Interval = &[2]float64{*r.low, *r.high}
		}
		b.Results = append(b.Results, r.Result)
	}
	type voter struct {
		name string
		n    int
	}
	voters, err := each(ctx, s.db, func(v *voter) []any { return []any{&v.name, &v.n} },
		"SELECT voter, count(*) FROM votes WHERE bout = ? AND person = 1 AND prompt <> '' GROUP BY voter", b.ID)
	b.Voters = map[string]int{}
	for _, v := range voters {
		b.Voters[v.name] = v.n
	}
	return err
}

// each reads the rows of a query, into the fields of one value each.
func each[T any](ctx context.Context, q querier, fields func(*T) []any, query string, args ...any) (list []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var x T
		if err := rows.Scan(fields(&x)...); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}
