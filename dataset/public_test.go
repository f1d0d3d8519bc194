package dataset

import (
	"context"
	"testing"

	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/tokenizer"
)

// All of a public data set through a real tokenizer, to the batches of a training.
func TestPublicFileBecomesBatches(t *testing.T) {
	tok, err := tokenizer.Open(shared.Path(t, "data", "models", "stories3M"))
	if err != nil {
		t.Fatal(err)
	}
	set := load(t, Options{SkipBad: true, Limit: 3000}, shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"))
	train, held := set.Split(0.05, 1)
	if len(held) < 100 || len(held) > 200 || len(train)+len(held) != 3000 {
		t.Errorf("%d train, %d held", len(train), len(held))
	}
	list, rep, err := Encode(context.Background(), train, template(t, "alpaca"), tok, 512, SplitLong)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", rep)
	plan, err := Plan(list, PlanOptions{BatchTokens: 8192, Epochs: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	eos, _ := tok.EOS()
	labels, tokens, computed, ends := 0, 0, 0, 0
	for i := range plan.Steps() {
		for _, b := range Pack(list, plan.Step(i), 2048) {
			labels += len(b.Targets)
			tokens += b.Tokens
			computed += len(b.IDs)
			for _, id := range b.Targets {
				if id == eos {
					ends++
				}
			}
		}
	}
	if labels != rep.Trained || tokens != rep.Tokens || ends != len(train) {
		t.Errorf("%d labels, %d tokens and %d ends in the batches; %d, %d and %d examples in the report", labels, tokens, ends, rep.Trained, rep.Tokens, len(train))
	}
	t.Logf("%d of %d tokens are computed, for the rest is shared", computed, tokens)
	if computed > tokens*4/5 {
		t.Errorf("%d of %d tokens are computed: the template is not shared", computed, tokens)
	}
}
