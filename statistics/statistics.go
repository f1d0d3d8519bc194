// Package statistics says how far chance alone could move a number: intervals of shares, curves of what a score can tell
// apart, and the bootstrap. It never draws a conclusion.
package statistics

import "math"

// normal95 is the 97.5 % quantile of the normal distribution.
const normal95 = 1.959963984540054

// Wilson is the 95 % score interval of a share, count of total (Wilson 1927). Of a total of 0 nothing is known: 0 to 1.
func Wilson(count, total int) (low, high float64) {
	if total == 0 {
		return 0, 1
	}
	return wilson(float64(count)/float64(total), float64(total))
}

func wilson(p, n float64) (low, high float64) {
	const z = normal95
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}
