package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/format/jinja"
)

const maxParaphrases = 20

// Paraphrase is a task's prompt in other words, of the same row.
type Paraphrase struct {
	Description *string `yaml:"description"` // nil leaves the task's own
	Prompt      string  `yaml:"prompt"`

	about, prompt *jinja.Template
}

// UnmarshalYAML implements yaml.Unmarshaler: a text is the prompt alone.
func (p *Paraphrase) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&p.Prompt)
	}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if key := n.Content[i].Value; key != "description" && key != "prompt" {
			return fmt.Errorf("line %d: paraphrases have a prompt and a description, and no %q", n.Content[i].Line, key)
		}
	}
	type bare Paraphrase
	return n.Decode((*bare)(p))
}

// checkVaried says what is wrong with what says how the task's questions may be varied.
func (t *Task) checkVaried(whole bool) error {
	switch {
	case whole && len(t.Question)+len(t.Options)+len(t.Paraphrases) > 0:
		return errors.New("question, options and paraphrases are not for kind text, nor for form ifeval")
	case len(t.Options) > 0 && (t.Kind != Choice || t.Continuation != ""):
		return errors.New("options are for kind choice without a continuation: those that stand in the prompt")
	case len(t.Paraphrases) > maxParaphrases:
		return fmt.Errorf("paraphrases: %d are more than %d", len(t.Paraphrases), maxParaphrases)
	}
	for i, p := range t.Paraphrases {
		if p.Prompt == "" {
			return fmt.Errorf("paraphrases: entry %d has no prompt", i+1)
		}
	}
	return nil
}

// Drawn is the set with those of its items alone that [Sample] draws.
func (s *Set) Drawn(limit int, seed uint64) *Set { return s.With(Sample(s.Items, limit, seed)) }

// With is the set with other items, each of which is one of its own or made of one.
func (s *Set) With(items []Item) *Set {
	v := *s
	v.Items = items
	return &v
}

// InTemplate is the set asked in the model's conversation template, or as plain text.
func (s *Set) InTemplate(chat bool) *Set {
	t, v := *s.Task, *s
	t.Chat, v.Task = chat, &t
	return &v
}

// Reworded is the set asked in the task's k-th paraphrase, the examples before the questions too.
func (s *Set) Reworded(ctx context.Context, k int) (*Set, error) {
	t, v := *s.Task, *s
	t.about, t.prompt, v.Task = t.Paraphrases[k].about, t.Paraphrases[k].prompt, &t
	reword := func(items []Item) ([]Item, error) {
		items = slices.Clone(items)
		for i, it := range items {
			again, err := t.item(ctx, row{it.Where, s.made[it.Where]})
			if err != nil {
				return nil, fmt.Errorf("%s: paraphrase %d: %w", it.Where, k+1, err)
			}
			items[i].Before, items[i].Prompt = again.Before, again.Prompt
		}
		return items, nil
	}
	var err error
	if v.Items, err = reword(s.Items); err != nil {
		return nil, err
	}
	v.shown = map[string][]Item{}
	for key, items := range s.shown {
		if v.shown[key], err = reword(items); err != nil {
			return nil, err
		}
	}
	return &v, nil
}

// Reasked is an item with its question changed, which may stand in several fields. All else is as it was: choices, what follows
// them, examples, and what is right.
func (s *Set) Reasked(ctx context.Context, it Item, change func(field int, text string) string) (Item, error) {
	vars, err := s.row(it)
	if err != nil {
		return it, err
	}
	for k, name := range s.Question {
		v, _ := vars.Lookup(name)
		text, err := written(v)
		if err != nil {
			return it, fmt.Errorf("%s: field %q, where the question stands: %w", it.Where, name, err)
		}
		vars.Set(name, change(k, text))
	}
	again, err := s.item(ctx, row{it.Where, vars})
	if err != nil {
		return it, fmt.Errorf("%s: asked otherwise: %w", it.Where, err)
	}
	it.Before, it.Prompt = again.Before, again.Prompt
	return it, nil
}

