package arithmetic

import (
	"errors"
	"math/big"
)

// value is a number that was calculated. One that is not exact (a root, π) is right to about 50 digits.
type value struct {
	*big.Rat
	exact bool
}

func whole(n int64) value { return value{big.NewRat(n, 1), true} }

const (
	maxDepth = 24      // of parentheses
	maxBits  = 1 << 13 // of a number on the way
)

var (
	errNone  = errors.New("no expression")
	errTwice = errors.New("it can be read in two ways")
	errLarge = errors.New("too large to calculate")
)

// parser reads an expression from tokens and calculates as it goes. Words that are in vars are variables.
type parser struct {
	tokens []token
	pos    int
	depth  int
	ops    int // operators seen
	vars   map[string]*big.Rat
}

// evaluate calculates the whole of tokens; ops is how many operators it has, 0 for a number alone. What can be read in two
// ways, as 6/2(1+2), is refused.
func evaluate(tokens []token, vars map[string]*big.Rat) (v value, ops int, err error) {
	p := parser{tokens: tokens, vars: vars}
	v, err = p.sum()
	if err == nil && p.pos < len(tokens) {
		err = errNone
	}
	return v, p.ops, err
}

func (p *parser) peek() token {
	if p.pos < len(p.tokens) {
		return p.tokens[p.pos]
	}
	return token{kind: end}
}

func (p *parser) take(k kind) bool {
	if p.peek().kind != k {
		return false
	}
	p.pos++
	return true
}

// sum = product {(+|-) product}. A percentage is no summand: 50 + 10% is read in two ways.
func (p *parser) sum() (value, error) {
	from := p.pos
	v, err := p.product()
	for err == nil {
		k := p.peek().kind
		if k != plus && k != minus {
			return v, nil
		}
		if p.pos > from && p.tokens[p.pos-1].kind == percent {
			return v, errTwice
		}
		p.pos++
		p.ops++
		var w value
		if w, err = p.product(); err != nil {
			break
		}
		if p.tokens[p.pos-1].kind == percent {
			return v, errTwice
		}
		r := new(big.Rat)
		if k == plus {
			r.Add(v.Rat, w.Rat)
		} else {
			r.Sub(v.Rat, w.Rat)
		}
		v, err = bounded(value{r, v.exact && w.exact})
	}
	return v, err
}

// product = factor {(×|÷|of|nothing) factor}
func (p *parser) product() (value, error) {
	v, err := p.factor()
	divided, spaced := false, false
	for err == nil {
		t := p.peek()
		k := t.kind
		switch {
		case k == times || k == over || k == of && p.tokens[p.pos-1].kind == percent || p.cross():
			p.pos++
			if k != over {
				k = times
			}
		case k == open || p.variable(t) || k == root:
			if divided {
				return v, errTwice
			}
			k = times
		case k == number && p.tokens[p.pos-1].kind == shut:
			k = times
		default:
			return v, nil
		}
		p.ops++
		var w value
		if w, err = p.factor(); err != nil {
			break
		}
		r := new(big.Rat)
		if k == over {
			if w.Sign() == 0 {
				return v, errNone
			}
			if spaced && t.glued { // 1 1/2 / 1/2
				return v, errTwice
			}
			divided, spaced = true, spaced || !t.glued
			r.Quo(v.Rat, w.Rat)
		} else {
			r.Mul(v.Rat, w.Rat)
		}
		v, err = bounded(value{r, v.exact && w.exact})
	}
	return v, err
}

// cross says whether an x stands here for ×.
func (p *parser) cross() bool { return p.vars["x"] == nil && cross(p.tokens, p.pos) }

// cross says whether a token is an x between numbers, with space on both sides or on none: 6x - 18 has a variable.
func cross(tokens []token, i int) bool {
	if tokens == nil || i == 0 || i+1 >= len(tokens) || tokens[i].kind != word || tokens[i].word != "x" || tokens[i].glued != tokens[i+1].glued {
		return false
	}
	a, b := tokens[i-1].kind, tokens[i+1].kind
	return (a == number || a == shut || a == percent || a == bang) && (b == number || b == open || b == root || b == minus && !tokens[i].glued)
}

func (p *parser) variable(t token) bool { return t.kind == word && p.vars[t.word] != nil }

// factor = [-] raised
func (p *parser) factor() (value, error) {
	if p.take(plus) {
		return p.raised()
	}
	if !p.take(minus) {
		return p.raised()
	}
	from := p.pos
	v, err := p.raised()
	if err != nil {
		return v, err
	}
	for _, t := range p.tokens[from:p.pos] { // -3^2 is read in two ways; -(3^2) is not
		if t.kind == power && p.tokens[from].kind != open && len(p.vars) == 0 {
			return v, errTwice
		}
	}
	return value{new(big.Rat).Neg(v.Rat), v.exact}, nil
}

