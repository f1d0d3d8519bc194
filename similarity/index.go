package similarity

import "slices"

// Index holds texts and finds those that are most like a new one by ROUGE-L, as if it had been compared with all of them:
// that no two texts have more in common than the words that they share makes a sound bound, and few texts come near it.
// With Alpaca's 52,002 instructions a question takes half a millisecond. It is not for several goroutines at once.
//
//	seen := similarity.NewIndex(0.7)
//	for _, text := range instructions {
//		if m, ok := seen.Nearest(text); ok {
//			continue // too like entry m.Entry
//		}
//		seen.Add(text)
//	}
type Index struct {
	threshold float64
	ids       map[string]int32 // of words, from 1
	entries   [][]int32        // the words of each text
	postings  [][]posting      // by word: who has it

	// For one question at a time.
	words   []int32
	slot    []int32 // see [pattern]
	asked   pattern
	shared  []int32 // by entry: the words shared with the question, each as often as both have it
	touched []int32 // the entries that share any
}

// posting says how often an entry has a word.
type posting struct{ entry, count int32 }

// Match is a text that is like the one asked for.
type Match struct {
	Entry int     `json:"entry"` // what Add gave
	Score float64 `json:"score"` // ROUGE-L's F, 0 to 1
}

// NewIndex is an empty index whose Nearest finds what is more alike than a threshold; Self-Instruct's and Alpaca's is 0.7.
func NewIndex(threshold float64) *Index {
	return &Index{threshold: threshold, ids: map[string]int32{}, postings: make([][]posting, 1), slot: make([]int32, 1)}
}

// Len counts the entries.
func (x *Index) Len() int { return len(x.entries) }

// Add takes a text in and gives the number of its entry, from 0.
func (x *Index) Add(text string) int {
	words := Words(text)
	list := make([]int32, len(words))
	for i, w := range words {
		id, ok := x.ids[w]
		if !ok {
			id = int32(len(x.postings))
			x.ids[w] = id
			x.postings = append(x.postings, nil)
			x.slot = append(x.slot, 0)
		}
		list[i] = id
	}
	entry := int32(len(x.entries))
	x.entries = append(x.entries, list)
	x.shared = append(x.shared, 0)
	for _, id := range list {
		p := x.postings[id]
		if n := len(p); n > 0 && p[n-1].entry == entry {
			p[n-1].count++
			continue
		}
		x.postings[id] = append(p, posting{entry, 1})
	}
	return int(entry)
}

// Nearest is the entry most like a text, the earliest of several, if its score is above the threshold.
func (x *Index) Nearest(text string) (Match, bool) {
	best := x.most(text, 1, x.threshold)
	if len(best) == 0 {
		return Match{}, false
	}
	return best[0], true
}

// Top are the k entries most like a text, the likest first and the earliest first of equals; fewer where fewer share a
// word with it.
func (x *Index) Top(text string, k int) []Match { return x.most(text, k, 0) }

// most are the k entries most like a text whose score is above a floor.
func (x *Index) most(text string, k int, floor float64) []Match {
	if k <= 0 {
		return nil
	}
	n := x.ask(text)
	defer x.forget()
	// The candidates that could be above the floor, as a heap with the highest bound on top.
	heap := x.touched[:0]
	bound := func(e int32) float64 { return score(int(x.shared[e]), n, len(x.entries[e])) }
	for _, e := range x.touched {
		if bound(e) > floor {
			heap = append(heap, e)
		} else {
			x.shared[e] = 0
		}
	}
	x.touched = heap
	higher := func(a, b int32) bool {
		p, q := bound(a), bound(b)
		return p > q || p == q && a < b
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sink(heap, i, higher)
	}
	var best []Match
	for size := len(heap); size > 0; size-- {
		e := heap[0]
		if len(best) == k && bound(e) < best[k-1].Score {
			break
		}
		heap[0], heap[size-1] = heap[size-1], heap[0]
		sink(heap[:size-1], 0, higher)
		m := Match{int(e), score(x.asked.common(x.entries[e]), n, len(x.entries[e]))}
		if m.Score <= floor {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, m, func(a, b Match) int {
			if a.Score > b.Score || a.Score == b.Score && a.Entry < b.Entry {
				return -1
			}
			return 1
		})
		if at < k {
			best = slices.Insert(best, at, m)
			best = best[:min(len(best), k)]
		}
	}
	return best
}

// sink restores a heap whose element at i may be too high up.
func sink(heap []int32, i int, higher func(a, b int32) bool) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && higher(heap[child+1], heap[child]) {
			child++
		}
		if !higher(heap[child], heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// ask makes a text the question: it counts the words that each entry shares with it, and says how many words it has.
func (x *Index) ask(text string) int {
	words := Words(text)
	x.words = x.words[:0]
	for _, w := range words {
		x.words = append(x.words, x.ids[w])
	}
	x.asked.set(x.words, x.slot)
	x.touched = x.touched[:0]
	counts := make([]int32, len(x.words)+1) // by slot
	for _, w := range x.words {
		counts[x.slot[w]]++
	}
	for _, w := range x.words {
		count := counts[x.slot[w]]
		counts[x.slot[w]] = 0
		if count == 0 {
			continue // seen before
		}
		for _, p := range x.postings[w] {
			if x.shared[p.entry] == 0 {
				x.touched = append(x.touched, p.entry)
			}
			x.shared[p.entry] += min(count, p.count)
		}
	}
	return len(words)
}

// forget makes the index ready for the next question.
func (x *Index) forget() {
	for _, e := range x.touched {
		x.shared[e] = 0
	}
	x.asked.clear(x.words)
}
