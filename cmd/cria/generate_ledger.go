package main

import (
	"context"
	"errors"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/selfinstruct"
	"github.com/cria-llm/cria/store"
)

// generationKind is what the ledger calls a generation.
const generationKind = "generate"

// recordGeneration writes into the ledger that a generation begins or goes on. end writes what came of it. A ledger that
// cannot be written to is noted, and the generation goes on.
func recordGeneration(ctx context.Context, g *selfinstruct.Generation, teacher string, p *generating) (end func(selfinstruct.Report, openai.Spent, error)) {
	ctx = context.WithoutCancel(ctx) // an interrupt is to be written down
	note := func(err error) { p.Noted("the generation will not be in the ledger: " + err.Error()) }
	ledger, err := openLedger(ctx)
	if err != nil {
		note(err)
		return func(selfinstruct.Report, openai.Spent, error) {}
	}
	settings := g.Settings()
	settings.Teacher = teacher
	run, found, err := ledger.Resume(ctx, generationKind, g.Out())
	if err == nil && !found {
		run = store.Run{Kind: generationKind, Out: g.Out()}
		err = ledger.Begin(ctx, &run)
	}
	if err != nil {
		note(errors.Join(err, ledger.Close()))
		return func(selfinstruct.Report, openai.Spent, error) {}
	}
	before := run.Seconds
	return func(r selfinstruct.Report, spent openai.Spent, failed error) {
		recipe, err := settings.JSON()
		if err != nil {
			note(err)
		}
		run.Base, run.DataHash, run.Recipe = teacher, settings.SeedsHash, string(recipe)
		run.PlannedSteps, run.Steps, run.Tokens = settings.N, r.Kept, r.PromptTokens+r.CompletionTokens
		run.Seconds = before + r.Seconds
		cost := spent.Cost.Dollars()
		run.Cost = &cost
		run.Status = store.Done
		switch {
		case r.Stopped == selfinstruct.Interrupted:
			run.Status = store.Interrupted
		case failed != nil:
			run.Status, run.Error = store.Failed, failed.Error()
		default:
			run.Stopped = r.Stopped
		}
		if err := errors.Join(ledger.Update(ctx, run), ledger.Close()); err != nil {
			note(err)
		}
	}
}
