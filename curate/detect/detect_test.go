package detect

import (
	"testing"

	"github.com/cria-llm/cria/curate/curatetest"
)

func TestExamplesAreFound(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Text() {
		if seen[d.Name] {
			t.Errorf("two detectors are named %s", d.Name)
		}
		seen[d.Name] = true
		found := d.Look(curatetest.Exchange(d.Example))
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
