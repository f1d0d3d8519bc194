package main

import (
	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/model"
)

func newBenchGenerateCommand(a *app) *cobra.Command {
	var f speedFlags
	var batch int
	c := &cobra.Command{
		Use:   "generate --model MODEL | --shape SHAPE",
		Short: "Time the generation of tokens, one after the other",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.run(c, a, func(m *model.Model) (infer.Speed, error) { return infer.BenchGenerate(c.Context(), m, f.tokens, batch) })
		},
	}
	f.register(c, "n", 128)
	c.Flags().IntVar(&batch, "batch", 1, "`B` sequences generated together")
	return c
}
