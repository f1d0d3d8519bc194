package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/curate/correct"
	"github.com/cria-llm/cria/curate/repair"
	"github.com/cria-llm/cria/openai"
)

// teach asks the teacher about what no rule repairs. At a cap it is left at what was answered; everything that was is in the
// journal, and asked for again costs nothing.
func (j *correction) teach(c *cobra.Command, a *app, d *doing) ([]repair.Repair, error) {
	f := j.flags
	now, err := correct.Apply(j.rows, slices.Clone(j.repairs))
	if err != nil {
		return nil, err
	}
	questions := correct.Questions(j.rows, now, j.found, j.repairs, j.detectors, f.ask, f.every)
	if len(questions) == 0 {
		d.close()
		fmt.Fprintln(a.stderr, "  there is nothing to ask the teacher about")
		return nil, nil
	}
	journal := f.beside("journal")
	var mu sync.Mutex
	say := func(format string, args ...any) { // by several goroutines
		mu.Lock()
		defer mu.Unlock()
		d.say(format, args...)
	}
	f.teacher.note = func(text string) { say("%s", text) }
	t, err := a.openTeacher(c.Context(), f.teacher, journal)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.Close() }() // every answer is on the disk
	k := &repair.Asker{Teacher: t.Model(), Detectors: j.detectors}
	if f.secondLook {
		k.Second = k.Teacher
	}
	most, err := correct.Most(k, questions)
	if err != nil {
		return nil, err
	}
	d.close()
	fmt.Fprintf(a.stderr, "  asking %s about %s: at the most %s\n", plain(k.Teacher.Name()), plural(len(questions), "text"), t.most(most))
	heard := make(chan int, len(questions))
	var repairs []repair.Repair
	go func() {
		defer close(heard)
		repairs, err = correct.Ask(c.Context(), k, questions, f.teacher.client.Concurrency, f.apply, func(n int) { heard <- n })
	}()
	defer context.AfterFunc(c.Context(), func() {
		mu.Lock()
		defer mu.Unlock()
		d.close()
		fmt.Fprintln(a.stderr, "  stopping; answers that are paid for are waited for; interrupt again to stop at once")
	})()
	done := 0
	for n := range heard {
		done = max(done, n)
		say("asking %s, %s of %s, %s", plain(k.Teacher.Name()), count(done), plural(len(questions), "text"), strings.Join(t.parts(done, len(questions)), ", "))
	}
	j.asked, j.questions = done, len(questions)
	spent := t.Spent()
	j.spent = &spent
	j.tell = t.tell
	var full *openai.CapError
	switch {
	case errors.As(err, &full):
		j.left = full.Error()
	case err != nil:
		return nil, &unaskedError{err, fmt.Sprintf("%s of %s were answered and are kept in %s; the same command goes on", count(done), plural(len(questions), "question"), journal)}
	}
	return repairs, t.Close()
}

// unaskedError ends the asking, and says what there is and how to go on.
type unaskedError struct {
	err  error
	have string
}

func (e *unaskedError) Error() string {
	if errors.Is(e.err, context.Canceled) {
		return "interrupted; " + e.have
	}
	return e.err.Error() + "; " + e.have
}

func (e *unaskedError) Unwrap() error { return e.err }

// most is what usage is at the most, in money where the price is known.
func (t *teacher) most(u openai.Usage) string {
	if t.prices == (openai.Prices{}) {
		return count(u.PromptTokens+u.CompletionTokens) + " tokens"
	}
	return t.prices.Cost(u).String()
}
