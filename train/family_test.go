package train

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/model/modeltest"
)

// Whatever the family, a run lowers the loss, and a model that was tuned whole opens where its run ended.
func TestEveryFamilyTrains(t *testing.T) {
	for i, family := range modeltest.Families() {
		t.Run(family, func(t *testing.T) {
			extra := modeltest.Settings{"max_position_embeddings": 512}
			if family == "gpt2" {
				extra = modeltest.Settings{"n_positions": 512}
			}
			r := tinyRecipe(t)
			r.Base = modeltest.Family(t, family, extra, 1)
			r.Steps, r.LR = 6, 1e-2
			switch i % 3 {
			case 0:
				r.DoRA = true
			case 1:
				r.Quantize, r.TrainEmbeddings = "q8_0", true
			case 2:
				r.Method, r.Rank, r.LR = Full, 0, 3e-3
			}
			res := run(t, r, Options{})
			if *res.EvalAfter > *res.EvalBefore-0.1 {
				t.Errorf("held-out loss %.3f before and %.3f after", *res.EvalBefore, *res.EvalAfter)
			}
			if r.Method == Full {
				again := r
				again.Base, again.Out = res.Adapter, filepath.Join(t.TempDir(), "again")
				e, err := openSession(t, again).evaluate(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(e.Loss-*res.EvalAfter) > 1e-6 {
					t.Errorf("opened again its loss is %v, the run ended with %v", e.Loss, *res.EvalAfter)
				}
				return
			}
			text := string(read(t, r.Out, "adapter_config.json"))
			if strings.Contains(text, `"fan_in_fan_out": true`) != (family == "gpt2") {
				t.Errorf("fan_in_fan_out of %s: %s", family, text)
			}
		})
	}
}
