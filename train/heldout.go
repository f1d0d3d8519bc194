package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/dataset"
)

// rows reads what the recipe learns from.
func (r Recipe) rows(ctx context.Context) (*dataset.Set, error) {
	return dataset.Load(ctx, paths(r.Data), dataset.Options{Kind: r.Objective.rows(), SkipBad: r.SkipBadRows, Limit: r.Limit})
}

// split keeps back what the recipe holds out.
func (r Recipe) split(set *dataset.Set) (train, held []dataset.Example) {
	return set.Split(max(0, r.EvalFraction), r.Seed)
}

// HeldOut are the rows that a run has not learned from, by its folder, those that were too long to measure included. They are
// read again from where its recipe has them, relative to the folder that the program runs in; data that are not what they
// were then are an error.
func HeldOut(ctx context.Context, dir string) ([]dataset.Example, error) {
	p, err := adapter.ReadProvenance(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", dir, err)
	case p == nil:
		return nil, fmt.Errorf("%s has no cria.json: want the folder of a run of cria train that came to its end", dir)
	case p.Base == "" || p.Recipe == "" || p.DataHash == "":
		return nil, fmt.Errorf("%s was not made by cria train, so no rows are held out by it", dir)
	}
	r, err := ParseRecipe([]byte(p.Recipe))
	if err != nil {
		return nil, fmt.Errorf("%s: cria.json: recipe: %w", dir, err)
	}
	if !(r.EvalFraction > 0) {
		return nil, fmt.Errorf("%s held no rows out: its eval_fraction is %v", dir, r.EvalFraction)
	}
	set, err := r.rows(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("rows of %s: %w; its recipe names them from the folder where it was trained", dir, err)
	} else if err != nil {
		return nil, fmt.Errorf("rows of %s: %w", dir, err)
	}
	if hash := set.Hash(); hash != p.DataHash {
		return nil, fmt.Errorf("rows of %s: %v have changed since (hash %.12s, was %.12s), so what was held out is not known any more", dir, paths(r.Data), hash, p.DataHash)
	}
	_, held := r.split(set)
	return held, nil
}
