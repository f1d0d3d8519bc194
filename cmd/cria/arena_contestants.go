package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/infer"
)

// entrant is a contestant as it was named: the flags say how it is asked at an endpoint, given has its answers where they are
// in a file.
type entrant struct {
	teacherFlags
	given bout.Contestant
}

func (x entrant) name() string {
	switch {
	case x.given != nil:
		return x.given.Name()
	case x.remote():
		return x.model + " at " + x.spec
	}
	return x.spec
}

// contestants are all of them, as they were named.
func (f *arenaRunFlags) contestants() []entrant {
	side := func(flag, spec, model string) entrant {
		x := entrant{teacherFlags: f.judge.teacherFlags}
		x.flag, x.model = flag, model
		_ = (*address)(&x.teacherFlags).Set(spec) // takes everything
		return x
	}
	list := []entrant{side("a", f.a, f.aModel), side("b", f.b, f.bModel)}
	for _, spec := range f.with {
		list = append(list, side("with", spec, ""))
	}
	return list
}

// enlist are all of them, with the answers that are in files.
func (f *arenaRunFlags) enlist() ([]entrant, error) {
	list := f.contestants()
	for i, x := range list {
		if info, err := os.Stat(x.spec); err != nil || !info.Mode().IsRegular() || strings.HasSuffix(x.spec, ".gguf") {
			continue
		}
		var err error
		if list[i].given, err = bout.ReadAnswers(x.spec); err != nil {
			return nil, fmt.Errorf("--%s: %w", x.flag, err)
		}
	}
	return list, nil
}

// rehearse opens the judge and everybody who is new to the bout once, so that a name that is none leaves no folder behind, and
// is not in one that is there. It asks nobody anything.
func (f *arenaRunFlags) rehearse(ctx context.Context, a *app, d *doing, list []entrant) error {
	was, err := bout.ReadSettings(f.out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	opened := map[string]bool{}
	for _, w := range was.Contestants {
		opened[w.Name] = w.ID != ""
	}
	for _, x := range list {
		switch {
		case x.given != nil || opened[x.name()]:
		case x.remote():
			if _, err := x.endpoint(); err != nil {
				return fmt.Errorf("--%s: %w", x.flag, err)
			}
		default:
			d.say("opening %s", plain(x.spec))
			_, closed, err := f.openModel(ctx, x)
			if err == nil {
				err = closed()
			}
			if err != nil {
				return err
			}
			opened[x.name()] = true
		}
	}
	if f.judge.people() {
		return nil
	}
	d.say("opening %s", plain(f.judge.spec))
	unused, err := os.MkdirTemp("", "cria-arena-")
	if err != nil {
		return err
	}
	_, _, closed, err := a.openJudge(ctx, &f.judge, filepath.Join(unused, "journal"))
	if err == nil {
		err = closed()
	}
	return errors.Join(err, os.RemoveAll(unused))
}

// enter opens a contestant.
func (f *arenaRunFlags) enter(ctx context.Context, a *app, x entrant) (c bout.Contestant, t *teacher, closed func() error, err error) {
	if x.given != nil {
		return x.given, nil, func() error { return nil }, nil
	}
	if x.remote() {
		if t, err = a.openTeacher(ctx, x.teacherFlags, f.journal()); err != nil {
			return nil, nil, nil, err
		}
		return bout.Remote(x.name(), t.Model(), f.longest), t, t.Close, nil
	}
	m, closed, err := f.openModel(ctx, x)
	if err != nil {
		return nil, nil, nil, err
	}
	if c, err = bout.Local(x.name(), m, f.longest); err != nil {
		return nil, nil, nil, errors.Join(err, closed())
	}
	return c, nil, closed, nil
}

func (f *arenaRunFlags) openModel(ctx context.Context, x entrant) (m *infer.Assistant, closed func() error, err error) {
	if m, closed, err = openLocal(ctx, x.spec, infer.OpenOptions{Template: f.template}, f.judge.threads); err != nil {
		return nil, nil, fmt.Errorf("--%s: %w", x.flag, err)
	}
	if m.Context() <= f.longest {
		err = fmt.Errorf("--%s: %s has %d positions for prompt and answer, and --answer-tokens is %d, which leaves a prompt no room: say --answer-tokens %d",
			x.flag, x.spec, m.Context(), f.longest, max(1, m.Context()/2))
		return nil, nil, errors.Join(err, closed())
	}
	return m, closed, nil
}
