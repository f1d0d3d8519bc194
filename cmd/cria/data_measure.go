package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/curate/correct"
	"github.com/cria-llm/cria/curate/experts"
	"github.com/cria-llm/cria/internal/atomicfile"
)

func newDataMeasureCommand(a *app) *cobra.Command {
	var train, picture string
	var asJSON bool
	c := &cobra.Command{
		Use:   "measure REVISED.csv [--learn OTHERS.csv]",
		Short: "How many of the answers that experts revised are found",
		Long: `measure holds the detectors of "cria data correct" to what people did. REVISED.csv has a line for every answer that an expert
looked at: src (Instruction: … Input: …), neg (the answer as it was), pos (as the expert left it). A detector should find
something in the first and nothing in the second.

With --learn a score is learned from other revisions first, from what the answers look like, their words, and what the
detectors say, and is measured beside the rest. The baseline is that the shorter answer is the one that was revised.`,
		Example: `  cria data measure revised_valid.csv --learn revised_train.csv
  cria data measure revised_valid.csv --svg roc.svg --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			m, learned, err := measureRevisions(c.Context(), args[0], train)
			if err != nil {
				return err
			}
			if picture != "" {
				if err := atomicfile.WriteBytes(picture, m.SVG()); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(a.stdout, struct {
					experts.Measured
					Reasons []experts.Reason `json:"reasons,omitempty"`
				}{m, learned.Reasons(20)})
			}
			a.showMeasured(m, learned)
			return nil
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&train, "learn", "", "revisions to learn a score from; never the file that is measured")
	c.Flags().StringVar(&picture, "svg", "", "draw the curves into this file")
	c.Flags().BoolVar(&asJSON, "json", false, "print the numbers, and every point of the curves, as JSON")
	return c
}

func measureRevisions(ctx context.Context, path, train string) (experts.Measured, *experts.Score, error) {
	held, err := experts.Read(path)
	if err != nil {
		return experts.Measured{}, nil, err
	}
	detectors := correct.Alone()
	var learned *experts.Score
	if train != "" {
		others, err := experts.Read(train)
		if err != nil {
			return experts.Measured{}, nil, err
		}
		if same := experts.Shared(others, held); same > 0 {
			return experts.Measured{}, nil, fmt.Errorf("%s and %s share %s: what is learned from must not be measured on", train, path, plural(same, "revision"))
		}
		learned = experts.Learn(others, detectors)
	}
	if err := ctx.Err(); err != nil {
		return experts.Measured{}, nil, err
	}
	return experts.Measure(held, detectors, learned), learned, nil
}

func (a *app) showMeasured(m experts.Measured, learned *experts.Score) {
	p := a.paint(a.stdout)
	fmt.Fprintf(a.stdout, "%s, of which %s changed by more than white space\n", plural(m.Pairs, "revision"), count(m.Changed))
	percent := func(r experts.Rate) string {
		return fmt.Sprintf("%.1f %%  %.1f–%.1f", 100*r.Share, 100*r.Low, 100*r.High)
	}
	t := table{heading: "detectors (95 % interval)", right: map[int]bool{1: true, 2: true, 3: true}}
	t.row("", "revised, found", "left, called wrong", "right of its findings")
	silent := 0
	for _, d := range append([]experts.Found{m.Any}, m.Detectors...) {
		if d.Precision.Of == 0 && d.Detector != m.Any.Detector {
			silent++
			continue
		}
		name := d.Detector
		if name == m.Any.Detector {
			name = "any of the rules"
		}
		t.row(name, percent(d.Recall), percent(d.FalseAlarms), percent(d.Precision))
	}
	t.print(a.stdout, p)
	if silent > 0 {
		fmt.Fprintf(a.stdout, "  %s found nothing in either\n", plural(silent, "detector"))
	}
	t = table{heading: "telling the two apart", right: map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}}
	t.row("", "area under the ROC (95 %)", "found at 5 %", "10 %", "20 % false alarms", "own pair in order")
	for _, c := range m.Curves {
		t.row(c.Name, fmt.Sprintf("%.3f  %.3f–%.3f", c.AUC, c.Low, c.High), fmt.Sprintf("%.0f %%", 100*c.Recall(0.05)),
			fmt.Sprintf("%.0f %%", 100*c.Recall(0.1)), fmt.Sprintf("%.0f %%", 100*c.Recall(0.2)), fmt.Sprintf("%.0f %%", 100*c.Pairs.Share))
	}
	t.print(a.stdout, p)
	fmt.Fprintf(a.stdout, "  the last is %+.3f over the first (%+.3f to %+.3f)\n", m.Gain, m.GainLow, m.GainHigh)
	if learned == nil {
		return
	}
	t = table{heading: "what moves the learned score (log odds, for one standard deviation)", right: map[int]bool{1: true}}
	for _, r := range learned.Reasons(10) {
		t.row(r.Name, fmt.Sprintf("%+.2f", r.Odds))
	}
	t.print(a.stdout, p)
}

// orRevisions adds to the error of a file that holds no rows what to do with it where it holds revisions.
func orRevisions(path string, err error) error {
	if _, e := experts.Read(path); e != nil {
		return err
	}
	return fmt.Errorf("%w; these are revisions, before and after: cria data measure %s", err, path)
}