// raised = postfix [^ factor]
func (p *parser) raised() (value, error) {
	v, err := p.postfix()
	if err != nil {
		return v, err
	}
	t := p.peek()
	// A number that is glued to a variable, as in 3x2, has lost its ^.
	if glued := t.kind == number && t.glued && p.pos > 0 && p.variable(p.tokens[p.pos-1]); glued {
		p.pos++
		p.ops++
		return raise(v, value{t.value, true})
	}
	if t.kind != power {
		return v, nil
	}
	p.pos++
	p.ops++
	if t.value != nil { // ²
		if p.peek().kind == power {
			return v, errTwice
		}
		return raise(v, value{t.value, true})
	}
	if p.depth++; p.depth > maxDepth {
		return v, errLarge
	}
	w, err := p.factor()
	p.depth--
	if err != nil {
		return v, err
	}
	return raise(v, w)
}

// postfix = primary {! | %}
func (p *parser) postfix() (value, error) {
	v, err := p.primary()
	for err == nil {
		switch {
		case p.take(bang):
			p.ops++
			v, err = factorial(v)
		case p.take(percent):
			v = value{new(big.Rat).Quo(v.Rat, big.NewRat(100, 1)), v.exact}
			if p.peek().kind == number || p.peek().kind == percent { // 10 % 3 is a remainder
				return v, errTwice
			}
		default:
			return v, nil
		}
	}
	return v, err
}

// primary = number | variable | ( sum ) | √ [of] primary
func (p *parser) primary() (value, error) {
	t := p.peek()
	switch {
	case t.kind == number:
		p.pos++
		return bounded(value{t.value, true})
	case p.variable(t):
		p.pos++
		return value{p.vars[t.word], true}, nil
	case t.kind == open || t.kind == root:
		if p.depth++; p.depth > maxDepth {
			return value{}, errLarge
		}
		defer func() { p.depth-- }()
		p.pos++
		if t.kind == root {
			p.ops++
			p.take(of)
			v, err := p.primary()
			if err != nil {
				return v, err
			}
			return squareRoot(v)
		}
		v, err := p.sum()
		if err == nil && !p.take(shut) {
			err = errNone
		}
		return v, err
	}
	return value{}, errNone
}

func bounded(v value) (value, error) {
	if v.Num().BitLen() > maxBits || v.Denom().BitLen() > maxBits {
		return v, errLarge
	}
	return v, nil
}

// raise calculates a to the b: whole exponents exactly, halves by a root.
func raise(a, b value) (value, error) {
	if b.Denom().Cmp(big.NewInt(2)) == 0 && b.exact {
		r, err := squareRoot(a)
		if err != nil {
			return r, err
		}
		return raise(r, value{new(big.Rat).SetInt(b.Num()), true})
	}
	if !b.IsInt() || !b.Num().IsInt64() || b.Num().CmpAbs(big.NewInt(maxBits)) > 0 {
		return a, errLarge
	}
	n := b.Num().Int64()
	if n < 0 {
		if a.Sign() == 0 {
			return a, errNone
		}
		a, n = value{new(big.Rat).Inv(a.Rat), a.exact}, -n
	}
	if bits := int64(max(a.Num().BitLen(), a.Denom().BitLen())); bits*n > maxBits {
		return a, errLarge
	}
	e := big.NewInt(n)
	num, den := new(big.Int).Exp(a.Num(), e, nil), new(big.Int).Exp(a.Denom(), e, nil)
	return value{new(big.Rat).SetFrac(num, den), a.exact}, nil
}

func factorial(v value) (value, error) {
	if !v.IsInt() || v.Sign() < 0 || v.Num().Cmp(big.NewInt(500)) > 0 {
		return v, errLarge
	}
	return value{new(big.Rat).SetInt(new(big.Int).MulRange(1, v.Num().Int64())), true}, nil
}

// squareRoot is exact for the squares of fractions.
func squareRoot(v value) (value, error) {
	if v.Sign() < 0 {
		return v, errNone
	}
	num, den := new(big.Int).Sqrt(v.Num()), new(big.Int).Sqrt(v.Denom())
	r := new(big.Rat).SetFrac(num, den)
	if new(big.Rat).Mul(r, r).Cmp(v.Rat) == 0 {
		return value{r, v.exact}, nil
	}
	f := new(big.Float).SetPrec(200).SetRat(v.Rat)
	r, _ = f.Sqrt(f).Rat(nil)
	return value{r, false}, nil
}
