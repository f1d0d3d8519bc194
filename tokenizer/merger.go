package tokenizer

import "container/heap"

// merger holds the different words of a text as tokens, and which pairs stand where in them, so that a merge looks at
// no other words than those that have its pair.
type merger struct {
	symbols []int32 // the words' tokens; a word keeps its place as it shrinks
	start   []int   // of each word in symbols
	length  []int32 // of each word
	n       []int64 // how often each word is in the text

	index map[uint64]int32 // of a pair in stats
	stats []pairStats
	queue pairQueue
	grown []int32 // pairs that became more frequent in the merge under way
}

// pairStats is what is known of two tokens side by side.
type pairStats struct {
	key   uint64
	count int64   // how often they stand in the text now; places may overlap
	where []int32 // the words that have them, and some that had them
	grown bool    // in merger.grown
}

// newMerger takes over n.
func newMerger(words []string, n []int64, byteID *[256]int32) *merger {
	size := 0
	for _, w := range words {
		size += len(w)
	}
	m := &merger{
		symbols: make([]int32, 0, size), start: make([]int, len(words)), length: make([]int32, len(words)), n: n,
		index: make(map[uint64]int32),
	}
	for i, w := range words {
		m.start[i], m.length[i] = len(m.symbols), int32(len(w))
		for j := range len(w) {
			m.symbols = append(m.symbols, byteID[w[j]])
			if j > 0 {
				m.add(byteID[w[j-1]], byteID[w[j]], int32(i), 1)
			}
		}
	}
	m.enqueue()
	return m
}

// add counts a pair once more in a word, or once less.
func (m *merger) add(a, b, word int32, sign int64) {
	key := pair(a, b)
	k, ok := m.index[key]
	if !ok {
		k = int32(len(m.stats))
		m.index[key] = k
		m.stats = append(m.stats, pairStats{key: key})
	}
	s := &m.stats[k]
	s.count += sign * m.n[word]
	if sign < 0 {
		return
	}
	if last := len(s.where) - 1; last < 0 || s.where[last] != word {
		s.where = append(s.where, word)
	}
	if !s.grown {
		s.grown = true
		m.grown = append(m.grown, k)
	}
}

// enqueue puts the pairs that became more frequent into the queue, with what they count now. What they were queued with
// before stays there, and is passed over when it comes up.
func (m *merger) enqueue() {
	for _, k := range m.grown {
		s := &m.stats[k]
		s.grown = false
		if s.count > 1 {
			heap.Push(&m.queue, queued{s.key, s.count})
		}
	}
	m.grown = m.grown[:0]
}

// best is the pair to merge next; ok is false where none stands in the text twice.
func (m *merger) best() (a, b int32, ok bool) {
	for len(m.queue) > 0 {
		top := heap.Pop(&m.queue).(queued)
		switch count := m.stats[m.index[top.key]].count; {
		case count == top.count:
			return int32(top.key >> 32), int32(uint32(top.key)), true
		case count > 1 && count < top.count:
			heap.Push(&m.queue, queued{top.key, count})
		}
	}
	return 0, 0, false
}

// merge writes id for a pair wherever it stands, from the left.
func (m *merger) merge(a, b, id int32) {
	s := &m.stats[m.index[pair(a, b)]]
	words := s.where
	s.where = nil
	for _, w := range words {
		word := m.symbols[m.start[w]:][:m.length[w]]
		to := 0
		for i := 0; i < len(word); i, to = i+1, to+1 {
			if word[i] != a || i+1 == len(word) || word[i+1] != b {
				word[to] = word[i]
				continue
			}
			m.add(a, b, w, -1)
			if to > 0 {
				m.add(word[to-1], a, w, -1)
				m.add(word[to-1], id, w, 1)
			}
			if i++; i+1 < len(word) {
				m.add(b, word[i+1], w, -1)
				m.add(id, word[i+1], w, 1)
			}
			word[to] = id
		}
		m.length[w] = int32(to)
	}
	m.enqueue()
}

// tokens is how many tokens the text has now.
func (m *merger) tokens() int64 {
	var sum int64
	for w, n := range m.n {
		sum += n * int64(m.length[w])
	}
	return sum
}

// queued is a pair as frequent as it was when it was put into the queue.
type queued struct {
	key   uint64
	count int64
}

// pairQueue is a heap: the most frequent pair first, of equals the one with the smallest ids.
type pairQueue []queued

func (q pairQueue) Len() int { return len(q) }
func (q pairQueue) Less(i, j int) bool {
	return q[i].count > q[j].count || q[i].count == q[j].count && q[i].key < q[j].key
}
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *pairQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
