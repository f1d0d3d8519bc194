package model

import (
	"fmt"
	"math"

	"github.com/cria-llm/cria/compute"
)

// Regularisers change what a backward learns, and nothing where there is none. The zero value changes nothing.
type Regularisers struct {
	// Noise is α of NEFTune (Jain et al. 2023): to every embedding of a sequence of L tokens, uniform noise of ±α/√(L·Hidden)
	// is added.
	Noise float32
	// Smoothing is the share of a label's likelihood that is asked of all tokens alike, and ZLoss the weight of (log Z)², as
	// in [compute.LossTerms]. The losses that come back are the likelihoods alone.
	Smoothing, ZLoss float32
}

func (r Regularisers) check() error {
	finite := func(x float32) bool { return x >= 0 && !math.IsInf(float64(x), 0) }
	if !finite(r.Noise) || !finite(r.ZLoss) || !(r.Smoothing >= 0 && r.Smoothing <= 1) {
		return fmt.Errorf("batch with regularisers %+v: numbers of 0 or more, smoothing at most 1", r)
	}
	return nil
}

func (r Regularisers) terms() compute.LossTerms {
	return compute.LossTerms{Smoothing: r.Smoothing, ZLoss: r.ZLoss}
}

// terms are those of the model's loss.
func (m *Model) terms(r Regularisers) compute.LossTerms {
	t := r.terms()
	t.LogitScale, t.Cap = m.cfg.LogitScale, m.cfg.LogitCap
	return t
}

// addNoise adds NEFTune's noise to the embeddings x. It is drawn for each sequence from the batch's seed. What several
// sequences share has one noise, of the length of the first that begins with it.
func (m *Model) addNoise(x compute.Buffer, p pass) {
	d := m.cfg.Hidden
	for i, s := range p.seqs {
		length := s.Before() + s.QLen
		if len(s.Prefix) == 0 {
			for _, t := range p.seqs[i+1:] {
				if len(t.Prefix) > 0 && t.Prefix[0].At == s.Q {
					length += t.QLen
					break
				}
			}
		}
		amplitude := float64(p.regular.Noise) / math.Sqrt(float64(length*d))
		seed := mix(mix(p.seed, len(m.linears)), i) // the linear layers draw theirs from the numbers before
		m.be.AddNoise(x.Slice(s.Q*d, (s.Q+s.QLen)*d), s.QLen*d, float32(amplitude), seed)
	}
}
