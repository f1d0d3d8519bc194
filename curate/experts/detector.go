package experts

import (
	"fmt"

	"github.com/cria-llm/cria/curate"
)

// DetectorName is the name of [Score.Detector].
const DetectorName = "would-be-revised"

// Likely is the chance of a revision from which on an answer is a finding, where nothing else is said.
const Likely = 0.9

// Detector finds answers that the people whose revisions the score was learned from would revise with a chance of least or
// more, where as many are revised as are not; that chance is its confidence. It suggests nothing.
func (s *Score) Detector(least float64) curate.Detector {
	return curate.Detector{
		Name:    DetectorName,
		About:   "The answer looks like those that experts revised, by a score learned from their revisions.",
		Example: "What is photosynthesis? → Plants",
		Look: func(x curate.Exchange) []curate.Finding {
			chance := s.Of(x)
			if chance < least {
				return nil
			}
			return []curate.Finding{{
				Row: x.Row, Detector: DetectorName, Field: x.Output.Field, Confidence: chance,
				Why: fmt.Sprintf("of answers like this one, experts revised about %.0f in 100 where half were revised", 100*chance),
			}}
		},
	}
}
