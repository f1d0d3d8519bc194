package similarity

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

const (
	shingle = 3   // words that a piece of a text has
	hashes  = 128 // of a text's MinHash signature
)

// Shingles are the pieces of a text that near duplicates share: every three words in a row, or all of them where there are
// fewer, hashed, each once and sorted. A text without a word has none.
func Shingles(text string) []uint64 {
	words := Words(text)
	if len(words) == 0 {
		return nil
	}
	n := max(1, len(words)-shingle+1)
	out := make([]uint64, n)
	for i := range out {
		h := uint64(0)
		for _, w := range words[i:min(i+shingle, len(words))] {
			h = mix(h ^ hash(w))
		}
		out[i] = h
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hash is a number of 64 bits for a word, the same everywhere and always: FNV-1a, mixed so that every bit depends on all of it.
func hash(w string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(w); i++ {
		h = (h ^ uint64(w[i])) * 0x100000001b3
	}
	return mix(h)
}

// mix spreads every bit of a number over all of them (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Jaccard is the share of two sorted sets that they have in common, 0 where both are empty.
func Jaccard(a, b []uint64) float64 {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			common++
			i++
			j++
		}
	}
	if common == 0 {
		return 0
	}
	return float64(common) / float64(len(a)+len(b)-common)
}

// NearDuplicates groups the texts whose [Shingles] have a [Jaccard] similarity of at least a threshold, from above 0 to 1:
// each group holds two texts or more, in order, and a text belongs to the group of any that it is so like. Candidates come
// from MinHash signatures (Broder 1997) cut into bands, and are then compared exactly, so a group is never wrong; a pair
// just at the threshold is missed less than once in a thousand times, one above it less often.
func NearDuplicates(texts []string, jaccard float64) [][]int {
	sets := make([][]uint64, len(texts))
	spread(len(texts), many, func(i int) { sets[i] = Shingles(texts[i]) })
	groups := newUnion(len(texts))
	same := map[uint64][]int{} // by signature of the whole set, the first text of each set
	var lead []int             // texts with different sets
	for i, s := range sets {
		if len(s) == 0 {
			continue
		}
		h := uint64(len(s))
		for _, v := range s {
			h = mix(h ^ v)
		}
		at := slices.IndexFunc(same[h], func(j int) bool { return slices.Equal(sets[j], s) })
		if at >= 0 {
			groups.join(same[h][at], i)
			continue
		}
		same[h] = append(same[h], i)
		lead = append(lead, i)
	}
	rows := bandRows(jaccard)
	signatures := make([][]uint64, len(lead)) // by band
	spread(len(lead), many, func(k int) { signatures[k] = bands(sets[lead[k]], rows) })
	order := make([]int, len(lead))
	for band := range hashes / rows {
		for k := range order {
			order[k] = k
		}
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(signatures[a][band], signatures[b][band]), cmp.Compare(a, b))
		})
		for from := 0; from < len(order); {
			to := from + 1
			for to < len(order) && signatures[order[to]][band] == signatures[order[from]][band] {
				to++
			}
			for i, a := range order[from:to] {
				for _, b := range order[from+i+1 : to] {
					if !groups.joined(lead[a], lead[b]) && Jaccard(sets[lead[a]], sets[lead[b]]) >= jaccard {
						groups.join(lead[a], lead[b])
					}
				}
			}
			from = to
		}
	}
	return groups.groups()
}

// bandRows is how many hashes a band may hold for the chance to miss a pair at the threshold to stay below 1 in 1,000: the
// more, the fewer pairs below it are looked at.
func bandRows(threshold float64) int {
	rows := 1
	for r := 2; r <= 32; r *= 2 {
		if math.Pow(1-math.Pow(threshold, float64(r)), float64(hashes/r)) < 1e-3 {
			rows = r
		}
	}
	return rows
}

// bands are the bands of a set's MinHash signature, each put into one number.
func bands(set []uint64, rows int) []uint64 {
	out := make([]uint64, hashes/rows)
	for b := range out {
		h := uint64(0)
		for r := range rows {
			// Multiplying by an odd number and taking high bits orders the set anew for each hash.
			a := mix(uint64(b*rows+r)) | 1
			least := uint64(math.MaxUint64)
			for _, v := range set {
				hi, lo := bits.Mul64(v, a)
				least = min(least, hi^lo)
			}
			h = mix(h ^ least)
		}
		out[b] = h
	}
	return out
}

// union is a set of groups that can be joined.
type union struct{ parent []int }

func newUnion(n int) *union {
	u := &union{make([]int, n)}
	for i := range u.parent {
		u.parent[i] = i
	}
	return u
}

// find is the first element of i's group.
func (u *union) find(i int) int {
	for u.parent[i] != i {
		u.parent[i] = u.parent[u.parent[i]]
		i = u.parent[i]
	}
	return i
}

func (u *union) joined(a, b int) bool { return u.find(a) == u.find(b) }

func (u *union) join(a, b int) {
	a, b = u.find(a), u.find(b)
	u.parent[max(a, b)] = min(a, b)
}

// groups are those of two elements or more, by their first, and each in order.
func (u *union) groups() [][]int {
	by := make([][]int, len(u.parent))
	for i := range u.parent {
		first := u.find(i)
		by[first] = append(by[first], i)
	}
	return slices.DeleteFunc(by, func(g []int) bool { return len(g) < 2 })
}
