package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/store"
)

func newArenaListCommand(a *app) *cobra.Command {
	var asJSON bool
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List comparisons, the newest first",
		Long: `list shows what the ledger has of comparisons: who was compared with whom, by which judge, and what came of it. An id, or the
beginning or the end of one, will do for cria arena report and cria arena vote where they want a folder.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 0 {
				return usagef(c, "--limit is %d: a number of comparisons", limit)
			}
			return withLedger(c.Context(), func(s *store.Store) error {
				bouts, err := s.Bouts(c.Context())
				if err != nil {
					return err
				}
				if limit > 0 && len(bouts) > limit {
					bouts = bouts[:limit]
				}
				if asJSON {
					return printJSON(a.stdout, append([]store.Bout{}, bouts...)) // [] where there is none
				}
				listBouts(a.stdout, a.paint(a.stdout), bouts)
				return nil
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 0, "at most so many (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, `print one line of JSON, [{"id":…,"folder":…,"begun":…,"contestants":[…],"results":[{"judge":…,"n":…,"win_rate":…,"ci95":[…,…],…}],…},…], in shares`)
	return c
}

func newArenaRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rm ID...",
		Short: "Take comparisons out of the ledger",
		Long: `rm takes comparisons out of the ledger, with the votes on them. Their folders stay as they are, and the next cria arena run, vote or
report of one writes it down again.`,
		Args:              usageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeBouts,
		RunE: func(c *cobra.Command, args []string) error {
			return withLedger(c.Context(), func(s *store.Store) error {
				for _, id := range args {
					b, err := s.Bout(c.Context(), id)
					if err != nil {
						return err
					}
					if err := s.RemoveBout(c.Context(), b.ID); err != nil {
						return err
					}
					fmt.Fprintf(a.stdout, "removed %s; %s stays\n", b.ID, plain(b.Folder))
				}
				return nil
			})
		},
	}
}

// listBouts is a line for each result, under the bout's first.
func listBouts(w io.Writer, p paint, bouts []store.Bout) {
	if len(bouts) == 0 {
		fmt.Fprintln(w, "no comparisons yet: cria arena run writes them down")
		return
	}
	t := table{right: map[int]bool{3: true, 4: true, 5: true}}
	t.row(p.dim("id"), p.dim("begun"), p.dim("contestants"), p.dim("win rate"), p.dim("95 %"), p.dim("n"), p.dim("judge"), p.dim("folder"))
	for _, b := range bouts {
		results := b.Results
		if len(results) == 0 {
			results = []store.Result{{B: 1, Judge: "–"}}
		}
		for i, r := range results {
			id, begun, names, folder := p.accent(b.ID), b.Begun.Local().Format("2006-01-02 15:04"), against(b, r), plain(b.Folder)
			if i > 0 {
				if id, begun, folder = "", "", ""; r.A == results[i-1].A && r.B == results[i-1].B {
					names = ""
				}
			}
			rate, interval := "–", "–"
			if r.WinRate != nil {
				rate = fmt.Sprintf("%.1f %%", 100**r.WinRate)
			}
			if r.Interval != nil {
				interval = between([2]float64{100 * r.Interval[0], 100 * r.Interval[1]})
			}
			t.row(id, begun, names, rate, interval, count(r.N), plain(shorten(r.Judge, 30, 15)), folder)
		}
	}
	t.print(w, p)
}

// against names the two whom a result compares.
func against(b store.Bout, r store.Result) string {
	var names []string
	for _, place := range []int{r.A, r.B} {
		if place >= 0 && place < len(b.Contestants) {
			names = append(names, plain(b.Contestants[place].Name))
		}
	}
	return strings.Join(names, " against ")
}
