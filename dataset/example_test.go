package dataset_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/chat/chattest"
	"github.com/cria-llm/cria/dataset"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "dataset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "rows.jsonl")
	rows := `{"instruction": "Name a prime.", "output": "7"}
{"instruction": "Translate to German.", "input": "a house", "output": "ein Haus", "weight": 2}
`
	if err := os.WriteFile(path, []byte(rows), 0o644); err != nil {
		log.Fatal(err)
	}

	set, err := dataset.Load(ctx, []string{path}, dataset.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Files[0].Format+":", set.Files[0].Mapping)

	tmpl, err := chat.Named("chatml")
	if err != nil {
		log.Fatal(err)
	}
	tok := chattest.Full() // a real program has a tokenizer here
	tokens, report, err := dataset.Encode(ctx, set.Examples, tmpl, tok, 1024, dataset.DropLong)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report)

	plan, err := dataset.Plan(tokens, dataset.PlanOptions{BatchTokens: 4096, Epochs: 3, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	for i := range plan.Steps() {
		batches := dataset.Pack(tokens, plan.Step(i), 512)
		fmt.Printf("step %d: %d batch, loss weight %v\n", i, len(batches), dataset.LossWeight(batches))
	}
	// Output:
	// alpaca: instruction+input → user, output → assistant
	// 2 sequences, 95 tokens, of which 11 are learned (11.6%)
	// tokens of an example: half have at most 36, 90% 59, 99% 59; the longest has 59
	// step 0: 1 batch, loss weight 20
	// step 1: 1 batch, loss weight 20
	// step 2: 1 batch, loss weight 20
}
