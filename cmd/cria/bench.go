package main

import "github.com/spf13/cobra"

// benchCommands lists what can be measured. A measurement is one file.
var benchCommands = []func(*app) *cobra.Command{
	newBenchTrainCommand,
	newBenchPromptCommand,
	newBenchGenerateCommand,
	newBenchMatMulCommand,
	newBenchModelCommand,
}

func newBenchCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast cria is on this machine",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	for _, command := range benchCommands {
		c.AddCommand(command(a))
	}
	return c
}
