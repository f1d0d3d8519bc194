package main

import "github.com/spf13/cobra"

func newArenaCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "arena COMMAND",
		Short: "Say who answers better, by blind comparison, and how sure that is",
		Long: `arena compares answers to the same prompts. A judge sees two of them without names and from both seats; what it says is counted,
and no win rate comes without the interval that chance alone could have moved it in.`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	for _, command := range arenaCommands {
		c.AddCommand(command(a))
	}
	return c
}

var arenaCommands = []func(*app) *cobra.Command{
	newArenaRunCommand,
	newArenaVoteCommand,
	newArenaReportCommand,
	newArenaListCommand,
	newArenaRemoveCommand,
	newArenaStatsCommand,
	newArenaAgreeCommand,
}
