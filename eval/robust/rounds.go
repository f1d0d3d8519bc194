package robust

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/cria-llm/cria/eval/tasks"
	"github.com/cria-llm/cria/infer"
)

// How answers are drawn.
const (
	temperature = 0.8
	topP        = 0.95
)

// rounds are the ways in which a set is asked under a variation, and with which settings; or why it has no sense for the task.
func (v Variation) rounds(ctx context.Context, a *infer.Assistant, s *tasks.Set, o Options) (list []round, settings, why string, err error) {
	switch v.Name {
	case Order:
		if len(s.Options) == 0 {
			return nil, "", "no options stand in its prompt", nil
		}
		list, err = orders(ctx, s, o)
		return list, "", "", err
	case Paraphrase:
		for k := range s.Paraphrases {
			other, err := s.Reworded(ctx, k)
			if err != nil {
				return nil, "", "", err
			}
			list = append(list, round{set: other})
		}
		if len(list) == 0 {
			why = "its definition has no paraphrases"
		}
		return list, "", why, nil
	case Template:
		return templated(a, s)
	case Sampled:
		switch {
		case s.Kind != tasks.Answer:
			return nil, "", "the model answers nothing that could be drawn", nil
		case o.Rounds < 2:
			return nil, "", "one round has none to be compared with", nil
		}
		for k := range o.Rounds {
			list = append(list, round{set: s, sampling: infer.Sampling{Temperature: temperature, TopP: topP, Seed: o.Seed + uint64(k)}})
		}
		return list, fmt.Sprintf("temperature %g, top_p %g", temperature, topP), "", nil
	}
	switch {
	case len(s.Question) == 0:
		return nil, "", "its definition does not say where the question stands", nil
	case v.Name == Case && s.Kind == tasks.Word:
		return nil, "", "what goes on with the text would be in other capitals too", nil
	}
	list, err = v.reasked(ctx, s, o.Seed)
	_, settings, _ = strings.Cut(v.String(), "=")
	return list, settings, "", err
}

// templated asks in the template instead of plainly, or the other way.
func templated(a *infer.Assistant, s *tasks.Set) (list []round, settings, why string, err error) {
	list = []round{{set: s.InTemplate(!s.Chat)}}
	switch {
	case s.Chat:
		return list, "as plain text", "", nil
	case s.Kind == tasks.Word || s.Kind == tasks.Text || len(s.Items) > 0 && s.Items[0].Continuation != "":
		return nil, "", "what is measured goes on with the prompt, and is no answer", nil
	}
	t, from, err := a.Template()
	if err != nil {
		return nil, "", fmt.Sprintf("the model's template cannot be asked in: %v", err), nil
	}
	settings = t.Name()
	if from == infer.FromDefault {
		settings += ", for the model names none"
	}
	return list, settings, "", nil
}

// orders moves the options of every item, the right one to another place in each round as long as there is one.
func orders(ctx context.Context, s *tasks.Set, o Options) ([]round, error) {
	most := 0
	for _, it := range s.Items {
		most = max(most, len(it.Choices))
	}
	rounds := o.Rounds
	if most == 2 {
		rounds = 1 // there is one other order
	}
	list, items := make([]round, rounds), make([][]tasks.Item, rounds)
	for k := range list {
		list[k].from = map[string][]int{}
	}
	for _, it := range s.Items {
		right := it.Right
		for i, x := range it.Rights {
			if x == 1 {
				right = i
				break
			}
		}
		for k, from := range permutations(len(it.Choices), right, rounds, lot(o.Seed, Order, it)) {
			moved, err := s.Reordered(ctx, it, from)
			if err != nil {
				return nil, err
			}
			list[k].from[it.Where] = from
			items[k] = append(items[k], moved)
		}
	}
	for k := range list {
		list[k].set = s.With(items[k])
	}
	return list, nil
}

// permutations are orders of n things, of which one stands at each of the other places in turn, the first of them drawn, and the
// others where they are drawn.
func permutations(n, one, rounds int, r *rand.Rand) [][]int {
	places := r.Perm(n - 1)
	list := make([][]int, rounds)
	for k := range list {
		at := places[k%len(places)]
		if at >= one {
			at++
		}
		others := r.Perm(n - 1)
		from := make([]int, 0, n)
		for i := range n {
			if i == at {
				from = append(from, one)
				continue
			}
			other := others[0]
			if others = others[1:]; other >= one {
				other++
			}
			from = append(from, other)
		}
		list[k] = from
	}
	return list
}

// reasked changes the question of every item.
func (v Variation) reasked(ctx context.Context, s *tasks.Set, seed uint64) ([]round, error) {
	items := make([]tasks.Item, len(s.Items))
	for i, it := range s.Items {
		r := lot(seed, v.Name, it)
		var err error
		switch v.Name {
		case Typos:
			items[i], err = s.Reasked(ctx, it, func(_ int, text string) string {
				text, _ = mistyped(text, v.Rate, r)
				return text
			})
		case Case:
			items[i], err = s.Reasked(ctx, it, func(_ int, text string) string { return recased(text, v.How, v.Rate, r) })
		default:
			items[i], err = beside(ctx, s, it, v.How == after, r)
		}
		if err != nil {
			return nil, err
		}
	}
	return []round{{set: s.With(items)}}, nil
}

// beside puts a sentence beside an item's question, or before its prompt where the question is but words in a sentence of that.
func beside(ctx context.Context, s *tasks.Set, it tasks.Item, behind bool, r *rand.Rand) (tasks.Item, error) {
	placed := false
	again, err := s.Reasked(ctx, it, func(field int, text string) string {
		if field > 0 || !begins(it.Prompt, text) {
			return text
		}
		placed = true
		// What the prompt ends with is gone on with by the choice.
		last := strings.HasSuffix(strings.TrimSpace(it.Prompt), strings.TrimSpace(text)) || s.Kind == tasks.Word || it.Continuation != ""
		return distracted(text, behind && !last, r)
	})
	if err == nil && !placed {
		again.Prompt = distraction(r) + "\n" + again.Prompt
	}
	return again, err
}

// begins says that a text begins a sentence of a prompt, or is that, but for its end.
func begins(prompt, text string) bool {
	text, prompt = strings.TrimSpace(text), strings.TrimSpace(prompt)
	at := strings.Index(prompt, text)
	if at < 0 {
		return strings.HasPrefix(text, prompt)
	}
	ahead := strings.TrimRight(prompt[:at], " ")
	return ahead == "" || strings.ContainsAny(ahead[len(ahead)-1:], "\n:.?!")
}

// lot draws for one item and purpose, wherever its file lies and whatever is beside it.
func lot(seed uint64, purpose string, it tasks.Item) *rand.Rand {
	h := fnv.New64a()
	_, _ = io.WriteString(h, purpose+"\x00"+it.Before+"\x00"+it.Prompt) // a hash takes all
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
