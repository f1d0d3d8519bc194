// Package tasks measures models on questions whose right answers are known: choices, last words, texts and answers that a rule
// can check. A task is one YAML file, embedded or the user's own, and says how its rows become prompts and what counts.
//
// Prompts, normalisation and metrics are those of lm-evaluation-harness (version 0.4.13.dev0, commit 4e7e0d47), named in each
// task, so that numbers compare. Nothing is cut: what does not fit the model's positions is left out and counted. It never
// writes to the files that it reads.
//
//	t, err := tasks.Named("boolq")
//	set, err := t.Read(ctx, dir)
//	r, err := tasks.Measure(ctx, a, set, tasks.Options{Limit: 200})
package tasks

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/cria-llm/cria/format/jinja"
)

//go:embed *.yaml
var embedded embed.FS

// Kind is what is measured of an item.
type Kind string

// Kinds of tasks.
const (
	Choice Kind = "choice" // which of some continuations is likeliest
	Word   Kind = "word"   // how likely one continuation is, and whether it is the model's own
	Text   Kind = "text"   // how likely a whole document is
	Answer Kind = "answer" // what the model says
)

// Task is a task's definition. The zero value of a field that may be left out stands for none.
type Task struct {
	Name   string   `yaml:"task"`
	About  string   `yaml:"about"`
	Source string   `yaml:"source"` // whose definition it is
	Tag    string   `yaml:"tag"`    // several tasks go by it
	Files  []string `yaml:"files"`  // below the folder of the data; the first that is there is read
	Labels string   `yaml:"labels"` // ending, in place of its own, of a file beside that: a label a line, for rows that have no field label
	Form   string   `yaml:"form"`   // of the file, where it is not plain rows
	Fields []string `yaml:"fields"` // that every row has

	Kind        Kind    `yaml:"kind"`
	Description string  `yaml:"description"` // before everything
	Prompt      string  `yaml:"prompt"`
	Choices     Choices `yaml:"choices"`
	// Continuation is what follows every choice. With it choices end the prompt, each its own, and how likely it is after each
	// is compared (partial evaluation: Trinh and Le 2018).
	Continuation string `yaml:"continuation"`

	Right   string   `yaml:"right"`  // of a choice its number from 0, its letter or its text
	Rights  string   `yaml:"rights"` // field that says of each choice whether it is right
	Stratum string   `yaml:"stratum"`
	Metrics []string `yaml:"metrics"` // the first is the task's number
	Shots   Shots    `yaml:"shots"`

	// Chat asks in the model's own conversation template: choices are the assistant's, and answers may go on to the end of its
	// positions.
	Chat bool `yaml:"chat"`

	// What a question can be varied by.
	Question    []string     `yaml:"question"` // fields that it stands in
	Options     []string     `yaml:"options"`  // fields of the choices that stand in the prompt, or the one that has them all
	Paraphrases []Paraphrase `yaml:"paraphrases"`

	// Of answers.
	Tokens            int       `yaml:"tokens"` // longest
	Until             []string  `yaml:"until"`  // texts that end one
	Extract           []Extract `yaml:"extract"`
	Ignore            []string  `yaml:"ignore"` // regular expressions that are taken out of answers, given and right
	IgnoreCase        bool      `yaml:"ignore_case"`
	IgnorePunctuation bool      `yaml:"ignore_punctuation"`

	text    []byte // its YAML
	prompt  *jinja.Template
	about   *jinja.Template
	right   *jinja.Template
	after   *jinja.Template
	choices []*jinja.Template
	ignore  []*regexp.Regexp
}

// Choices are templates, or the field that has them.
type Choices struct {
	Field     string
	Templates []string
}

// Shots are answered examples before the question.
type Shots struct {
	Files []string `yaml:"files"`
	N     int      `yaml:"n"`
	// SameStratum takes only those of the question's stratum.
	SameStratum bool `yaml:"same_stratum"`
}

// Extract finds in an answer what is compared: the first or last match of a regular expression, of its groups the first that
// matched.
type Extract struct {
	Name  string `yaml:"name"`
	Regex string `yaml:"regex"`
	Take  string `yaml:"take"` // first or last

	regex *regexp.Regexp
}

// Names lists the tasks that come with cria.
func Names() []string {
	list, err := fs.Glob(embedded, "*.yaml")
	if err != nil {
		return nil
	}
	for i := range list {
		list[i] = strings.TrimSuffix(list[i], ".yaml")
	}
	return list
}

// Definition is the YAML of a task that comes with cria.
func Definition(name string) ([]byte, error) {
	text, err := embedded.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no task %q: one of %s, or a file of YAML", name, strings.Join(Names(), ", "))
	}
	return text, nil
}

// Named is a task that comes with cria.
func Named(name string) (*Task, error) {
	text, err := Definition(name)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", name, err)
	}
	return t, nil
}

// Find gives the tasks of a list of names, tags and files of YAML, each once.
func Find(names []string) ([]*Task, error) {
	var list []*Task
	add := func(t *Task) error {
		for _, o := range list {
			if o.Name != t.Name {
				continue
			}
			if string(o.text) != string(t.text) {
				return fmt.Errorf("two tasks are called %q: rename one", t.Name)
			}
			return nil
		}
		list = append(list, t)
		return nil
	}
	for _, name := range names {
		found, err := find(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			if err := add(t); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

func find(name string) ([]*Task, error) {
	if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		t, err := ReadTask(name)
		return []*Task{t}, err
	}
	if slices.Contains(Names(), name) {
		t, err := Named(name)
		return []*Task{t}, err
	}
	var tagged []*Task
	for _, other := range Names() {
		t, err := Named(other)
		if err != nil {
			return nil, err
		}
		if name != "" && t.Tag == name {
			tagged = append(tagged, t)
		}
	}
	if len(tagged) == 0 {
		_, err := Definition(name)
		return nil, err
	}
	return tagged, nil
}
