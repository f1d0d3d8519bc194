package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/model/modeltest"
	"github.com/cria-llm/cria/store"
	"github.com/cria-llm/cria/train"
)

func recipe(t *testing.T) train.Recipe {
	t.Helper()
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, `{"instruction":"say %d","output":"%s"}`+"\n", i, strings.Repeat("ab", i%7+1))
	}
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(rows, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return train.Recipe{Base: modeltest.Tiny(t, 1), Data: train.Files(rows), Out: filepath.Join(t.TempDir(), "run"), Steps: 4, BatchTokens: 700,
		Rank: 4, EvalFraction: 0.2, EvalEvery: 2, Threads: 2, PricePerKWh: 0.3}
}

func ledger(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func only(t *testing.T, s *store.Store) store.Run {
	t.Helper()
	runs, err := s.Runs(t.Context())
	if err != nil || len(runs) != 1 {
		t.Fatalf("the ledger has %+v, %v; want one run", runs, err)
	}
	return runs[0]
}

type observer struct {
	train.Silent
	notes   []string
	stepped func(train.Step)
}

func (o *observer) Noted(text string) { o.notes = append(o.notes, text) }

func (o *observer) Stepped(s train.Step) {
	if o.stepped != nil {
		o.stepped(s)
	}
}

// An interrupted run is in the ledger as such, and the same line once it was resumed to its end.
func TestARunIsALineWithWhatCameOfIt(t *testing.T) {
	s, r := ledger(t), recipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	var during store.Run
	stop := &observer{stepped: func(e train.Step) {
		if e.Step == 2 {
			during = only(t, s)
			cancel()
		}
	}}
	var interrupted *train.Interrupted
	if _, err := Run(ctx, s, r, train.Options{}, stop); !errors.As(err, &interrupted) {
		t.Fatal(err)
	}
	if during.Status != store.Running || during.PlannedSteps != 4 || during.Out != r.Out {
		t.Errorf("while it goes on: %+v", during)
	}
	if x := only(t, s); x.Status != store.Interrupted || x.Steps != 2 || x.Tokens == 0 || x.Joules == nil || !strings.Contains(x.Error, "after step 2 of 4") {
		t.Errorf("interrupted: %+v", x)
	}
	res, err := Run(t.Context(), s, r, train.Options{Resume: true}, train.Silent{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.Load(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := a.Hash()
	if err != nil {
		t.Fatal(err)
	}
	x := only(t, s)
	if x.ID != during.ID || x.Status != store.Done || x.Error != "" || x.Ended == nil || x.Kind != Tuning || x.Adapter != r.Out || x.AdapterHash != hash {
		t.Errorf("done: %+v, the adapter's hash is %s", x, hash)
	}
	if x.Steps != res.Steps || x.Tokens != res.Tokens || x.Seconds != res.Seconds || *x.WattHours() != res.WattHours || *x.Cost != *res.Cost ||
		*x.LossBefore != *res.EvalBefore || *x.LossAfter != *res.EvalAfter || *x.ForgetBefore != *res.ForgetBefore || *x.ForgetAfter != *res.ForgetAfter {
		t.Errorf("the ledger has %+v, the result is %+v", x, res)
	}
	p := a.Provenance
	if x.Recipe != p.Recipe || x.Base != p.Base || x.BaseHash != p.BaseHash || x.DataHash != p.DataHash {
		t.Errorf("the ledger has %+v, the adapter says %+v", x, p)
	}
	if x.LossBest == nil || x.BestStep == 0 || *x.LossBest > *x.LossAfter {
		t.Errorf("the best loss is %v after step %d", x.LossBest, x.BestStep)
	}
}

// What a run is trained on top of is found by its hash.
func TestParentsAreRecorded(t *testing.T) {
	s, r := ledger(t), recipe(t)
	r.Steps = 1
	if _, err := Run(t.Context(), s, r, train.Options{}, train.Silent{}); err != nil {
		t.Fatal(err)
	}
	below := only(t, s)
	r.Base, r.Out = r.Base+"+"+r.Out, filepath.Join(t.TempDir(), "upper")
	if _, err := Run(t.Context(), s, r, train.Options{}, train.Silent{}); err != nil {
		t.Fatal(err)
	}
	runs, err := s.Runs(t.Context())
	if err != nil || len(runs) != 2 {
		t.Fatal(runs, err)
	}
	if up := runs[0].Parents; len(up) != 1 || up[0].Hash != below.AdapterHash {
		t.Errorf("parents are %+v, want %s", up, below.AdapterHash)
	}
}

func TestAFailedRunSaysWhy(t *testing.T) {
	s, r := ledger(t), recipe(t)
	r.LR = 1e30
	if _, err := Run(t.Context(), s, r, train.Options{}, train.Silent{}); err == nil {
		t.Fatal("a run with such a rate ends well")
	}
	if x := only(t, s); x.Status != store.Failed || !strings.Contains(x.Error, "not finite") || x.Ended == nil {
		t.Errorf("failed: %+v", x)
	}
	r.Out, r.LR, r.Rank = filepath.Join(t.TempDir(), "refused"), 1e-3, -1
	if _, err := Run(t.Context(), s, r, train.Options{}, train.Silent{}); err == nil {
		t.Fatal("a rank of -1 is no error")
	}
	only(t, s) // one that never began has no line
}

// A ledger that cannot be written to costs its line, and not the run.
func TestARunGoesOnWithoutALedger(t *testing.T) {
	r := recipe(t)
	if _, err := Run(t.Context(), nil, r, train.Options{}, train.Silent{}); err != nil {
		t.Fatal(err)
	}
	s := ledger(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r.Out = filepath.Join(t.TempDir(), "closed")
	var o observer
	if _, err := Run(t.Context(), s, r, train.Options{}, &o); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(o.notes, "\n"); strings.Count(text, "not in the ledger") != 1 {
		t.Errorf("notes are %q, want one about the ledger", text)
	}
	if _, err := adapter.Load(r.Out); err != nil {
		t.Error(err)
	}
}
