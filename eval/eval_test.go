package eval

import (
	"math"
	"testing"
)

// Wilson's interval against values worked out by hand from the published formula: 8 of 10, 0 of 10, 10 of 10.
func TestIntervals(t *testing.T) {
	for _, c := range []struct {
		s         Score
		low, high float64
	}{
		{Score{Exact: 8, N: 10}, 0.4901625, 0.9433178},
		{Score{Exact: 0, N: 10}, 0, 0.2775328},
		{Score{Exact: 10, N: 10}, 0.7224672, 1},
		{Score{}, 0, 1},
	} {
		low, high := c.s.Interval()
		if math.Abs(low-c.low) > 1e-6 || math.Abs(high-c.high) > 1e-6 {
			t.Errorf("%+v: %.7f to %.7f, want %.7f to %.7f", c.s, low, high, c.low, c.high)
		}
	}
}

func TestAnswersAreExactButForSpaceAround(t *testing.T) {
	right := Item{Right: "cold"}
	answers := []Answer{{Item: right, Text: " cold\n", Ended: true}, {Item: right, Text: "cold."}, {Item: right, Text: "Cold", Ended: true}}
	if s := Tally(answers); s != (Score{Exact: 1, Ended: 2, N: 3}) || math.Abs(s.Share()-1.0/3) > 1e-12 {
		t.Errorf("%+v", s)
	}
}
