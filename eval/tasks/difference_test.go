package tasks

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cria-llm/cria/statistics"
)

// result is a measurement of one metric, of items that are at those places.
func result(m metric, places []int, scores []Score) Result {
	r := Result{numbers: []number{{metric: m, full: m.name}}}
	for i, at := range places {
		r.Outcomes = append(r.Outcomes, Outcome{Item: Item{Where: fmt.Sprint("f:", at)}, Scores: scores[i : i+1]})
	}
	return r
}

// Of items that both measurements have, 2 of 4 are right before and 3 after, two won and one lost.
func TestDifferenceCountsTheSameItems(t *testing.T) {
	acc := metric{name: "acc", share: true}
	right, wrong := Score{1, 1}, Score{0, 1}
	before := result(acc, []int{1, 2, 3, 4, 5}, []Score{right, right, wrong, wrong, right})
	after := result(acc, []int{6, 4, 3, 2, 1}, []Score{right, right, right, wrong, right})
	list, err := Difference(before, after)
	if err != nil {
		t.Fatal(err)
	}
	c := list[0]
	if c.N != 4 || c.Before != 0.5 || c.After != 0.75 || c.Diff != 0.25 || c.Won != 2 || c.Lost != 1 || c.P != 1 {
		t.Errorf("%+v", c)
	}
	if c.CI95[0] > 0 || c.CI95[1] < 0.25 || c.CI95[1] > 1 {
		t.Errorf("interval %v", c.CI95)
	}
	if _, err := Difference(before, result(metric{name: "f1"}, []int{1}, []Score{right})); err == nil {
		t.Error("the difference of acc and f1 has no error")
	}
	same, _ := Difference(before, before)
	if c := same[0]; c.Diff != 0 || c.Stderr != 0 || c.Won+c.Lost != 0 || !(c.CI95[0] < 0 && c.CI95[1] > 0) {
		t.Errorf("to itself: %+v", c)
	}
}

// Of instructions that hang together in prompts, the difference is that of the shares of all instructions, and its interval has a
// width where nothing changed.
func TestDifferenceOfInstructions(t *testing.T) {
	inst := metric{name: "inst_strict", share: true}
	places := []int{1, 2, 3, 4}
	before := result(inst, places, []Score{{0, 1}, {1, 2}, {3, 3}, {0, 2}})
	after := result(inst, places, []Score{{1, 1}, {1, 2}, {2, 3}, {2, 2}})
	list, err := Difference(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if c := list[0]; c.Before != 0.5 || c.After != 0.75 || c.Won != 2 || c.Lost != 1 || c.CI95[0] > 0 || c.CI95[1] < 0.25 {
		t.Errorf("%+v", c)
	}
	same, _ := Difference(before, before)
	if c := same[0]; c.Diff != 0 || !(c.CI95[0] < 0 && c.CI95[1] > 0) {
		t.Errorf("to itself: %+v", c)
	}
}

// The interval of the difference of two perplexities is that of the paired bootstrap, which knows no slopes, and is far from
// that of two that have nothing to do with each other.
func TestDifferenceOfPerplexitiesIsTheBootstraps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	perplexity := metric{name: "perplexity", scale: math.Exp, slope: math.Exp, lower: true, factor: true}
	var places []int
	var was, is []Score
	for i := range 400 {
		length := float64(5 + r.IntN(40))
		hard := 2 + 0.4*r.NormFloat64()
		places = append(places, i)
		was = append(was, Score{length * (hard + 0.1*r.NormFloat64()), length})
		is = append(is, Score{length * (hard - 0.1 + 0.1*r.NormFloat64()), length})
	}
	list, err := Difference(result(perplexity, places, was), result(perplexity, places, is))
	if err != nil {
		t.Fatal(err)
	}
	c := list[0]
	of := func(scores []Score, drawn []int) float64 {
		var num, den float64
		for _, i := range drawn {
			num, den = num+scores[i].Num, den+scores[i].Den
		}
		return math.Exp(num / den)
	}
	low, high := statistics.Bootstrap(len(is), 2000, 3, func(drawn []int) float64 { return of(is, drawn) - of(was, drawn) })
	if d := high - low; math.Abs(c.CI95[0]-low) > 0.1*d || math.Abs(c.CI95[1]-high) > 0.1*d {
		t.Errorf("%v, want about %g to %g", c.CI95, low, high)
	}
	low, high = statistics.Bootstrap(len(is), 2000, 3, func(drawn []int) float64 { return of(is, drawn) / of(was, drawn) })
	if d := high - low; math.Abs(c.Ratio-c.After/c.Before) > 1e-12 || math.Abs(c.RatioCI95[0]-low) > 0.1*d || math.Abs(c.RatioCI95[1]-high) > 0.1*d {
		t.Errorf("ratio %g, %v, want %g, about %g to %g", c.Ratio, c.RatioCI95, c.After/c.Before, low, high)
	}
	if c.Won < 3*c.Lost || c.P > 1e-6 {
		t.Errorf("a lower perplexity is better, but %d won and %d lost, p %g", c.Won, c.Lost, c.P)
	}
}

// Two perplexities that differ by chance alone, over items as different as LAMBADA's, are a ratio away whose interval is above 0 and holds 1
// in about 95 of 100 draws.
func TestRatiosOfPerplexitiesCover(t *testing.T) {
	const rounds, n = 1000, 40
	r := rand.New(rand.NewPCG(7, 8))
	perplexity := metric{name: "perplexity", scale: math.Exp, slope: math.Exp, lower: true, factor: true}
	held := 0
	for range rounds {
		var places []int
		var was, is []Score
		for i := range n {
			hard := 9 + 4*r.NormFloat64()
			places = append(places, i)
			was, is = append(was, Score{hard + 2*r.NormFloat64(), 1}), append(is, Score{hard + 2*r.NormFloat64(), 1})
		}
		list, err := Difference(result(perplexity, places, was), result(perplexity, places, is))
		if err != nil {
			t.Fatal(err)
		}
		ci := list[0].RatioCI95
		if ci[0] <= 0 {
			t.Fatalf("interval %v", ci)
		}
		if ci[0] <= 1 && 1 <= ci[1] {
			held++
		}
	}
	if share := float64(held) / rounds; share < 0.92 || share > 0.98 {
		t.Errorf("the ratio is held in %.3f of the draws", share)
	}
}
