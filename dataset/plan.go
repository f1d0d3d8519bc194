package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"sort"
	"sync"
)

// PlanOptions determine a [Schedule]. One of Epochs and Steps must be given.
type PlanOptions struct {
	BatchTokens int     // the most tokens of an optimiser step
	Epochs      float64 // how often the data is gone through; 2.5 ends in the middle of the third time
	Steps       int     // how many optimiser steps to take, over as many epochs as that needs
	Seed        uint64
}

// Schedule is the order of a whole training, fixed in advance. Each epoch is a random permutation of the sequences,
// repeats included, cut into steps of at most BatchTokens tokens; a sequence longer than that has a step of its own. A
// step does not reach across the end of an epoch. The order depends on the options and the lengths and repeats of the
// sequences alone, so a training that resumes at step k asks for Step(k) and has what it would have had.
//
// It holds one epoch at a time and computes others when they are asked for. It is safe for concurrent use.
type Schedule struct {
	lens    []int32 // tokens of each sequence
	entries []int32 // one epoch's sequences before they are permuted
	opt     PlanOptions
	last    int // entries of the last epoch, where Epochs is no whole number; 0 is all of them
	steps   int

	mu    sync.Mutex
	ends  []int   // steps up to the end of each epoch computed so far
	epoch int     // the epoch held below, -1 for none
	order []int32 // its sequences
	cuts  []int32 // where its steps begin in order, and len(order)
}

// Plan fixes the order of a training. Sequences with a weight or repeat of 0 are not in it.
func Plan(tokens []Tokens, opt PlanOptions) (*Schedule, error) {
	const most = math.MaxInt32
	switch {
	case opt.BatchTokens < 1:
		return nil, fmt.Errorf("%d tokens a step: must be 1 or more", opt.BatchTokens)
	case (opt.Epochs != 0) == (opt.Steps != 0):
		return nil, errors.New("either epochs or steps must be given, and not both")
	case opt.Steps < 0 || opt.Steps > most:
		return nil, fmt.Errorf("%d steps: must be from 1 to %d", opt.Steps, most)
	case opt.Epochs != 0 && !(opt.Epochs > 0 && opt.Epochs <= 1e6):
		return nil, fmt.Errorf("%v epochs: must be more than 0 and at most 1,000,000", opt.Epochs)
	}
	s := &Schedule{opt: opt, steps: opt.Steps, epoch: -1, lens: make([]int32, len(tokens))}
	total := 0
	for i, t := range tokens {
		if t.Repeat < 0 || len(t.IDs) > most {
			return nil, fmt.Errorf("%s: repeat %d, %d tokens: out of range", t.Ref, t.Repeat, len(t.IDs))
		}
		s.lens[i] = int32(len(t.IDs))
		if t.Weight == 0 || t.Repeat == 0 {
			continue
		}
		if total += t.Repeat; total > most {
			return nil, fmt.Errorf("an epoch has more than %d sequences, repeats included", most)
		}
		for range t.Repeat {
			s.entries = append(s.entries, int32(i))
		}
	}
	if len(s.entries) == 0 {
		return nil, errors.New("no sequences to train on")
	}
	if opt.Epochs > 0 {
		whole, rest := math.Modf(opt.Epochs)
		epochs := int(whole)
		if n := int(math.Round(rest * float64(len(s.entries)))); n > 0 || epochs == 0 {
			epochs++
			s.last = max(n, 1)
		}
		s.ends = make([]int, 0, epochs)
		for e := range epochs {
			s.extend(e == epochs-1)
		}
		s.steps = s.ends[epochs-1]
	}
	return s, nil
}

// Steps is the number of optimiser steps.
func (s *Schedule) Steps() int { return s.steps }

// Step gives the sequences of a step, as indices into the tokens that were planned, one perhaps more than once; nil
// outside 0..Steps()-1. The slice is the caller's.
func (s *Schedule) Step(i int) []int { return s.AppendStep(nil, i) }

// AppendStep adds the sequences of [Schedule.Step] to a list.
func (s *Schedule) AppendStep(list []int, i int) []int {
	if i < 0 || i >= s.steps {
		return list
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(i)
	s.load(e, s.opt.Epochs > 0 && e == len(s.ends)-1)
	if e > 0 {
		i -= s.ends[e-1]
	}
	for _, k := range s.order[s.cuts[i]:s.cuts[i+1]] {
		list = append(list, int(k))
	}
	return list
}

// Epoch is the epoch that a step belongs to, from 0; -1 outside 0..Steps()-1.
func (s *Schedule) Epoch(i int) int {
	if i < 0 || i >= s.steps {
		return -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(i)
}

// find gives the epoch of a step. Where a number of steps was asked for, epochs are counted only as far as needed.
func (s *Schedule) find(i int) int {
	for len(s.ends) == 0 || s.ends[len(s.ends)-1] <= i {
		s.extend(false)
	}
	return sort.SearchInts(s.ends, i+1)
}

// extend counts the steps of the next epoch.
func (s *Schedule) extend(last bool) {
	e := len(s.ends)
	s.load(e, last)
	n := len(s.cuts) - 1
	if e > 0 {
		n += s.ends[e-1]
	}
	s.ends = append(s.ends, n)
}

// load computes the order of an epoch and its cuts.
func (s *Schedule) load(epoch int, last bool) {
	if s.epoch == epoch {
		return
	}
	s.epoch = epoch
	s.order = append(s.order[:0], s.entries...)
	shuffle(s.order, s.opt.Seed, epoch)
	if last && s.last > 0 {
		s.order = s.order[:s.last]
	}
	s.cuts = append(s.cuts[:0], 0)
	sum := 0
	for i, k := range s.order {
		n := int(s.lens[k])
		if sum > 0 && sum+n > s.opt.BatchTokens {
			s.cuts = append(s.cuts, int32(i))
			sum = 0
		}
		sum += n
	}
	s.cuts = append(s.cuts, int32(len(s.order)))
}

// shuffle is Fisher and Yates's, with a generator seeded from the seed, the purpose and the epoch. It is written out so
// that a run can be resumed with a program built by another version of Go.
func shuffle(list []int32, seed uint64, epoch int) {
	b := binary.LittleEndian.AppendUint64([]byte("cria order of an epoch"), seed)
	key := sha256.Sum256(binary.LittleEndian.AppendUint64(b, uint64(epoch)))
	g := rand.NewPCG(binary.LittleEndian.Uint64(key[0:]), binary.LittleEndian.Uint64(key[8:]))
	for i := len(list) - 1; i > 0; i-- {
		// The high word of the product is uniform over 0..i to within 2^-33, for lists are shorter than 2^31.
		j, _ := bits.Mul64(g.Uint64(), uint64(i+1))
		list[i], list[j] = list[j], list[i]
	}
}
