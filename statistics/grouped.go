package statistics

// Grouped is the 95 % score interval of a share of things that come in groups, yes of n in each, and hang together there:
// Wilson's with the number of things that, each by itself, would give the share the standard error that it has over groups
// (Kish 1965, design effect), at most as many as there are. Where all or none are, each group counts as one, and so does a
// single group. With one thing a group it is [Wilson]. Of nothing nothing is known: 0 to 1.
func Grouped(yes, n []float64) (low, high float64) {
	var sum, size float64
	for i := range n {
		sum, size = sum+yes[i], size+n[i]
	}
	if size == 0 {
		return 0, 1
	}
	p := sum / size
	return wilson(p, worth(yes, n, p, p*(1-p)))
}

// worth is how many things of their own those in groups are worth, whose mean and variance these are.
func worth(sums, sizes []float64, mean, variance float64) float64 {
	var size, groups, squares float64
	for i, n := range sizes {
		if n > 0 {
			groups++
		}
		d := sums[i] - mean*n
		size, squares = size+n, squares+d*d
	}
	switch {
	case groups == size:
		return size
	case groups == 1, variance < 1e-12: // which is none, but for rounding
		return groups
	}
	return min(size, variance*size*size/squares*(groups-1)/groups)
}
