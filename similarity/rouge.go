package similarity

import "math/bits"

// RougeL is the F-measure of ROUGE-L of two lists of words (Lin 2004, section 3, with β = 1): twice the length of their longest common
// subsequence over the sum of their lengths, 0 where either is empty. It is what rouge_score calls fmeasure, but for the
// rounding of its last bit.
func RougeL(a, b []string) float64 {
	ids := make(map[string]int32, len(a))
	first := make([]int32, len(a))
	for i, w := range a {
		id, ok := ids[w]
		if !ok {
			id = int32(len(ids)) + 1
			ids[w] = id
		}
		first[i] = id
	}
	second := make([]int32, len(b))
	for i, w := range b {
		second[i] = ids[w]
	}
	var p pattern
	p.set(first, make([]int32, len(ids)+1))
	return score(p.common(second), len(a), len(b))
}

// score is the F-measure of two texts of m and n words that have a subsequence of length lcs in common.
func score(lcs, m, n int) float64 {
	if lcs == 0 {
		return 0
	}
	return float64(2*lcs) / float64(m+n)
}

// pattern is a text that others are compared with, one machine word for every 64 of its words (Hyyrö 2004, "Bit-parallel
// LCS-length computation revisited").
type pattern struct {
	n      int
	blocks int
	slot   []int32  // by word: from 1, its place in masks; 0 for a word that the text has not
	masks  []uint64 // by slot and block: where in the text the word stands
	row    []uint64 // one bit for a word of the text, 0 where the common subsequence grows
}

// set makes p the text of these words, numbered from 1 on; slot holds zeros, one for each number there is. Its own text may
// be set again after clear.
func (p *pattern) set(words []int32, slot []int32) {
	p.n, p.slot, p.blocks = len(words), slot, (len(words)+63)/64
	p.masks = p.masks[:0]
	distinct := int32(0)
	for i, w := range words {
		if slot[w] == 0 {
			distinct++
			slot[w] = distinct
			for range p.blocks {
				p.masks = append(p.masks, 0)
			}
		}
		p.masks[int(slot[w]-1)*p.blocks+i/64] |= 1 << (i % 64)
	}
	if cap(p.row) < p.blocks {
		p.row = make([]uint64, p.blocks)
	}
	p.row = p.row[:p.blocks]
}

// clear gives slot its zeros back.
func (p *pattern) clear(words []int32) {
	for _, w := range words {
		p.slot[w] = 0
	}
}

// common is the length of the longest subsequence that p's text has in common with another. Word 0 is one that p has not.
func (p *pattern) common(words []int32) int {
	if p.blocks == 1 {
		v := ^uint64(0)
		for _, w := range words {
			if s := p.slot[w]; s != 0 {
				hit := v & p.masks[s-1]
				v = (v + hit) | (v - hit)
			}
		}
		return bits.OnesCount64(^v)
	}
	for i := range p.row {
		p.row[i] = ^uint64(0)
	}
	for _, w := range words {
		s := int(p.slot[w])
		if s == 0 {
			continue
		}
		masks := p.masks[(s-1)*p.blocks : s*p.blocks]
		var carry uint64
		for i, v := range p.row {
			hit := v & masks[i]
			var sum uint64
			sum, carry = bits.Add64(v, hit, carry)
			p.row[i] = sum | (v - hit)
		}
	}
	n := 0
	for _, v := range p.row {
		n += bits.OnesCount64(^v)
	}
	return n
}
