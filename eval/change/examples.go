package change

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/eval/tasks"
)

// Example is an item that was won or forgotten, to be read.
type Example struct {
	Where         string
	Asked         string
	Right         string
	Before, After Side
	gain          float64 // how much better it is after
}

// Side is what one of the models made of an item.
type Side struct {
	Score string // right, wrong, or the item's own number, of losses in nats a byte or word
	Said  string // empty where the model did not answer in words
}

// mostExamples are of one task and one direction.
const mostExamples = 5

// examples are the items of a task that changed most, won and forgotten, the first among equals.
func examples(before, after []tasks.Outcome, lower bool) (won, forgot []Example) {
	was := map[string]tasks.Outcome{}
	for _, o := range before {
		was[o.Where] = o
	}
	for _, o := range after {
		b, ok := was[o.Where]
		if !ok || len(o.Scores) == 0 || len(b.Scores) == 0 || o.Scores[0].Den == 0 || b.Scores[0].Den == 0 {
			continue
		}
		e := Example{
			Where: o.Where, Asked: cut(o.Prompt, 900), Right: cut(rightOf(o.Item), 400), gain: worth(o) - worth(b),
			Before: Side{scoreOf(b, o, lower), said(b)}, After: Side{scoreOf(o, b, lower), said(o)},
		}
		if lower {
			e.gain = -e.gain
		}
		switch {
		case e.gain > 0:
			won = append(won, e)
		case e.gain < 0:
			forgot = append(forgot, e)
		}
	}
	most := func(list []Example, sign float64) []Example {
		slices.SortStableFunc(list, func(a, b Example) int { return cmp.Compare(sign*b.gain, sign*a.gain) })
		return slices.Clone(list[:min(mostExamples, len(list))])
	}
	return most(won, 1), most(forgot, -1)
}

func worth(o tasks.Outcome) float64 { return o.Scores[0].Num / o.Scores[0].Den }

// scoreOf tells an item's score: right or wrong where both models' are, and what is better when it is lower is a loss.
func scoreOf(o, other tasks.Outcome, lower bool) string {
	right, wrong := tasks.Score{Num: 1, Den: 1}, tasks.Score{Den: 1}
	switch s := other.Scores[0]; {
	case lower:
		return fmt.Sprintf("%.3g nats", worth(o))
	case s != right && s != wrong:
	case o.Scores[0] == right:
		return "right"
	case o.Scores[0] == wrong:
		return "wrong"
	}
	return fmt.Sprintf("%.3g", worth(o))
}

func said(o tasks.Outcome) string { return cut(o.Said, 600) }

// rightOf is an item's right choice or answer; of a document, the document.
func rightOf(it tasks.Item) string {
	if it.Right >= 0 && it.Right < len(it.Choices) {
		return it.Choices[it.Right] + it.Continuation
	}
	return it.Target
}

// cut is a text of at most so many characters, without its middle.
func cut(s string, most int) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most/2]) + " … " + string(r[len(r)-most/2:])
}
