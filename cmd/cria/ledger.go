package main

import (
	"context"
	"errors"

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
	return errors.Join(do(s), s.Close())
}

// ledgerFor opens the ledger for a run. Where that cannot be it says so in one line, and gives nil: the run goes on
// without.
func ledgerFor(ctx context.Context, obs train.Observer) (_ *store.Store, done func()) {
	s, err := openLedger(ctx)
	if err != nil {
		obs.Noted("the run will not be in the ledger: " + err.Error())
		return nil, func() {}
	}
	return s, func() {
		if err := s.Close(); err != nil {
			obs.Noted("the ledger was not closed in good order: " + err.Error())
		}
	}
}
