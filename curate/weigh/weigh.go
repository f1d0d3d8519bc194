// Package weigh says how much each row of instructions is to count in a training: it measures scores of rows, and turns them
// into weights, repeats and a selection by rules that a person can read.
//
// A score is a number that a row has, such as how much its question helps a model to its answer (IFD), or how rare its
// cluster is. Measure computes scores and keeps them in a file as it goes; Apply does what rules say of them; nothing is left
// out, weighed or lost without being counted in the Report.
//
//	rules, err := weigh.Named("superfiltering")
//	table, err := weigh.Measure(ctx, rows, rules.Needs(), weigh.Options{Model: assistant, Cache: "weighed.jsonl.scores"})
//	outcome, err := weigh.Apply(rows, table, rules)
//	err = outcome.Write("weighed.jsonl", true)
//
// It never changes a text, and never sends more to a judge than the question and answer of a row.
package weigh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/curate"
)

// Score is a number that rows can have.
type Score struct {
	Name   string // in flags, rules and files: "ifd-ppl"
	About  string // what it measures, one sentence
	Source string // where it was published; "" where it is cria's own
	// Model and Judge say whom it asks. A score of neither follows from the text.
	Model, Judge bool

	version int // of the definition: values that an earlier one gave are measured anew
	tokens  *tokenScore
	judge   *judgeScore
	// of says which scores it is the product of, where it is one.
	of []string
}

// Scores lists the scores, in the order in which they are shown. Besides, every numeric field NAME of the rows is a score,
// called field:NAME.
func Scores() []Score {
	return []Score{
		ifdLoss, ifdPPL, pplResponse, pplInstruction, loss, length, rarity, keywords, complexity, quality, deita, alpagasus,
	}
}

// fieldScore begins the name of a score that is a field of the rows.
const fieldScore = "field:"

// Find gives the score of a name.
func Find(name string) (Score, error) {
	if field, ok := strings.CutPrefix(name, fieldScore); ok && field != "" {
		return Score{Name: name, About: "the number in the field " + field}, nil
	}
	list := Scores()
	if i := slices.IndexFunc(list, func(s Score) bool { return s.Name == name }); i >= 0 {
		return list[i], nil
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return Score{}, fmt.Errorf("there is no score %q: one of %s, or %sNAME", name, strings.Join(names, ", "), fieldScore)
}

// withParts are the scores of the names with those that they are made of before them, each once.
func withParts(names []string) ([]Score, error) {
	var list []Score
	seen := map[string]bool{}
	var add func(names []string) error
	add = func(names []string) error {
		for _, name := range names {
			s, err := Find(name)
			if err != nil {
				return err
			}
			if seen[name] {
				continue
			}
			seen[name] = true
			if err := add(s.of); err != nil {
				return err
			}
			list = append(list, s)
		}
		return nil
	}
	return list, add(names)
}

// conversation is a row as messages, as it would be trained on.
func conversation(r *curate.Row) []chat.Message {
	var conv []chat.Message
	for _, t := range r.Record.Turns {
		if n := len(conv); t.Input && n > 0 && conv[n-1].Role == chat.User {
			conv[n-1].Input = t.Text
			continue
		}
		conv = append(conv, chat.Message{Role: t.Role, Content: t.Text})
	}
	return conv
}
