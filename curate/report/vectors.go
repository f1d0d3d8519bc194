package report

import (
	"math"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

// width is how many numbers the vector of a row has that no model gave.
const width = 256

// Vectors gives each row a unit vector without a model: its words by how rare they are (TF-IDF), hashed to a few hundred
// numbers. Rows of the same words are alike, and rows of the same meaning only where they share words. A row without words
// gets zeros.
func Vectors(rows []*curate.Row) [][]float32 {
	texts := make([][]string, len(rows))
	seen := map[string]int{} // rows that have a word
	for i, r := range rows {
		texts[i] = similarity.Words(asks(r))
		once := map[string]bool{}
		for _, w := range texts[i] {
			if !once[w] {
				once[w] = true
				seen[w]++
			}
		}
	}
	out := make([][]float32, len(rows))
	for i, words := range texts {
		v := make([]float32, width)
		counts := map[string]int{}
		for _, w := range words {
			counts[w]++
		}
		for _, w := range words {
			n := counts[w]
			if n == 0 {
				continue
			}
			counts[w] = 0
			x := (1 + math.Log(float64(n))) * math.Log(float64(1+len(rows))/float64(seen[w]))
			h := similarity.Hash(w)
			if h>>63 == 1 {
				x = -x
			}
			v[h%width] += float32(x)
		}
		unit(v)
		out[i] = v
	}
	return out
}

// unit gives a vector the length 1, unless it is all zeros.
func unit(v []float32) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	for i, x := range v {
		v[i] = float32(float64(x) / math.Sqrt(sum))
	}
}

// asks is what a row asks for: its first instruction with its input, of which a long one counts no more than a short.
func asks(r *curate.Row) string {
	all := r.Exchanges()
	if len(all) == 0 {
		return ""
	}
	input := all[0].Input.Text
	return all[0].Instruction.Text + "\n" + input[:min(len(input), 300)]
}

// plane lays vectors out on a plane so that groups of them come to lie apart: on the two directions in which the groups'
// means, each as heavy as its group, differ most (a principal component analysis of the means).
func plane(vectors [][]float32, group []int, groups int) [][2]float32 {
	dim := len(vectors[0])
	means, counts := make([][]float64, groups), make([]float64, groups)
	for g := range means {
		means[g] = make([]float64, dim)
	}
	centre := make([]float64, dim)
	for i, v := range vectors {
		counts[group[i]]++
		for j, x := range v {
			means[group[i]][j] += float64(x)
			centre[j] += float64(x)
		}
	}
	for g := range means {
		for j := range means[g] {
			means[g][j] = means[g][j]/max(1, counts[g]) - centre[j]/float64(len(vectors))
		}
	}
	first := axis(means, counts, nil)
	second := axis(means, counts, first)
	out := make([][2]float32, len(vectors))
	for i, v := range vectors {
		for j, x := range v {
			x := float64(x) - centre[j]/float64(len(vectors))
			out[i][0] += float32(x * first[j])
			out[i][1] += float32(x * second[j])
		}
	}
	return out
}

// axis is the direction in which weighted vectors vary most, of those at a right angle to another; by power iteration.
func axis(vectors [][]float64, weights, other []float64) []float64 {
	dim := len(vectors[0])
	v := make([]float64, dim)
	for j := range v {
		v[j] = 1 + float64(j%7) // any start that has a part in every direction
	}
	for range 100 {
		straighten(v, other)
		next := make([]float64, dim)
		for g, m := range vectors {
			p := 0.0
			for j, x := range m {
				p += x * v[j]
			}
			for j, x := range m {
				next[j] += weights[g] * p * x
			}
		}
		straighten(next, other)
		if norm(next) == 0 {
			return v
		}
		v = next
	}
	return v
}

// straighten takes the part of v along a unit vector away, and gives it the length 1.
func straighten(v, other []float64) {
	if other != nil {
		p := 0.0
		for j, x := range other {
			p += x * v[j]
		}
		for j, x := range other {
			v[j] -= p * x
		}
	}
	if n := norm(v); n > 0 {
		for j := range v {
			v[j] /= n
		}
	}
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}
