package dataset

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sequences makes tokens of the given lengths, every token but the first a label.
func sequences(lens ...int) []Tokens {
	var out []Tokens
	for i, n := range lens {
		t := Tokens{IDs: make([]int32, n), Train: make([]bool, n), Weight: 1, Repeat: 1, Ref: Ref{File: "f", Line: i + 1, Row: i + 1}}
		for j := range n {
			t.IDs[j] = int32(100*i + j)
			t.Train[j] = j > 0
		}
		out = append(out, t)
	}
	return out
}

func anySequences(t *rapid.T) []Tokens {
	list := sequences(rapid.SliceOfN(rapid.IntRange(2, 30), 1, 40).Draw(t, "lengths")...)
	for i := range list {
		list[i].Repeat = rapid.SampledFrom([]int{1, 1, 1, 0, 3}).Draw(t, "repeat")
		list[i].Weight = rapid.SampledFrom([]float32{1, 1, 0.3, 0}).Draw(t, "weight")
	}
	list[0].Repeat, list[0].Weight = 1, 1 // something must be left
	return list
}

func TestEveryEpochHasEverySequenceAsOftenAsAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := anySequences(t)
		opt := PlanOptions{BatchTokens: rapid.IntRange(1, 100).Draw(t, "batch"), Epochs: 3, Seed: rapid.Uint64().Draw(t, "seed")}
		s, err := Plan(list, opt)
		if err != nil {
			t.Fatal(err)
		}
		seen := make([][]int, 3)
		for e := range seen {
			seen[e] = make([]int, len(list))
		}
		for i := range s.Steps() {
			step := s.Step(i)
			n := 0
			for _, k := range step {
				seen[s.Epoch(i)][k]++
				n += len(list[k].IDs)
			}
			if len(step) == 0 || n > opt.BatchTokens && len(step) > 1 {
				t.Fatalf("step %d has %d sequences of %d tokens, at most %d are allowed", i, len(step), n, opt.BatchTokens)
			}
			// Greedy: the next sequence of the epoch would not have fitted.
			if i+1 < s.Steps() && s.Epoch(i+1) == s.Epoch(i) && n+len(list[s.Step(i + 1)[0]].IDs) <= opt.BatchTokens {
				t.Fatalf("step %d has room for the next sequence", i)
			}
		}
		for e := range seen {
			for k, n := range seen[e] {
				want := list[k].Repeat
				if list[k].Weight == 0 {
					want = 0
				}
				if n != want {
					t.Fatalf("epoch %d has sequence %d %d times, want %d", e, k, n, want)
				}
			}
		}
		if s.Step(-1) != nil || s.Step(s.Steps()) != nil || s.Epoch(s.Steps()) != -1 {
			t.Fatal("there are steps outside the schedule")
		}
	})
}

// Resuming makes a new schedule and asks it for the remaining steps, in any order.
func TestLaw06StepsDependOnTheOptionsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := anySequences(t)
		opt := PlanOptions{BatchTokens: rapid.IntRange(1, 100).Draw(t, "batch"), Seed: 7}
		if rapid.Bool().Draw(t, "by steps?") {
			opt.Steps = rapid.IntRange(1, 60).Draw(t, "steps")
		} else {
			opt.Epochs = rapid.Float64Range(0.01, 4).Draw(t, "epochs")
		}
		a, err := Plan(list, opt)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Plan(list, opt)
		if err != nil {
			t.Fatal(err)
		}
		if a.Steps() != b.Steps() || opt.Steps > 0 && a.Steps() != opt.Steps {
			t.Fatalf("%d and %d steps, asked for %d", a.Steps(), b.Steps(), opt.Steps)
		}
		var backwards [][]int
		for i := b.Steps() - 1; i >= 0; i-- {
			backwards = append(backwards, b.Step(i))
		}
		slices.Reverse(backwards)
		for i := range a.Steps() {
			if !slices.Equal(a.Step(i), backwards[i]) {
				t.Fatalf("step %d is %v, or %v", i, a.Step(i), backwards[i])
			}
		}
	})
}

// If this changes, interrupted trainings no longer resume to what they would have been.
func TestLaw06TheOrderIsPinned(t *testing.T) {
	s, err := Plan(sequences(2, 3, 4, 5, 6, 7, 8, 9), PlanOptions{BatchTokens: 16, Epochs: 2.5, Seed: 42})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int
	for i := range s.Steps() {
		got = append(got, s.Step(i))
	}
	want := [][]int{{3, 4, 0}, {5, 6}, {7, 1, 2}, {4, 0, 5}, {1, 7, 2}, {6, 3}, {1, 5, 0, 2}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v", got)
	}
}

func TestOrdersDiffer(t *testing.T) {
	lens := make([]int, 1000)
	for i := range lens {
		lens[i] = 2
	}
	order := func(seed uint64, epoch int) []int {
		s, err := Plan(sequences(lens...), PlanOptions{BatchTokens: 2000, Epochs: 3, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return s.Step(epoch)
	}
	same := func(a, b []int) (n int) {
		for i := range a {
			if a[i] == b[i] {
				n++
			}
		}
		return n
	}
	straight := make([]int, 1000)
	for i := range straight {
		straight[i] = i
	}
	for name, other := range map[string][]int{"next epoch": order(1, 1), "next seed": order(2, 0), "file": straight} {
		if n := same(order(1, 0), other); n > 8 { // 1 expected
			t.Errorf("%s: %d of 1000 stand in the same place", name, n)
		}
	}
}

func TestPlansThatMakeNoSense(t *testing.T) {
	list := sequences(5)
	for _, opt := range []PlanOptions{
		{}, {BatchTokens: 10}, {BatchTokens: 10, Epochs: 1, Steps: 1}, {BatchTokens: 10, Epochs: -1}, {BatchTokens: 10, Steps: -1}, {Epochs: 1}, {BatchTokens: 10, Epochs: 1e9},
	} {
		if _, err := Plan(list, opt); err == nil {
			t.Errorf("%+v: no error", opt)
		}
	}
	list[0].Weight = 0
	if _, err := Plan(list, PlanOptions{BatchTokens: 10, Epochs: 1}); err == nil {
		t.Error("nothing to train on: no error")
	}
}