// Listed are the options that stand in an item's prompt, empty where one is neither text nor a whole number.
func (s *Set) Listed(it Item) ([]string, error) {
	vars, err := s.row(it)
	if err != nil {
		return nil, err
	}
	options, err := s.options(vars)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", it.Where, err)
	}
	list := make([]string, len(options))
	for i, o := range options {
		list[i], _ = written(o)
	}
	return list, nil
}

// Reordered is an item whose options stand in another order in its prompt: the one at i is that which was at from[i]. The
// right one and its label move along.
func (s *Set) Reordered(ctx context.Context, it Item, from []int) (Item, error) {
	vars, err := s.row(it)
	if err != nil {
		return it, err
	}
	options, err := s.options(vars)
	if err != nil {
		return it, fmt.Errorf("%s: %w", it.Where, err)
	}
	if len(options) != len(it.Choices) || len(from) != len(options) {
		return it, fmt.Errorf("%s: %d options for %d choices, in an order of %d: as many are needed", it.Where, len(options), len(it.Choices), len(from))
	}
	moved, choices := make([]any, len(from)), make([]string, len(from))
	for i, k := range from {
		moved[i], choices[i] = options[k], it.Choices[k]
	}
	if len(s.Options) == 1 {
		vars.Set(s.Options[0], moved)
	} else {
		for i, name := range s.Options {
			vars.Set(name, moved[i])
		}
	}
	again, err := s.item(ctx, row{it.Where, vars})
	if err != nil {
		return it, fmt.Errorf("%s: with its options in another order: %w", it.Where, err)
	}
	// Choices are labels, which stay, or the options, which move.
	if !slices.Equal(again.Choices, it.Choices) && !slices.Equal(again.Choices, choices) {
		return it, fmt.Errorf("%s: choices become %q where the options move: they are neither labels nor the options", it.Where, again.Choices)
	}
	again.Right, again.Rights = slices.Index(from, it.Right), nil
	if it.Rights != nil {
		for _, k := range from {
			again.Rights = append(again.Rights, it.Rights[k])
		}
	}
	again.Stratum = it.Stratum
	return again, nil
}

// row is a copy of what an item was made of.
func (s *Set) row(it Item) (*jinja.Dict, error) {
	vars, ok := s.made[it.Where]
	if !ok {
		return nil, fmt.Errorf("%s: no row that the question could be asked anew from", it.Where)
	}
	return vars.Clone(), nil
}

// options are those in a row: a list, or a field each.
func (s *Set) options(vars *jinja.Dict) ([]any, error) {
	if len(s.Options) == 1 {
		v, _ := vars.Lookup(s.Options[0])
		list, err := jinja.Items(v)
		if err != nil {
			return nil, fmt.Errorf("field %q is no list of options", s.Options[0])
		}
		return list, nil
	}
	var list []any
	for _, name := range s.Options {
		v, ok := vars.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("no field %q, which is an option", name)
		}
		list = append(list, v)
	}
	return list, nil
}

// Chosen is the choice that the model takes, as the task's own number reckons it.
func (s *Set) Chosen(o Outcome) int {
	for _, m := range metricsOf() {
		if m.name == s.Metrics[0] && m.kind == Choice && m.length != nil {
			return likeliest(o.Item, o.Measured, m.length)
		}
	}
	return likeliest(o.Item, o.Measured, each)
}

// Stated is what counts of an answer, without what is ignored: what the first extraction that finds something finds, or all of it;
// of IFEval's, whether it follows.
func (s *Set) Stated(o Outcome) string {
	if s.Form == formIFEval {
		return fmt.Sprint(o.Scores[0].Num)
	}
	for _, e := range s.Extract {
		if found, ok := e.find(o.Said); ok {
			return s.plain(found)
		}
	}
	return s.plain(o.Said)
}
