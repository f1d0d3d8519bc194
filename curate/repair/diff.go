package repair

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Edit is a piece of a difference: a text that stays, goes or comes.
type Edit struct {
	Kind Kind
	Text string
}

// Kind is what becomes of a piece.
type Kind byte

// The kinds.
const (
	Keep   Kind = '='
	Delete Kind = '-'
	Insert Kind = '+'
)

// maxDifference bounds what Diff takes: the square of it in steps and memory. Texts that differ in more words are told
// apart as a whole.
const maxDifference = 1000

// Diff says how before becomes after, word by word: white space, punctuation and the letters of scripts without spaces are
// pieces of their own. It is a shortest such list (Myers, An O(ND) difference algorithm, 1986); what goes stands before what
// comes in its place.
func Diff(before, after string) []Edit {
	a, b := pieces(before), pieces(after)
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	to := 0
	for to < len(a)-from && to < len(b)-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	edits := add(nil, Keep, a[:from]...)
	edits = append(edits, shortest(a[from:len(a)-to], b[from:len(b)-to])...)
	edits = tidy(edits)
	return add(edits, Keep, a[len(a)-to:]...)
}

// pieces cuts a text into words, runs of white space, and single other characters.
func pieces(s string) []string {
	var out []string
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsSpace(r):
			n = run(s, unicode.IsSpace)
		case wordy(r):
			n = run(s, wordy)
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

func run(s string, is func(rune) bool) int {
	n := strings.IndexFunc(s, func(r rune) bool { return !is(r) })
	if n < 0 {
		return len(s)
	}
	return n
}

func wordy(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '’') &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// shortest finds the path with the fewest deletions and insertions. trace keeps, for each number of them, how far each
// diagonal has come.
func shortest(a, b []string) []Edit {
	n, m := len(a), len(b)
	if n == 0 || m == 0 || n+m > 4*maxDifference {
		return add(add(nil, Delete, a...), Insert, b...)
	}
	most := min(n+m, maxDifference)
	v := make([]int, 2*most+3) // by diagonal k = x − y, from −most−1
	mid := most + 1
	var trace [][]int
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int(nil), v[mid-d-1:mid+d+2]...))
		for k := -d; k <= d; k += 2 {
			x := v[mid+k-1] + 1
			if k == -d || k != d && v[mid+k-1] < v[mid+k+1] {
				x = v[mid+k+1]
			}
			y := x - k
			for x < n && y < m && a[x] == b[y] {
				x, y = x+1, y+1
			}
			v[mid+k] = x
			if x >= n && y >= m {
				return back(a, b, trace)
			}
		}
	}
	return add(add(nil, Delete, a...), Insert, b...)
}

// back walks the trace from its end.
func back(a, b []string, trace [][]int) []Edit {
	x, y := len(a), len(b)
	var kinds []Kind
	for d := len(trace) - 1; d > 0; d-- {
		v := func(k int) int { return trace[d][k+d+1] }
		k := x - y
		prev := k - 1
		if k == -d || k != d && v(k-1) < v(k+1) {
			prev = k + 1
		}
		px := v(prev)
		py := px - prev
		for x > px && y > py {
			kinds = append(kinds, Keep)
			x, y = x-1, y-1
		}
		if prev == k+1 {
			kinds = append(kinds, Insert)
		} else {
			kinds = append(kinds, Delete)
		}
		x, y = px, py
	}
	for ; x > 0; x-- {
		kinds = append(kinds, Keep)
	}
	var edits []Edit
	i, j := 0, 0
	for n := len(kinds) - 1; n >= 0; n-- {
		switch kinds[n] {
		case Keep:
			edits = add(edits, Keep, a[i])
			i, j = i+1, j+1
		case Delete:
			edits = add(edits, Delete, a[i])
			i++
		default:
			edits = add(edits, Insert, b[j])
			j++
		}
	}
	return edits
}

// add puts pieces at the end of a list, joined with one of the same kind.
func add(edits []Edit, kind Kind, pieces ...string) []Edit {
	s := strings.Join(pieces, "")
	switch n := len(edits); {
	case s == "":
	case n > 0 && edits[n-1].Kind == kind:
		edits[n-1].Text += s
	default:
		edits = append(edits, Edit{kind, s})
	}
	return edits
}

// tidy puts what goes before what comes between two pieces that stay, and gives up stays that are nothing but white space
// between changes, which nobody can read.
func tidy(edits []Edit) []Edit {
	var out []Edit
	var gone, come string
	flush := func() {
		out = add(add(out, Delete, gone), Insert, come)
		gone, come = "", ""
	}
	for i, e := range edits {
		switch {
		case e.Kind == Delete:
			gone += e.Text
		case e.Kind == Insert:
			come += e.Text
		case i > 0 && i < len(edits)-1 && strings.TrimSpace(e.Text) == "" && gone != "" && come != "":
			gone, come = gone+e.Text, come+e.Text
		default:
			flush()
			out = add(out, Keep, e.Text)
		}
	}
	flush()
	return out
}
