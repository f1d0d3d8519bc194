package main

import (
	"github.com/spf13/cobra"
)

func newEvalCommand(a *app) *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use:   "eval MODEL --tasks TASK,... --data DIR",
		Short: "Say how well a model does, on questions whose answers can be checked",
		Long: `eval measures a model on tasks, or given answers, by rules, with the standard error that belongs to each number, as the published
programs define them, so that numbers compare.

TASK is a name of cria eval list, or a file of YAML of one's own (docs/eval.md). Each task reads its file in DIR. Items that do not fit the
model's positions are left out and counted; nothing is cut. What was measured is kept in the file --cache, so that a run that was
interrupted goes on from there. With --before a second model is measured on the same items: what MODEL won over it, and what it forgot.`,
		Example: `  cria eval smollm2-135m --tasks hellaswag,piqa,boolq --data bench --limit 500
  cria eval smollm2-135m+my-run --tasks truthfulqa,mine.yaml --data bench --json
  cria eval smollm2-135m+my-run --before smollm2-135m --tasks hellaswag,piqa,boolq --data bench
  cria eval smollm2-135m --tasks mmlu,gsm8k --data bench --limit 500 --robust
  cria eval list`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: f.robust.complete,
		RunE: func(c *cobra.Command, args []string) error {
			args = f.robust.taken(c, args)
			asked := c.Flags().Changed("tasks") || c.Flags().Changed("data")
			switch {
			case !asked && (len(args) == 0 || near(c, args[0])):
				return group(c, args)
			case len(args) != 1:
				return usagef(c, "which MODEL? One is to be named, and there are %d", len(args))
			}
			return f.run(c, a, args[0])
		},
	}
	f.add(c.Flags())
	for _, command := range evalCommands {
		c.AddCommand(command(a))
	}
	return c
}

// near says whether a word is likely meant to be one of the commands below.
func near(c *cobra.Command, word string) bool {
	c.SuggestionsMinimumDistance = 2
	return len(c.SuggestionsFor(word)) > 0
}

var evalCommands = []func(*app) *cobra.Command{
	newEvalListCommand,
	newEvalIFEvalCheckCommand,
}
