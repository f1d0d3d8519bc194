package main

import "strings"

// lexicon is the words, taken apart.
type lexicon struct {
	opposites  [][2]string // both ways hold
	categories []category
	nouns      [][2]string // singular, plural
	verbs      []verb
	compared   [][3]string // big, bigger, biggest
	order      [][]string  // things that follow each other: days, months, numbers, letters
	sortable   []string    // words to put in order

	names, objects, places, containers, foods, colours, jobs, animals []string
	good, bad, judged, goodEnd, badEnd, adverbs                       []string
}

type category struct {
	name, plural string
	members      []string
}

type verb struct{ base, past, rest string }

func newLexicon() *lexicon {
	l := &lexicon{
		names: strings.Fields(nameWords), objects: strings.Fields(objectWords), places: strings.Fields(placeWords),
		containers: strings.Fields(containerWords), foods: strings.Fields(foodWords),
		good: bar(goodWords), bad: bar(badWords), judged: bar(judgedThings), goodEnd: bar(goodEndings), badEnd: bar(badEndings), adverbs: bar(adverbWords),
	}
	for _, s := range bar(oppositeWords) {
		a, b, _ := strings.Cut(s, " ")
		l.opposites = append(l.opposites, [2]string{a, b})
	}
	for _, line := range strings.Split(categoryWords, "\n") {
		head, members, _ := strings.Cut(line, ": ")
		name, plural, _ := strings.Cut(head, " ")
		spaced := strings.NewReplacer("+", " ")
		c := category{spaced.Replace(name), spaced.Replace(plural), strings.Fields(members)}
		l.categories = append(l.categories, c)
		switch c.name {
		case "colour":
			l.colours = c.members
		case "job":
			l.jobs = c.members
		case "animal":
			l.animals = c.members
		case "day of the week", "month", "number":
			l.order = append(l.order, c.members)
		}
	}
	l.order = append(l.order, strings.Fields("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"))
	for _, s := range bar(verbWords) {
		f := strings.SplitN(s, " ", 3)
		l.verbs = append(l.verbs, verb{f[0], f[1], f[2]})
	}
	for _, s := range bar(comparedWords) {
		f := strings.Fields(s)
		l.compared = append(l.compared, [3]string{f[0], f[1], f[2]})
	}
	l.addNouns()
	return l
}

// addNouns fills nouns and sortable.
func (l *lexicon) addNouns() {
	odd := map[string]string{}
	for _, s := range bar(oddPlurals) {
		one, many, _ := strings.Cut(s, " ")
		odd[one] = many
	}
	seen := map[string]bool{}
	add := func(one string) {
		if seen[one] {
			return
		}
		seen[one] = true
		many, ok := odd[one]
		if !ok {
			many = regularPlural(one)
		}
		l.nouns = append(l.nouns, [2]string{one, many})
		l.sortable = append(l.sortable, one)
	}
	for _, w := range strings.Fields(moreNouns) {
		add(w)
	}
	for _, w := range l.objects {
		add(w)
	}
	for _, c := range l.categories {
		switch c.name {
		case "animal", "bird", "insect", "fruit", "vegetable", "tool", "vehicle", "job", "toy", "tree", "flower":
			for _, w := range c.members {
				add(w)
			}
		}
	}
}

// regularPlural adds s, es or ies.
func regularPlural(w string) string {
	last, before := w[len(w)-1], w[len(w)-2]
	switch {
	case last == 'y' && !strings.ContainsRune("aeiou", rune(before)):
		return w[:len(w)-1] + "ies"
	case last == 's' || last == 'x' || last == 'z' || last == 'h' && (before == 'c' || before == 's'):
		return w + "es"
	}
	return w + "s"
}

// withArticle puts a or an before a word.
func withArticle(w string) string {
	if strings.ContainsRune("aeiouAEIOU", rune(w[0])) {
		return "an " + w
	}
	return "a " + w
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func bar(s string) []string { return strings.Split(s, "|") }
