package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/amount"
	"github.com/cria-llm/cria/train"
	"github.com/cria-llm/cria/train/record"
)

func newTrainCommand(a *app) *cobra.Command {
	var f recipeFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "train --base MODEL --data FILE... --out FOLDER",
		Short: "Fine-tune a model to follow instructions",
		Long: `train fine-tunes a base model on rows of instructions and responses. It says first what memory and time the run
takes, and refuses what does not fit. An interrupted run goes on with --resume --out FOLDER, and ends in the same bits.`,
		Example: `  cria train --base smollm2-135m --data rows.jsonl --out my-run
  cria train --base smollm2-135m --data pairs.jsonl --objective dpo --out my-taste
  cria train --recipe my-run/recipe.yaml --seed 2 --out my-run-2
  cria train --resume --out my-run`,
		Args: cobra.ArbitraryArgs, // further files of rows
		RunE: func(c *cobra.Command, args []string) error {
			r, err := f.recipe(c, args)
			if err != nil {
				return err
			}
			if r.Out == "" {
				return usagef(c, "--out is missing: the folder for the run")
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			p := newProgress(c.Context(), a, w, r)
			defer p.close()
			ledger, done := ledgerFor(c.Context(), p)
			defer done()
			result, err := record.Run(c.Context(), ledger, r, train.Options{Resume: f.resume, Probe: infer.Probe}, p)
			p.close()
			if err != nil {
				showMisfit(w, a.paint(w), err)
				return err
			}
			showResult(w, a.paint(w), p.r, result)
			if asJSON {
				return printJSON(a.stdout, result)
			}
			return nil
		},
	}
	f.register(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as one line of JSON, and progress to standard error")
	return c
}

// showMisfit shows the plan of a run that was refused for what it needs.
func showMisfit(w io.Writer, p paint, err error) {
	var e *train.DoesNotFit
	if errors.As(err, &e) {
		showMemory(w, p, e.Plan)
	}
}

// showResult says what a run came to and what to type next.
func showResult(w io.Writer, p paint, r train.Recipe, res train.Result) {
	t := table{heading: "done"}
	showHeldOut(&t, p, res)
	t.row("trained", fmt.Sprintf("%s, %s tokens in %s at %s", plural(res.Steps, "step"), count(res.Tokens), seconds(res.Seconds), speed(res.TokensPerSec)))
	showSpent(&t, p, res)
	showLooks(&t, p, res)
	t.row("peak memory", train.Bytes(res.PeakRSS))
	kind, model := "adapter", quote(r.Base+"+"+res.Adapter)
	if r.Method == train.Full {
		kind, model = "model", quote(res.Adapter)
	}
	t.row(kind, res.Adapter)
	t.row("next", p.accent("cria chat "+model))
	t.print(w, p)
}

// showHeldOut is what became of the loss on what was held out.
func showHeldOut(t *table, p paint, res train.Result) {
	row := func(name string, before, after *float64) {
		if before == nil || after == nil {
			return
		}
		text := fmt.Sprintf("%.4f", *after)
		if *after < *before {
			text = p.good(text)
		} else {
			text = p.warn(text + " (no better)")
		}
		t.row(name, fmt.Sprintf("%.4f → %s", *before, text))
	}
	row("held-out loss", res.EvalBefore, res.EvalAfter)
	row("bits per byte", res.BitsPerByteBefore, res.BitsPerByteAfter)
	if before, after := res.RewardsBefore, res.RewardsAfter; before != nil && after != nil {
		t.row("held-out accuracy", percent(before.Accuracy)+" → "+percent(after.Accuracy))
	}
}

// quote makes a word of a text for the shell.
func quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$&|;<>()[]{}*?!~#`") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func plural(n int, noun string) string { return amount.Plural(n, noun) }
