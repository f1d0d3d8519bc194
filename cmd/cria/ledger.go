package main

import (
	"context"

	"github.com/cria-llm/cria/store"
	"github.com/cria-llm/cria/train"
)

// openLedger opens the user's ledger.
func openLedger(ctx context.Context) (*store.Store, error) {
	path, err := store.Path()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, path)
}

// withLedger does a command's work on the user's ledger.
func withLedger(ctx context.Context, do func(*store.Store) error) error {
	s, err := openLedger(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

// ledgerFor opens the ledger for a run. Where that cannot be it says so in one line, and gives nil: the run goes on
// without.
func ledgerFor(ctx context.Context, obs train.Observer) (_ *store.Store, done func()) {
	s, err := openLedger(ctx)
	if err != nil {
		obs.Noted("the run will not be in the ledger: " + err.Error())
		return nil, func() {}
	}
	return s, func() { s.Close() }
}
