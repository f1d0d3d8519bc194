package arithmetic

import (
	"math/big"
	"slices"
	"strings"
)

// unknown solves a linear equation for its one variable, or puts in the value that is given for it.
func (q *question) unknown() (reading, bool) {
	name := q.variable()
	strange, blocked := q.strange()
	for _, t := range q.tokens {
		if t.kind == word && t.word == name && !plainly[name] && name != "x" {
			strange--
		}
	}
	if name == "" || blocked || strange > 4 {
		return reading{}, false
	}
	var given, solve [][2][]token // x = 4; equations
	for i, t := range q.tokens {
		if t.kind != equals {
			continue
		}
		sides := q.sides(i, name)
		if len(sides[0]) == 0 || len(sides[1]) == 0 {
			return reading{}, false
		}
		to := &solve
		if len(sides[0]) == 1 && sides[0][0].kind == word && !has(sides[1], name) {
			to = &given
		}
		if len(*to) == 0 {
			*to = append(*to, sides)
		} else if first := (*to)[0]; source(q.text, first[0]) != source(q.text, sides[0]) || source(q.text, first[1]) != source(q.text, sides[1]) {
			return reading{}, false
		}
	}
	switch {
	case len(given) == 1 && len(solve) == 0:
		return q.put(name, given[0][1])
	case len(given) == 0 && len(solve) == 1 && q.covers(append(slices.Clone(solve[0][0]), solve[0][1]...)):
		return q.solve(name, solve[0])
	}
	return reading{}, false
}

// variable is the one letter that stands among numbers.
func (q *question) variable() string {
	name := ""
	for i, t := range q.tokens {
		if t.kind == word && len(t.word) > 1 && t.word[1] >= '0' && t.word[1] <= '9' { // x2 is a square or another variable
			return ""
		}
		if t.kind != word || len(t.word) != 1 || t.word == "a" || t.word == "s" || t.word == "i" && !t.glued || cross(q.tokens, i) && name == "" && !strings.Contains(q.text, "for x") {
			continue
		}
		near := func(i int) bool {
			return i >= 0 && i < len(q.tokens) && q.tokens[i].kind >= number && q.tokens[i].kind <= equals && q.tokens[i].kind != of
		}
		if !near(i-1) && !near(i+1) {
			continue
		}
		if name != "" && t.word != name {
			return ""
		}
		name = t.word
	}
	return name
}

func has(tokens []token, name string) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.kind == word && t.word == name })
}

// sides are what stands on both sides of an equals sign, on its line.
func (q *question) sides(i int, name string) [2][]token {
	in := func(t token) bool {
		return t.kind >= number && t.kind <= shut && t.kind != of && t.kind != percent || t.kind == word && t.word == name
	}
	broken := func(a, b token) bool { return strings.Contains(q.text[a.end:b.start], "\n") }
	l, r := i, i+1
	for l > 0 && in(q.tokens[l-1]) && !broken(q.tokens[l-1], q.tokens[l]) {
		l--
	}
	for r < len(q.tokens) && in(q.tokens[r]) && !broken(q.tokens[r-1], q.tokens[r]) {
		r++
	}
	return [2][]token{q.tokens[l:i], q.tokens[i+1 : r]}
}

// covers says whether all numbers of the question stand in a part of it, or in its repetition.
func (q *question) covers(part []token) bool {
	for _, t := range q.tokens {
		if t.kind == number && !slices.ContainsFunc(part, func(p token) bool { return p.kind == number && p.value.Cmp(t.value) == 0 }) {
			return false
		}
	}
	return true
}

// solve finds where two sides that are straight lines meet.
func (q *question) solve(name string, sides [2][]token) (reading, bool) {
	at := func(x int64) (*big.Rat, bool) {
		a, _, err := evaluate(sides[0], name, big.NewRat(x, 1))
		if err != nil {
			return nil, false
		}
		b, _, err := evaluate(sides[1], name, big.NewRat(x, 1))
		if err != nil || !a.exact || !b.exact {
			return nil, false
		}
		return new(big.Rat).Sub(a.Rat, b.Rat), true
	}
	f2, ok1 := at(2)
	f3, ok2 := at(3)
	if !ok1 || !ok2 {
		return reading{}, false
	}
	slope := new(big.Rat).Sub(f3, f2)
	if slope.Sign() == 0 {
		return reading{}, false
	}
	for _, x := range []int64{5, 7, 31} { // a line goes through these too
		want := new(big.Rat).Add(f2, new(big.Rat).Mul(slope, big.NewRat(x-2, 1)))
		if got, ok := at(x); !ok || got.Cmp(want) != 0 {
			return reading{}, false
		}
	}
	x := new(big.Rat).Sub(big.NewRat(2, 1), new(big.Rat).Quo(f2, slope))
	return one(name+" in "+source(q.text, sides[0])+" = "+source(q.text, sides[1]), value{x, true}, 0.95), true
}

// put calculates the one expression with the variable, for a value of it.
func (q *question) put(name string, at []token) (reading, bool) {
	x, ops, err := evaluate(at, "", nil)
	if err != nil || ops > 0 {
		return reading{}, false
	}
	var best []token
	for i := 0; i < len(q.tokens); i++ {
		from := i
		for i < len(q.tokens) && q.tokens[i].kind != equals && (q.tokens[i].kind >= number && q.tokens[i].kind <= shut && q.tokens[i].kind != of && q.tokens[i].kind != percent || q.tokens[i].kind == word && q.tokens[i].word == name) &&
			(i == from || !strings.Contains(q.text[q.tokens[i-1].end:q.tokens[i].start], "\n")) {
			i++
		}
		part := q.tokens[from:i]
		if len(part) < 2 || !has(part, name) || i < len(q.tokens) && q.tokens[i].kind == equals {
			continue
		}
		if best != nil && source(q.text, best) != source(q.text, part) {
			return reading{}, false
		}
		best = part
	}
	if best == nil || !q.covers(append(slices.Clone(best), at...)) {
		return reading{}, false
	}
	v, ops, err := evaluate(best, name, x.Rat)
	if err != nil || ops == 0 {
		return reading{}, false
	}
	return one(source(q.text, best)+" for "+name+" = "+source(q.text, at), v, 0.93), true
}
