package compute

import (
	"math"
	"testing"
)

// The code's ends are those that bitsandbytes prints for its dynamic map, and every number finds the nearest value.
func TestMomentCodeIsTheDynamicCode(t *testing.T) {
	c := MomentCode(true)
	for place, want := range map[byte]float32{0: -0.9929687, 1: -0.9789063, 2: -0.9648438, 127: 0, 128: 5.5e-7, 254: 0.9929687, 255: 1} {
		if got := c.Value(place); math.Abs(float64(got-want)) > 2e-7*math.Abs(float64(want)) {
			t.Errorf("value %d of the signed code is %v, want %v", place, got, want)
		}
	}
	if got := MomentCode(false).Value(1); math.Abs(float64(got)-3.25e-7) > 1e-13 {
		t.Errorf("the least value of the unsigned code is %v", got)
	}
	for _, signed := range []bool{true, false} {
		c := MomentCode(signed)
		for i := range 20_001 {
			x := float32(i-10_000) / 10_000
			if i%2 == 0 {
				x *= x * x
				x *= x * x
			}
			if !signed && x < 0 {
				x = -x
			}
			best := float32(2)
			for place := range 256 {
				if v := c.Value(byte(place)); signed || v > 0 || x == 0 {
					best = min(best, float32(math.Abs(float64(x-v))))
				}
			}
			if got := c.Value(c.Nearest(x)); float32(math.Abs(float64(x-got))) > best*(1+1e-4) {
				t.Fatalf("signed %v: %v rests as %v, %v away", signed, x, got, best)
			}
		}
	}
}
