package arithmetic

import (
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A kind of token. Operators that are written in several ways ("×", "times") are one kind.
type kind byte

const (
	end    kind = iota
	number      // a numeral, its sign apart
	plus
	minus
	times
	over
	power
	root
	bang
	percent
	of // after a percentage or "root"
	open
	shut
	equals // =, "equals", "is equal to"
	about  // ≈, ~, "about", "approximately", "around", "roughly"
	mark   // other punctuation; word is the character
	word   // anything else; a letter alone may be a variable
	opaque // a date, version, telephone number, address: nothing to calculate with
)

// token is a piece of a text; text[start:end] is what it was read from.
type token struct {
	kind       kind
	start, end int
	value      *big.Rat // of a number
	decimals   int      // digits after a number's point
	grouped    bool     // a number with separators between thousands
	word       string   // lower case
	glued      bool     // nothing stands between it and the token before it
}

// maxText is how many bytes of a text are looked at; what is longer is no sum to be done.
const maxText = 16 << 10

var (
	// What has digits in it and is not a number, at the start of a text.
	opaques = regexp.MustCompile(`^(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\b|\d+\.\d+\.\d[\d.]*|\d{3}[-. ]\d{3}[-. ]\d{4}\b|\(\d{3}\) ?\d{3}-\d{4}|\d{1,2}:\d{2}(?::\d{2})?|https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w\S*|0x[0-9a-fA-F]+|#[0-9a-fA-F]{3,8}\b)`)
	grouped = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+(?:\.\d+)?`)
	plain   = regexp.MustCompile(`^(?:\d+(?:\.\d+)?|\.\d+)`)
	mixed   = regexp.MustCompile(`^\d{1,6}[ -]\d{1,4}/\d{1,4}\b`)
	science = regexp.MustCompile(`^[eE][+-]?\d{1,3}\b`)
)

var marks = map[rune]kind{
	'+': plus, '-': minus, '−': minus, '*': times, '×': times, '·': times, '⋅': times, '∙': times, '÷': over, '/': over,
	'^': power, '√': root, '!': bang, '%': percent, '(': open, ')': shut, '[': open, ']': shut, '=': equals,
	'≈': about, '~': about, '≃': about,
}

// phrases are operators in words. Longer ones stand before those that they begin with.
var phrases = []struct {
	words string
	kind  kind
}{
	{"is equal to", equals}, {"are equal to", equals}, {"equal to", equals}, {"equals", equals}, {"equal", equals},
	{"divided by", over}, {"multiplied by", times}, {"times", times}, {"plus", plus}, {"added to", plus}, {"minus", minus},
	{"raised to the power of", power}, {"raised to the power", power}, {"to the power of", power}, {"to the power", power},
	{"square root", root}, {"sqrt", root}, {"percent", percent}, {"per cent", percent}, {"of", of},
	{"approximately", about}, {"about", about}, {"around", about}, {"roughly", about}, {"nearly", about}, {"approx", about},
}

// read splits a text into tokens. It takes time in proportion to the text and never fails.
func read(text string) []token {
	if len(text) > maxText {
		return nil
	}
	var out []token
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) || strings.ContainsRune("$€£₹¥", r) || r == '\\' {
			at += size
			continue
		}
		t := next(text, at, out)
		t.start = at
		t.glued = len(out) > 0 && out[len(out)-1].end == at
		out = append(out, t)
		at = t.end
	}
	return out
}

// next reads the token that begins at a byte.
func next(text string, at int, before []token) token {
	rest := text[at:]
	r, size := utf8.DecodeRuneInString(rest)
	if r < utf8.RuneSelf && r != '-' && r != '*' {
		if m := opaques.FindString(rest); m != "" {
			return token{kind: opaque, end: at + len(m)}
		}
	}
	switch {
	case r >= '0' && r <= '9' || r == '.' && plain.MatchString(rest):
		return numeral(text, at)
	case unicode.IsLetter(r):
		return letters(text, at)
	case strings.HasPrefix(rest, "**"):
		if strings.HasPrefix(rest, "***") || len(before) == 0 || before[len(before)-1].kind != number && before[len(before)-1].kind != shut {
			return token{kind: mark, word: "*", end: at + len(rest) - len(strings.TrimLeft(rest, "*"))}
		}
		return token{kind: power, end: at + 2}
	case strings.HasPrefix(rest, "==") || strings.HasPrefix(rest, "=>"):
		return token{kind: opaque, end: at + 2}
	case r == '–' || r == '—':
		// With space around it a dash may be a minus; without, it is a range.
		if at > 0 && text[at-1] == ' ' && strings.HasPrefix(rest[size:], " ") {
			return token{kind: minus, end: at + size}
		}
		return token{kind: mark, word: string(r), end: at + size}
	case r == '²' || r == '³':
		return token{kind: power, end: at + size, word: string(r), value: big.NewRat(map[rune]int64{'²': 2, '³': 3}[r], 1)}
	}
	if k, ok := marks[r]; ok {
		return token{kind: k, end: at + size}
	}
	return token{kind: mark, word: string(r), end: at + size}
}

// numeral reads a number: "1,250.5", "3 1/2", "5e-3".
func numeral(text string, at int) token {
	rest := text[at:]
	if m := mixed.FindString(rest); m != "" && !strings.Contains(m, "-") {
		whole, part, _ := strings.Cut(m, " ")
		w, ok1 := new(big.Rat).SetString(whole)
		p, ok2 := new(big.Rat).SetString(part)
		if ok1 && ok2 && p.Cmp(big.NewRat(1, 1)) < 0 {
			return token{kind: number, value: w.Add(w, p), decimals: -1, end: at + len(m)}
		}
	}
	t := token{kind: number}
	m := grouped.FindString(rest)
	if t.grouped = m != ""; !t.grouped || len(m) < len(rest) && (rest[len(m)] >= '0' && rest[len(m)] <= '9') {
		m, t.grouped = plain.FindString(rest), false
	}
	if _, after, ok := strings.Cut(m, "."); ok {
		t.decimals = len(after)
	}
	exp := science.FindString(rest[len(m):])
	t.end = at + len(m) + len(exp)
	var ok bool
	if len(m) <= 64 {
		t.value, ok = new(big.Rat).SetString(strings.ReplaceAll(m, ",", "") + exp)
	}
	if !ok {
		return token{kind: opaque, end: t.end}
	}
	return t
}

// letters reads a word, or an operator of several. A word may have digits in it ("H2O"), but a letter after a number
// stands alone before digits: "3x2".
func letters(text string, at int) token {
	rest := text[at:]
	for i, w := range []string{"squared", "cubed"} {
		if n := len(w); len(rest) >= n && strings.EqualFold(rest[:n], w) && !wordly(rest[n:]) {
			return token{kind: power, end: at + n, word: w, value: big.NewRat(int64(i+2), 1)}
		}
	}
	for _, p := range phrases {
		if n := len(p.words); len(rest) >= n && strings.EqualFold(rest[:n], p.words) && !wordly(rest[n:]) {
			return token{kind: p.kind, end: at + n, word: p.words}
		}
	}
	if (rest[0] == 'x' || rest[0] == 'X') && len(rest) > 1 && (rest[1] >= '0' && rest[1] <= '9') && at > 0 && text[at-1] >= '0' && text[at-1] <= '9' {
		return token{kind: word, word: "x", end: at + 1}
	}
	n := 0
	for n < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[n:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '\'' && r != '’' {
			break
		}
		n += size
	}
	return token{kind: word, word: strings.ToLower(rest[:n]), end: at + n}
}

// wordly says whether a text goes on with what would make the letters before it a longer word.
func wordly(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size > 0 && (unicode.IsLetter(r) || r == '_')
}
