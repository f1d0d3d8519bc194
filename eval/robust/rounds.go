package robust

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
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
		var fixed int
		list, fixed, err = orders(ctx, s, o)
		if fixed > 0 {
			settings = fmt.Sprintf("without %d whose options speak of others", fixed)
		}
		return list, settings, "", err
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
			list = append(list, round{set: s, sampling: infer.Sampling{Temperature: temperature, TopP: topP, Seed: rand.NewPCG(o.Seed, uint64(k)).Uint64()}})
		}
		return list, fmt.Sprintf("temperature %g, top_p %g", temperature, topP), "", nil
	}
	switch {
	case len(s.Question) == 0:
		return nil, "", "its definition does not say where the question stands", nil
	case v.Name == Case && s.Kind == tasks.Word:
		return nil, "", "what goes on with the text would be in other capitals too", nil
	}
	list, elsewhere, err := v.reasked(ctx, s, o.Seed)
	if _, settings, _ = strings.Cut(v.String(), "="); elsewhere > 0 {
		settings += fmt.Sprintf(", before in %d of %d", elsewhere, len(s.Items))
	}
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

// orders moves the options of every item, the right one to another place in each round as long as there is one. Left out are the
// fixed ones of which an option speaks of others by their place.
func orders(ctx context.Context, s *tasks.Set, o Options) (list []round, fixed int, err error) {
	most := 0
	for _, it := range s.Items {
		most = max(most, len(it.Choices))
	}
	rounds := o.Rounds
	if most == 2 {
		rounds = 1 // there is one other order
	}
	list = make([]round, rounds)
	items := make([][]tasks.Item, rounds)
	for k := range list {
		list[k].from = map[string][]int{}
	}
	others := speaksOfOthers()
	for _, it := range s.Items {
		options, err := s.Listed(it)
		if err != nil {
			return nil, 0, err
		}
		if slices.ContainsFunc(options, others.MatchString) {
			fixed++
			continue
		}
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
				return nil, 0, err
			}
			list[k].from[it.Where] = from
			items[k] = append(items[k], moved)
		}
	}
	for k := range list {
		list[k].set = s.With(items[k])
	}
	return list, fixed, nil
}

// speaksOfOthers finds options that mean others by where they stand: "all of the above", "both A and B", "B, C and D", "option A".
func speaksOfOthers() *regexp.Regexp {
	return regexp.MustCompile(`\b(?i:all|none|any|both|neither|either|some|two|each|one)(?i: of)?(?i: the)?(?: \w+)? (?i:above)\b|\b(?i:the|of) (?i:above)\b` +
		`|\b[A-E]\)?(?:,| and| or| nor| &)+ \(?[A-E]\b|\b(?i:both|neither) \(?[a-e]\)?\.? (?:and|nor) \(?[a-e]\b|\b(?i:options?|answers?|choices?) \(?[A-E]\b`)
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

// reasked changes the question of every item. elsewhere is how many have a sentence before their question that was to be behind it.
func (v Variation) reasked(ctx context.Context, s *tasks.Set, seed uint64) (list []round, elsewhere int, err error) {
	items := make([]tasks.Item, len(s.Items))
	for i, it := range s.Items {
		r := lot(seed, v.Name, it)
		switch v.Name {
		case Typos:
			items[i], err = s.Reasked(ctx, it, func(_ int, text string) string {
				text, _ = mistyped(text, v.Rate, r)
				return text
			})
		case Case:
			items[i], err = s.Reasked(ctx, it, func(_ int, text string) string { return recased(text, v.How, v.Rate, r) })
		default:
			var behind bool
			items[i], behind, err = beside(ctx, s, it, v.How == after, r)
			if v.How == after && !behind {
				elsewhere++
			}
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return []round{{set: s.With(items)}}, elsewhere, nil
}

// beside puts a sentence beside an item's question, behind it where it is to be and can, or before its prompt where the question is
// but words in a sentence of that.
func beside(ctx context.Context, s *tasks.Set, it tasks.Item, after bool, r *rand.Rand) (again tasks.Item, behind bool, err error) {
	placed := false
	again, err = s.Reasked(ctx, it, func(field int, text string) string {
		if field > 0 || !begins(it.Prompt, text) {
			return text
		}
		placed = true
		// What the prompt ends with is gone on with by the choice.
		last := strings.HasSuffix(strings.TrimSpace(it.Prompt), strings.TrimSpace(text)) || s.Kind == tasks.Word || it.Continuation != ""
		behind = after && !last && ends(text)
		return distracted(text, behind, r)
	})
	if err == nil && !placed {
		again.Prompt = distraction(r) + "\n" + again.Prompt
	}
	return again, behind, err
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
