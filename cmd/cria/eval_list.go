package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/eval/tasks"
)

// listedTask is a task in the line of eval list --json.
type listedTask struct {
	Task    string     `json:"task"`
	Kind    tasks.Kind `json:"kind"`
	Metrics []string   `json:"metrics"`
	Files   []string   `json:"files"`
	Shots   int        `json:"shots"`
	Source  string     `json:"source"`
	About   string     `json:"about"`
}

func newEvalListCommand(a *app) *cobra.Command {
	var asJSON bool
	var definition string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the tasks that come with cria",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if definition != "" {
				text, err := tasks.Definition(definition)
				if err != nil {
					return usagef(c, "--print-task: %v", err)
				}
				_, err = a.stdout.Write(text)
				return err
			}
			found, err := tasks.Find(tasks.Names())
			if err != nil {
				return err
			}
			list := []listedTask{}
			for _, t := range found {
				list = append(list, listedTask{t.Name, t.Kind, t.Metrics, t.Files, t.Shots.N, t.Source, t.About})
			}
			if asJSON {
				return printJSON(a.stdout, list)
			}
			paint := a.paint(a.stdout)
			var out table
			out.row(paint.dim("task"), paint.dim("numbers"), paint.dim("reads"), paint.dim("about"))
			for _, t := range list {
				out.row(t.Task, strings.Join(t.Metrics, ", "), t.Files[0], t.About)
			}
			out.print(a.stdout, paint)
			return nil
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&definition, "print-task", "", "print the YAML of that `TASK`, and do nothing else")
	c.Flags().BoolVar(&asJSON, "json", false, `print one line of JSON, [{"task","kind","metrics","files","shots","source","about"},…]`)
	return c
}
