package statistics

import "math"

// Known is a number for a report, nil where it is none: NaN, or without end.
func Known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// KnownBetween is an interval for a report, nil where one of its ends is none.
func KnownBetween(i [2]float64) *[2]float64 {
	if Known(i[0]) == nil || Known(i[1]) == nil {
		return nil
	}
	return &i
}
