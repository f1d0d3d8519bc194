package weigh

import (
	"context"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

// Vectors says what rows are like each other by.
type Vectors struct {
	By string // model: its embedding of the text, the mean of all taken off; words: which words it has, by their rarity
	Of string // question: instructions and inputs; answer; or whole: both
}

// text is what the vector of a row is of.
func (v Vectors) text(r *curate.Row) string {
	var parts []string
	for _, x := range r.Exchanges() {
		if v.Of != "answer" {
			parts = append(parts, x.Ask())
		}
		if v.Of != "question" {
			parts = append(parts, x.Output.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// embedChunk is how many rows are embedded between two writes.
const embedChunk = 256

// vectors gives each row a vector of length 1, or of length 0 where its text is empty.
func (m *measuring) vectors(ctx context.Context) ([][]float32, error) {
	texts := make([]string, len(m.rows))
	for i, r := range m.rows {
		texts[i] = m.rules.Vectors.text(r)
	}
	if m.rules.Vectors.By == "words" || m.rules.Vectors.By == "" && m.o.Model == nil {
		return byWords(texts), nil
	}
	if m.o.Model == nil {
		return nil, errNoModel("vectors by the model")
	}
	id := identity("vector", 1, m.model, m.rules.Vectors.Of)
	out := make([][]float32, len(texts))
	var todo []int
	for i := range texts {
		if out[i] = m.cache.vectors[cacheKey{m.content[i], id}]; out[i] == nil {
			todo = append(todo, i)
		}
	}
	done := len(texts) - len(todo)
	m.say("embedding rows", done, len(texts))
	for part := range slices.Chunk(todo, embedChunk) {
		var some []string
		for _, i := range part {
			some = append(some, texts[i])
		}
		vectors, err := m.o.Model.Embed(ctx, some)
		if err != nil {
			return nil, err
		}
		for k, i := range part {
			out[i] = vectors[k]
			if err := m.cache.putVector(cacheKey{m.content[i], id}, vectors[k]); err != nil {
				return nil, err
			}
		}
		if err := m.cache.f.Flush(); err != nil {
			return nil, err
		}
		done += len(part)
		m.say("embedding rows", done, len(texts))
	}
	return centred(out), nil
}

// centred takes the mean off, which all texts have in common, and makes what is left as long as before.
func centred(vectors [][]float32) [][]float32 {
	if len(vectors) == 0 {
		return nil
	}
	sum, n := make([]float64, len(vectors[0])), 0.0
	for _, v := range vectors {
		if !zero(v) {
			n++
		}
		for i, x := range v {
			sum[i] += float64(x)
		}
	}
	out := make([][]float32, len(vectors))
	for k, v := range vectors {
		d := make([]float64, len(v))
		if !zero(v) {
			for i, x := range v {
				d[i] = float64(x) - sum[i]/n
			}
		}
		out[k] = unit(d)
	}
	return out
}

func zero(v []float32) bool {
	return !slices.ContainsFunc(v, func(x float32) bool { return x != 0 })
}

func unit(v []float64) []float32 {
	squares := 0.0
	for _, x := range v {
		squares += x * x
	}
	out := make([]float32, len(v))
	if squares > 0 {
		for i, x := range v {
			out[i] = float32(x / math.Sqrt(squares))
		}
	}
	return out
}

// wordDims is the length of vectors by words. Words share places, with signs that cancel on average.
const wordDims = 256

// byWords: a word counts 1 + ln of how often the text has it, times ln of the share of texts that do not lack it, inverted
// (tf-idf); each is hashed to a place and a sign (Weinberger et al. 2009).
func byWords(texts []string) [][]float32 {
	counts := make([]map[string]int, len(texts))
	within := map[string]int{}
	for i, t := range texts {
		counts[i] = map[string]int{}
		for _, w := range similarity.Words(t) {
			counts[i][w]++
		}
		for w := range counts[i] {
			within[w]++
		}
	}
	out := make([][]float32, len(texts))
	for i, words := range counts {
		v := make([]float64, wordDims)
		for _, w := range sortedKeys(words) { // one order, so that sums have the same bits
			h := fnv.New32a()
			_, _ = h.Write([]byte(w)) // a hash takes everything
			sum := h.Sum32()
			x := (1 + math.Log(float64(words[w]))) * math.Log(float64(1+len(texts))/float64(within[w]))
			if sum>>31 == 1 {
				x = -x
			}
			v[sum%wordDims] += x
		}
		out[i] = unit(v)
	}
	return out
}
