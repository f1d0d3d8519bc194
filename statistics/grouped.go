package statistics

// Grouped is the 95 % score interval of a share of things that come in groups, yes of n in each, and hang together there:
// Wilson's with the number of things that, each by itself, would give the share the standard error that it has over groups
// (Kish 1965, design effect), at most as many as there are. Where all or none are, each group counts as one. With one thing a
// group it is [Wilson]. Of nothing nothing is known: 0 to 1.
func Grouped(yes, n []float64) (low, high float64) {
	var sum, size, groups float64
	for i := range n {
		sum, size = sum+yes[i], size+n[i]
		if n[i] > 0 {
			groups++
		}
	}
	if size == 0 {
		return 0, 1
	}
	p, squares := sum/size, 0.0
	for i := range n {
		d := yes[i] - p*n[i]
		squares += d * d
	}
	effective := groups
	if p > 0 && p < 1 {
		effective = size
		if squares > 0 {
			effective = min(size, p*(1-p)*size*size/squares)
		}
	}
	return wilson(p, effective)
}
