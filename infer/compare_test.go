package infer

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model/modeltest"
)

// On a model of real shape, with adapters that PEFT's layout came with: naming both and naming their stack is one.
func TestLaw07AStackIsTheSumInLogits(t *testing.T) {
	golden := shared.Path(t, "golden", "public", "llama-gqa")
	base, one, two := filepath.Join(golden, "hf"), filepath.Join(golden, "adapter"), filepath.Join(golden, "adapter-rslora")
	list, err := LoadWeighted([]string{one, two})
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.Stack(list)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "stack")
	c, err := SaveCompared(t.Context(), backend(t), base, list, a, dir)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Same() || c.Agreement != 1 || c.Tokens < 100 || c.Prompts+c.TooLong != len(comparisonSet()) {
		t.Errorf("%+v, want the same", c)
	}
	named, stacked := open(t, base+"+"+one+"+"+two, OpenOptions{}), open(t, base+"+"+dir, OpenOptions{})
	ids := []int32{1, 5, 9, 33, 2, 70, 4}
	want, err := named.Score(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	got, err := stacked.Score(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Last, want.Last) {
		t.Error("logits of the stack are not those of the adapters named one after the other")
	}
	if kept, err := ReadComparison(dir); err != nil || *kept != c {
		t.Errorf("comparison %+v was kept as %+v (%v)", c, kept, err)
	}
}

func TestComparisonTellsModelsApart(t *testing.T) {
	base := modeltest.Tiny(t, 1)
	one, two := open(t, base, OpenOptions{}), open(t, base+"+"+tinyAdapter(t, base, 3, nil), OpenOptions{})
	c, err := Compare(t.Context(), one, two)
	if err != nil {
		t.Fatal(err)
	}
	if c.Same() || !(c.KLMean > 0 && c.KLMax >= c.KLMean) || c.Agreement == 1 {
		t.Errorf("%+v between a base and its adapter", c)
	}
	if c, err = Compare(t.Context(), one, one); err != nil || c.KLMax != 0 || c.Agreement != 1 {
		t.Errorf("%+v between a model and itself (%v)", c, err)
	}
}

func TestDivergenceIsThatOfTheProbabilities(t *testing.T) {
	// p = (1/2, 1/4, 1/4), q = (1/4, 1/4, 1/2), both shifted: KL = ½ ln 2 − ¼ ln 2.
	p, q := []float32{float32(math.Log(2)), 0, 0}, []float32{7, 7, 7 + float32(math.Log(2))}
	if got, want := divergence(p, q), math.Log(2)/4; math.Abs(got-want) > 1e-6 {
		t.Errorf("%g, want %g", got, want)
	}
	if got := divergence(p, p); got != 0 {
		t.Errorf("of a row and itself %g", got)
	}
}

func TestWeightsFollowAnEqualsSign(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "x=2")
	if err := os.Mkdir(odd, 0o755); err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string]struct {
		path   string
		weight float64
	}{
		dir: {dir, 0}, dir + "=0.5": {dir, 0.5}, dir + "=-1": {dir, -1}, odd: {odd, 0}, odd + "=3": {odd, 3}, "nowhere": {"nowhere", 0},
	} {
		path, weight, err := parseWeighted(spec)
		if err != nil || path != want.path || weight != want.weight {
			t.Errorf("%s: %s, %g (%v), want %v", spec, path, weight, err, want)
		}
	}
	for spec, want := range map[string]string{"a=half": `"half" is no weight`, "a=0": "weight of 0", "a=": "no weight"} {
		if _, _, err := parseWeighted(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", spec, err, want)
		}
	}
}
