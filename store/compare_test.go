package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareShowsWhatDiffers(t *testing.T) {
	x := func(v float64) *float64 { return &v }
	a := Run{ID: "a", Recipe: "base: m\nlr: 0.0002\ndata:\n  - x.jsonl\n  - y.jsonl\ntargets: [q_proj]\nnest: {in: 1, same: 2}\n",
		Status: Done, Steps: 10, Seconds: 1.25, LossAfter: x(2.5), ProbeAsked: 20, ProbeStopped: 19, Joules: x(3600)}
	b := Run{ID: "b", Recipe: "base: m\nlr: 0.001\ndata: [x.jsonl]\nsteps: 5\nnest: {in: 3, same: 2}\n", Status: Failed, Steps: 10}
	got, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := Difference{A: "a", B: "b",
		Recipe: []Pair{{"data", "[x.jsonl, y.jsonl]", "[x.jsonl]"}, {"lr", "0.0002", "0.001"}, {"nest.in", "1", "3"}, {"steps", "", "5"}, {"targets", "[q_proj]", ""}},
		Results: []Pair{{"status", "done", "failed"}, {"steps", "10", "10"}, {"seconds", "1.2", ""}, {"wh", "1.000", ""},
			{"loss_after", "2.5000", ""}, {"probe_stopped", "19/20", ""}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if _, err := Compare(a, Run{ID: "c", Recipe: "]"}); err == nil {
		t.Error("a recipe that is no YAML is compared")
	}
}
