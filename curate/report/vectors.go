package report

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

const (
	width      = 64   // numbers that the vector of a row has that no model gave
	vocabulary = 5000 // words that are looked at
)

// Vectors gives each row a unit vector without a model, by latent semantic analysis (Deerwester and others 1990): its words by
// how rare they are, brought to the few directions in which the rows differ most, so that words that go together count as
// alike. A row of none of the frequent words gets zeros.
func Vectors(rows []*curate.Row) [][]float32 {
	texts, size := weighed(Asked(rows))
	// Directions by subspace iteration: V ← Xᵀ(X V), made orthonormal again.
	v := make([][width]float64, size)
	random := rand.New(rand.NewPCG(1, 0x6c7361))
	for i := range v {
		for j := range v[i] {
			v[i][j] = random.NormFloat64()
		}
	}
	orthonormal(v)
	for range 6 {
		next := make([][width]float64, size)
		for _, t := range texts {
			p := project(t, v)
			for _, w := range t {
				for j, x := range p {
					next[w.word][j] += w.weight * x
				}
			}
		}
		orthonormal(next)
		v = next
	}
	out := make([][]float32, len(rows))
	for i, t := range texts {
		p := project(t, v)
		out[i] = make([]float32, width)
		for j, x := range p {
			out[i][j] = float32(x)
		}
		unit(out[i])
	}
	return out
}

// term is a word of a text and how much it counts there.
type term struct {
	word   int
	weight float64
}

// weighed are the words of texts by TF-IDF, each text of length 1, and how many words there are. Those in one text alone say
// nothing of others.
func weighed(all []string) (texts [][]term, size int) {
	lists := make([][]string, len(all))
	seen := map[string]int{} // texts that have a word
	for i, text := range all {
		lists[i] = similarity.Words(text)
		once := map[string]bool{}
		for _, w := range lists[i] {
			if !once[w] {
				once[w] = true
				seen[w]++
			}
		}
	}
	frequent := make([]string, 0, len(seen))
	for w, n := range seen {
		if n > 1 || len(all) < 100 {
			frequent = append(frequent, w)
		}
	}
	slices.SortFunc(frequent, func(a, b string) int { return cmp.Or(seen[b]-seen[a], cmp.Compare(a, b)) })
	frequent = frequent[:min(vocabulary, len(frequent))]
	number := make(map[string]int, len(frequent))
	for i, w := range frequent {
		number[w] = i
	}
	texts = make([][]term, len(all))
	for i, words := range lists {
		slices.Sort(words)
		length := 0.0
		for len(words) > 0 {
			n := 1
			for n < len(words) && words[n] == words[0] {
				n++
			}
			if at, ok := number[words[0]]; ok {
				x := (1 + math.Log(float64(n))) * math.Log(float64(1+len(all))/float64(seen[words[0]]))
				texts[i] = append(texts[i], term{at, x})
				length += x * x
			}
			words = words[n:]
		}
		for k := range texts[i] {
			texts[i][k].weight /= math.Sqrt(length)
		}
	}
	return texts, len(frequent)
}

// project is the place of a text along each direction.
func project(text []term, directions [][width]float64) (out [width]float64) {
	for _, t := range text {
		for j, x := range directions[t.word] {
			out[j] += t.weight * x
		}
	}
	return out
}

// orthonormal makes the columns of a matrix unit vectors at right angles to each other (Gram-Schmidt, each against those
// before). A column with nothing of its own becomes zeros.
func orthonormal(v [][width]float64) {
	for j := range width {
		for range 2 { // once more takes away what rounding left
			var along [width]float64
			for i := range v {
				for k := range j {
					along[k] += v[i][k] * v[i][j]
				}
			}
			for i := range v {
				for k := range j {
					v[i][j] -= along[k] * v[i][k]
				}
			}
		}
		length := 0.0
		for i := range v {
			length += v[i][j] * v[i][j]
		}
		length = math.Sqrt(length)
		for i := range v {
			if length < 1e-9 {
				v[i][j] = 0
			} else {
				v[i][j] /= length
			}
		}
	}
}

// Asked are the texts whose vectors a page takes: what each row asks for.
func Asked(rows []*curate.Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = asks(r)
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
	return all[0].Instruction.Text + "\n" + cut(input, 300)
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
