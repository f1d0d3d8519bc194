package detect

import (
	"flag"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
)

var (
	sampled = flag.String("sample", "", "print sampled findings of the detector of this name")
	seed    = flag.Uint64("seed", 1, "which sample")
	answers = flag.Bool("answers", false, "sample from models' answers to the prompts of AlpacaEval")
)

// exchanges is the exchanges of Alpaca's rows, or of what eight models answered to 805 prompts.
func exchanges(t *testing.T, models bool) []curate.Exchange {
	files := []string{filepath.Join(shared.Path(t, "data", "alpaca"), "alpaca_28k.jsonl")}
	if models {
		var err error
		if files, err = filepath.Glob(filepath.Join(shared.Path(t, "data", "arena", "alpaca_eval"), "*", "model_outputs.json")); err != nil {
			t.Fatal(err)
		}
	}
	var all []curate.Exchange
	for _, file := range files {
		rows, err := curate.Read(t.Context(), file, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			r.Index = len(all)
			all = append(all, r.Exchanges()...)
		}
	}
	return all
}

// Every detector reads Alpaca's rows in seconds, and its certain repairs need no second; -sample NAME -seed N prints twenty of its findings for a reader to judge.
func TestAlpacaIsReadInSeconds(t *testing.T) {
	all := exchanges(t, *answers)
	if *sampled == "" && !*answers { // a quarter tells how fast
		var some []curate.Exchange
		for i := 0; i < len(all); i += 4 {
			some = append(some, all[i])
		}
		all = some
	}
	start := time.Now()
	for _, d := range Text() {
		if *sampled != "" && d.Name != *sampled {
			continue
		}
		began := time.Now()
		var found []curate.Finding
		certain := 0
		for _, x := range all {
			for _, f := range d.Look(x) {
				found = append(found, f)
				if f.Certain {
					certain++
					settles(t, d, x, f)
				}
			}
		}
		t.Logf("%-22s %5d findings, %5d certain, %v", d.Name, len(found), certain, time.Since(began).Round(time.Millisecond))
		if d.Name != *sampled {
			continue
		}
		r := rand.New(rand.NewPCG(*seed, 0))
		r.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		for _, f := range found[:min(20, len(found))] {
			x := all[f.Row]
			t.Logf("---- row %d %s %.2f certain=%v: %s\nINSTRUCTION %q\nINPUT %q\nOUTPUT %q", f.Row, f.Field, f.Confidence, f.Certain, f.Why,
				x.Instruction.Text, x.Input.Text, x.Output.Text)
			if f.Suggestion != nil {
				t.Logf("BETTER %q", *f.Suggestion)
			}
		}
	}
	rate := float64(len(all)) / time.Since(start).Seconds()
	t.Logf("%.0f rows/s", rate)
	if rate < 200 {
		t.Errorf("%.0f rows/s: an expression runs where its hints should spare it", rate)
	}
}

// settles holds that a certain repair leaves nothing for its detector to be certain of.
func settles(t *testing.T, d curate.Detector, x curate.Exchange, f curate.Finding) {
	t.Helper()
	for _, text := range []*curate.Text{&x.Instruction, &x.Input, &x.Output} {
		if text.Field == f.Field {
			text.Text = *f.Suggestion
		}
	}
	for _, again := range d.Look(x) {
		if again.Certain && again.Field == f.Field {
			t.Errorf("%s mends row %d's %s to %q and then again to %q", d.Name, f.Row, f.Field, *f.Suggestion, *again.Suggestion)
		}
	}
}
