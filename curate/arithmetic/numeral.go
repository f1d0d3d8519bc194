package arithmetic

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// form is a way to write whole numbers that is no ordinary decimal numeral.
type form struct {
	name  string
	asked *regexp.Regexp // the words for it
	shape *regexp.Regexp // what a number written so looks like
	base  int            // 0 for Roman numerals
}

var forms = []form{
	{"binary", regexp.MustCompile(`\b(?:binary|base[- ]?(?:2|two))\b`), regexp.MustCompile(`^(?:0b)?[01]+$`), 2},
	{"octal", regexp.MustCompile(`\b(?:octal|base[- ]?(?:8|eight))\b`), regexp.MustCompile(`^(?:0o)?[0-7]+$`), 8},
	{"hexadecimal", regexp.MustCompile(`\b(?:hexadecimal|hex|base[- ]?16)\b`), regexp.MustCompile(`^(?:0x|#)?[0-9a-f]+h?$`), 16},
	{"roman", regexp.MustCompile(`\broman\b`), regexp.MustCompile(`^[ivxlcdm]+$`), 0},
}

var (
	pieces     = regexp.MustCompile(`[0-9A-Za-z#.]+`)
	decimalPut = regexp.MustCompile(`\b(?:decimal|integer|base[- ]?(?:10|ten)|arabic|denary|number)\b`)
	notForm    = regexp.MustCompile(`\b(?:code|program|function|script|color|colour|rgb|add|addition|sum|subtract|multiply|ascii|text|string|word|letter|sentence|complement|search|tree|increment|scientific|explain|describe|write a|write an|how)\b`)
)

// inForm reads "Convert 67 to binary" and "What is MCMXC in numbers?": a whole number written in another way.
func (q *question) inForm() (reading, bool) {
	if notForm.MatchString(q.text) || len(q.text) > 160 {
		return reading{}, false
	}
	var f *form
	for i := range forms {
		if at := forms[i].asked.FindStringIndex(q.text); at != nil {
			if f != nil {
				return reading{}, false
			}
			f = &forms[i]
		}
	}
	if f == nil {
		return reading{}, false
	}
	rest := f.asked.ReplaceAllString(q.text, "\x00")
	from := regexpFrom.MatchString(rest) || strings.Contains(rest, "\x00 number") || strings.Contains(rest, "\x00 numeral ") || strings.Contains(rest, "\x00 value")
	to := regexpTo.MatchString(rest)
	rest = decimalNames.ReplaceAllString(rest, " ")
	var decimals, written []string
	for _, p := range pieces.FindAllString(rest, -1) {
		p = strings.Trim(p, ".")
		switch {
		case plainDigits.MatchString(p) && len(p) <= 18:
			decimals = appendNew(decimals, p)
		case f.shape.MatchString(p) && (f.base == 16 && strings.ContainsAny(p, "0123456789") || f.base == 0 && len(p) > 1 && p != "mix" && p != "did" && p != "mild"):
			written = appendNew(written, p)
		case strings.ContainsAny(p, "0123456789"):
			return reading{}, false
		}
	}
	switch {
	case to && !from && len(decimals) == 1 && len(written) == 0:
		n, _ := new(big.Int).SetString(decimals[0], 10)
		text := f.write(n)
		return reading{what: decimals[0] + " in " + f.name, text: text, form: f, sure: 0.95}, text != ""
	case from && decimalPut.MatchString(strings.ReplaceAll(rest, "\x00 number", "")) && f.base != 0 && len(decimals)+len(written) == 1:
		p := append(decimals, written...)[0]
		n, ok := new(big.Int).SetString(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(p, "0x"), "#"), "0b"), f.base)
		if !ok || !f.shape.MatchString(p) {
			return reading{}, false
		}
		return one(f.name+" "+p, value{new(big.Rat).SetInt(n), true}, 0.95), true
	case f.base == 0 && len(written) == 1 && len(decimals) == 0:
		n := unroman(written[0])
		return one(strings.ToUpper(written[0]), whole(n), 0.95), n > 0 && f.write(big.NewInt(n)) == strings.ToUpper(written[0])
	}
	return reading{}, false
}

var (
	regexpFrom   = regexp.MustCompile(`\bfrom \x00|\d in \x00|\bthe \x00 (?:number|value|numeral|code)|\b(?:a|this|following|given) \x00 (?:number|value|numeral|code)`)
	regexpTo     = regexp.MustCompile(`\b(?:to|into|in|as|its|of|the)(?: (?:a|an|its|the|equivalent|corresponding|equal))* \x00`)
	decimalNames = regexp.MustCompile(`\b(?:base[- ]?(?:10|ten)|base-?\d+)\b`)
	plainDigits  = regexp.MustCompile(`^\d+$`)
)

func appendNew(list []string, s string) []string {
	for _, t := range list {
		if t == s {
			return list
		}
	}
	return append(list, s)
}

// write gives a number in a form, "" where it has none.
func (f *form) write(n *big.Int) string {
	if f.base != 0 {
		return strings.ToUpper(n.Text(f.base))
	}
	if !n.IsInt64() || n.Int64() < 1 || n.Int64() > 3999 {
		return ""
	}
	var b strings.Builder
	rest := n.Int64()
	for _, r := range romans {
		for rest >= r.value {
			b.WriteString(r.letters)
			rest -= r.value
		}
	}
	return b.String()
}

var romans = []struct {
	value   int64
	letters string
}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}

// unroman reads a Roman numeral, however it is formed.
func unroman(s string) int64 {
	digit := map[byte]int64{'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}
	var n int64
	for i := 0; i < len(s); i++ {
		d := digit[s[i]&^0x20]
		if i+1 < len(s) && d < digit[s[i+1]&^0x20] {
			d = -d
		}
		n += d
	}
	return n
}

// judgeForm looks for a number in another form among the pieces of an answer. at is the one piece that looks like it.
func (r reading) judgeForm(q *question, text string) (verdict, *shown) {
	asked := pieces.FindAllString(q.text, -1)
	var last *shown
	n := 0
	for _, m := range pieces.FindAllStringIndex(text, -1) {
		p := strings.ToLower(strings.Trim(text[m[0]:m[1]], "."))
		bare := p
		for _, prefix := range []string{"0x", "0b", "0o", "#"} {
			bare = strings.TrimPrefix(bare, prefix)
		}
		if strings.TrimLeft(bare, "0") == strings.TrimLeft(strings.ToLower(r.text), "0") {
			return right, nil
		}
		like := r.form.shape.MatchString(p)
		if r.form.base != 0 {
			like = like && strings.ContainsAny(p, "0123456789")
		}
		if like && !(len(p) == 1 && r.form.base == 0) && !slices.Contains(asked, p) {
			n++
			last = &shown{start: m[0], end: m[0] + len(p)}
		}
	}
	switch {
	case n == 0:
		return unclear, nil
	case n > 1:
		return wrong, nil
	}
	return wrong, last
}
