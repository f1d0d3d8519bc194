package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring a ledger from each version to the next. What was released is never changed, only followed. A ledger
// says in user_version how many it has had.
var migrations = [...]string{
	`CREATE TABLE runs (
		id            TEXT PRIMARY KEY,
		kind          TEXT NOT NULL,
		recipe        TEXT NOT NULL,
		base          TEXT NOT NULL,
		base_hash     TEXT NOT NULL,
		data_hash     TEXT NOT NULL,
		out           TEXT NOT NULL,
		started       INTEGER NOT NULL, -- milliseconds since 1970, as all times
		ended         INTEGER,
		status        TEXT NOT NULL,
		error         TEXT NOT NULL,
		stopped       TEXT NOT NULL,
		planned_steps INTEGER NOT NULL,
		steps         INTEGER NOT NULL,
		tokens        INTEGER NOT NULL,
		seconds       REAL NOT NULL,
		tokens_per_s  REAL NOT NULL,
		joules        REAL,
		energy        TEXT NOT NULL,
		cost          REAL,
		loss_before   REAL,
		loss_after    REAL,
		loss_best     REAL,
		best_step     INTEGER NOT NULL,
		forget_before REAL,
		forget_after  REAL,
		probe_asked   INTEGER NOT NULL,
		probe_stopped INTEGER NOT NULL,
		adapter       TEXT NOT NULL,
		adapter_hash  TEXT NOT NULL,
		machine       TEXT NOT NULL,
		host          TEXT NOT NULL,
		pid           INTEGER NOT NULL,
		process       TEXT NOT NULL
	) STRICT;
	CREATE INDEX runs_by_out ON runs (out);
	CREATE INDEX runs_by_adapter ON runs (adapter_hash);
	CREATE TABLE parents (
		run    TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
		place  INTEGER NOT NULL, -- in the order in which they were named
		name   TEXT NOT NULL,
		hash   TEXT NOT NULL,
		PRIMARY KEY (run, place)
	) STRICT;`,
	`CREATE TABLE bouts (
		id           TEXT PRIMARY KEY,
		folder       TEXT NOT NULL,
		prompts      TEXT NOT NULL,
		prompts_hash TEXT NOT NULL,
		prompts_n    INTEGER NOT NULL,
		version      TEXT NOT NULL,
		begun        INTEGER NOT NULL,
		cost         REAL
	) STRICT;
	CREATE TABLE contestants (
		bout  TEXT NOT NULL REFERENCES bouts (id) ON DELETE CASCADE,
		place INTEGER NOT NULL,
		name  TEXT NOT NULL,
		id    TEXT NOT NULL,
		PRIMARY KEY (bout, place)
	) STRICT;
	CREATE TABLE weights (
		bout  TEXT NOT NULL,
		place INTEGER NOT NULL,
		layer INTEGER NOT NULL, -- the base, and the adapters on top of it
		hash  TEXT NOT NULL,
		PRIMARY KEY (bout, place, layer),
		FOREIGN KEY (bout, place) REFERENCES contestants (bout, place) ON DELETE CASCADE
	) STRICT;
	CREATE INDEX weights_by_hash ON weights (hash);
	CREATE TABLE results (
		bout     TEXT NOT NULL REFERENCES bouts (id) ON DELETE CASCADE,
		judge    TEXT NOT NULL,
		a        INTEGER NOT NULL, -- places of contestants
		b        INTEGER NOT NULL,
		n        INTEGER NOT NULL,
		wins     INTEGER NOT NULL,
		ties     INTEGER NOT NULL,
		losses   INTEGER NOT NULL,
		failed   INTEGER NOT NULL,
		pending  INTEGER NOT NULL,
		win_rate REAL,
		low      REAL,
		high     REAL,
		at       INTEGER NOT NULL,
		PRIMARY KEY (bout, judge, a, b)
	) STRICT;
	CREATE TABLE votes (
		bout   TEXT NOT NULL REFERENCES bouts (id) ON DELETE CASCADE,
		person INTEGER NOT NULL, -- 1 a person, 0 a judge
		voter  TEXT NOT NULL,
		shown  TEXT NOT NULL,    -- hash of what was seen, seats and all
		prompt TEXT NOT NULL,
		seat   INTEGER NOT NULL,
		choice TEXT NOT NULL,
		first  REAL,
		at     INTEGER NOT NULL,
		PRIMARY KEY (bout, person, voter, shown)
	) STRICT;`,
}

// migrate brings the ledger up to this program. One that a newer program wrote is left alone.
func (s *Store) migrate(ctx context.Context) error {
	if n, err := version(ctx, s.db); err == nil && n == len(migrations) {
		return nil // the usual, without a lock
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		n, err := version(ctx, tx)
		if err != nil {
			return err
		}
		if n > len(migrations) {
			return fmt.Errorf("it is of version %d and this program knows %d: use the newer cria that wrote it", n, len(migrations))
		}
		for _, m := range migrations[n:] {
			if _, err := tx.ExecContext(ctx, m); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(migrations)))
		return err
	})
}

func version(ctx context.Context, q querier) (n int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	return n, err
}
