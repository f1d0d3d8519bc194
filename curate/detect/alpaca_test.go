package detect

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
)

var (
	sampled = flag.String("sample", "", "print sampled findings of the detector of this name")
	seed    = flag.Uint64("seed", 1, "which sample")
)

// alpaca is the exchanges of Alpaca's rows.
func alpaca(t *testing.T) []curate.Exchange {
	rows, err := curate.Read(t.Context(), shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []curate.Exchange
	for _, r := range rows {
		all = append(all, r.Exchanges()...)
	}
	return all
}

// Every detector reads Alpaca's rows in seconds; -sample NAME -seed N prints twenty of its findings for a reader to judge.
func TestAlpacaIsReadInSeconds(t *testing.T) {
	all := alpaca(t)
	start := time.Now()
	for _, d := range Text() {
		began := time.Now()
		var found []curate.Finding
		certain := 0
		for _, x := range all {
			for _, f := range d.Look(x) {
				found = append(found, f)
				if f.Certain {
					certain++
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
	if rate < 500 {
		t.Errorf("%.0f rows/s: an expression runs where its hints should spare it", rate)
	}
}
