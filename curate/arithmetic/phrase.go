package arithmetic

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// phrase is a question in words and how it is answered from the numbers in it.
type phrase struct {
	re    *regexp.Regexp
	ask   func(n []value) (reading, bool)
	needs string // what else the question says
}

// N stands for a number in a pattern, and … for words without one.
func pattern(s string) *regexp.Regexp {
	s = strings.ReplaceAll(s, "…", `[^0-9]{0,60}?`)
	return regexp.MustCompile(`(?:^|\W)` + strings.ReplaceAll(s, "N", `([-−]?[$€£]?\d[\d,]*(?:\.\d+)?(?:/\d+)?)`))
}

var hundred = big.NewRat(100, 1)

// percentage is a/b.
func percentage(a, b value) (reading, bool) {
	if b.Sign() == 0 {
		return reading{}, false
	}
	r := one("the percentage", value{new(big.Rat).Quo(a.Rat, b.Rat), a.exact && b.exact}, 0.95)
	r.percent = true
	return r, true
}

// change is by how much of n[0] it has become n[1], in either direction.
func change(n []value) (reading, bool) {
	if year(n[0]) && year(n[1]) {
		return reading{}, false
	}
	r, ok := percentage(value{new(big.Rat).Sub(n[1].Rat, n[0].Rat), true}, n[0])
	if ok {
		r.any = append(r.any, value{new(big.Rat).Neg(r.any[0].Rat), true})
	}
	return r, ok
}

// year says whether a number may be one.
func year(v value) bool {
	return v.IsInt() && v.Cmp(big.NewRat(1500, 1)) >= 0 && v.Cmp(big.NewRat(2100, 1)) <= 0
}

// changed is n[0] made larger (or smaller) by n[1] percent.
func changed(sign int64) func(n []value) (reading, bool) {
	return func(n []value) (reading, bool) {
		f := new(big.Rat).Quo(new(big.Rat).Mul(n[1].Rat, big.NewRat(sign, 1)), hundred)
		f.Add(f, big.NewRat(1, 1))
		return one("the result", value{f.Mul(f, n[0].Rat), true}, 0.95), true
	}
}

// calculated answers with an expression, in which a and b are the numbers.
func calculated(what, expr string) func(n []value) (reading, bool) {
	tokens := read(expr)
	return func(n []value) (reading, bool) {
		filled := slices.Clone(tokens)
		for i, t := range filled {
			if t.kind == word && len(t.word) == 1 && int(t.word[0]-'a') < len(n) {
				filled[i] = token{kind: number, value: n[t.word[0]-'a'].Rat}
			}
			if t.word == "pi" {
				filled[i] = token{kind: number, value: pi}
			}
		}
		v, _, err := evaluate(filled, nil)
		if err != nil {
			return reading{}, false
		}
		if strings.Contains(expr, "pi") {
			v.exact = false
		}
		r := one(what, v, 0.95)
		r.loose = strings.Contains(expr, "pi")
		return r, true
	}
}

var pi, _ = new(big.Rat).SetString("3.14159265358979323846264338327950288419716939937510")

// phrases in the order in which they are tried.
var asked = []phrase{
	{pattern(`(?:what|which) (?:percent|percentage|%) of N(?: \w+)? (?:is|are|equals) N`), func(n []value) (reading, bool) { return percentage(n[1], n[0]) }, ""},
	{pattern(`N(?: \w+)? (?:is|are|as) (?:what|a|which) (?:percent|percentage|%) of N`), func(n []value) (reading, bool) { return percentage(n[0], n[1]) }, ""},
	{pattern(`percentage of N(?: \w+)? (?:out of|in|to|relative to) N`), func(n []value) (reading, bool) { return percentage(n[0], n[1]) }, ""},
	{pattern(`(?:increase|raise) N(?: \w+)? by N ?(?:%|percent)`), changed(1), ""},
	{pattern(`(?:decrease|reduce|lower) N(?: \w+)? by N ?(?:%|percent)`), changed(-1), ""},
	{pattern(`percent(?:age)? (?:of )?(?:change|increase|decrease|difference|growth)…from N… to N`), change, ""},
	{pattern(`divide N(?: \w+)? by N`), calculated("the quotient", "a / b"), ""},
	{pattern(`multiply N(?: \w+)? (?:by|with|and|times) N`), calculated("the product", "a * b"), ""},
	{pattern(`subtract N from N`), calculated("the difference", "b - a"), ""},
	{pattern(`add N (?:to|and|with) N`), calculated("the sum", "a + b"), ""},
	{pattern(`factorial of… N`), calculated("the factorial", "a!"), ""},
	{pattern(`N factorial`), calculated("the factorial", "a!"), ""},
	{pattern(`cube of (?:the number )?N`), calculated("the cube", "a^3"), ""},
	{pattern(`square of (?:the number )?N`), calculated("the square", "a^2"), ""},
	{pattern(`square root of… N`), calculated("the square root", "sqrt(a)"), ""},
	{pattern(`(?:double|twice) N`), calculated("the double", "2 * a"), ""},
	{pattern(`N(?:st|nd|rd|th) power of N`), calculated("the power", "b ^ a"), ""},
	{pattern(`base: N… power: N`), calculated("the power", "a ^ b"), ""},
	{pattern(`(?:decreased|increased|dropped|fell|rose|grew|went|changed) from N… to N`), change, "percent"},
	{pattern(`half of N`), calculated("half of it", "a / 2"), ""},
	{pattern(`remainder…N (?:is )?divided by N`), func(n []value) (reading, bool) {
		if !n[0].IsInt() || !n[1].IsInt() || n[0].Sign() < 0 || n[1].Sign() <= 0 {
			return reading{}, false
		}
		return one("the remainder", value{new(big.Rat).SetInt(new(big.Int).Mod(n[0].Num(), n[1].Num())), true}, 0.95), true
	}, ""},
}

// phrase reads the questions in words that use all of the numbers that are there.
func (q *question) phrase() (reading, bool) {
	if _, blocked := q.strange(); blocked || strings.Count(q.text, "?") > 1 {
		return reading{}, false
	}
	for _, p := range asked {
		m := p.re.FindStringSubmatchIndex(q.text)
		if m == nil {
			continue
		}
		var n []value
		for i := 2; i < len(m); i += 2 {
			v, _, err := evaluate(read(strings.TrimRight(q.text[m[i]:m[i+1]], ",")), nil)
			if err != nil {
				return reading{}, false
			}
			n = append(n, v)
		}
		if p.needs != "" && !strings.Contains(q.text, p.needs) || !q.uses(n, m[0], m[1]) {
			continue
		}
		r, ok := p.ask(n)
		if !ok {
			continue
		}
		r.what = strings.TrimSpace(q.text[m[0]:m[1]])
		return r, true
	}
	return reading{}, false
}

// uses says whether all the numbers of the question stand in a part of it or are among n once more. What goes on with an
// operator is not used by reading it up to there.
func (q *question) uses(n []value, from, to int) bool {
	for i, t := range q.tokens {
		outside := t.start < from || t.end > to
		if t.kind == number && outside && !slices.ContainsFunc(n, func(v value) bool { return v.Cmp(t.value) == 0 }) {
			return false
		}
		if t.start >= to && i > 0 && q.tokens[i-1].end <= to && t.kind > number && t.kind <= bang || t.kind == opaque {
			return false
		}
	}
	return true
}
