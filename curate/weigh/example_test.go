package weigh_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/weigh"
	"github.com/cria-llm/cria/dataset"
)

func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// row 0: weight 1.66667, repeat 1
	// row 1: weight 0.333333, repeat 1
	// row 2: left out by length < 1
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "weigh")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "rows.jsonl")
	text := `{"instruction": "What puts a fire out?", "output": "Water, sand or a lid."}
{"instruction": "Name a bird.", "output": "An owl."}
{"instruction": "Say nothing.", "output": ""}
`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		return err
	}
	rules, err := weigh.ParseRules([]byte(`
keywords: {safety: {words: [fire], worth: 5}}
drop: [length < 1]
weight: {terms: [{score: keywords, transform: none}]}
`))
	if err != nil {
		return err
	}
	rows, err := curate.Read(ctx, path, dataset.Options{})
	if err != nil {
		return err
	}
	table, err := weigh.Measure(ctx, rows, rules, weigh.Options{})
	if err != nil {
		return err
	}
	outcome, err := weigh.Apply(ctx, rows, table, rules)
	if err != nil {
		return err
	}
	for i, v := range outcome.Verdicts {
		if v.LeftOut != "" {
			fmt.Printf("row %d: left out by %s\n", i, v.LeftOut)
			continue
		}
		fmt.Printf("row %d: weight %g, repeat %d\n", i, v.Weight, v.Repeat)
	}
	return outcome.Write(filepath.Join(dir, "weighed.jsonl"), true)
}
