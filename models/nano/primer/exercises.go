package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// exercise is a small problem with one right answer.
type exercise struct {
	item     string // what it is about: a word, a sentence, some numbers
	question string // of a text, where the kind has one
	answer   string
	key      string // exercises with the same key are the same problem
}

// kind is a sort of exercise, and the ways to set it. In a phrasing {} is the item and {q} the question; what follows a |
// goes into the row's separate input.
type kind struct {
	name   string
	draw   func(l *lexicon, r *rand.Rand) exercise
	asked  []string // phrasings to learn from
	unseen []string // and phrasings that are held out
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// picks draws n different elements.
func picks[T any](r *rand.Rand, list []T, n int) []T {
	var out []T
	for _, i := range r.Perm(len(list))[:n] {
		out = append(out, list[i])
	}
	return out
}

func either(r *rand.Rand, a, b string) (string, string) {
	if r.IntN(2) == 0 {
		return a, b
	}
	return b, a
}

func drawOpposite(l *lexicon, r *rand.Rand) exercise {
	p := pick(r, l.opposites)
	a, b := either(r, p[0], p[1])
	// Of words with several opposites, the first of the list counts.
	for _, q := range l.opposites {
		if q[0] == a || q[1] == a {
			b = q[0]
			if q[0] == a {
				b = q[1]
			}
			break
		}
	}
	return exercise{item: a, answer: b, key: a}
}

func drawPlural(l *lexicon, r *rand.Rand) exercise {
	p := pick(r, l.nouns)
	return exercise{item: p[0], answer: p[1], key: p[0]}
}

func drawPast(l *lexicon, r *rand.Rand) exercise {
	v := pick(r, l.verbs)
	who := pick(r, append([]string{"I", "We", "They", "You", "The children", "My friends"}, l.names[:8]...))
	if !slices.Contains([]string{"I", "We", "They", "You", "The children", "My friends"}, who) {
		who += " and " + l.names[8+r.IntN(len(l.names)-8)]
	}
	return exercise{item: who + " " + v.base + " " + v.rest + ".", answer: who + " " + v.past + " " + v.rest + ".", key: v.base}
}

func drawCategory(l *lexicon, r *rand.Rand) exercise {
	for {
		c := pick(r, l.categories)
		w := pick(r, c.members)
		first := slices.IndexFunc(l.categories, func(o category) bool { return slices.Contains(o.members, w) })
		if l.categories[first].name == c.name {
			return exercise{item: w, answer: c.name, key: w}
		}
	}
}

func drawNext(l *lexicon, r *rand.Rand) exercise {
	if r.IntN(3) == 0 {
		n := 1 + r.IntN(40)
		return exercise{item: strconv.Itoa(n), answer: strconv.Itoa(n + 1), key: strconv.Itoa(n)}
	}
	list := pick(r, l.order)
	i := r.IntN(len(list) - 1)
	return exercise{item: list[i], answer: list[i+1], key: list[i]}
}

func drawSum(_ *lexicon, r *rand.Rand) exercise {
	a, b := r.IntN(11), r.IntN(11)
	if r.IntN(3) == 0 {
		a, b = max(a, b), min(a, b)
		return exercise{item: fmt.Sprintf("%d - %d", a, b), answer: strconv.Itoa(a - b), key: fmt.Sprintf("%d-%d", a, b)}
	}
	return exercise{item: fmt.Sprintf("%d + %d", a, b), answer: strconv.Itoa(a + b), key: fmt.Sprintf("%d+%d", a, b)}
}

// judgement is a text that praises or blames, and which of the two.
func judgement(l *lexicon, r *rand.Rand) (text, verdict string) {
	words, ends, verdict := l.good, l.goodEnd, "positive"
	if r.IntN(2) == 0 {
		words, ends, verdict = l.bad, l.badEnd, "negative"
	}
	things := picks(r, l.judged, 2)
	w := picks(r, words, 2)
	adverb := ""
	if r.IntN(2) == 0 {
		adverb = pick(r, l.adverbs) + " "
		if strings.HasPrefix(w[0], "very") {
			adverb = ""
		}
	}
	switch r.IntN(5) {
	case 0:
		text = fmt.Sprintf("The %s was %s%s. %s", things[0], adverb, w[0], pick(r, ends))
	case 1:
		text = fmt.Sprintf("The %s was %s and the %s was %s.", things[0], w[0], things[1], w[1])
	case 2:
		text = fmt.Sprintf("%s The %s was %s%s.", pick(r, ends), things[0], adverb, w[0])
	case 3:
		text = fmt.Sprintf("We thought that the %s was %s%s.", things[0], adverb, w[0])
	default:
		text = fmt.Sprintf("What %s %s! %s", withArticle(w[0]), things[0], pick(r, ends))
	}
	return text, verdict
}

func drawSentiment(l *lexicon, r *rand.Rand) exercise {
	text, verdict := judgement(l, r)
	return exercise{item: text, answer: verdict, key: text}
}

func drawReading(l *lexicon, r *rand.Rand) exercise {
	s := newScene(l, r, 1+r.IntN(3))
	f := pick(r, s.facts)
	q := pick(r, f.questions)
	return exercise{item: s.text(), question: q.ask, answer: q.answer, key: s.text() + q.ask}
}

func drawYesNo(l *lexicon, r *rand.Rand) exercise {
	s := newScene(l, r, 1+r.IntN(2))
	f := pick(r, s.facts)
	q := f.yes
	answer := "yes"
	if r.IntN(2) == 0 {
		q, answer = f.no, "no"
	}
	return exercise{item: s.text(), question: q, answer: answer, key: s.text() + q}
}

func drawSortWords(l *lexicon, r *rand.Rand) exercise {
	for {
		w := picks(r, l.sortable, 3)
		if w[0][0] == w[1][0] || w[0][0] == w[2][0] || w[1][0] == w[2][0] {
			continue
		}
		sorted := slices.Sorted(slices.Values(w))
		return exercise{item: strings.Join(w, ", "), answer: strings.Join(sorted, ", "), key: strings.Join(sorted, " ")}
	}
}

func drawSortNumbers(_ *lexicon, r *rand.Rand) exercise {
	n := picks(r, oneTo(20), 3)
	item := joinNumbers(n)
	slices.Sort(n)
	return exercise{item: item, answer: joinNumbers(n), key: joinNumbers(n)}
}

func oneTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

func joinNumbers(n []int) string {
	var s []string
	for _, x := range n {
		s = append(s, strconv.Itoa(x))
	}
	return strings.Join(s, ", ")
}

// plainSentence is a short sentence without its full stop.
func plainSentence(l *lexicon, r *rand.Rand) string {
	switch r.IntN(3) {
	case 0:
		v := pick(r, l.verbs)
		return "the " + pick(r, l.animals) + " " + v.past + " " + v.rest
	case 1:
		return pick(r, l.names) + " has " + withArticle(pick(r, l.colours)) + " " + pick(r, l.objects)
	default:
		v := pick(r, l.verbs)
		return pick(r, l.names) + " " + v.past + " " + v.rest
	}
}

func drawLastWord(l *lexicon, r *rand.Rand) exercise {
	s := plainSentence(l, r)
	return exercise{item: s, answer: s[strings.LastIndexByte(s, ' ')+1:], key: s}
}

func drawCompare(l *lexicon, r *rand.Rand) exercise {
	c := pick(r, l.compared)
	return exercise{item: c[0], answer: c[2], key: c[0]}
}

func drawCount(l *lexicon, r *rand.Rand) exercise {
	w := picks(r, l.sortable, 2+r.IntN(6))
	return exercise{item: strings.Join(w, " "), answer: strconv.Itoa(len(w)), key: strings.Join(w, " ")}
}
