package similarity

import "math/rand/v2"

// rounds is how often KMeans moves its centres at most.
const rounds = 50

// KMeans puts each vector into one of k groups, numbered from 0, so that the squared distances to the groups' means are
// small (Lloyd's algorithm from the start that k-means++ draws). One seed gives the same groups on any number of processors.
// With k or fewer vectors each has a group of its own. For unit vectors the order of distances is that of cosines.
func KMeans(vectors [][]float32, k int, seed uint64) []int {
	group := make([]int, len(vectors))
	if len(vectors) <= k {
		for i := range group {
			group[i] = i
		}
		return group
	}
	if k <= 1 {
		return group
	}
	norms := make([]float32, len(vectors))
	spread(len(vectors), many, func(i int) { norms[i] = dot(vectors[i], vectors[i]) })
	centres := plusPlus(vectors, norms, k, rand.New(rand.NewPCG(seed, 0x6b6d65616e73)))
	lengths := make([]float32, k)
	far := make([]float32, len(vectors)) // squared distance to the centre
	for round := range rounds {
		for c := range centres {
			lengths[c] = dot(centres[c], centres[c])
		}
		moved := make([]bool, len(vectors))
		spread(len(vectors), many, func(i int) {
			g, d := closest(vectors[i], centres, lengths)
			moved[i], group[i], far[i] = g != group[i], g, norms[i]+d
		})
		some := false
		for _, m := range moved {
			some = some || m
		}
		if round > 0 && !some {
			break
		}
		recentre(vectors, group, far, centres)
	}
	return group
}

// closest is the centre nearest to a vector, and the squared distance less the vector's own squared length.
func closest(v []float32, centres [][]float32, lengths []float32) (int, float32) {
	best, least := 0, float32(0)
	take := func(c int, p float32) {
		if d := lengths[c] - 2*p; c == 0 || d < least {
			best, least = c, d
		}
	}
	c := 0
	for ; c+4 <= len(centres); c += 4 {
		p, q, r, s := dot4(v, centres[c], centres[c+1], centres[c+2], centres[c+3])
		take(c, p)
		take(c+1, q)
		take(c+2, r)
		take(c+3, s)
	}
	for ; c < len(centres); c++ {
		p, _, _, _ := dot4(v, centres[c], centres[c], centres[c], centres[c])
		take(c, p)
	}
	return best, least
}

// plusPlus draws k vectors as centres, each with a chance that grows with its squared distance from those before (Arthur and
// Vassilvitskii 2007).
func plusPlus(vectors [][]float32, norms []float32, k int, random *rand.Rand) [][]float32 {
	centres := make([][]float32, 0, k)
	far := make([]float32, len(vectors))
	next := random.IntN(len(vectors))
	for {
		c := append([]float32(nil), vectors[next]...)
		centres = append(centres, c)
		if len(centres) == k {
			return centres
		}
		length, first := dot(c, c), len(centres) == 1
		spread(len(vectors), many, func(i int) {
			d := max(0, norms[i]+length-2*dot(vectors[i], c))
			if first || d < far[i] {
				far[i] = d
			}
		})
		sum := 0.0
		for _, d := range far {
			sum += float64(d)
		}
		at := random.Float64() * sum
		next = len(far) - 1
		for i, d := range far {
			if at -= float64(d); at < 0 {
				next = i
				break
			}
		}
	}
}

// recentre makes each centre the mean of its group. An empty group gets the vector that is farthest from its own centre.
func recentre(vectors [][]float32, group []int, far []float32, centres [][]float32) {
	dim := len(vectors[0])
	sums, counts := make([]float64, len(centres)*dim), make([]int, len(centres))
	for i, v := range vectors {
		counts[group[i]]++
		sum := sums[group[i]*dim:][:dim]
		for j, x := range v {
			sum[j] += float64(x)
		}
	}
	for c := range centres {
		if counts[c] == 0 {
			farthest := 0
			for i, d := range far {
				if d > far[farthest] {
					farthest = i
				}
			}
			copy(centres[c], vectors[farthest])
			far[farthest] = 0
			continue
		}
		for j := range dim {
			centres[c][j] = float32(sums[c*dim+j] / float64(counts[c]))
		}
	}
}
