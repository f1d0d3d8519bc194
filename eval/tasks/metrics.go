package tasks

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cria-llm/cria/similarity"
)

// metric is a number of a task: the sum of one quantity of its items over the sum of another, both as score gives them, and what
// is made of that ratio.
type metric struct {
	name  string
	kind  Kind
	form  string // ifeval's are for that form alone, and that for them
	score func(s *Set, it Item, m Measured, said string) (num, den float64)
	// scale makes the ratio the number; nil leaves it. slope is its derivative.
	scale, slope func(ratio float64) float64
	share        bool                    // from 0 to 1, as a share of what each item has
	factor       bool                    // two are compared by their ratio, and scale is the exponential
	lower        bool                    // is better
	length       func(choice string) int // that the log-likelihood is divided by, where it says which choice is the model's
}

const matched = "regex" // the metric

// each is a length for choices whose own does not count.
func each(string) int { return 1 }

// likeliest is the choice of the highest log-likelihood over its length, the first among equals.
func likeliest(it Item, m Measured, length func(string) int) int {
	at := 0
	value := func(i int) float64 { return -m.Losses[i] / float64(length(it.Choices[i])) }
	for i := range m.Losses {
		if value(i) > value(at) {
			at = i
		}
	}
	return at
}

func exponential() (scale, slope func(float64) float64) { return math.Exp, math.Exp }

// metricsOf are all there are.
func metricsOf() []metric {
	flag := func(right bool) (float64, float64) {
		if right {
			return 1, 1
		}
		return 0, 1
	}
	best := func(length func(string) int) func(*Set, Item, Measured, string) (float64, float64) {
		return func(_ *Set, it Item, m Measured, _ string) (float64, float64) {
			return flag(likeliest(it, m, length) == it.Right)
		}
	}
	over := func(of func(text string) int) func(*Set, Item, Measured, string) (float64, float64) {
		return func(_ *Set, it Item, m Measured, _ string) (float64, float64) {
			return m.Losses[0], float64(of(it.Target))
		}
	}
	size := func(text string) int { return len(text) }
	exp, slope := exponential()
	return append(instructedMetrics(), []metric{
		{name: "acc", kind: Choice, share: true, length: each, score: best(each)},
		{name: "acc_norm", kind: Choice, share: true, length: utf8.RuneCountInString, score: best(utf8.RuneCountInString)},
		{name: "acc_bytes", kind: Choice, share: true, length: size, score: best(size)},
		{name: "mc2", kind: Choice, share: true, score: func(_ *Set, it Item, m Measured, _ string) (float64, float64) {
			return trueShare(it.Rights, m.Losses), 1
		}},
		{name: "acc", kind: Word, share: true, score: func(_ *Set, _ Item, m Measured, _ string) (float64, float64) { return flag(m.Greedy) }},
		{name: "perplexity", kind: Word, lower: true, factor: true, scale: exp, slope: slope, score: func(_ *Set, _ Item, m Measured, _ string) (float64, float64) {
			return m.Losses[0], 1
		}},
		{name: "bits_per_byte", kind: Text, lower: true, score: over(size),
			scale: func(x float64) float64 { return x / math.Ln2 }, slope: func(float64) float64 { return 1 / math.Ln2 }},
		{name: "byte_perplexity", kind: Text, lower: true, factor: true, score: over(size), scale: exp, slope: slope},
		{name: "word_perplexity", kind: Text, lower: true, factor: true, score: over(spaced), scale: exp, slope: slope},
		{name: "exact_match", kind: Answer, share: true, score: func(s *Set, it Item, _ Measured, said string) (float64, float64) {
			return flag(s.plain(said) == s.plain(it.Target))
		}},
		{name: "f1", kind: Answer, share: true, score: func(_ *Set, it Item, _ Measured, said string) (float64, float64) {
			return overlap(squadWords(said), squadWords(it.Target)), 1
		}},
		{name: "rouge_l", kind: Answer, share: true, score: func(_ *Set, it Item, _ Measured, said string) (float64, float64) {
			return similarity.RougeL(similarity.Words(said), similarity.Words(it.Target)), 1
		}},
		{name: matched, kind: Answer, share: true, score: func(_ *Set, it Item, _ Measured, said string) (float64, float64) {
			re, err := regexp.Compile(it.Target)
			return flag(err == nil && re.MatchString(said))
		}},
		{name: judged, kind: Answer, share: true, score: func(_ *Set, _ Item, m Measured, _ string) (float64, float64) {
			if m.Worth == nil {
				return 0, 0
			}
			return *m.Worth, 1
		}},
	}...)
}

// of says whether a metric is for such tasks.
func (m metric) of(k Kind, form string) bool {
	return m.kind == k && (m.form == formIFEval) == (form == formIFEval)
}

func metricNames(k Kind, form string) []string {
	var names []string
	for _, m := range metricsOf() {
		if m.of(k, form) {
			names = append(names, m.name)
		}
	}
	return names
}

// trueShare is how much of the choices' likelihood the right ones have.
func trueShare(rights, losses []float64) float64 {
	least := slices.Min(losses)
	var right, all float64
	for i, l := range losses {
		p := math.Exp(least - l)
		right, all = right+rights[i]*p, all+p
	}
	return right / all
}

// spaced is how many pieces a text has between runs of space, an empty one at an end included, as lm-evaluation-harness counts
// words.
func spaced(text string) int {
	n := 1
	in := false
	for _, c := range text {
		if space := unicode.IsSpace(c); space != in {
			if in = space; space {
				n++
			}
		}
	}
	return n
}

// plain is an answer without what is ignored.
func (t *Task) plain(text string) string {
	for _, re := range t.ignore {
		text = re.ReplaceAllString(text, "")
	}
	if t.IgnoreCase {
		text = strings.ToLower(text)
	}
	if t.IgnorePunctuation {
		text = withoutPunctuation(text)
	}
	return text
}

// withoutPunctuation is a text without ASCII's.
func withoutPunctuation(text string) string {
	return strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf && (unicode.IsPunct(c) || unicode.IsSymbol(c)) {
			return -1
		}
		return c
	}, text)
}

// squadWords are the words that SQuAD's F1 compares: in lower case, without punctuation and articles (Rajpurkar et al. 2016).
func squadWords(text string) []string {
	return slices.DeleteFunc(strings.Fields(withoutPunctuation(strings.ToLower(text))), func(w string) bool {
		return w == "a" || w == "an" || w == "the"
	})
}

// overlap is F1 of two lists of words, each counted as often as it is there. Of two empty ones it is 1.
func overlap(said, right []string) float64 {
	if len(said) == 0 || len(right) == 0 {
		if len(said) == len(right) {
			return 1
		}
		return 0
	}
	left := map[string]int{}
	for _, w := range right {
		left[w]++
	}
	same := 0
	for _, w := range said {
		if left[w] > 0 {
			left[w]--
			same++
		}
	}
	return 2 * float64(same) / float64(len(said)+len(right))
}

// extracted is what an extraction finds in an answer, or that it finds nothing.
func (e Extract) extracted(text string) string {
	found, ok := e.find(text)
	if !ok {
		return "[invalid]"
	}
	return found
}

func (e Extract) find(text string) (string, bool) {
	all := e.regex.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return "", false
	}
	found := all[0]
	if e.Take == "last" {
		found = all[len(all)-1]
	}
	if len(found) == 1 {
		return strings.TrimSpace(found[0]), true
	}
	for _, group := range found[1:] {
		if group != "" {
			return strings.TrimSpace(group), true
		}
	}
	return "", len(found) == 2 // the only group is empty
}
