// Package record writes comparisons into the ledger: who was compared with whom, what came of it, and each vote as it is given.
// It stands apart from bout, whose folder has all of it, so that a program that compares without a ledger carries no database.
//
//	rec := record.Of(ledger, b, note)
//	rec.Keep(ctx, nil, nil)       // the bout is in the ledger, with what was said until now
//	rec.Vote(ctx, said)           // and so is this vote, as poll.Vote gave it
//	rec.Keep(ctx, report, &cost)  // and what came of it
//
// The folder is right where the two differ: what a program that was killed did not write down is written with the next Keep. A
// ledger that cannot be written to never ends anything: it is noted once, and left alone from there on.
package record

import (
	"context"
	"time"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/store"
)

// Recorder writes down one bout. A nil Recorder writes nothing.
type Recorder struct {
	ledger *store.Store
	b      *bout.Bout
	note   func(string)
}

// Of is a recorder of a bout, or nil where ledger is. note is told, once, why nothing is written down.
func Of(ledger *store.Store, b *bout.Bout, note func(string)) *Recorder {
	if ledger == nil {
		return nil
	}
	return &Recorder{ledger: ledger, b: b, note: note}
}

func (r *Recorder) failed(err error) {
	if err != nil {
		r.ledger = nil
		r.note("the comparison is not in the ledger: " + err.Error())
	}
}

// Keep writes the bout down with all votes and verdicts that its folder has, with what a report says, where there is one, and
// with what it cost in dollars, where that is known.
func (r *Recorder) Keep(ctx context.Context, report *bout.Report, cost *float64) {
	if r == nil || r.ledger == nil {
		return
	}
	s := r.b.Settings
	b := store.Bout{ID: s.ID, Folder: r.b.Dir(), Begun: s.Begun, Prompts: s.Prompts.File, PromptsHash: s.Prompts.SHA256, N: s.Prompts.N, Version: s.Version, Cost: cost}
	for _, w := range s.Contestants {
		b.Contestants = append(b.Contestants, store.Contestant{Name: w.Name, ID: w.ID, Weights: w.Weights})
	}
	now := time.Now().UTC()
	if report != nil {
		all := report.All()
		for i, m := range report.Meetings() {
			x := all[i]
			b.Results = append(b.Results, store.Result{
				Judge: report.Judge, A: m.A, B: m.B, N: x.N, Wins: x.Wins, Ties: x.Ties, Losses: x.Losses,
				Failed: x.Failed, Pending: x.Pending, WinRate: x.WinRate, Interval: x.Interval, At: report.At,
			})
		}
	}
	r.failed(r.ledger.PutBout(ctx, b, func() ([]store.Vote, error) {
		said, err := r.b.Said()
		var votes []store.Vote
		for _, x := range said {
			votes = append(votes, vote(x, now))
		}
		return votes, err
	}))
}

// Vote writes down a vote, or that it was taken back, of a bout that was kept.
func (r *Recorder) Vote(ctx context.Context, x bout.Said) {
	if r != nil && r.ledger != nil {
		r.failed(r.ledger.PutVote(ctx, r.b.Settings.ID, vote(x, time.Now().UTC())))
	}
}

func vote(x bout.Said, now time.Time) store.Vote {
	v := store.Vote{Person: x.Person, Voter: x.By, Shown: x.Shown, Prompt: x.Prompt, Seat: int(x.Seat), Choice: string(x.Choice), At: x.At}
	if v.At.IsZero() {
		v.At = now
	}
	if x.Choice != bout.Failed {
		v.First = &x.First
	}
	if x.Choice == bout.Undone {
		v.Choice = ""
	}
	return v
}
