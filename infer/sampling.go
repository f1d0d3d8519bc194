package infer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Sampling says how the next token is drawn. The steps are those of llama.cpp's default chain, in its order: repeat
// penalty, top-k, top-p, min-p, temperature, draw; so top-p and min-p look at the probabilities before the temperature.
// The zero value is greedy: the likeliest token, the lowest id among equals.
type Sampling struct {
	Temperature float64 // 0 is greedy
	TopK        int     // keep the k likeliest; 0 for all
	TopP        float64 // keep the likeliest that together reach this probability; 0 or 1 for all
	MinP        float64 // keep those with at least this share of the likeliest's probability; 0 for all

	// RepeatPenalty divides the positive logits, and multiplies the others, of tokens among the last RepeatLast of
	// prompt and answer (Keskar et al. 2019); 0 or 1 for none. A RepeatLast of 0 is 64.
	RepeatPenalty float64
	RepeatLast    int
	// Presence is taken off the logits of tokens that the answer has already, as OpenAI's presence_penalty is.
	Presence float64

	// Seed decides all draws: the same seed, prompt and weights give the same answer.
	Seed uint64
}

const defaultRepeatLast = 64

// DefaultSampling is llama.cpp's default.
func DefaultSampling() Sampling {
	return Sampling{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05}
}

