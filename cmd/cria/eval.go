package main

import "github.com/spf13/cobra"

func newEvalCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "eval COMMAND",
		Short: "Say how well answers do, on questions whose answers can be checked",
		Long: `eval measures answers by rules, with the standard error that belongs to each number, as the published programs define them, so that
numbers compare.`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	for _, command := range evalCommands {
		c.AddCommand(command(a))
	}
	return c
}

var evalCommands = []func(*app) *cobra.Command{
	newEvalIFEvalCheckCommand,
}
