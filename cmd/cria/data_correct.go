package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/correct"
	"github.com/cria-llm/cria/curate/duplicates"
	"github.com/cria-llm/cria/curate/experts"
	"github.com/cria-llm/cria/curate/repair"
	pages "github.com/cria-llm/cria/curate/report"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/openai"
)

// correctFlags are the flags of cria data correct.
type correctFlags struct {
	format           string
	out, findings    string
	only, skip, drop []string
	apply            float64
	review           string // open, all, or nothing
	teacher          teacherFlags
	model            string
	html             string
	learn            string
	ask              float64
	every            bool
	secondLook       bool
	detectOnly       bool
	list, json       bool
}

func newDataCorrectCommand(a *app) *cobra.Command {
	var f correctFlags
	c := &cobra.Command{
		Use:   "correct FILE --out FILE2",
		Short: "Find what is wrong with rows, and repair it",
		Long: `correct looks at every row with detectors that each find one kind of fault, and says what they find, how sure it is and why.
Repairs that follow from the row are made; others are proposed. FILE2 gets the rows with the repairs that were taken; a row
that none changes keeps its bytes, a changed one keeps its fields and says in "corrected" what was changed. Beside FILE2, which
may be better.jsonl, stand the records of what was done: better.findings.jsonl, better.repairs.jsonl, each a difference of one
text, and better.dropped.jsonl, the rows that --drop left out, whole.

A teacher is asked about what no rule repairs, below a cap on what it costs, and what it writes must stand a second look. A
person decides with --review. Interrupted or killed, the same command goes on, and pays for no answer twice.`,
		Example: `  cria data correct rows.jsonl --detect-only
  cria data correct rows.jsonl --out better.jsonl --apply 0.9 --drop empty-output,refusal:0.8
  cria data correct --list`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.list {
				return f.showDetectors(a)
			}
			if err := f.check(c, args); err != nil {
				return err
			}
			return withEmbed(c, f.model, func(embed duplicates.Embed) error { return f.run(c, a, args[0], embed) })
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.out, "out", "", "`FILE2` to write the rows to, as JSONL")
	fs.StringVar(&f.findings, "findings", "", "`FILE` to write the findings to, one on a line (default beside FILE2)")
	fs.BoolVar(&f.detectOnly, "detect-only", false, "find, and change nothing")
	fs.StringSliceVar(&f.only, "only", nil, "`DETECTORS` that look (default all; see --list)")
	fs.StringSliceVar(&f.skip, "skip", nil, "`DETECTORS` that do not")
	fs.StringVar(&f.model, "model", "", "`MODEL` on this machine whose vectors tell which rows say the same in other words (default none are looked for)")
	fs.StringVar(&f.learn, "learn", "", "`REVISED.csv`, answers that experts revised: find those that they would, too (see cria data measure)")
	fs.Float64Var(&f.apply, "apply", 0, "take repairs of this confidence or more, 0 to 1 (default those that are certain)")
	f.teacher.add(fs, "teacher")
	fs.Float64Var(&f.ask, "ask", 0.5, "ask the teacher about findings of this confidence or more")
	fs.BoolVar(&f.every, "every-answer", false, "ask the teacher about every answer, also where nothing was found")
	fs.BoolVar(&f.secondLook, "second-look", true, "have the teacher compare its texts with the old ones, not knowing which is which; without, the detectors' verdict is enough")
	fs.StringVar(&f.review, "review", "", "walk through repairs that nobody decided, in the terminal; `all`: and those that are made without asking")
	fs.Lookup("review").NoOptDefVal = "open"
	fs.StringSliceVar(&f.drop, "drop", nil, "`DETECTORS` whose rows are left out: NAME, at a confidence of 0.5 or more, or NAME:CONFIDENCE")
	fs.StringVar(&f.format, "format", "", "the rows' format (default found out): "+strings.Join(dataset.Formats(), "|"))
	fs.StringVar(&f.html, "html", "", "`FILE` for a page of the rows before and after, with pictures")
	fs.BoolVar(&f.list, "list", false, "list the detectors")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"rows":…,"findings":…,"counts":{DETECTOR:…},"corrected":{"repairs":{…},…},…}`)
	return c
}

// completeDetectors completes the last name of a list.
func completeDetectors(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, d := range correct.Listed() {
		names = append(names, cobra.CompletionWithDesc(d.Name, d.About))
	}
	out, directive := lastOf(typed, names)
	return out, directive | cobra.ShellCompDirectiveNoFileComp
}

func (f *correctFlags) check(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usagef(c, "which FILE?")
	case f.out == "" && !f.detectOnly:
		return usagef(c, "give --out FILE2 for the corrected rows, or --detect-only")
	case f.out != "" && f.detectOnly:
		return usagef(c, "--detect-only changes nothing: leave out --out")
	case f.detectOnly && len(f.drop) > 0:
		return usagef(c, "--detect-only changes nothing: leave out --drop")
	case f.detectOnly && f.review != "":
		return usagef(c, "--detect-only changes nothing: leave out --review")
	case f.review != "" && f.review != "open" && f.review != "all":
		return usagef(c, "--review is %q: must be open, which is what nobody decided, or all", f.review)
	case f.detectOnly && f.teacher.spec != "":
		return usagef(c, "--detect-only changes nothing: leave out --teacher")
	case !(f.ask >= 0 && f.ask <= 1):
		return usagef(c, "--ask is %g: must be from 0 to 1", f.ask)
	case !(f.apply >= 0 && f.apply <= 1):
		return usagef(c, "--apply is %g: must be from 0 to 1", f.apply)
	}
	if !c.Flags().Changed("apply") {
		f.apply = correct.CertainOnly
	}
	if f.teacher.spec != "" {
		if err := f.teacher.check(); err != nil {
			return usagef(c, "%v", err)
		}
	}
	if f.out != "" && f.findings == "" {
		f.findings = f.beside("findings")
	}
	return f.checkFiles(c, args[0])
}

// checkFiles says before anything is read what cannot be written, or would be written over what is read.
func (f *correctFlags) checkFiles(c *cobra.Command, read string) error {
	written := []string{f.findings, f.html}
	if f.out != "" {
		if ext := strings.ToLower(filepath.Ext(f.out)); slices.Contains([]string{".csv", ".parquet", ".gz", ".zst"}, ext) {
			return usagef(c, "--out is %s: rows are written as JSONL, so give it a name that ends in .jsonl", f.out)
		}
		written = append(written, f.out, f.beside("repairs"), f.beside("dropped"), f.beside("decisions"), f.beside("journal"))
	}
	for _, path := range written {
		if path == "" {
			continue
		}
		if same(read, path) {
			return usagef(c, "%s is the file that is read, and would be written over: give another, so that the rows as they were are kept", path)
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return usagef(c, "there is no folder %s for %s", filepath.Dir(path), filepath.Base(path))
		}
	}
	return nil
}

// same says whether two names are of one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// beside is the name of a record beside the corrected rows.
func (f *correctFlags) beside(what string) string { return beside(f.out, what) }

// beside is the name of a record beside rows that are written: better.jsonl has better.repairs.jsonl.
func beside(out, what string) string {
	return strings.TrimSuffix(out, filepath.Ext(out)) + "." + what + ".jsonl"
}

// run corrects a file. embed may be nil.
func (f *correctFlags) run(c *cobra.Command, a *app, path string, embed duplicates.Embed) error {
	ctx := c.Context()
	var learned *experts.Score
	if f.learn != "" {
		revisions, err := experts.Read(f.learn)
		if err != nil {
			return err
		}
		learned = experts.Learn(revisions, correct.Alone())
	}
	news := make(chan string, 1) // of what takes long
	tell := func(format string, args ...any) {
		select {
		case news <- fmt.Sprintf(format, args...):
		default: // the one before is not told yet
		}
	}
	if embed != nil {
		embed = inParts(embed, func(done, of int) { tell("reading with %s, %s of %s", plain(f.model), count(done), plural(of, "row")) })
	}
	detectors, err := correct.Select(correct.Detectors(embed, learned), f.only, f.skip)
	if err != nil {
		return usagef(c, "%v", err)
	}
	least, err := correct.ParseDrop(detectors, f.drop)
	if err != nil {
		return usagef(c, "--drop: %v", err)
	}
	d := newDoing(a, a.stderr)
	defer d.close()
	d.say("reading %s", path)
	rows, err := curate.Read(ctx, path, dataset.Options{Format: f.format})
	if err != nil {
		return orRevisions(path, err)
	}
	started := time.Now()
	found, err := f.find(c, d, rows, detectors, news, tell)
	if err != nil {
		return err
	}
	job := correction{file: path, flags: f, rows: rows, detectors: detectors, found: found, seconds: time.Since(started).Seconds()}
	if f.findings != "" {
		if err := curate.WriteFindings(f.findings, found); err != nil {
			return err
		}
	}
	if !f.detectOnly {
		job.repairs = correct.Plan(rows, found, detectors, f.apply)
		if err := job.improve(c, a, d); err != nil {
			return err
		}
		if job.now, err = correct.Apply(rows, job.repairs); err != nil {
			return err
		}
		job.kept, job.dropped = correct.Drop(rows, job.now, found, detectors, least)
		if err := job.write(); err != nil {
			return err
		}
	}
	if f.html != "" {
		d.say("drawing %s", f.html)
		page := pages.Page{Title: path, Rows: rows, After: job.kept, Findings: found}
		if err := page.Measure(ctx, func(what string) { d.say("%s for %s", what, f.html) }); err != nil {
			return err
		}
		if err := pages.Write(f.html, page); err != nil {
			return err
		}
	}
	d.close()
	if f.json {
		return printJSON(a.stdout, job.summary())
	}
	job.show(a)
	return nil
}

// find has detectors look at rows. What there is to tell comes through news.
func (f *correctFlags) find(c *cobra.Command, d *doing, rows []*curate.Row, detectors []curate.Detector, news chan string, tell func(string, ...any)) ([]curate.Finding, error) {
	started := time.Now()
	done := make(chan struct{})
	var found []curate.Finding
	var err error
	go func() {
		defer close(done)
		found, err = curate.Find(c.Context(), rows, detectors, func(n int) {
			tell("looking at rows, %s of %s, %.0f a second", count(n), count(len(rows)), float64(n)/time.Since(started).Seconds())
		})
	}()
	for {
		select {
		case text := <-news:
			d.say("%s", text)
		case <-done:
			return found, err
		}
	}
}

// correction is a file's rows on their way.
type correction struct {
	file      string
	flags     *correctFlags
	rows      []*curate.Row // as they were
	detectors []curate.Detector
	found     []curate.Finding
	seconds   float64 // that looking took
	repairs   []repair.Repair
	recalled  int // decisions of an earlier review
	asked     int // questions put to the teacher
	questions int
	left      string          // why it was not asked the rest
	spent     *openai.Spent   // nil without a teacher
	tell      func(to *table) // what was spent
	now, kept []*curate.Row   // with repairs; without those left out
	dropped   []correct.Dropped
}

// improve adds the teacher's repairs to those of rules and makes of all what a person decided, in an earlier review of the same
// rows or in one now.
func (j *correction) improve(c *cobra.Command, a *app, d *doing) (err error) {
	path := j.flags.beside("decisions")
	var kept *repair.Decisions
	if _, e := os.Stat(path); e == nil || j.flags.review != "" {
		if kept, err = repair.OpenDecisions(path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, kept.Close()) }()
		j.recalled = kept.Recall(j.repairs)
	}
	if j.flags.teacher.spec != "" {
		taught, err := j.teach(c, a, d)
		if err != nil {
			return err
		}
		if kept != nil {
			j.recalled += kept.Recall(taught)
		}
		j.repairs = append(j.repairs, taught...)
	}
	d.close()
	if j.recalled > 0 {
		fmt.Fprintf(a.stderr, "  %s from %s\n", plural(j.recalled, "decision"), path)
	}
	if j.flags.review == "" {
		return nil
	}
	var queue []*repair.Repair
	for i := range j.repairs {
		if s := j.repairs[i].Status; s == repair.Proposed || s == repair.Applied && j.flags.review == "all" {
			queue = append(queue, &j.repairs[i])
		}
	}
	return newReview(a, j.rows, kept).walk(c.Context(), queue)
}

// write writes the records, and the rows last: where they are, everything is.
func (j *correction) write() error {
	if err := curate.WriteLines(j.flags.beside("repairs"), j.repairs); err != nil {
		return err
	}
	if err := curate.WriteLines(j.flags.beside("dropped"), j.dropped); err != nil {
		return err
	}
	next := 0
	return dataset.Lines(j.flags.out, func() (*dataset.Record, error) {
		if next == len(j.kept) {
			return nil, nil
		}
		next++
		return j.kept[next-1].Record, nil
	})
}
