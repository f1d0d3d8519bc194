package experts

import (
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/curate/detect"
	"github.com/cria-llm/cria/internal/shared"
)

// The score is learned from one file of experts' revisions and reported on the other.
func TestAScoreLearnedFromExpertsBeatsLength(t *testing.T) {
	dir := shared.Path(t, "data", "curate")
	train, err := Read(filepath.Join(dir, "expert_revised_train.csv"))
	if err != nil {
		t.Fatal(err)
	}
	held, err := Read(filepath.Join(dir, "expert_revised_valid.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(train) != 2032 || len(held) != 254 || Shared(train, held) != 0 {
		t.Errorf("%d and %d revisions, of which %d are in both; want 2,032, 254 and none", len(train), len(held), Shared(train, held))
	}
	m := Measure(held, detect.Text(), Learn(train, detect.Text()))
	for _, c := range m.Curves {
		t.Logf("%-26s area %.3f (%.3f to %.3f), own pairs in order %.3f", c.Name, c.AUC, c.Low, c.High, c.Pairs.Share)
	}
	if m.GainLow < 0.1 {
		t.Errorf("the learned score is only %.3f to %.3f better than length", m.GainLow, m.GainHigh)
	}
}
