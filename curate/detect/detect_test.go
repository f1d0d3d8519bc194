package detect

import (
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
)

// exchange reads "instruction | input → output".
func exchange(s string) curate.Exchange {
	ask, answer, ok := strings.Cut(s, " → ")
	if !ok {
		ask, answer = "Tell me something.", s
	}
	ask = strings.TrimSuffix(ask, " →")
	instruction, input, _ := strings.Cut(ask, " | ")
	return curate.Exchange{
		Instruction: curate.Text{Text: instruction, Field: "instruction"},
		Input:       curate.Text{Text: input, Field: "input"},
		Output:      curate.Text{Text: answer, Field: "output"},
	}
}

func TestExamplesAreFound(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Text() {
		if seen[d.Name] {
			t.Errorf("two detectors are named %s", d.Name)
		}
		seen[d.Name] = true
		found := d.Look(exchange(d.Example))
		if len(found) == 0 {
			t.Errorf("%s does not find its example %q", d.Name, d.Example)
		}
		for _, f := range found {
			if f.Detector != d.Name || f.Field == "" || f.Why == "" || f.Confidence <= 0 || f.Confidence > 1 || f.Certain && f.Suggestion == nil {
				t.Errorf("%s gives an unfit finding: %+v", d.Name, f)
			}
		}
	}
}
