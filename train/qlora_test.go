package train

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
)

// QLoRA ends near LoRA on the same base in float32: the held-out loss is within 2 %. Longer runs are in docs/log.md.
func TestQLoRAEndsNearLoRA(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds, and has nothing of its own for the race detector")
	}
	base := shared.Path(t, "data", "models", "stories3M")
	r := Recipe{Data: []Source{{Path: shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl")}},
		Limit: 800, MaxLen: 128, Steps: 32, BatchTokens: 1024, LR: 2e-3, EvalFraction: 0.05, EvalEvery: -1, Threads: 2}
	end := func(quantize string) (before, after float64) {
		r := r
		r.Base, r.Quantize, r.Out = base, quantize, filepath.Join(t.TempDir(), "run")
		res := run(t, r, Options{})
		return *res.EvalBefore, *res.EvalAfter
	}
	before, want := end("")
	if want > before-0.1 {
		t.Fatalf("LoRA: held-out loss %.4f before and %.4f after", before, want)
	}
	for _, quantize := range []string{"nf4", "q4_0"} {
		if _, got := end(quantize); math.Abs(got-want) > 0.02*want {
			t.Errorf("base in %s: held-out loss %.4f, LoRA on float32 %.4f", quantize, got, want)
		}
	}
}
