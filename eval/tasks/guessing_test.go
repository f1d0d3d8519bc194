package tasks

import (
	"math"
	"testing"
)

// Who says no to everything is found out, and gets what always saying yes or no gets; where choices differ from item to item, only
// chance is left to one who knows nothing.
func TestWhoKnowsNothing(t *testing.T) {
	acc := number{metric: metric{name: "acc", length: each}}
	item := func(right int, choices ...string) Outcome {
		losses := make([]float64, len(choices))
		for i := range losses {
			losses[i] = float64(i)
		}
		return Outcome{Item: Item{Choices: choices, Right: right}, Measured: Measured{Losses: losses}}
	}
	alike := Result{numbers: []number{acc}, Outcomes: []Outcome{item(0, "no", "yes"), item(1, "no", "yes"), item(1, "no", "yes"), item(1, "no", "yes")}}
	if choice, n := alike.Usual(); choice != "no" || n != 4 {
		t.Errorf("%q of %d items", choice, n)
	}
	if share, ok := alike.Guessing(); !ok || share != 0.75 {
		t.Errorf("always yes gets %g", share)
	}
	others := Result{numbers: []number{acc}, Outcomes: []Outcome{item(0, "a", "b"), item(0, "c", "d", "e")}}
	if _, n := others.Usual(); n != 0 {
		t.Errorf("a choice of %d items whose choices differ", n)
	}
	if share, ok := others.Guessing(); !ok || math.Abs(share-(1./2+1./3)/2) > 1e-12 {
		t.Errorf("chance is %g", share)
	}
	others.numbers[0].length = nil
	if _, ok := others.Guessing(); ok {
		t.Error("a number that is no share of right choices can be guessed")
	}
}
