package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// frames are ways in which running text says what an exercise is about: {a} is its item, {b} the answer, {q} a question of
// a text, {n} and {m} two names. They state facts; none of them is an instruction.
func frames() map[string][]string {
	return map[string][]string{
		"opposite": {
			"The opposite of {a} is {b}.", "{A} and {b} are opposites.", "{A} is the opposite of {b}.", "If it is not {a}, it may be {b}.", "Not {a} but {b}, said {n}.",
			"\"What is the opposite of {a}?\" asked {n}. \"{B},\" said {m}.", "The word {a} means the opposite of the word {b}.", "Opposites: {a}, {b}.", "The opposite of {a}: {b}",
			"One was {a}, the other was {b}.", "{A} is one thing and {b} is its opposite.", "Question: what is the opposite of {a}? Answer: {b}",
		},
		"plural": {
			"One {a}, two {b}.", "The plural of {a} is {b}.", "There is one {a} here, and there are many {b} there.", "{n} has one {a}. {m} has three {b}.", "{B} is the plural of {a}.",
			"\"What is the plural of {a}?\" asked {n}. \"{B},\" said {m}.", "We saw a {a}, and then two more {b}.", "Plural: one {a}, many {b}.", "The plural of {a}: {b}", "More than one {a}: {b}.",
			"Question: what is the plural of {a}? Answer: {b}",
		},
		"past": {
			"{a} Yesterday it was the same: {b}", "Every day: {a} In the past: {b}", "Today we say: {a} Of yesterday we say: {b}", "Present tense: {a} Past tense: {b}",
			"{b} That was yesterday. {a} That is today.", "\"{a}\" says {n} today. \"{b}\" {n} will say tomorrow.", "In the past tense it is: {b} In the present tense it is: {a}", "Now: {a} Then: {b}",
			"Sentence: {a} The same in the past: {b}",
		},
		"category": {
			"{An} is {c}.", "{A} is a kind of {b}.", "What is {a}? It is {c}.", "\"What kind of thing is {a}?\" asked {n}. \"{B},\" said {m}.", "The word {a} names {c}.", "The group of {a}: {b}",
			"{A}: {b}", "Question: what kind of thing is {a}? Answer: {b}", "{A} belongs to the group {b}.",
		},
		"next": {
			"After {a} comes {b}.", "{B} comes after {a}.", "{A}, {b}.", "First {a}, then {b}.", "What comes after {a}? {B}.", "\"What comes after {a}?\" asked {n}. \"{B},\" said {m}.", "{B} follows {a}.",
			"The next one after {a} is {b}.", "Right after {a} comes {b}.", "Question: what comes next after {a}? Answer: {b}", "{A} comes before {b}.",
		},
		"sum": {
			"{a} = {b}", "{a} is {b}.", "{a} makes {b}.", "\"How much is {a}?\" asked {n}. \"{b},\" said {m}.", "The answer to {a} is {b}.", "Sum: {a}. Answer: {b}.", "{n} worked out {a} and got {b}.", "Question: what is {a}? Answer: {b}",
		},
		"sentiment": {
			"{a} That is a {b} review.", "{n} said: \"{a}\" It was {b}.", "Review: {a} Positive or negative: {b}", "{a} This sounds {b}.", "\"{a}\" wrote {n}. The feeling is {b}.", "A {b} opinion: {a}", "Text: {a} The writer is {b}.",
			"Question: is this positive or negative? {a} Answer: {b}",
		},
		"reading": {
			"{a} {q} {B}.", "{a} \"{q}\" asked {n}. \"{B},\" said {m}.", "{a}\nQuestion: {q}\nAnswer: {b}", "{a} {q} The answer is {b}.", "Text: {a}\nQ: {q} A: {b}", "{q} The text says: {a} So the answer is {b}.", "{n} read: {a} \"{q}\" \"{B}.\"",
		},
		"yes-no": {
			"{a} {q} {B}.", "{a} \"{q}\" asked {n}. \"{B},\" said {m}.", "{a}\nYes or no: {q}\nAnswer: {b}", "{a} {q} The answer is {b}.", "Text: {a}\nQ: {q} A: {b}", "{q} The text says: {a} So the answer is {b}.",
		},
		"sort words": {
			"In the order of the alphabet {a} become {b}.", "Words: {a}. In alphabetical order: {b}.", "From A to Z: {b}.", "In a dictionary the order is {b}.", "{n} sorted the words {a} and wrote {b}.", "Sorted by the alphabet: {a}: {b}", "Words: {a}\nSorted from A to Z: {b}",
		},
		"sort numbers": {
			"In order, {a} become {b}.", "Numbers: {a}. From small to large: {b}.", "The numbers {a}, smallest first: {b}.", "{n} put the numbers {a} in order and wrote {b}.", "Numbers: {a}\nSorted: {b}", "Sorted from the smallest to the largest, {a} are {b}.",
		},
		"last word": {
			"The last word of \"{a}\" is {b}.", "\"{a}\" ends with the word {b}.", "Sentence: {a}\nLast word: {b}", "In the sentence \"{a}\" the last word is {b}.", "{n} said \"{a}\" and {m} said the last word again: {b}.", "At the end of \"{a}\" comes the word {b}.",
		},
		"superlative": {
			"{A}, {x}, {b}.", "This one is {a}, that one is {x}, and the last is the {b}.", "The superlative of {a} is {b}.", "{n} is {a}, {m} is {x}, but who is the {b} of all?", "The {b} of all is more than {a}.", "Superlative of {a}: {b}", "Question: what is the superlative of {a}? Answer: {b}",
		},
		"count": {
			"\"{a}\": that is {b} words.", "Words: {a}\nNumber of words: {b}", "The list {a} has {b} words.", "{n} counted {a}: {b} words.", "How many words are in \"{a}\"? {b}.", "There are {b} words in {a}.",
		},
	}
}

