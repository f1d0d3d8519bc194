// Package pyrandom shuffles a list as Python's random.Random(seed).shuffle does, so that a benchmark here draws the very
// rows that a benchmark in Python draws. It is for nothing else.
package pyrandom

import "math/bits"

const (
	size = 624
	mid  = 397
)

// Source is the Mersenne Twister MT19937 (Matsumoto & Nishimura 1998), seeded as Python seeds it from an integer.
type Source struct {
	state [size]uint32
	next  int
}

// New is Python's random.Random(seed).
func New(seed uint64) *Source {
	key := []uint32{uint32(seed)}
	if seed>>32 != 0 {
		key = append(key, uint32(seed>>32))
	}
	s := &Source{next: size}
	s.state[0] = 19650218
	for i := 1; i < size; i++ {
		s.state[i] = 1812433253*(s.state[i-1]^s.state[i-1]>>30) + uint32(i)
	}
	i, j := 1, 0
	step := func(factor uint32, add uint32) {
		s.state[i] = (s.state[i] ^ (s.state[i-1]^s.state[i-1]>>30)*factor) + add
		if i++; i == size {
			s.state[0] = s.state[size-1]
			i = 1
		}
	}
	for range size { // the longer of state and key
		step(1664525, key[j]+uint32(j))
		j = (j + 1) % len(key)
	}
	for range size - 1 {
		step(1566083941, -uint32(i))
	}
	s.state[0] = 1 << 31
	return s
}

func (s *Source) uint32() uint32 {
	if s.next == size {
		for i := range s.state {
			y := s.state[i]&(1<<31) | s.state[(i+1)%size]&(1<<31-1)
			x := s.state[(i+mid)%size] ^ y>>1
			if y&1 == 1 {
				x ^= 0x9908b0df
			}
			s.state[i] = x
		}
		s.next = 0
	}
	y := s.state[s.next]
	s.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// Below is uniform over 0..n-1, as Python's randrange(n), for n < 2³².
func (s *Source) Below(n int) int {
	shift := 32 - bits.Len(uint(n))
	for {
		if r := int(s.uint32() >> shift); r < n {
			return r
		}
	}
}

// Shuffle permutes n < 2³² elements.
func (s *Source) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, s.Below(i+1))
	}
}
