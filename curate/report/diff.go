package report

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is a part of a text that is in both versions, was taken out, or came in.
type Piece struct {
	Text    string
	Out, In bool
}

// longest is how many words and spaces of a text are compared with those of another, between what both begin and end with.
const longest = 2000

// diff tells two texts apart by their words and each white space between them.
func diff(before, after string) []Piece {
	a, b := split(before), split(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []Piece
	add := func(words []string, p Piece) {
		p.Text = strings.Join(words, "")
		if n := len(out); n > 0 && out[n-1].Out == p.Out && out[n-1].In == p.In {
			out[n-1].Text += p.Text
		} else if p.Text != "" {
			out = append(out, p)
		}
	}
	add(a[:head], Piece{})
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(x) > longest || len(y) > longest {
		add(x, Piece{Out: true})
		add(y, Piece{In: true})
	} else {
		for _, s := range steps(x, y) {
			add(s.words, s.Piece)
		}
	}
	add(a[len(a)-tail:], Piece{})
	return together(out)
}

// together brings words that were changed one after another together, with the white space between them.
func together(pieces []Piece) []Piece {
	worded := func(p Piece) bool { return (p.Out || p.In) && strings.TrimSpace(p.Text) != "" }
	var out []Piece
	for i := 0; i < len(pieces); i++ {
		if !worded(pieces[i]) {
			out = append(out, pieces[i])
			continue
		}
		var gone, came string
		for ; i < len(pieces); i++ {
			p := pieces[i]
			between := !p.Out && !p.In && strings.TrimSpace(p.Text) == "" && i+1 < len(pieces) && worded(pieces[i+1])
			if !p.Out && !p.In && !between {
				break
			}
			if !p.In {
				gone += p.Text
			}
			if !p.Out {
				came += p.Text
			}
		}
		i--
		if gone != "" {
			out = append(out, Piece{Text: gone, Out: true})
		}
		if came != "" {
			out = append(out, Piece{Text: came, In: true})
		}
	}
	return out
}

type stretch struct {
	words []string
	Piece
}

// steps turn one list of words into another by way of their longest common subsequence.
func steps(x, y []string) []stretch {
	// common[i][j] is the length of that of x[i:] and y[j:].
	common := make([][]uint16, len(x)+1)
	for i := range common {
		common[i] = make([]uint16, len(y)+1)
	}
	for i, w := range slices.Backward(x) {
		for j, v := range slices.Backward(y) {
			if w == v {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []stretch
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			out = append(out, stretch{x[i : i+1], Piece{}})
			i++
			j++
		case j == len(y) || i < len(x) && common[i+1][j] >= common[i][j+1]:
			out = append(out, stretch{x[i : i+1], Piece{Out: true}})
			i++
		default:
			out = append(out, stretch{y[j : j+1], Piece{In: true}})
			j++
		}
	}
	return out
}

// split cuts a text into words and single characters of white space.
func split(text string) []string {
	var out []string
	from := 0
	for i, c := range text {
		if unicode.IsSpace(c) {
			if from < i {
				out = append(out, text[from:i])
			}
			from = i + utf8.RuneLen(c)
			out = append(out, text[i:from])
		}
	}
	if from < len(text) {
		out = append(out, text[from:])
	}
	return out
}
