package python

// shape is what an expression is, as far as it matters for what may be assigned to.
type shape byte

const (
	other   shape = iota
	single        // a name, an attribute, an item: what can be assigned to, in place too
	several       // a tuple or list of targets
	starred       // *target
	call
	literal
)

func (p *parser) target(s shape) bool { return s == single || s == several }

// expressions parses "a, *b, c": a star expression or a tuple of them.
func (p *parser) expressions() (shape, error) {
	s, err := p.starExpression()
	if err != nil {
		return s, err
	}
	if !p.isOp(",") {
		return s, nil
	}
	good := s == single || s == several || s == starred
	for p.takeOp(",") {
		if !p.startsExpression() {
			break
		}
		if s, err = p.starExpression(); err != nil {
			return s, err
		}
		good = good && (s == single || s == several || s == starred)
	}
	if good {
		return several, nil
	}
	return other, nil
}

func (p *parser) starExpression() (shape, error) {
	if p.takeOp("*") {
		s, err := p.binary(0)
		if s == single || s == several {
			return starred, err
		}
		return other, err
	}
	return p.expression()
}

// named parses an expression or name := expression.
func (p *parser) named() (shape, error) {
	if p.peek().kind == name && !keyword(p.peek().text) && p.next().kind == op && p.next().text == ":=" {
		p.pos += 2
		_, err := p.expression()
		return other, err
	}
	s, err := p.expression()
	if err == nil && p.isOp(":=") {
		return s, p.fail("only a name can be assigned to in an expression")
	}
	return s, err
}

// expression parses a conditional expression or a lambda.
func (p *parser) expression() (shape, error) {
	if p.depth++; p.depth > maxDepth {
		return other, p.fail("expressions are too deep in one another")
	}
	defer func() { p.depth-- }()
	if p.isName("lambda") {
		return other, p.lambda()
	}
	s, err := p.disjunction()
	if err != nil || !p.takeName("if") {
		return s, err
	}
	if _, err := p.disjunction(); err != nil {
		return other, err
	}
	if !p.takeName("else") {
		return other, p.fail("expected 'else' after 'if' in an expression")
	}
	_, err = p.expression()
	return other, err
}

func (p *parser) lambda() error {
	p.pos++
	if err := p.parameters(":", false); err != nil {
		return err
	}
	if !p.takeOp(":") {
		return p.unexpected()
	}
	_, err := p.expression()
	return err
}

func (p *parser) disjunction() (shape, error) {
	s, err := p.conjunction()
	for err == nil && p.takeName("or") {
		_, err = p.conjunction()
		s = other
	}
	return s, err
}

func (p *parser) conjunction() (shape, error) {
	s, err := p.inversion()
	for err == nil && p.takeName("and") {
		_, err = p.inversion()
		s = other
	}
	return s, err
}

func (p *parser) inversion() (shape, error) {
	not := false
	for p.takeName("not") {
		not = true
	}
	s, err := p.comparison()
	if not {
		s = other
	}
	return s, err
}

func (p *parser) comparison() (shape, error) {
	s, err := p.binary(0)
	for err == nil {
		switch t := p.peek(); {
		case t.kind == op && (t.text == "==" || t.text == "!=" || t.text == "<" || t.text == ">" || t.text == "<=" || t.text == ">="):
			p.pos++
		case p.isName("in"):
			p.pos++
		case p.isName("not") && p.next().kind == name && p.next().text == "in":
			p.pos += 2
		case p.isName("is"):
			p.pos++
			p.takeName("not")
		default:
			return s, nil
		}
		_, err = p.binary(0)
		s = other
	}
	return s, err
}

