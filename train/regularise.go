package train

import (
	"fmt"
	"math"
	"path"
	"strings"

	"github.com/cria-llm/cria/model"
)

// regularisers are what the recipe's training has besides the likelihood of its labels.
func (r *Recipe) regularisers() model.Regularisers {
	return model.Regularisers{Noise: float32(r.NEFTune), Smoothing: float32(r.LabelSmoothing), ZLoss: float32(r.ZLoss)}
}

// decay is the weight decay of a parameter: of matrices, and of vectors where decay_norms says so, but of nothing that
// no_decay names.
func (r *Recipe) decay(p *model.Param) float64 {
	if len(p.Shape) < 2 && !r.DecayNorms {
		return 0
	}
	for _, glob := range r.NoDecay {
		if ok, _ := path.Match(glob, p.Name); ok { // the pattern was checked
			return 0
		}
	}
	return r.WeightDecay
}

func (r *Recipe) checkRegularise() error {
	finite := func(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }
	switch {
	case r.Objective.preference() && (r.LabelSmoothing != 0 || r.ZLoss != 0):
		return fmt.Errorf("label_smoothing and z_loss belong to objective sft: objective %s compares likelihoods as they are", r.Objective)
	case !finite(r.NEFTune):
		return fmt.Errorf("neftune is %v: 0 or more, 5 for one", r.NEFTune)
	case !(r.LabelSmoothing >= 0 && r.LabelSmoothing < 1):
		return fmt.Errorf("label_smoothing is %v: 0 or more and below 1", r.LabelSmoothing)
	case !finite(r.ZLoss):
		return fmt.Errorf("z_loss is %v: 0 or more, 1e-4 for one", r.ZLoss)
	case r.WeightDecay == 0 && (r.DecayNorms || len(r.NoDecay) > 0):
		return fmt.Errorf("weight_decay is 0: decay_norms and no_decay say what it is of")
	}
	for _, glob := range r.NoDecay {
		if _, err := path.Match(glob, ""); err != nil || glob == "" {
			return fmt.Errorf("no_decay has %q: a parameter's name, with * for any part of it", glob)
		}
	}
	return nil
}

// checkDecay finds a pattern that no parameter has.
func (s *session) checkDecay() error {
	params := s.m.Params()
	for _, glob := range s.r.NoDecay {
		found := false
		for _, p := range params {
			ok, _ := path.Match(glob, p.Name)
			found = found || ok
		}
		if !found {
			var some []string
			for _, i := range []int{0, len(params) / 2, len(params) - 1} {
				some = append(some, params[i].Name)
			}
			return fmt.Errorf("no_decay: nothing that is trained is named %q: names are %s, …", glob, strings.Join(some, ", "))
		}
	}
	return nil
}
