package arithmetic

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// unknown solves a linear equation for its one variable.
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
	var solve [][2][]token
	for i, t := range q.tokens {
		if t.kind != equals {
			continue
		}
		sides := q.sides(i, name)
		if len(sides[0]) == 0 || len(sides[1]) == 0 || len(sides[0]) == 1 && sides[0][0].kind == word && !has(sides[1], name) {
			return reading{}, false
		}
		if len(solve) > 0 && (source(q.text, solve[0][0]) != source(q.text, sides[0]) || source(q.text, solve[0][1]) != source(q.text, sides[1])) {
			return reading{}, false
		}
		solve = append(solve, sides)
	}
	if len(solve) == 0 || !q.covers(append(slices.Clone(solve[0][0]), solve[0][1]...)) {
		return reading{}, false
	}
	return q.solve(name, solve[0])
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
		a, _, err := evaluate(sides[0], map[string]*big.Rat{name: big.NewRat(x, 1)})
		if err != nil {
			return nil, false
		}
		b, _, err := evaluate(sides[1], map[string]*big.Rat{name: big.NewRat(x, 1)})
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

var assigned = regexp.MustCompile(`(?:^|[^a-z0-9)])([a-z])\s*(?:=|is|equals|is equal to)\s*([-−]?\d+(?:\.\d+)?(?:/\d+)?)(?:[,;.\s]|$)`)

// put calculates the one expression with variables, for values that are given for all of them.
func (q *question) put() (reading, bool) {
	strange, blocked := q.strange()
	vars := map[string]*big.Rat{}
	rest := q.text
	for range 4 {
		m := assigned.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		v, _, err := evaluate(read(rest[m[4]:m[5]]), nil)
		name := rest[m[2]:m[3]]
		if err != nil || vars[name] != nil && vars[name].Cmp(v.Rat) != 0 {
			return reading{}, false
		}
		vars[name] = v.Rat
		rest = rest[:m[2]] + "\n" + rest[m[5]:]
	}
	if len(vars) == 0 || blocked {
		return reading{}, false
	}
	tokens := read(rest)
	for _, t := range tokens {
		if t.kind == word && len(t.word) > 1 && t.word[1] >= '0' && t.word[1] <= '9' { // x2
			return reading{}, false
		}
	}
	var best []token
	for i := 0; i < len(tokens); i++ {
		from := i
		for i < len(tokens) && (tokens[i].kind >= number && tokens[i].kind <= shut && tokens[i].kind != of && tokens[i].kind != percent || tokens[i].kind == word && vars[tokens[i].word] != nil) &&
			(i == from || !strings.Contains(rest[tokens[i-1].end:tokens[i].start], "\n")) {
			i++
		}
		part := tokens[from:i]
		for len(part) > 0 && part[len(part)-1].kind == word && len(part) > 1 && part[len(part)-2].kind == number && !part[len(part)-1].glued {
			part = part[:len(part)-1] // "… + 5 a"
		}
		named := slices.ContainsFunc(part, func(t token) bool { return t.kind == word })
		switch {
		case len(part) < 2 && !(len(part) == 1 && part[0].kind == word):
			if len(part) == 1 && part[0].kind == number {
				return reading{}, false
			}
			continue
		case !named:
			return reading{}, false
		case len(part) == 1 || i < len(tokens) && tokens[i].kind == equals:
			continue // x alone, f(x) =
		case best != nil && source(rest, best) != source(rest, part):
			return reading{}, false
		}
		best = part
	}
	if best == nil || strange > len(vars)+1+len(best) {
		return reading{}, false
	}
	for name := range vars {
		if !has(best, name) {
			return reading{}, false
		}
	}
	v, ops, err := evaluate(best, vars)
	if err != nil || ops == 0 {
		return reading{}, false
	}
	return one(source(rest, best)+" with these values", v, 0.93), true
}
