package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/hub"
	"github.com/cria-llm/cria/train"
)

func newListCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the models and datasets that were pulled",
		Long: `list shows what lies in the cache that all Hugging Face tools share, whichever of them put it there. Each id is a MODEL, or
for datasets a FILE of rows.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			list, err := hub.List()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, append([]hub.Entry{}, list...)) // [] where there is none
			}
			if len(list) == 0 {
				fmt.Fprintln(a.stdout, "nothing was pulled yet: cria pull HuggingFaceTB/SmolLM2-135M")
				return nil
			}
			p := a.paint(a.stdout)
			t := table{right: map[int]bool{2: true}}
			t.row(p.dim("id"), p.dim("kind"), p.dim("size"), p.dim("changed"), p.dim("revisions"))
			for _, e := range list {
				revisions := strings.Join(e.Revisions, ", ")
				if e.Partial {
					revisions += p.warn(" (in part: pull again)")
				}
				t.row(p.accent(plain(e.ID)), e.Kind, train.Bytes(e.Bytes), e.Changed.Local().Format("2006-01-02 15:04"), plain(revisions))
			}
			t.print(a.stdout, p)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}

func newRemoveCommand(a *app) *cobra.Command {
	var dataset, yes, asJSON bool
	c := &cobra.Command{
		Use:   "rm ID...",
		Short: "Remove models or datasets that were pulled",
		Long: `rm removes what was pulled, with all its revisions, from the cache that all Hugging Face tools share, after a question, or
without one with --yes.`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			removed := []hub.Entry{}
			for _, id := range args {
				kind := hub.Model
				if dataset {
					kind = hub.Dataset
				}
				ref, err := hub.ParseRef(kind, id)
				if err != nil {
					return usagef(c, "%v", err)
				}
				if ref.Revision != "" || ref.Part != "" {
					return usagef(c, "%s: a repository is removed whole: give %s", id, ref.ID)
				}
				e, err := hub.Find(ref)
				if err != nil {
					return err
				}
				if !yes {
					ok, err := a.confirm(fmt.Sprintf("remove %s %s, %s?", e.Kind, plain(e.ID), train.Bytes(e.Bytes)))
					switch {
					case err != nil:
						return err
					case !ok:
						return errors.New("you said no")
					}
				}
				if err := e.Remove(); err != nil {
					return err
				}
				removed = append(removed, e)
				if !asJSON {
					fmt.Fprintf(a.stdout, "removed %s, %s\n", plain(e.ID), train.Bytes(e.Bytes))
				}
			}
			if asJSON {
				return printJSON(a.stdout, struct {
					Removed []hub.Entry `json:"removed"`
				}{removed})
			}
			return nil
		},
	}
	c.Flags().BoolVar(&dataset, "dataset", false, "the ids are of datasets")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}
