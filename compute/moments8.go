package compute

import (
	"math"
	"slices"
	"sync"
)

// MomentBlock is how many values of a moment in 8 bits share a scale (Dettmers et al. 2022, section 2.1).
const MomentBlock = 256

// Moments8 is AdamW's moments of n values in 8 bits: each value is the place, in the code of its moment, of the nearest
// to the value over the largest size in its block. Zeros stand for zeros, as they do where nothing was remembered yet: a
// block whose largest size is 0 has no other values.
type Moments8 struct {
	M, V       []byte // places in MomentCode(true) and MomentCode(false)
	MaxM, MaxV Buffer // the largest size in each block
}

// NewMoments8 is moments of n values that are 0.
func NewMoments8(m Memory, n int) *Moments8 {
	blocks := (n + MomentBlock - 1) / MomentBlock
	return &Moments8{M: make([]byte, n), V: make([]byte, n), MaxM: m.Alloc(blocks), MaxV: m.Alloc(blocks)}
}

// Code8 is 256 values between -1 and 1, or 0 and 1, and what finds the nearest of them.
type Code8 struct {
	values [256]float32 // ascending
	above  [256]float32 // the middle between each and the next; infinite for the last
	least  []byte       // for each run of numbers whose first bits are the same, the place of the nearest to its lowest
	zero   byte         // place of 0
}

// The first bits of a float32 that lead to its place or the one before: sign, exponent and seven more, so that a run is
// narrower than any two values are apart.
const codeBits = 16

// MomentCode is the dynamic code of Dettmers et al. 2022 (section 1.3): for each of seven powers of ten, 1 to 10⁻⁶, the
// middles of equal parts of 0.1 to 1 of it, as many more the larger it is, and 0 and 1. The signed one, for running means,
// has 1, 2, 4 … 64 parts and their negatives; the unsigned one, for running squares, twice as many. The values have the bits
// that bitsandbytes has: the bounds of the parts, counted from the nearer end, their middles and the product with the
// power of ten are each rounded to float32.
func MomentCode(signed bool) *Code8 {
	if signed {
		return signedCode()
	}
	return unsignedCode()
}

var (
	signedCode   = sync.OnceValue(func() *Code8 { return newCode8(true) })
	unsignedCode = sync.OnceValue(func() *Code8 { return newCode8(false) })
)

func newCode8(signed bool) *Code8 {
	list := []float32{0, 1}
	for i := range 7 {
		parts := 2 << i
		if signed {
			parts = 1 << i
		}
		step := (1 - float32(0.1)) / float32(parts)
		bound := func(k int) float32 {
			if k <= parts/2 && 2*k < parts+1 {
				return float32(math.FMA(float64(step), float64(k), float64(float32(0.1))))
			}
			return float32(math.FMA(-float64(step), float64(parts-k), 1))
		}
		for k := range parts {
			x := float32(math.Pow(10, float64(i-6))) * (float32(bound(k)+bound(k+1)) / 2)
			list = append(list, x)
			if signed {
				list = append(list, -x)
			}
		}
	}
	slices.Sort(list)
	c := &Code8{values: [256]float32(list), least: make([]byte, 1<<codeBits)}
	for i := range 255 {
		c.above[i] = (c.values[i] + c.values[i+1]) / 2
	}
	c.above[255] = float32(math.Inf(1))
	for c.values[c.zero] < 0 {
		c.zero++
	}
	floor := byte(0) // of places: in an unsigned code no number but 0 has that of 0
	if !signed {
		floor = c.zero + 1
	}
	for run := range c.least {
		low := math.Float32frombits(uint32(run) << (32 - codeBits))
		if math.Signbit(float64(low)) { // of negative numbers, the lowest has the most bits
			low = math.Float32frombits(uint32(run+1)<<(32-codeBits) - 1)
		}
		if low == low {
			c.least[run] = max(floor, byte(min(255, first(c.above[:], low))))
		}
	}
	return c
}

// first is the first place whose value is at least x.
func first(list []float32, x float32) int {
	at, _ := slices.BinarySearch(list, x)
	return at
}

// Value is what a place stands for.
func (c *Code8) Value(place byte) float32 { return c.values[place] }

// Nearest is the place of the value nearest to x; of an unsigned code that of a positive one where x is positive, for a
// square that is forgotten would make the next step as large as it can be.
func (c *Code8) Nearest(x float32) byte {
	if x == 0 {
		return c.zero
	}
	place := c.least[math.Float32bits(x)>>(32-codeBits)]
	var next byte
	if x > c.above[place] {
		next = 1
	}
	return place + next
}