// Check says which value makes no sense, or nil.
func (s Sampling) Check() error {
	switch {
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("temperature is %g, want 0 (greedy) or more", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("top-k is %d, want 0 (all) or more", s.TopK)
	case !(s.TopP >= 0 && s.TopP <= 1):
		return fmt.Errorf("top-p is %g, want a probability", s.TopP)
	case !(s.MinP >= 0 && s.MinP <= 1):
		return fmt.Errorf("min-p is %g, want a share between 0 and 1", s.MinP)
	case !(s.RepeatPenalty >= 0) || math.IsInf(s.RepeatPenalty, 0):
		return fmt.Errorf("repeat penalty is %g, want 1 (none) or more", s.RepeatPenalty)
	case s.RepeatLast < 0:
		return fmt.Errorf("repeat penalty over the last %d tokens: want 0 (%d) or more", s.RepeatLast, defaultRepeatLast)
	case s.Presence-s.Presence != 0:
		return fmt.Errorf("presence penalty is %g, want a number", s.Presence)
	}
	return nil
}

// sampler draws the tokens of one answer.
type sampler struct {
	s      Sampling
	answer int // where in the history the answer begins
	rng    *rand.Rand
	kept   []candidate
}

// candidate is a token that may be drawn.
type candidate struct {
	id    int32
	logit float32
	p     float64
}

// rank puts the likelier first, and of equals the lower id.
func rank(a, b candidate) int {
	switch {
	case a.logit > b.logit:
		return -1
	case a.logit < b.logit:
		return 1
	}
	return int(a.id) - int(b.id)
}

func newSampler(s Sampling, prompt int) *sampler {
	return &sampler{s: s, answer: prompt, rng: rand.New(rand.NewPCG(s.Seed, 0x63726961))}
}

// next draws a token. It changes logits; history is prompt and answer so far.
func (sp *sampler) next(logits []float32, history []int32) (int32, error) {
	sp.penalise(logits, history)
	best := 0
	for i, x := range logits {
		if x-x != 0 && !math.IsInf(float64(x), -1) {
			return 0, fmt.Errorf("the logit of token %d is %g", i, x)
		}
		if x > logits[best] {
			best = i
		}
	}
	if sp.s.Temperature == 0 {
		return int32(best), nil
	}
	list := sp.distribution(logits)
	u := sp.rng.Float64()
	for _, c := range list {
		if u -= c.p; u < 0 {
			return c.id, nil
		}
	}
	// The probabilities add up to a rounding less than 1.
	last := len(list) - 1
	for last > 0 && list[last].p == 0 {
		last--
	}
	return list[last].id, nil
}

func (sp *sampler) penalise(logits []float32, history []int32) {
	if sp.s.Presence != 0 {
		for _, id := range distinct(history[sp.answer:]) {
			logits[id] -= float32(sp.s.Presence)
		}
	}
	penalty := float32(sp.s.RepeatPenalty)
	if penalty == 0 || penalty == 1 {
		return
	}
	last := sp.s.RepeatLast
	if last == 0 {
		last = defaultRepeatLast
	}
	for _, id := range distinct(history[max(0, len(history)-last):]) {
		if logits[id] > 0 {
			logits[id] /= penalty
		} else {
			logits[id] *= penalty
		}
	}
}

func distinct(ids []int32) []int32 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Alternative is a token that could have come, with its log-probability in nats.
type Alternative struct {
	ID      int32
	Logprob float64
}

// alternatives is the n likeliest tokens, in order.
func alternatives(logits []float32, n int) []Alternative {
	if n <= 0 {
		return nil
	}
	list := make([]candidate, len(logits))
	for i, x := range logits {
		list[i] = candidate{id: int32(i), logit: x}
	}
	sum := logSum(logits)
	var likeliest []Alternative
	for _, c := range top(list, min(n, len(list))) {
		likeliest = append(likeliest, Alternative{c.id, float64(c.logit) - sum})
	}
	return likeliest
}

// distribution is what may be drawn and with what probability, which add up to 1: in order of rank, or of id where
// nothing is left out by rank. The list is the sampler's, valid until the next call.
func (sp *sampler) distribution(logits []float32) []candidate {
	s, list := sp.s, sp.kept[:0]
	for i, x := range logits {
		list = append(list, candidate{id: int32(i), logit: x})
	}
	sp.kept = list
	ranked := false
	if s.TopK > 0 && s.TopK < len(list) {
		list = top(list, s.TopK)
		ranked = true
	}
	if s.TopP > 0 && s.TopP < 1 {
		list = topP(list, s.TopP, ranked)
	}
	if s.MinP > 0 {
		floor := float64(likeliest(list)) + math.Log(s.MinP)
		list = slices.DeleteFunc(list, func(c candidate) bool { return float64(c.logit) < floor })
	}
	softmax(list, s.Temperature)
	return list
}

// top moves the k of highest rank to the front, in order, and returns them.
func top(list []candidate, k int) []candidate {
	// A heap of the best so far, its worst on top.
	heap := list[:k]
	down := func(i int) {
		for {
			child := 2*i + 1
			if child >= k {
				return
			}
			if child+1 < k && rank(heap[child+1], heap[child]) > 0 {
				child++
			}
			if rank(heap[child], heap[i]) <= 0 {
				return
			}
			heap[i], heap[child] = heap[child], heap[i]
			i = child
		}
	}
	for i := k/2 - 1; i >= 0; i-- {
		down(i)
	}
	for i := k; i < len(list); i++ {
		if rank(list[i], heap[0]) < 0 {
			heap[0], list[i] = list[i], heap[0]
			down(0)
		}
	}
	slices.SortFunc(heap, rank)
	return heap
}

// topP keeps the shortest beginning by rank whose probability reaches p. A whole vocabulary is rarely sorted: the
// beginning is short, and grows until it is long enough.
func topP(list []candidate, p float64, ranked bool) []candidate {
	softmax(list, 1)
	for k := 256; ; k *= 4 {
		head := list
		switch {
		case ranked:
		case k < len(list):
			head = top(list, k)
		default:
			slices.SortFunc(head, rank)
		}
		total := 0.0
		for i, c := range head {
			if total += c.p; total >= p {
				return head[:i+1]
			}
		}
		if len(head) == len(list) {
			return head
		}
	}
}

func likeliest(list []candidate) float32 {
	m := list[0].logit
	for _, c := range list {
		m = max(m, c.logit)
	}
	return m
}

// softmax sets the probabilities, at the given temperature.
func softmax(list []candidate, temperature float64) {
	m, total := float64(likeliest(list)), 0.0
	for i := range list {
		list[i].p = math.Exp((float64(list[i].logit) - m) / temperature)
		total += list[i].p
	}
	for i := range list {
		list[i].p /= total
	}
}
