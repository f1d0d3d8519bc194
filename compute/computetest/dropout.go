package computetest

import (
	"fmt"
	"math"
	"slices"
)

// kept runs Dropout over ones and returns which values were kept.
func (s *suite) kept(n int, p float32, seed uint64) []bool {
	dst := s.blank("dst", n)
	s.b.Dropout(dst, s.input("src", slices.Repeat([]float32{1}, n)), n, p, seed, false)
	keep := make([]bool, n)
	for i, v := range s.read(dst) {
		keep[i] = v != 0
	}
	s.verify("Dropout")
	return keep
}

// agreement is how many of two masks' values are equal.
func agreement(a, b []bool) int {
	n := 0
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}

// fair fails where count successes of n trials of probability p lie more than 6 standard deviations off.
func (s *suite) fair(what string, count, n int, p float64) {
	s.t.Helper()
	mean, deviation := float64(n)*p, math.Sqrt(float64(n)*p*(1-p))
	s.check(math.Abs(float64(count)-mean) <= 6*deviation+1, "%s: %d of %d, want %.0f ± %.0f", what, count, n, mean, 6*deviation+1)
}

func checkDropout(s *suite) {
	for _, n := range lengths() {
		for _, p := range []float32{0, 0.05, 0.5, 0.9} {
			for _, acc := range []bool{false, true} {
				s.dropout(n, p, acc)
			}
		}
	}

	const n = 60000
	for _, p := range []float32{0.05, 0.1, 0.5, 0.9} {
		p64 := float64(p)
		alike := p64*p64 + (1-p64)*(1-p64)
		first := s.kept(n, p, 7)
		next, far := s.kept(n, p, 8), s.kept(n, p, 7<<40)
		for name, mask := range map[string][]bool{"7": first, "8": next, "7<<40": far} {
			count := 0
			for _, keep := range mask {
				if keep {
					count++
				}
			}
			s.fair(fmt.Sprintf("Dropout p=%g seed=%s: values kept", p, name), count, n, 1-p64)
		}
		s.fair(fmt.Sprintf("Dropout p=%g: seeds 7 and 8 agree", p), agreement(first, next), n, alike)
		s.fair(fmt.Sprintf("Dropout p=%g: seeds 7 and 7<<40 agree", p), agreement(first, far), n, alike)
		for _, shift := range []int{1, 2, 8, 16} {
			what := fmt.Sprintf("Dropout p=%g: a mask and itself %d values on agree", p, shift)
			s.fair(what, agreement(first[:n-shift], first[shift:]), n-shift, alike)
		}
		s.fair(fmt.Sprintf("Dropout p=%g: seed 7 one value on and seed 8 agree", p), agreement(first[1:], next[:n-1]), n-1, alike)
		s.check(agreement(s.kept(1001, p, 7), first[:1001]) == 1001, "Dropout p=%g: the mask of 1001 values is not the start of that of %d", p, n)
		s.check(agreement(s.kept(n, p, 7), first) == n, "Dropout p=%g: the same seed drew another mask", p)
	}
}

// dropout holds one call to a mask seen before, and a second call, the backward, to the same mask.
func (s *suite) dropout(n int, p float32, acc bool) {
	const seed = 0xfeedfacecafef00d
	what := fmt.Sprintf("Dropout n=%d p=%g acc=%t", n, p, acc)
	keep := s.kept(n, p, seed)
	for _, direction := range []string{"", " again, as the backward does"} {
		src, start := s.normal(n, 1), s.start(n, acc)
		dst := s.output("dst", start)
		s.b.Dropout(dst, s.input("src", src), n, p, seed, acc)
		want, tol := before(start, acc), make([]float64, n)
		for i, v := range src {
			if keep[i] {
				want[i] += float64(v) / (1 - float64(p))
			}
			tol[i] = 4 * unit * (math.Abs(want[i]) + math.Abs(float64(v))/(1-float64(p)))
			if p == 0 && !acc {
				tol[i] = 0
			}
		}
		s.near(what+direction, "dst", n, s.read(dst), want, tol)
		s.verify(what)
		if acc {
			continue
		}
		inPlace := s.output("src and dst", src)
		s.b.Dropout(inPlace, inPlace, n, p, seed, false)
		s.near(what+" in place", "dst", n, s.read(inPlace), want, tol)
		s.verify(what)
	}
}
