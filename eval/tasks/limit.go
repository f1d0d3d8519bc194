package tasks

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Sample draws so many items, of each stratum as large a part as it has of all, up to one item. The same seed draws the same,
// and the items keep their order. 0, or more than there are, is all.
func Sample(items []Item, limit int, seed uint64) []Item {
	if limit <= 0 || limit >= len(items) {
		return items
	}
	strata := map[string][]int{}
	for i, it := range items {
		strata[it.Stratum] = append(strata[it.Stratum], i)
	}
	type share struct {
		name string
		n    int
		rest int // of the share, over len(items)
	}
	rng := rand.New(rand.NewPCG(seed, 0x7461736b73))
	var shares []share
	left := limit
	for name, list := range strata {
		exact := limit * len(list)
		shares = append(shares, share{name, exact / len(items), exact % len(items)})
		left -= exact / len(items)
	}
	slices.SortFunc(shares, func(a, b share) int { return cmp.Compare(a.name, b.name) })
	// Equal rests are settled by lot, or else the first strata by name would always have the items left over.
	rng.Shuffle(len(shares), func(i, j int) { shares[i], shares[j] = shares[j], shares[i] })
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.rest, a.rest) })
	for i := range left {
		shares[i].n++
	}
	var drawn []int
	for _, s := range shares {
		list := strata[s.name]
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		drawn = append(drawn, list[:s.n]...)
	}
	slices.Sort(drawn)
	out := make([]Item, len(drawn))
	for k, i := range drawn {
		out[k] = items[i]
	}
	return out
}
