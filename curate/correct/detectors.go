package correct

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/arithmetic"
	"github.com/cria-llm/cria/curate/counts"
	"github.com/cria-llm/cria/curate/detect"
	"github.com/cria-llm/cria/curate/duplicates"
	"github.com/cria-llm/cria/curate/experts"
	"github.com/cria-llm/cria/curate/syntax"
)

// Detectors are all that there are, in the order in which their suggestions are followed. Without embed, rows that mean the
// same in other words are not found, and without learned, answers that experts would revise.
func Detectors(embed duplicates.Embed, learned *experts.Score) []curate.Detector {
	all := slices.Concat(Alone(), duplicates.All(embed))
	if learned != nil {
		all = append(all, learned.Detector(experts.Likely))
	}
	return all
}

// Listed are all detectors, to be named and not to be run: those that need a model or revisions have none.
func Listed() []curate.Detector {
	return Detectors(func(context.Context, []string) ([][]float32, error) {
		return nil, errors.New("there is no model to compare rows with")
	}, new(experts.Score))
}

// Alone are those of the detectors that need no other row.
func Alone() []curate.Detector {
	return slices.Concat(detect.Text(), arithmetic.Detectors(), counts.Detectors(), syntax.Detectors())
}

// Names are the detectors' names, in their order.
func Names(detectors []curate.Detector) []string {
	var names []string
	for _, d := range detectors {
		names = append(names, d.Name)
	}
	return names
}

// Select are the detectors of the names in only, or all of them where it is empty, without those in skip.
func Select(all []curate.Detector, only, skip []string) ([]curate.Detector, error) {
	for _, name := range slices.Concat(only, skip) {
		if err := known(Listed(), name); err != nil {
			return nil, err
		}
		if slices.Contains(only, name) && !slices.Contains(Names(all), name) {
			return nil, fmt.Errorf("the detector %q needs %s", name, needs(name))
		}
	}
	var out []curate.Detector
	for _, d := range all {
		if (len(only) == 0 || slices.Contains(only, d.Name)) && !slices.Contains(skip, d.Name) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no detector is left: all of %s are skipped", strings.Join(Names(all), ", "))
	}
	return out, nil
}

// needs says what a detector that is not there would take.
func needs(name string) string {
	if name == experts.DetectorName {
		return "revisions to learn from"
	}
	return "a model"
}

func known(all []curate.Detector, name string) error {
	if names := Names(all); !slices.Contains(names, name) {
		return fmt.Errorf("there is no detector %q: must be one of %s", name, strings.Join(names, ", "))
	}
	return nil
}

// ParseDrop reads NAME or NAME:CONFIDENCE, as often as there are detectors whose rows are left out: at that confidence or
// above, or at 0.5.
func ParseDrop(all []curate.Detector, list []string) (map[string]float64, error) {
	out := map[string]float64{}
	for _, s := range list {
		name, least, given := strings.Cut(s, ":")
		if err := known(all, name); err != nil {
			return nil, fmt.Errorf("rows of a detector that does not look: %w", err)
		}
		out[name] = 0.5
		if given {
			x, err := strconv.ParseFloat(least, 64)
			if err != nil || !(x >= 0 && x <= 1) {
				return nil, fmt.Errorf("%q: the confidence is %q, must be a number from 0 to 1", s, least)
			}
			out[name] = x
		}
	}
	return out, nil
}
