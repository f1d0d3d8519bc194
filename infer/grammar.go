package infer

import (
	"fmt"
	"math"
	"slices"

	"github.com/cria-llm/cria/grammar"
)

// maxGrammars is how many grammars an assistant keeps what it found out about.
const maxGrammars = 8

// masksOf is a grammar that answers were held to, and what is known of it.
type masksOf struct {
	g     *grammar.Grammar
	masks *grammar.Masks
}

// masks is what is known of a grammar. The vocabulary is read once, and what was used least lately is forgotten first.
func (a *Assistant) masks(g *grammar.Grammar) *grammar.Masks {
	if a.vocabulary == nil {
		tokens := make([][]byte, min(a.tok.VocabSize(), a.m.Config().Vocab))
		for id := range tokens {
			tokens[id] = a.tok.Bytes(int32(id))
		}
		a.vocabulary = grammar.NewVocabulary(tokens)
	}
	at := slices.IndexFunc(a.grammars, func(h masksOf) bool { return h.g == g })
	if at < 0 {
		a.grammars = append(a.grammars, masksOf{g, g.Masks(a.vocabulary)})
		at = len(a.grammars) - 1
	}
	one := a.grammars[at]
	a.grammars = append(slices.Delete(a.grammars, at, at+1), one)
	if len(a.grammars) > maxGrammars {
		a.grammars = slices.Delete(a.grammars, 0, 1)
	}
	return one.masks
}

// held is an answer that is held to a grammar. A nil one is free.
type held struct {
	masks   *grammar.Masks
	state   grammar.State
	stop    []int32
	tokens  func(id int32) []byte
	steered bool // the likeliest token was refused, for lack of tokens
}

// hold begins an answer.
func (a *Assistant) hold(g *grammar.Grammar, stop []int32) *held {
	if g == nil {
		return nil
	}
	stop = slices.DeleteFunc(slices.Clone(stop), func(id int32) bool { return id < 0 || int(id) >= a.m.Config().Vocab })
	return &held{masks: a.masks(g), state: g.Start(), stop: stop, tokens: a.tok.Bytes}
}

// ended says that nothing may follow what was taken.
func (h *held) ended() bool { return h != nil && h.state.Ended() }

// late says that the end had to be sought for lack of tokens.
func (h *held) late() bool { return h != nil && h.steered }

// take goes on with a token.
func (h *held) take(id int32) {
	if h != nil {
		h.state = h.state.Next(h.tokens(id))
	}
}

// bound takes from the logits what may not come next, with so many tokens left.
func (h *held) bound(logits []float32, left int) error {
	if h == nil {
		return nil
	}
	ends, complete := make([]float32, len(h.stop)), h.state.Complete()
	for i, id := range h.stop {
		if ends[i] = float32(math.Inf(-1)); complete {
			ends[i] = logits[id]
		}
	}
	allow := func(allowed []uint64) (best float32, id int32) {
		only(logits, allowed)
		for i, id := range h.stop {
			logits[id] = ends[i]
		}
		id = argmax(logits)
		return logits[id], id
	}
	allowed, near := h.masks.Allowed(h.state, left)
	if !near {
		if best, _ := allow(allowed); math.IsInf(float64(best), -1) {
			return fmt.Errorf("no token of the model goes on in the grammar, %d bytes before the answer is complete", h.state.Distance())
		}
		return nil
	}
	allowed, _ = h.masks.Allowed(h.state, 0)
	_, favourite := allow(allowed)
	allowed, _ = h.masks.Allowed(h.state, left)
	if best, _ := allow(allowed); math.IsInf(float64(best), -1) {
		return fmt.Errorf("no token of the model completes the answer in the grammar within %d tokens", left)
	}
	h.steered = h.steered || math.IsInf(float64(logits[favourite]), -1)
	return nil
}

// only sets the logits of all other tokens to what is never drawn.
func only(logits []float32, allowed []uint64) {
	never := float32(math.Inf(-1))
	for at := 0; at < len(logits); at += 64 {
		word := uint64(0)
		if at/64 < len(allowed) {
			word = allowed[at/64]
		}
		if word == math.MaxUint64 {
			continue
		}
		for i := range logits[at:min(at+64, len(logits))] {
			if word>>i&1 == 0 {
				logits[at+i] = never
			}
		}
	}
}
