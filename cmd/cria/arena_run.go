package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/openai"
)

// arenaRunFlags are the flags of cria arena run.
type arenaRunFlags struct {
	a, b           string
	aModel, bModel string
	with           []string
	firstOnly      bool
	prompts        string
	limit          int
	out            string
	longest        int
	template       string
	judge          judgeFlags
	json           bool
}

func newArenaRunCommand(a *app) *cobra.Command {
	var f arenaRunFlags
	c := &cobra.Command{
		Use:   "run --a X --b Y --prompts FILE --judge JUDGE --out DIR",
		Short: "Have contestants answer prompts, and a judge compare their answers",
		Long: `run has X and Y answer the same prompts, and a judge say who answered better: each pair is shown to it twice, with the seats swapped
and without names. X and Y are MODEL, MODEL+ADAPTER, an OpenAI-compatible endpoint, URL#NAME with the model's name there, or a file
of answers, a row {"instruction","input","output"} a line. The prompts are rows of instructions, Self-Instruct's format, or what a
run of cria train held out, with the right answers, where --prompts names its folder.

With --with Z there are more: each answers once, everybody meets everybody, or with --against-first the first meets each, and all are
rated.

Answers and verdicts are in DIR as they come. Interrupted, killed or at a cap, the same command goes on: nothing is asked or paid
for twice. With another judge, the same answers are judged by that one. With --judge person, people vote: cria arena vote DIR.`,
		Example: `  cria arena run --a smollm2-135m+my-run --b smollm2-135m --prompts user_oriented_instructions.jsonl --judge likelihood:smollm2-360m --out blind
  cria arena run --a smollm2-135m+my-run --b smollm2-135m --prompts my-run --judge rouge --out blind
  cria arena run --a answers.jsonl --b https://api.example.com/v1#m --prompts prompts.jsonl --judge person --out blind
  cria arena run --a tuned --b base --with theirs --with https://api.example.com/v1#m --prompts prompts.jsonl --judge person --out blind
  cria arena run --a mine --b theirs --prompts prompts.jsonl --judge https://api.openai.com/v1 --judge-model gpt-4o --max-cost 5 --out blind`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c, a) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.a, "a", "", "`X`, a contestant: MODEL, MODEL+ADAPTER, a URL, or a file of answers")
	fs.StringVar(&f.b, "b", "", "`Y`, the other; A's wins are counted against it")
	fs.StringArrayVar(&f.with, "with", nil, "`Z`, one more contestant; as often as there are more")
	fs.BoolVar(&f.firstOnly, "against-first", false, "compare X with each of the others alone, not all with all")
	fs.StringVar(&f.aModel, "a-model", "", "`NAME` of the model at X, where that is a URL without #NAME")
	fs.StringVar(&f.bModel, "b-model", "", "`NAME` of the model at Y, likewise")
	fs.StringVar(&f.prompts, "prompts", "", "`FILE` of prompts, or RUN, a run of cria train whose held-out rows they are: its folder, or its id")
	fs.IntVar(&f.limit, "limit", 0, "take so many prompts (default all)")
	fs.StringVar(&f.out, "out", "", "`DIR` that keeps answers and verdicts")
	fs.IntVar(&f.longest, "answer-tokens", 256, "the longest answer, in tokens")
	fs.StringVar(&f.template, "template", "", "conversation `TEMPLATE` of a base that was not trained with one")
	f.judge.add(fs, "person, whom cria arena vote asks; ")
	fs.BoolVar(&f.json, "json", false, reportJSONHelp)
	return c
}

func (f *arenaRunFlags) check(c *cobra.Command) error {
	for _, x := range []struct{ flag, value, want string }{
		{"a", f.a, "a contestant: a MODEL, a URL or a file of answers"}, {"b", f.b, "the other contestant"},
		{"prompts", f.prompts, "the file of prompts, or the folder of a run"}, {"judge", f.judge.spec, "person, " + arena.Rules + ", likelihood:MODEL, a MODEL or a URL"},
		{"out", f.out, "the folder for answers and verdicts"},
	} {
		if x.value == "" {
			return usagef(c, "--%s is missing: %s", x.flag, x.want)
		}
	}
	if f.longest < 1 {
		return usagef(c, "--answer-tokens is %d, want 1 or more", f.longest)
	}
	if f.limit < 0 {
		return usagef(c, "--limit is %d, want 1 or more, or 0 for all", f.limit)
	}
	asked := []teacherFlags{f.judge.teacherFlags}
	for _, x := range f.contestants() {
		asked = append(asked, x.teacherFlags)
	}
	for _, t := range asked {
		switch {
		case t.spec == "":
			return usagef(c, "--%s names no contestant: want a MODEL, URL#NAME or a file of answers", t.flag)
		case t.flag == "with" && t.remote() && t.model == "":
			return usagef(c, "--with %s does not say which model: want URL#NAME", t.spec)
		case !t.remote():
			continue
		}
		if err := t.check(); err != nil {
			return usagef(c, "%v", err)
		}
	}
	return nil
}

