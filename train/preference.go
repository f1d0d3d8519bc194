package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/cria-llm/cria/dataset"
)

// Objective is what is learned of the rows.
type Objective string

// The objectives. SFT learns answers word by word. The others learn from preferences: which of two answers to a prompt is
// the better one, or for KTO whether an answer is one to give.
const (
	SFT   Objective = "sft"
	DPO   Objective = "dpo"   // Rafailov et al. 2023
	IPO   Objective = "ipo"   // Azar et al. 2023
	ORPO  Objective = "orpo"  // Hong et al. 2024
	KTO   Objective = "kto"   // Ethayarajh et al. 2024
	SimPO Objective = "simpo" // Meng et al. 2024
)

// Objectives lists them.
func Objectives() []Objective { return []Objective{SFT, DPO, IPO, ORPO, KTO, SimPO} }

// preference says that the objective learns from preferences.
func (o Objective) preference() bool { return o != "" && o != SFT }

// reference says that log-probabilities are compared with those of the base.
func (o Objective) reference() bool { return o == DPO || o == IPO || o == KTO }

// rows is the kind of rows that the objective learns from.
func (o Objective) rows() dataset.Kind {
	switch o {
	case DPO, IPO, ORPO, SimPO:
		return dataset.Pairs
	case KTO:
		return dataset.Judged
	}
	return dataset.Conversations
}

// resolveObjective fills in the defaults of what an objective needs. They are TRL's, but for SimPO's beta, which is that
// of its authors' code. The rate is lower than for answers to imitate: preferences are learned within few steps.
func (r *Recipe) resolveObjective() {
	if r.Objective == SFT {
		r.Objective = "" // a recipe that says so is one that does not
	}
	if !r.Objective.preference() {
		return
	}
	set := func(x *float64, v float64) {
		if *x == 0 {
			*x = v
		}
	}
	switch r.Objective {
	case SimPO:
		set(&r.Beta, 2)
		set(&r.Gamma, 0.5)
	case KTO:
		set(&r.DesirableWeight, 1)
		set(&r.UndesirableWeight, 1)
	}
	set(&r.Beta, 0.1)
	if r.Method == Full {
		set(&r.LR, r.Optimizer.rate(1e-6))
	} else {
		set(&r.LR, r.Optimizer.rate(5e-5))
	}
}

// checkObjective says what of the objective's settings cannot be used.
func (r *Recipe) checkObjective() error {
	of := func(field string, x float64, which ...Objective) error {
		for _, o := range which {
			if r.Objective == o {
				return nil
			}
		}
		if x == 0 {
			return nil
		}
		return fmt.Errorf("%s belongs to objective %s", field, objectives(which))
	}
	if o := r.Objective; o != "" && o.rows() == dataset.Conversations {
		return fmt.Errorf("objective is %q: %s", o, objectives(Objectives()))
	}
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	switch err := errors.Join(of("beta", r.Beta, DPO, IPO, ORPO, KTO, SimPO), of("gamma", r.Gamma, SimPO),
		of("dpo_label_smoothing", r.DPOLabelSmoothing, DPO), of("desirable_weight", r.DesirableWeight, KTO),
		of("undesirable_weight", r.UndesirableWeight, KTO)); {
	case err != nil:
		return err
	case !r.Objective.preference():
		return nil
	case !positive(r.Beta):
		return fmt.Errorf("beta is %v: a positive number", r.Beta)
	case r.Objective == SimPO && !positive(r.Gamma) && r.Gamma != -1:
		return fmt.Errorf("gamma is %v: a positive number, or -1 for no margin", r.Gamma)
	case !(r.DPOLabelSmoothing >= 0 && r.DPOLabelSmoothing < 0.5):
		return fmt.Errorf("dpo_label_smoothing is %v: 0 or more and below 0.5", r.DPOLabelSmoothing)
	case r.Objective == KTO && !positive(r.DesirableWeight):
		return fmt.Errorf("desirable_weight is %v: a positive number", r.DesirableWeight)
	case r.Objective == KTO && !positive(r.UndesirableWeight):
		return fmt.Errorf("undesirable_weight is %v: a positive number", r.UndesirableWeight)
	case r.Long != "drop":
		return fmt.Errorf("long is %q: objective %s rates answers whole, so that longer ones can only be dropped", r.Long, r.Objective)
	case r.Int8Forward:
		return fmt.Errorf("int8_forward belongs to objective sft: objective %s compares log-probabilities that it would blur", r.Objective)
	}
	return nil
}

// objectives lists names: dpo, ipo or simpo.
func objectives(list []Objective) string {
	s := string(list[0])
	for i, o := range list[1:] {
		if i == len(list)-2 {
			s += " or " + string(o)
		} else {
			s += ", " + string(o)
		}
	}
	return s
}

// Rewards is how answers are rated: by the objective's implicit reward, β times the log-probability of an answer over that
// of the base. IPO takes means over its tokens; ORPO and SimPO too, and nothing of the base.
type Rewards struct {
	// Accuracy is the share of pairs whose chosen answer has the higher reward; of judged answers, of those whose reward
	// is on its side of KL. What is equal counts half.
	Accuracy float64 `json:"accuracy"`
	// Chosen and Rejected are mean rewards, of desirable and undesirable answers for KTO, and Margin their difference; nil
	// where a step has none of the kind.
	Chosen   *float64 `json:"chosen,omitempty"`
	Rejected *float64 `json:"rejected,omitempty"`
	Margin   *float64 `json:"margin,omitempty"`
	KL       float64  `json:"kl,omitempty"` // KTO's estimate, in nats
}

// rated sums up rewards by weight.
type rated struct {
	weight, right            float64
	chosenWeight, chosen     float64
	rejectedWeight, rejected float64
	kl                       float64
}

func (r *rated) add(weight, reward float64, chosen bool) {
	if chosen {
		r.chosenWeight += weight
		r.chosen += weight * reward
		return
	}
	r.rejectedWeight += weight
	r.rejected += weight * reward
}

// compare counts one that should be above the other.
func (r *rated) compare(weight, above, below float64) {
	r.weight += weight
	switch {
	case above > below:
		r.right += weight
	case above == below:
		r.right += weight / 2
	}
}

// rewards is nil where nothing was rated.
func (r *rated) rewards() *Rewards {
	if r.weight == 0 {
		return nil
	}
	w := &Rewards{Accuracy: r.right / r.weight, KL: r.kl}
	if r.chosenWeight > 0 {
		x := r.chosen / r.chosenWeight
		w.Chosen = &x
	}
	if r.rejectedWeight > 0 {
		x := r.rejected / r.rejectedWeight
		w.Rejected = &x
	}
	if w.Chosen != nil && w.Rejected != nil {
		x := *w.Chosen - *w.Rejected
		w.Margin = &x
	}
	return w
}
