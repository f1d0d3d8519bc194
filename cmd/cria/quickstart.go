package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/eval"
	"github.com/cria-llm/cria/internal/datafolder"
	"github.com/cria-llm/cria/quickstart"
	"github.com/cria-llm/cria/train"
	"github.com/cria-llm/cria/train/record"
)

func newQuickstartCommand(a *app) *cobra.Command {
	var o quickstart.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "quickstart",
		Short: "See the whole way in a few minutes, on a small model that is in the program",
		Long: `quickstart fine-tunes a LoRA on cria-nano, a small base model that is part of this program, and asks both, the base and
the tuned model, the same questions, which neither was trained on, and compares their answers without names. It needs no
network. It writes below --out alone, and replaces what an earlier quickstart left there.`,
		Example: `  cria quickstart
  cria chat quickstart
  cria quickstart --out mine && cria arena vote mine/blind`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Out == "" {
				dir, err := datafolder.Path()
				if err != nil {
					return fmt.Errorf("%w: give --out", err)
				}
				o.Out = filepath.Join(dir, quickstartName)
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			r, err := quickstart.Recipe(o.Out)
			if err != nil {
				return err
			}
			p := &asking{progress: newProgress(c.Context(), a, w, r)}
			defer p.close()
			if !c.Flags().Changed("out") { // with --out nothing else is written
				ledger, done := ledgerFor(c.Context(), p)
				defer done()
				o.Train = func(ctx context.Context, r train.Recipe, t train.Options, obs train.Observer) (train.Result, error) {
					return record.Run(ctx, ledger, r, t, obs)
				}
			}
			o.Version = readBuildInfo().String()
			report, err := quickstart.Run(c.Context(), o, p)
			p.close()
			if err != nil {
				return err
			}
			if !c.Flags().Changed("out") {
				if err := a.keepBlind(c.Context(), report); err != nil {
					return err
				}
			}
			showQuickstart(w, a.paint(w), report, c.Flags().Changed("out"))
			if asJSON {
				return printJSON(a.stdout, quickstartJSONOf(report))
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.Out, "out", "", "`FOLDER` for the model, the adapter and the report (default quickstart in the user's data folder)")
	c.Flags().IntVar(&o.Steps, "steps", 0, "steps of training (default the recipe's); fewer make a weaker model sooner")
	c.Flags().IntVar(&o.Questions, "questions", 0, "questions to ask of each held-out part (default all)")
	c.Flags().Float64Var(&o.PricePerKWh, "price-per-kwh", quickstart.DefaultPrice, "what energy costs")
	c.Flags().IntVar(&o.Threads, "threads", 0, "processor threads (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as one line of JSON, and progress to standard error")
	return c
}

// keepBlind writes the comparison into the user's ledger.
func (a *app) keepBlind(ctx context.Context, r quickstart.Report) error {
	b, err := bout.Read(r.BlindFolder)
	if err != nil {
		return err
	}
	rec, done := a.recordBout(ctx, b)
	defer done()
	rec.Keep(ctx, r.Blind, nil)
	return nil
}

// asking is progress that also shows how far the questions are.
type asking struct{ *progress }

// Asked implements [quickstart.Observer].
func (p *asking) Asked(model string, done, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if done == 1 {
		p.now("asking the " + model + " model " + count(of) + " questions")
		if !p.live {
			fmt.Fprintf(p.w, "  %s\n", p.doing)
		}
	}
}

// quickstartJSON is the last line of --json.
type quickstartJSON struct {
	Seconds float64              `json:"seconds"`
	Base    quickstartResultJSON `json:"base"`
	Tuned   quickstartResultJSON `json:"tuned"`
	Wh      float64              `json:"wh"`
	Adapter string               `json:"adapter"`
	Blind   *bout.Report         `json:"blind"`
}

type quickstartResultJSON struct {
	Exact       float64 `json:"exact"`
	ExactUnseen float64 `json:"exact_unseen_phrasing"`
	Loss        float64 `json:"loss"`
}

func quickstartJSONOf(r quickstart.Report) quickstartJSON {
	of := func(x quickstart.Result) quickstartResultJSON {
		return quickstartResultJSON{Exact: x.Exact.Share(), ExactUnseen: x.ExactUnseen.Share(), Loss: x.Loss}
	}
	return quickstartJSON{Seconds: r.Seconds, Base: of(r.Base), Tuned: of(r.Tuned), Wh: r.Wh, Adapter: r.Adapter, Blind: r.Blind}
}

// showQuickstart prints the report.
func showQuickstart(w io.Writer, p paint, r quickstart.Report, named bool) {
	t := table{heading: "right answers on questions that were held out, of 100 (95 % interval)", right: map[int]bool{1: true, 3: true}}
	share := func(s eval.Score) (string, string) {
		low, high := s.Interval()
		return fmt.Sprintf("%.0f", 100*s.Share()), p.dim(fmt.Sprintf("%.0f–%.0f", 100*low, 100*high))
	}
	row := func(name string, base, tuned eval.Score, set func(string) string) {
		b, bi := share(base)
		x, xi := share(tuned)
		if tuned.Share() > base.Share() {
			x = p.good(x)
		} else {
			x = p.warn(x)
		}
		t.row(set(name), b, bi, x, xi, bar(p, tuned.Share()))
	}
	plainly := func(s string) string { return s }
	t.row("", p.dim("base"), "", p.dim("tuned"), "")
	for _, k := range r.Kinds {
		row(k.Name, k.Base, k.Tuned, plainly)
	}
	row("all, unseen inputs", r.Base.Exact, r.Tuned.Exact, p.bold)
	row("all, unseen phrasings", r.Base.ExactUnseen, r.Tuned.ExactUnseen, p.bold)
	t.row("answers that end", ended(r.Base), "", p.good(ended(r.Tuned)))
	t.row("loss, nats a token", fmt.Sprintf("%.2f", r.Base.Loss), "", p.good(fmt.Sprintf("%.2f", r.Tuned.Loss)))
	t.print(w, p)

	fmt.Fprintln(w, p.bold("side by side"))
	for _, s := range r.Side {
		fmt.Fprintf(w, "  %s\n", plain(s.Question))
		side := table{}
		side.row("  base", p.dim(oneLine(s.Base)))
		side.row("  tuned", p.accent(oneLine(s.Tuned)))
		side.print(w, p)
	}
	showBlind(w, p, r)
	done := table{heading: "done"}
	done.row("time", seconds(r.Seconds)+fmt.Sprintf(", of which training %s, %s tokens", seconds(r.Trained.Seconds), count(r.Trained.Tokens)))
	if n := len(r.Losses); n > 1 {
		done.row("loss", fmt.Sprintf("%.2f %s %.2f", r.Losses[0], p.accent(spark(r.Losses)), r.Losses[n-1]))
	}
	done.row("cost", fmt.Sprintf("%s Wh (%s): $%s at $%s a kWh; Alpaca's data and training came to $600", wattHours(r.Wh), r.WhFrom, money(r.Money), money(r.PricePerKWh)))
	done.row("picture", filepath.Join(r.Adapter, "loss.png"))
	done.row("adapter", r.Adapter)
	name := quickstartName
	if named {
		name = quote(r.Model)
	}
	done.row("next", p.accent("cria chat "+name))
	done.row("", "and with a real model, one of Hugging Face's or a .gguf file:")
	done.row("", p.accent("cria pull HuggingFaceTB/SmolLM2-135M"))
	done.row("", p.accent("cria train --base HuggingFaceTB/SmolLM2-135M --data rows.jsonl --out my-run"))
	done.print(w, p)
}

// showBlind prints the blind comparison, its interval first.
func showBlind(w io.Writer, p paint, r quickstart.Report) {
	b := r.Blind
	t := table{heading: "blind comparison: tuned against base, the better answer is the right one"}
	t.row("win rate", winRate(p, b.Standing))
	t.row("won, tied, lost", wonTiedLost(b.Standing))
	t.row("counted", fmt.Sprintf("%s of %s", plural(b.N, "pair"), plural(b.Prompts.N, "question")))
	t.row("be the judge", p.accent("cria arena vote "+quote(r.BlindFolder)))
	t.print(w, p)
}

// ended is the share of all answers that the model ended itself, of 100.
func ended(r quickstart.Result) string {
	return fmt.Sprintf("%.0f", 100*float64(r.Exact.Ended+r.ExactUnseen.Ended)/float64(r.Exact.N+r.ExactUnseen.N))
}

// bar draws a share as a line of ten.
func bar(p paint, share float64) string {
	n := int(math.Round(10 * share))
	return p.accent(strings.Repeat("━", n)) + p.dim(strings.Repeat("─", 10-n))
}

// spark draws values as a row of blocks, the highest and the lowest filling the line's height.
func spark(values []float64) string {
	low, high := slices.Min(values), slices.Max(values)
	blocks := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		i := 0
		if high > low {
			i = int(math.Round((v - low) / (high - low) * float64(len(blocks)-1)))
		}
		b.WriteRune(blocks[i])
	}
	return b.String()
}

// oneLine is the beginning of an answer, on one line.
func oneLine(s string) string {
	s = plain(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > 70 {
		return string(r[:69]) + "…"
	}
	return s
}