func (f *arenaRunFlags) run(c *cobra.Command, a *app) (err error) {
	if err := f.check(c); err != nil {
		return err
	}
	p, err := f.readPrompts(c.Context(), a)
	if err != nil {
		return err
	}
	s := bout.Settings{Version: readBuildInfo().String(), Begun: time.Now().UTC().Truncate(time.Second), FirstOnly: f.firstOnly, Seed: f.judge.seed}
	list, err := f.enlist()
	if err != nil {
		return err
	}
	for _, x := range list {
		s.Contestants = append(s.Contestants, bout.Who{Name: x.name()})
	}
	if f.judge.people() {
		s.Judge = bout.Person
	}
	if err := s.Check(); err != nil {
		return err
	}
	d := newDoing(a, a.stderr)
	defer d.close()
	if err := f.rehearse(c.Context(), a, d, list); err != nil {
		return err
	}
	b, err := bout.Open(f.out, s, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	ctx := context.WithoutCancel(c.Context()) // an interrupt is to be written down
	rec, done := a.recordBout(ctx, b)
	defer done()
	rec.Keep(ctx, nil, nil)
	spent, err := f.fight(c.Context(), a, d, b, list)
	if err != nil {
		d.close()
		rec.Keep(ctx, nil, paid(spent))
		return stillOpen(err, "what was answered and judged is in "+f.out)
	}
	if f.judge.people() {
		d.close()
		fmt.Fprintf(a.stderr, "the answers are in %s; cria arena vote %s asks who answered better\n", plain(f.out), plain(f.out))
		if !f.json {
			return nil
		}
	}
	d.say("counting")
	r, err := b.Report(readBuildInfo().String())
	d.close()
	if err != nil {
		return err
	}
	rec.Keep(ctx, r, paid(spent))
	if f.json {
		return printJSON(a.stdout, r)
	}
	showReport(a, r, spent)
	return nil
}

// fight has the contestants answer, and the judge compare.
func (f *arenaRunFlags) fight(ctx context.Context, a *app, d *doing, b *bout.Bout, list []entrant) (spent *openai.Spent, err error) {
	for place, x := range list {
		d.say("opening %s", plain(x.spec))
		contestant, t, closed, err := f.enter(ctx, a, x)
		if err != nil {
			return nil, err
		}
		err = b.Answer(ctx, place, contestant, f.judge.client.Concurrency, func(done, total int) {
			d.say("%s", strings.Join(append([]string{fmt.Sprintf("%s answers, %s of %s", plain(contestant.Name()), count(done), plural(total, "prompt"))}, costs(t, done, total)...), ", "))
		})
		spent = spentSoFar(spent, t)
		if err := errors.Join(err, closed()); err != nil {
			return nil, err
		}
	}
	if f.judge.people() {
		return spent, nil
	}
	j, t, closed, err := a.openJudge(ctx, &f.judge, f.journal())
	if err != nil {
		return nil, err
	}
	if err := b.Choose(j); err != nil {
		return nil, errors.Join(err, closed())
	}
	for _, x := range b.Kinship(j.Name()) {
		d.close()
		fmt.Fprintf(a.stderr, "  note: %s is %s, and judges prefer what they would have said themselves\n", plain(x.Contestant), x.Kin)
	}
	err = b.Judge(ctx, j, f.judge.parallel(), func(done, total int) {
		d.say("%s", strings.Join(append([]string{fmt.Sprintf("judging, %s of %s", count(done), plural(total, "verdict"))}, costs(t, done, total)...), ", "))
	})
	d.close()
	a.noteTests(j)
	spent = spentSoFar(spent, t)
	return spent, errors.Join(err, closed())
}

// journal is the file of what all models at endpoints answered, and of what that cost.
func (f *arenaRunFlags) journal() string { return filepath.Join(f.out, "journal.jsonl") }

// costs are what a teacher tells on a live line, where there is one.
func costs(t *teacher, done, total int) []string {
	if t == nil {
		return nil
	}
	return t.parts(done, total)
}

// spentSoFar is what the folder's journal has cost so far: that of whoever was asked last has it all.
func spentSoFar(before *openai.Spent, t *teacher) *openai.Spent {
	if t == nil {
		return before
	}
	now := t.Spent()
	if before != nil {
		now.FromJournal += before.FromJournal
	}
	return &now
}

// stillOpen says of a comparison that did not come to its end what there is of it and how it goes on.
func stillOpen(err error, have string) error {
	var full *openai.CapError
	if errors.As(err, &full) {
		return fmt.Errorf("%w; %s; the same command with a higher cap goes on", full, have)
	}
	return &unaskedError{err, have + "; the same command goes on"}
}
