package robust

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mistyped is a text with typing errors in its words, and how many. Each letter that can be mistyped is, by itself, at the rate: it
// is a neighbour of its key, left out, doubled, or changes places with the next, each as likely as another. Letters of words
// alone can be: what has digits or signs in it, such as numbers, formulas and addresses, stays, as do words of one letter.
func mistyped(text string, rate float64, r *rand.Rand) (string, int) {
	var b strings.Builder
	b.Grow(len(text) + 16)
	errors := 0
	for len(text) > 0 {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		from, to := word(text[:end])
		b.WriteString(text[:from])
		errors += mistypeWord(&b, []rune(text[from:to]), rate, r)
		b.WriteString(text[to:end])
		space := len(text[end:]) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
		b.WriteString(text[end : end+space])
		text = text[end+space:]
	}
	return b.String(), errors
}

// word finds the word between the marks of a piece without space; it is empty where there is none.
func word(piece string) (from, to int) {
	const marks = "\"'`.,;:!?()[]“”‘’…-–—"
	from = len(piece) - len(strings.TrimLeft(piece, marks))
	to = from + len(strings.TrimRight(piece[from:], marks))
	letters := 0
	for _, c := range piece[from:to] {
		switch {
		case unicode.IsLetter(c):
			letters++
		case c != '\'' && c != '’' && c != '-' && c != '–':
			return to, to
		}
	}
	if letters < 2 {
		return to, to
	}
	return from, to
}

func mistypeWord(b *strings.Builder, word []rune, rate float64, r *rand.Rand) (errors int) {
	for i := 0; i < len(word); i++ {
		c := word[i]
		if !unicode.IsLetter(c) || r.Float64() >= rate {
			b.WriteRune(c)
			continue
		}
		errors++
		near := neighbours(c)
		swaps := i+1 < len(word) && unicode.IsLetter(word[i+1]) && word[i+1] != c
		for done := false; !done; {
			done = true
			switch r.IntN(4) {
			case 0:
				if done = near != ""; done {
					b.WriteByte(near[r.IntN(len(near))])
				}
			case 1: // left out
			case 2:
				b.WriteRune(c)
				b.WriteRune(c)
			default:
				if done = swaps; done {
					b.WriteRune(word[i+1])
					b.WriteRune(c)
					i++
				}
			}
		}
	}
	return errors
}

// neighbours are the letters beside one on an English keyboard, in its case; none of other letters.
func neighbours(c rune) string {
	rows := []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}
	small := unicode.ToLower(c)
	var near []byte
	for y, row := range rows {
		x := strings.IndexRune(row, small)
		if x < 0 {
			continue
		}
		// Each row is set half a key to the right of that above.
		for _, key := range [][2]int{{y, x - 1}, {y, x + 1}, {y - 1, x}, {y - 1, x + 1}, {y + 1, x - 1}, {y + 1, x}} {
			if key[0] >= 0 && key[0] < len(rows) && key[1] >= 0 && key[1] < len(rows[key[0]]) {
				near = append(near, rows[key[0]][key[1]])
			}
		}
	}
	if small != c {
		return strings.ToUpper(string(near))
	}
	return string(near)
}

// recased is a text with so large a part of its letters, drawn each by itself, in small letters, in capitals, or in the other case.
func recased(text, how string, rate float64, r *rand.Rand) string {
	var b strings.Builder
	b.Grow(len(text))
	for i, c := range text {
		switch {
		case !unicode.IsLetter(c) || r.Float64() >= rate:
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size]) // what is no UTF-8 stays
		case how == lower || how == random && unicode.IsUpper(c):
			b.WriteRune(unicode.ToLower(c))
		default:
			b.WriteRune(unicode.ToUpper(c))
		}
	}
	return b.String()
}

// distracted is a question with a sentence before it, or behind it.
func distracted(question string, behind bool, r *rand.Rand) string {
	if behind {
		return strings.TrimRightFunc(question, unicode.IsSpace) + " " + distraction(r)
	}
	return distraction(r) + " " + question
}

// ends says that a text ends a sentence, so that another can stand behind it.
func ends(text string) bool {
	bare := strings.TrimRightFunc(text, unicode.IsSpace)
	return bare != "" && strings.ContainsAny(bare[len(bare)-1:], ".?!")
}

func distraction(r *rand.Rand) string {
	list := distractors()
	return list[r.IntN(len(list))]
}

// distractors have nothing to do with any question, and no number in them.
func distractors() []string {
	return []string{
		"The bakery at the corner opens early in the morning.",
		"A neighbour has painted the garden fence green.",
		"The bus was late because of the rain.",
		"My aunt keeps her letters in a wooden box.",
		"On the windowsill stands a pot of basil.",
		"The children next door are learning to juggle.",
		"Somebody left an umbrella on the train.",
		"The library has bought new chairs.",
		"It was windy on the hill that afternoon.",
		"The cat likes to sleep on the newspaper.",
		"A friend of mine collects old postcards.",
		"The market is held in the square on Saturdays.",
		"The door of the shed creaks when it is cold.",
		"Her brother plays the clarinet in a small band.",
		"The lights in the hall were left on overnight.",
		"They had soup for lunch and sat by the window.",
		"The path along the river is closed for repairs.",
		"His coat has lost a button.",
		"The radio in the kitchen was playing a slow song.",
		"A kite got caught in the tall tree by the school.",
	}
}
