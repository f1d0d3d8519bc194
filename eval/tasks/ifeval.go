package tasks

import (
	"fmt"

	"github.com/cria-llm/cria/eval/ifeval"
	"github.com/cria-llm/cria/language"
)

// instructed reads prompts of IFEval's form. Their instructions say what counts: there is no right answer.
func instructed(path string) ([]Item, error) {
	prompts, err := ifeval.ReadPrompts(path)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(prompts))
	for i := range prompts {
		p := &prompts[i]
		items[i] = Item{Where: fmt.Sprintf("%s: key %d", path, p.Key), Prompt: p.Text, Instructed: p}
	}
	return items, nil
}

// instructedMetrics are IFEval's. Those of instructions are ratios of sums over prompts, whose instructions are followed or
// missed together.
func instructedMetrics() []metric {
	var last ifeval.Result
	var of string
	var known *language.Known
	// All four numbers of an answer come of one look at it.
	follow := func(it Item, said string) ifeval.Result {
		if known == nil {
			known = language.New()
		}
		if last.Prompt != it.Instructed || of != said {
			last, of = it.Instructed.Follow(said, known.Code), said
		}
		return last
	}
	count := func(followed []bool) (yes, n float64) {
		for _, one := range followed {
			if one {
				yes++
			}
		}
		return yes, float64(len(followed))
	}
	strict := func(it Item, said string) []bool { return follow(it, said).Strict }
	loose := func(it Item, said string) []bool { return follow(it, said).Loose }
	prompts := func(name string, read func(Item, string) []bool) metric {
		return metric{name: name, kind: Answer, form: formIFEval, share: true, score: func(_ *Set, it Item, _ Measured, said string) (float64, float64) {
			if yes, n := count(read(it, said)); yes < n {
				return 0, 1
			}
			return 1, 1
		}}
	}
	instructions := func(name string, read func(Item, string) []bool) metric {
		return metric{name: name, kind: Answer, form: formIFEval, share: true, score: func(_ *Set, it Item, _ Measured, said string) (float64, float64) {
			return count(read(it, said))
		}}
	}
	return []metric{prompts("prompt_strict", strict), instructions("inst_strict", strict), prompts("prompt_loose", loose), instructions("inst_loose", loose)}
}
