package similarity

import (
	"container/heap"
	"slices"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
)

// FacilityLocation picks n of the unit vectors so that every vector has one like it among them: it takes, one after another,
// the vector that most raises the sum over all vectors of the cosine to the likest picked, and gives them in that order. This
// greedy choice reaches at least 63 in 100 of the best sum (Nemhauser and others 1978), and gains that were computed earlier
// bound the later ones, so that few are computed twice (Minoux 1978). A gain costs len(vectors)·dimension multiplications and
// each vector's is computed at least once after the first pick; see docs/report.md for times. The cosines are computed in blocks:
// beyond a copy of the vectors no more than 64 MiB and a few numbers a vector are held.
func FacilityLocation(vectors [][]float32, n int) []int {
	n = min(n, len(vectors))
	if n <= 0 {
		return nil
	}
	// The first pick: the one with the largest sum of cosines, which is its product with the mean.
	centre := mean(vectors)
	picked := []int{0}
	for i, v := range vectors {
		if dot(centre, v) > dot(centre, vectors[picked[0]]) {
			picked[0] = i
		}
	}
	covered := make([]float32, len(vectors)) // by vector: the cosine to the likest picked
	cover := func(p int) {
		spread(len(vectors), many, func(i int) {
			if c := dot(vectors[p], vectors[i]); len(picked) == 1 || c > covered[i] {
				covered[i] = c
			}
		})
	}
	cover(picked[0])
	adds := plainGains
	if device, err := cpu.New(cpu.Options{}); err == nil {
		defer device.Close()
		adds = gainsOn(device, vectors)
	}
	all := make([]int, 0, len(vectors))
	for i := range vectors {
		if i != picked[0] {
			all = append(all, i)
		}
	}
	var rest gains
	for k, g := range adds(vectors, covered, all) {
		rest = append(rest, gain{all[k], g, 1})
	}
	heap.Init(&rest)
	const batch = 32 // computed together; computing one too many is no harm to the choice
	for len(picked) < n {
		if rest[0].at == len(picked) {
			p := heap.Pop(&rest).(gain).vector
			picked = append(picked, p)
			cover(p)
			continue
		}
		var stale []int
		for len(rest) > 0 && len(stale) < batch && rest[0].at != len(picked) {
			stale = append(stale, heap.Pop(&rest).(gain).vector)
		}
		for k, g := range adds(vectors, covered, stale) {
			heap.Push(&rest, gain{stale[k], g, len(picked)})
		}
	}
	return picked
}

// plainGains are the sums of what each candidate adds to the cover of all vectors.
func plainGains(vectors [][]float32, covered []float32, candidates []int) []float64 {
	out := make([]float64, len(candidates))
	spread(len(candidates), 1, func(k int) {
		for i, v := range vectors {
			out[k] += float64(max(0, dot(vectors[candidates[k]], v)-covered[i]))
		}
	})
	return out
}

// gainsOn is plainGains of these vectors by products of matrices.
func gainsOn(device *cpu.Backend, vectors [][]float32) func(vectors [][]float32, covered []float32, candidates []int) []float64 {
	dim := len(vectors[0])
	all := compute.F32Weight(compute.HostBuffer(flatten(vectors)), len(vectors), dim)
	block := min(256, max(1, 16<<20/len(vectors)))
	asked, cosines := make([]float32, block*dim), make([]float32, block*len(vectors))
	return func(vectors [][]float32, covered []float32, candidates []int) []float64 {
		out := make([]float64, 0, len(candidates))
		for some := range slices.Chunk(candidates, block) {
			for k, c := range some {
				copy(asked[k*dim:], vectors[c])
			}
			device.MatMul(compute.HostBuffer(cosines[:len(some)*len(vectors)]), compute.HostBuffer(asked[:len(some)*dim]), all, len(some), 1, false)
			sums := make([]float64, len(some))
			spread(len(some), 1, func(k int) {
				for i, c := range cosines[k*len(vectors):][:len(vectors)] {
					sums[k] += float64(max(0, c-covered[i]))
				}
			})
			out = append(out, sums...)
		}
		return out
	}
}

// gain is what a vector added to the cover when it was computed, with so many picked.
type gain struct {
	vector int
	size   float64
	at     int
}

// gains is a heap with the largest gain on top, the first vector's of equals.
type gains []gain

func (g gains) Len() int { return len(g) }
func (g gains) Less(i, j int) bool {
	return g[i].size > g[j].size || g[i].size == g[j].size && g[i].vector < g[j].vector
}
func (g gains) Swap(i, j int) { g[i], g[j] = g[j], g[i] }
func (g *gains) Push(x any)   { *g = append(*g, x.(gain)) }
func (g *gains) Pop() any {
	last := (*g)[len(*g)-1]
	*g = (*g)[:len(*g)-1]
	return last
}

// KCenter picks n of the unit vectors so that none is far from all of them: first the one nearest to the mean, then, one after
// another, the one whose likest picked is least like it (Gonzalez 1985, at most twice the least possible distance). It costs
// n·len(vectors)·dimension multiplications.
func KCenter(vectors [][]float32, n int) []int {
	n = min(n, len(vectors))
	if n <= 0 {
		return nil
	}
	centre := mean(vectors)
	next := 0
	for i, v := range vectors {
		if dot(centre, v) > dot(centre, vectors[next]) {
			next = i
		}
	}
	near := make([]float32, len(vectors))
	taken := make([]bool, len(vectors))
	var picked []int
	for {
		picked, taken[next] = append(picked, next), true
		if len(picked) == n {
			return picked
		}
		spread(len(vectors), many, func(i int) {
			if c := dot(vectors[picked[len(picked)-1]], vectors[i]); len(picked) == 1 || c > near[i] {
				near[i] = c
			}
		})
		next = slices.Index(taken, false)
		for i, c := range near {
			if !taken[i] && c < near[next] {
				next = i
			}
		}
	}
}
