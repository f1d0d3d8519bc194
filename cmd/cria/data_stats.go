package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/duplicates"
	pages "github.com/cria-llm/cria/curate/report"
	"github.com/cria-llm/cria/dataset"
)

// statsFlags are the flags of cria data stats.
type statsFlags struct {
	html, model, format string
	json                bool
}

func newDataStatsCommand(a *app) *cobra.Command {
	var f statsFlags
	c := &cobra.Command{
		Use:   "stats FILE [--html OUT.html]",
		Short: "What a file of rows holds",
		Long: `stats counts what a file of rows holds: formats, lengths, what is asked for, in which writing, rows that repeat others, groups of
rows that ask for similar things, weights and scores. --html draws it all on a page that needs nothing else.

Rows are grouped by their words, or with --model by what a model on this machine makes of them, which takes longer.`,
		Example: `  cria data stats rows.jsonl --html rows.html
  cria data stats rows.jsonl --json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return withEmbed(c, f.model, func(embed duplicates.Embed) error { return f.run(c, a, args[0], embed) })
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.html, "html", "", "`FILE` to draw a page into")
	fs.StringVar(&f.model, "model", "", "`MODEL` on this machine whose vectors group the rows (default their words do)")
	fs.StringVar(&f.format, "format", "", "the rows' format (default found out): "+strings.Join(dataset.Formats(), "|"))
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"rows":…,"instruction":{…},"verbs":[…],…}`)
	return c
}

// run counts. embed may be nil.
func (f *statsFlags) run(c *cobra.Command, a *app, path string, embed duplicates.Embed) error {
	d := newDoing(a, a.stderr)
	defer d.close()
	d.say("reading %s", path)
	rows, err := curate.Read(c.Context(), path, dataset.Options{Format: f.format})
	if err != nil {
		return err
	}
	p := pages.Page{Title: filepath.Base(path), Rows: rows}
	if embed != nil {
		p.Source = f.model
		embed = inParts(embed, func(done, of int) { d.say("reading with %s, %s of %s", plain(f.model), count(done), plural(of, "row")) })
		if p.Vectors, err = embed(c.Context(), pages.Asked(rows)); err != nil {
			return err
		}
	}
	err = p.Measure(c.Context(), func(what string) { d.say("%s", what) })
	if err != nil {
		return err
	}
	if f.html != "" {
		if err := pages.Write(f.html, p); err != nil {
			return err
		}
	}
	d.close()
	if f.json {
		return printJSON(a.stdout, p.Stats)
	}
	showStats(a, p.Stats)
	if f.html != "" {
		fmt.Fprintf(a.stdout, "the page is %s\n", f.html)
	}
	return nil
}

// showStats prints the numbers that fit on a screen.
func showStats(a *app, s *pages.Stats) {
	paint := a.paint(a.stdout)
	top := table{}
	rows := count(s.Rows)
	if s.Exchanges != s.Rows {
		rows += ", " + plural(s.Exchanges, "answer")
	}
	top.row("rows", rows)
	top.row("format", counted(s.Formats, 4))
	top.row("written in", counted(s.Scripts, 6))
	top.row("repeat another row", fmt.Sprintf("%s to the letter, %s nearly", count(s.Duplicates.Exact), count(s.Duplicates.Near)))
	if w := s.Weight; w != nil {
		top.row("weight", fmt.Sprintf("%.3g to %.3g, %.3g on average; %s repeated, %s left out", w.Min, w.Max, w.Mean, plural(w.Repeated, "row"), count(w.Left)))
		top.row("effective rows", fmt.Sprintf("%.0f of %s seen in an epoch", w.Effective, count(w.Seen)))
	}
	top.print(a.stdout, paint)

	lengths := table{heading: "words", right: map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}}
	lengths.row("", paint.dim("texts"), paint.dim("mean"), paint.dim("half at most"), paint.dim("95 in 100"), paint.dim("longest"))
	for _, l := range []struct {
		name string
		of   pages.Lengths
	}{{"instruction", s.Instruction}, {"input", s.Input}, {"answer", s.Output}} {
		lengths.row(l.name, count(l.of.Texts), fmt.Sprintf("%.1f", l.of.Mean), count(l.of.Median), count(l.of.P95), count(l.of.Max))
	}
	lengths.print(a.stdout, paint)

	asked := table{heading: "what is asked for", right: map[int]bool{1: true}}
	for _, v := range s.Verbs[:min(10, len(s.Verbs))] {
		asked.row(plain(v.Verb), count(v.Rows), counted(v.Objects, 5))
	}
	questions := 0
	for _, v := range s.Questions {
		questions += v.Rows
	}
	asked.row(paint.dim("questions"), count(questions), "")
	asked.row(paint.dim("neither is told"), count(s.Other), "")
	asked.print(a.stdout, paint)

	if len(s.Scores) > 0 {
		scores := table{heading: "scores", right: map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}}
		scores.row("", paint.dim("rows"), paint.dim("mean"), paint.dim("5 in 100 below"), paint.dim("half"), paint.dim("95 in 100"))
		for _, x := range s.Scores {
			scores.row(plain(x.Name), count(x.Rows), fmt.Sprintf("%.4g", x.Mean), fmt.Sprintf("%.4g", x.P5), fmt.Sprintf("%.4g", x.Median), fmt.Sprintf("%.4g", x.P95))
		}
		scores.print(a.stdout, paint)
	}
}

// counted writes the first few of some counts.
func counted(all []pages.Count, most int) string {
	var parts []string
	for _, c := range all[:min(most, len(all))] {
		parts = append(parts, plain(c.Name)+" "+count(c.Rows))
	}
	return strings.Join(parts, ", ")
}