// levels are the binary operators from the loosest to the tightest.
var levels = [][]string{{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%", "@"}}

func (p *parser) binary(level int) (shape, error) {
	if level == len(levels) {
		return p.unary()
	}
	s, err := p.binary(level + 1)
	for err == nil && p.isOp(levels[level]...) {
		p.pos++
		_, err = p.binary(level + 1)
		s = other
	}
	return s, err
}

func (p *parser) unary() (shape, error) {
	signed := false
	for p.isOp("+", "-", "~") {
		p.pos++
		signed = true
	}
	s, err := p.raised()
	if signed && s != literal {
		s = other
	}
	return s, err
}

func (p *parser) raised() (shape, error) {
	s, err := p.awaited()
	if err != nil || !p.takeOp("**") {
		return s, err
	}
	if p.depth++; p.depth > maxDepth {
		return other, p.fail("expressions are too deep in one another")
	}
	defer func() { p.depth-- }()
	_, err = p.unary()
	return other, err
}

func (p *parser) awaited() (shape, error) {
	if p.isName("await") {
		p.pos++
		_, err := p.primary()
		return other, err
	}
	return p.primary()
}

// primary parses an atom with its calls, items and attributes.
func (p *parser) primary() (shape, error) {
	s, err := p.atom()
	for err == nil {
		switch {
		case p.takeOp("."):
			t := p.peek()
			if t.kind != name || keyword(t.text) {
				return s, p.unexpected()
			}
			p.pos++
			s = single
		case p.isOp("("):
			if err = p.arguments(); err != nil {
				return s, err
			}
			s = call
		case p.takeOp("["):
			if err = p.subscript(); err != nil {
				return s, err
			}
			s = single
		default:
			return s, nil
		}
	}
	return s, err
}

// subscript parses slices up to the closing bracket.
func (p *parser) subscript() error {
	for {
		if p.takeOp("*") {
			if _, err := p.binary(0); err != nil {
				return err
			}
		} else {
			if !p.isOp(":") {
				if _, err := p.named(); err != nil {
					return err
				}
			}
			for range 2 {
				if p.takeOp(":") && !p.isOp(":", ",", "]") {
					if _, err := p.expression(); err != nil {
						return err
					}
				}
			}
		}
		if p.takeOp("]") {
			return nil
		}
		if !p.takeOp(",") {
			return p.unexpected()
		}
		if p.takeOp("]") {
			return nil
		}
	}
}

// arguments parses a call's arguments with their brackets.
func (p *parser) arguments() error {
	p.pos++
	keywords, unpacked := false, false
	for n := 0; !p.takeOp(")"); n++ {
		switch t := p.peek(); {
		case p.takeOp("**"):
			if _, err := p.expression(); err != nil {
				return err
			}
			unpacked = true
		case p.takeOp("*"):
			if unpacked {
				return p.fail("an iterable is unpacked after keyword arguments are")
			}
			if _, err := p.expression(); err != nil {
				return err
			}
		case t.kind == name && p.next().kind == op && p.next().text == "=":
			if keyword(t.text) {
				return p.fail("%q cannot be the name of an argument", t.text)
			}
			p.pos += 2
			if _, err := p.expression(); err != nil {
				return err
			}
			keywords = true
		default:
			if _, err := p.named(); err != nil {
				return err
			}
			if p.isOp("=") {
				return p.fail("a keyword argument must have a name")
			}
			if p.isName("for") || p.isName("async") {
				if err := p.comprehension(); err != nil {
					return err
				}
				if !p.isOp(")") && (n > 0 || p.next().kind != op || p.next().text != ")") {
					return p.fail("a generator must stand in brackets")
				}
			} else if keywords {
				return p.fail("a positional argument follows a keyword argument")
			} else if unpacked {
				return p.fail("a positional argument follows unpacked keyword arguments")
			}
		}
		if p.takeOp(")") {
			return nil
		}
		if !p.takeOp(",") {
			return p.unexpected()
		}
	}
	return nil
}

// comprehension parses "for x in y if z …".
func (p *parser) comprehension() error {
	for p.isName("for") || p.isName("async") {
		p.takeName("async")
		if !p.takeName("for") {
			return p.unexpected()
		}
		if err := p.loopTargets(); err != nil {
			return err
		}
		if _, err := p.disjunction(); err != nil {
			return err
		}
		for p.takeName("if") {
			if p.peek().kind == name && p.next().kind == op && p.next().text == ":=" {
				return p.fail("an assignment here must stand in brackets")
			}
			if _, err := p.disjunction(); err != nil {
				return err
			}
		}
	}
	return nil
}

// loopTargets parses "a, (b, *c) in".
func (p *parser) loopTargets() error {
	for {
		p.takeOp("*")
		s, err := p.binary(0)
		if err != nil {
			return err
		}
		if !p.target(s) {
			return p.fail("a loop cannot assign to this")
		}
		if !p.takeOp(",") || p.isName("in") {
			break
		}
	}
	if !p.takeName("in") {
		return p.fail("expected 'in' in a loop")
	}
	return nil
}

// atom parses what cannot be taken apart: names, literals, and what stands in brackets.
func (p *parser) atom() (shape, error) {
	t := p.peek()
	switch {
	case t.kind == name && !keyword(t.text):
		p.pos++
		return single, nil
	case t.kind == name && (t.text == "True" || t.text == "False" || t.text == "None"), t.kind == num:
		p.pos++
		return literal, nil
	case t.kind == str || t.kind == fstart:
		return literal, p.strings()
	case t.kind == op && t.text == "...":
		p.pos++
		return literal, nil
	case p.isOp("("):
		return p.group()
	case p.isOp("["):
		return p.list()
	case p.isOp("{"):
		return other, p.dict()
	}
	return other, p.unexpected()
}

// group parses ( … ): a tuple, a generator, or one expression.
func (p *parser) group() (shape, error) {
	p.pos++
	if p.takeOp(")") {
		return several, nil
	}
	if p.isName("yield") {
		if err := p.yield(); err != nil {
			return other, err
		}
		if !p.takeOp(")") {
			return other, p.unexpected()
		}
		return other, nil
	}
	s, n, comma, err := p.elements(")")
	switch {
	case err != nil:
		return other, err
	case n == 1 && !comma && s == starred:
		return other, p.fail("a starred expression stands alone")
	case n == 1 && !comma:
		return s, nil
	}
	if s == single || s == several || s == starred {
		return several, nil
	}
	return other, nil
}

func (p *parser) list() (shape, error) {
	p.pos++
	if p.takeOp("]") {
		return several, nil
	}
	s, _, _, err := p.elements("]")
	if s == single || s == several || s == starred {
		return several, err
	}
	return other, err
}

// elements parses those of a tuple or a list, or a comprehension, up to the closing bracket. The shape is other where one
// of them can't be assigned to, else that of the last.
func (p *parser) elements(end string) (s shape, n int, comma bool, err error) {
	good := true
	for {
		if p.takeOp("*") {
			s, err = p.binary(0)
			if s == single || s == several {
				s = starred
			}
		} else {
			s, err = p.named()
		}
		if err != nil {
			return
		}
		n++
		if n == 1 && (p.isName("for") || p.isName("async")) {
			if s == starred {
				return s, n, comma, p.fail("nothing is unpacked in a comprehension")
			}
			if err = p.comprehension(); err != nil {
				return
			}
			good = false
		}
		good = good && (s == single || s == several || s == starred)
		if p.takeOp(end) {
			break
		}
		if !p.takeOp(",") {
			return s, n, comma, p.unexpected()
		}
		comma = true
		if p.takeOp(end) {
			break
		}
	}
	if !good && (n > 1 || comma) {
		s = other
	}
	return s, n, comma, nil
}

// dict parses { … }: a dict, a set, or a comprehension of either.
func (p *parser) dict() error {
	p.pos++
	isSet, isDict := false, false
	for n := 0; !p.takeOp("}"); n++ {
		switch {
		case p.takeOp("**"):
			isDict = true
			if _, err := p.binary(0); err != nil {
				return err
			}
		case p.takeOp("*"):
			isSet = true
			if _, err := p.binary(0); err != nil {
				return err
			}
		default:
			if _, err := p.named(); err != nil {
				return err
			}
			if p.takeOp(":") {
				isDict = true
				if _, err := p.expression(); err != nil {
					return err
				}
			} else {
				isSet = true
			}
			if n == 0 && (p.isName("for") || p.isName("async")) {
				if err := p.comprehension(); err != nil {
					return err
				}
				if !p.takeOp("}") {
					return p.unexpected()
				}
				return nil
			}
		}
		if isSet && isDict {
			return p.fail("':' expected after a dictionary's key")
		}
		if p.takeOp("}") {
			return nil
		}
		if !p.takeOp(",") {
			return p.unexpected()
		}
	}
	return nil
}

// yield parses "yield from x" and "yield a, b".
func (p *parser) yield() error {
	p.pos++
	if p.takeName("from") {
		_, err := p.expression()
		return err
	}
	if p.startsExpression() {
		_, err := p.expressions()
		return err
	}
	return nil
}
