package quickstart

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"time"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
)

// blind has the tuned model's answers to the held-out questions compared with the base's, by a judge that sees no names: the
// better answer is the one that is right word for word. It stays in a folder, so that people can judge the same answers.
func blind(ctx context.Context, o Options, base, tuned answered) (_ *bout.Report, err error) {
	b, t := base.all(), tuned.all()
	prompts := make([]bout.Prompt, len(b))
	said := [2][]string{}
	for i := range b {
		prompts[i] = bout.Prompt{Text: b[i].Question.Content, Input: b[i].Question.Input, Right: b[i].Right}
		said[0], said[1] = append(said[0], t[i].Text), append(said[1], b[i].Text)
	}
	list, err := bout.NewPrompts("the questions that were held out", prompts)
	if err != nil {
		return nil, err
	}
	s := bout.Settings{Version: o.Version, Begun: time.Now().UTC().Truncate(time.Second), Contestants: []bout.Who{{Name: "tuned"}, {Name: "base"}}}
	game, err := bout.Open(filepath.Join(o.Out, blindFolder), s, list)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, game.Close()) }()
	for i, who := range s.Contestants {
		if err := game.Answer(ctx, i, bout.Given(who.Name, who.Name, prompts, said[i]), 1, nil); err != nil {
			return nil, err
		}
	}
	judge, err := arena.Rule("exact", s.Seed)
	if err != nil {
		return nil, err
	}
	if err := game.Judge(ctx, judge, runtime.GOMAXPROCS(0), nil); err != nil {
		return nil, err
	}
	return game.Report(o.Version)
}
