package weigh

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/dataset"
)

// parseCondition reads "SCORE < NUMBER".
func parseCondition(n *yaml.Node) (c Condition, err error) {
	text, err := scalar(n)
	if err != nil {
		return c, err
	}
	parts := strings.Fields(text)
	if len(parts) != 3 || !slices.Contains([]string{"<", "<=", ">", ">="}, parts[1]) {
		return c, at(n, "%q: want SCORE, then <, <=, > or >=, then a number, such as ifd-ppl >= 1", text)
	}
	c.Op = parts[1]
	if err := scoreTo(&c.Score)(&yaml.Node{Kind: yaml.ScalarNode, Value: parts[0], Line: n.Line}); err != nil {
		return c, err
	}
	c.Value, err = numberOf(&yaml.Node{Kind: yaml.ScalarNode, Value: parts[2], Line: n.Line})
	return c, err
}

// stepKinds are the kinds of steps, and whether each goes by a score.
var stepKinds = []struct {
	name string
	by   bool
}{{"top", true}, {"bottom", true}, {"facility-location", false}, {"k-center", false}, {"apart", true}, {"random", false}}

// parseStep reads {KIND: N, …}. N is a share where it is written with a point, otherwise a count.
func parseStep(n *yaml.Node) (Step, error) {
	s := Step{Similarity: 0.9}
	known := map[string]func(*yaml.Node) error{
		"by": scoreTo(&s.By),
		"of": choice(&s.Remaining, "all", "remaining"),
		"per": func(n *yaml.Node) error {
			if err := textTo(&s.Per)(n); err != nil {
				return err
			}
			if s.Per != "cluster" && s.Per != "category" && groupField(s.Per) == "" {
				return at(n, "per %q: want cluster, category, or field:NAME", s.Per)
			}
			return nil
		},
		"similarity": numberTo(&s.Similarity, -1),
		"seed": func(n *yaml.Node) error {
			seed, err := strconv.ParseUint(n.Value, 10, 64)
			if err != nil {
				return at(n, "seed %q: want a whole number of 0 or more", n.Value)
			}
			s.Seed = seed
			return nil
		},
	}
	byScore := false
	for _, k := range stepKinds {
		known[k.name] = func(n *yaml.Node) error {
			if s.Kind != "" {
				return at(n, "a step is %s or %s, not both: make it two", s.Kind, k.name)
			}
			s.Kind, byScore = k.name, k.by
			if strings.Contains(n.Value, ".") {
				err := numberTo(&s.Share, 0)(n)
				if err == nil && (s.Share == 0 || s.Share > 1) {
					err = at(n, "share %s: want more than 0 and at most 1.0", n.Value)
				}
				return err
			}
			return wholeTo(&s.Count, 1, 1_000_000_000)(n)
		}
	}
	err := keys(n, "step", known)
	switch {
	case err != nil:
	case s.Kind == "":
		var names []string
		for _, k := range stepKinds {
			names = append(names, k.name)
		}
		err = at(n, "a step needs one of %s", strings.Join(names, ", "))
	case byScore && s.By == "":
		err = at(n, "%s: by which score? add by: SCORE", s.Kind)
	case !byScore && s.By != "":
		err = at(n, "%s does not go by a score", s.Kind)
	case s.Per != "" && s.Kind == "apart":
		err = at(n, "apart does not go by groups")
	case s.Remaining && s.Share == 0:
		err = at(n, "of: belongs to a share, such as 0.1")
	}
	return s, err
}

func parseMix(n *yaml.Node) (*Mix, error) {
	m := &Mix{}
	err := keys(n, "weight", map[string]func(*yaml.Node) error{
		"mix":   choice(&m.Sum, "product", "sum"),
		"clamp": rangeTo(&m.Clamp, true),
		"terms": func(n *yaml.Node) error {
			return each(n, "terms", func(n *yaml.Node) error {
				t, err := parseTerm(n)
				m.Terms = append(m.Terms, t)
				return err
			})
		},
	})
	if err == nil && len(m.Terms) == 0 {
		err = at(n, "weight has no terms: add terms: [{score: loss, transform: quantile, to: [0.5, 2]}]")
	}
	if err == nil && m.Clamp != nil && m.Clamp[0] < 0 {
		err = at(n, "clamp: a weight is not below 0")
	}
	return m, err
}

func parseTerm(n *yaml.Node) (Term, error) {
	t := Term{Transform: "quantile", Share: 1, Missing: 1}
	threshold := false
	err := keys(n, "term", map[string]func(*yaml.Node) error{
		"score":     scoreTo(&t.Score),
		"transform": oneOf(&t.Transform, "quantile", "linear", "log", "threshold", "none"),
		"from":      rangeTo(&t.From, true),
		"to":        rangeTo(&t.To, false),
		"at":        func(n *yaml.Node) (err error) { threshold = true; t.At, err = numberOf(n); return err },
		"clamp":     rangeTo(&t.Clamp, true),
		"share":     numberTo(&t.Share, 0),
		"missing":   numberTo(&t.Missing, 0),
	})
	switch {
	case err != nil:
	case t.Score == "":
		err = at(n, "a term needs a score")
	case t.Transform == "none" && (t.From != nil || t.To != nil):
		err = at(n, "transform none has no from or to: the score is the weight")
	case (t.Transform == "threshold") != threshold:
		err = at(n, "at: belongs to transform threshold, and a threshold needs it")
	case t.Transform == "threshold" && t.From != nil:
		err = at(n, "a threshold has at, and no from")
	case t.Transform == "quantile" && t.From != nil && (t.From[0] < 0 || t.From[1] > 1):
		err = at(n, "from: of a quantile, want 0 to 1")
	case t.Transform == "log" && t.From != nil && t.From[0] <= 0:
		err = at(n, "from: of a logarithm, want numbers above 0")
	}
	if t.To == nil {
		t.To = []float64{0, 1}
	}
	for _, x := range append(slices.Clone(t.To), t.Clamp...) {
		if err == nil && x < 0 {
			err = at(n, "%s: a weight is not below 0", number(x))
		}
	}
	return t, err
}

func parseLadder(n *yaml.Node) (*Ladder, error) {
	l := &Ladder{Missing: 1}
	rungs := func(quantiles bool) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			if l.Steps != nil {
				return at(n, "repeat goes by quantiles or thresholds, not both")
			}
			l.Quantiles = quantiles
			return pairs(n, "repeat", func(key, value *yaml.Node) error {
				var r Rung
				var err error
				if r.From, err = numberOf(key); err != nil {
					return err
				}
				if quantiles && (r.From < 0 || r.From > 1) {
					return at(key, "quantile %s: want 0 to 1", key.Value)
				}
				l.Steps = append(l.Steps, r)
				return wholeTo(&l.Steps[len(l.Steps)-1].Repeat, 0, dataset.MaxRepeat)(value)
			})
		}
	}
	err := keys(n, "repeat", map[string]func(*yaml.Node) error{
		"score":      scoreTo(&l.Score),
		"quantiles":  rungs(true),
		"thresholds": rungs(false),
		"missing":    wholeTo(&l.Missing, 0, dataset.MaxRepeat),
	})
	if err == nil && (l.Score == "" || len(l.Steps) == 0) {
		err = at(n, "repeat needs a score, and quantiles or thresholds such as {0.9: 2}")
	}
	slices.SortFunc(l.Steps, func(a, b Rung) int {
		switch {
		case a.From > b.From:
			return -1
		case a.From < b.From:
			return 1
		}
		return 0
	})
	return l, err
}