// say fills a frame with an exercise.
func (l *lexicon) say(r *rand.Rand, frame string, k kind, e exercise) string {
	names := picks(r, l.names, 2)
	cat, middle := "", ""
	if k.name == "category" {
		cat = e.answer
		if !slices.Contains([]string{"furniture", "clothing"}, cat) {
			cat = withArticle(cat)
		}
	}
	if k.name == "superlative" {
		for _, c := range l.compared {
			if c[0] == e.item {
				middle = c[1]
			}
		}
	}
	an := withArticle(e.item)
	return strings.NewReplacer("{a}", e.item, "{A}", capital(e.item), "{b}", e.answer, "{B}", capital(e.answer), "{q}", e.question,
		"{n}", names[0], "{m}", names[1], "{c}", cat, "{An}", capital(an), "{x}", middle).Replace(frame)
}

// document is one text of the primer: some pages of a school book, on one matter or on several.
func (l *lexicon) document(r *rand.Rand, all []kind, frames map[string][]string) string {
	var parts []string
	n := 4 + r.IntN(8)
	mixed := r.IntN(3) == 0
	lines := r.IntN(2) == 0
	k := pick(r, all)
	for len(parts) < n {
		if mixed {
			k = pick(r, all)
		}
		if r.IntN(12) == 0 {
			parts = append(parts, l.list(r))
			continue
		}
		e := k.draw(l, r)
		f := pick(r, frames[k.name])
		parts = append(parts, l.say(r, f, k, e))
		if (k.name == "reading" || k.name == "yes-no") && r.IntN(3) == 0 {
			parts = append(parts, l.moreQuestions(r))
		}
	}
	var b strings.Builder
	for i, p := range parts {
		b.WriteString(p)
		switch last := p[len(p)-1]; {
		case i == len(parts)-1:
		case lines || !strings.ContainsRune(".?!\"", rune(last)):
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// moreQuestions is a scene with all that can be asked of it.
func (l *lexicon) moreQuestions(r *rand.Rand) string {
	s := newScene(l, r, 2+r.IntN(2))
	text := s.text()
	for _, i := range r.Perm(len(s.facts)) {
		f := s.facts[i]
		q := pick(r, f.questions)
		text += " " + q.ask + " " + capital(q.answer) + "."
		if r.IntN(2) == 0 {
			text += " " + f.yes + " Yes."
		} else {
			text += " " + f.no + " No, it is not so."
		}
	}
	return text
}

// list says something that no exercise asks for in this form: a row of members, of numbers, of first letters.
func (l *lexicon) list(r *rand.Rand) string {
	switch r.IntN(6) {
	case 0:
		c := pick(r, l.categories)
		m := picks(r, c.members, 3)
		return fmt.Sprintf("%s, %s and %s are %s.", capital(m[0]), m[1], m[2], c.plural)
	case 1:
		n := 1 + r.IntN(30)
		return fmt.Sprintf("%d, %d, %d, %d, %d.", n, n+1, n+2, n+3, n+4)
	case 2:
		w := pick(r, l.sortable)
		return fmt.Sprintf("The word %s begins with the letter %s.", w, w[:1])
	case 3:
		o := pick(r, l.order)
		return strings.Join(o, ", ") + "."
	case 4:
		a, b := 1+r.IntN(20), 1+r.IntN(20)
		if a == b {
			b++
		}
		return strconv.Itoa(min(a, b)) + " is less than " + strconv.Itoa(max(a, b)) + "."
	default:
		for {
			w := picks(r, l.sortable, 2)
			if w[0][0] != w[1][0] {
				slices.Sort(w)
				return fmt.Sprintf("In the dictionary %s comes before %s.", w[0], w[1])
			}
		}
	}
}
