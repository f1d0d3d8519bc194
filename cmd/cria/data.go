package main

import "github.com/spf13/cobra"

func newDataCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "data COMMAND",
		Short: "Write rows of instructions, correct them, and weigh them",
		Long: `data is the second half of the recipe: good rows. A model writes them under a cap on its cost, what is wrong is found and
corrected, and what matters is weighed. Every step reads a file and writes another.`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	for _, command := range dataCommands {
		c.AddCommand(command(a))
	}
	return c
}

// dataCommands are the steps, in the order in which they are taken.
var dataCommands = []func(*app) *cobra.Command{
	newDataGenerateCommand,
	newDataCorrectCommand,
	newDataMeasureCommand,
	newDataWeighCommand,
	newDataStatsCommand,
	newDataConvertCommand,
}
