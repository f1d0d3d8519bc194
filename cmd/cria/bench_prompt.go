package main

import (
	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/model"
)

func newBenchPromptCommand(a *app) *cobra.Command {
	var f speedFlags
	c := &cobra.Command{
		Use:   "prompt --model MODEL | --shape SHAPE",
		Short: "Time the reading of a prompt",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.run(c, a, func(m *model.Model) (infer.Speed, error) { return infer.BenchPrompt(c.Context(), m, f.tokens) })
		},
	}
	f.register(c, "p", 512)
	return c
}
