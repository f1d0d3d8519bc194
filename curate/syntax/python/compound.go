package python

// block parses ":" and an indented block, or simple statements on the same line.
func (p *parser) block() error {
	if !p.takeOp(":") {
		if p.isOp("=") {
			return p.fail("expected ':' and not '=': is '==' meant?")
		}
		return p.fail("expected ':'")
	}
	if !p.take(newline) {
		return p.simpleLine()
	}
	if !p.take(indent) {
		return p.fail("expected an indented block")
	}
	if p.depth++; p.depth > maxDepth {
		return p.fail("blocks are too deep in one another")
	}
	defer func() { p.depth-- }()
	for !p.take(dedent) {
		if p.peek().kind == endMarker {
			return nil
		}
		if err := p.statement(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) conditional(word string) error {
	p.pos++
	if _, err := p.named(); err != nil {
		return err
	}
	if err := p.block(); err != nil {
		return err
	}
	for word == "if" && p.takeName("elif") {
		if _, err := p.named(); err != nil {
			return err
		}
		if err := p.block(); err != nil {
			return err
		}
	}
	return p.elseBlock()
}

func (p *parser) elseBlock() error {
	if p.takeName("else") {
		return p.block()
	}
	return nil
}

func (p *parser) loop() error {
	p.pos++
	if err := p.loopTargets(); err != nil {
		return err
	}
	if _, err := p.expressions(); err != nil {
		return err
	}
	if err := p.block(); err != nil {
		return err
	}
	return p.elseBlock()
}

func (p *parser) try() error {
	p.pos++
	if err := p.block(); err != nil {
		return err
	}
	handlers := 0
	for p.takeName("except") {
		handlers++
		p.takeOp("*")
		if !p.isOp(":") {
			if _, err := p.expression(); err != nil {
				return err
			}
			if p.isOp(",") {
				return p.fail("several exceptions must stand in brackets")
			}
			if err := p.as(); err != nil {
				return err
			}
		}
		if err := p.block(); err != nil {
			return err
		}
	}
	if handlers > 0 {
		if err := p.elseBlock(); err != nil {
			return err
		}
	}
	if p.takeName("finally") {
		return p.block()
	}
	if handlers == 0 {
		return p.fail("expected 'except' or 'finally'")
	}
	return nil
}

// with parses "with a as b, c:" and the same in brackets.
func (p *parser) with() error {
	p.pos++
	if p.isOp("(") {
		from := p.pos
		p.pos++
		if p.withItems(")") == nil && p.takeOp(")") && p.isOp(":") {
			return p.block()
		}
		p.pos = from // the brackets belong to an expression
	}
	if err := p.withItems(""); err != nil {
		return err
	}
	return p.block()
}

func (p *parser) withItems(end string) error {
	for {
		if _, err := p.expression(); err != nil {
			return err
		}
		if p.takeName("as") {
			s, err := p.binary(0)
			if err != nil {
				return err
			}
			if !p.target(s) {
				return p.fail("this cannot be assigned to")
			}
		}
		if !p.takeOp(",") || end != "" && p.isOp(end) {
			return nil
		}
	}
}

func (p *parser) def() error {
	p.pos++
	if t := p.peek(); t.kind != name || keyword(t.text) {
		return p.unexpected()
	}
	p.pos++
	if err := p.typeParameters(); err != nil {
		return err
	}
	if !p.takeOp("(") {
		return p.fail("expected '(' after a function's name")
	}
	if err := p.parameters(")", true); err != nil {
		return err
	}
	if !p.takeOp(")") {
		return p.unexpected()
	}
	if p.takeOp("->") {
		if _, err := p.expressions(); err != nil {
			return err
		}
	}
	return p.block()
}

// parameters parses those of a function or a lambda up to what ends them, which is left.
func (p *parser) parameters(end string, typed bool) error {
	defaults, star, slash, last := false, false, false, false
	for n := 0; !p.isOp(end); n++ {
		if last {
			return p.fail("nothing follows **%s", "arguments")
		}
		switch {
		case p.takeOp("/"):
			if slash || star || n == 0 {
				return p.fail("'/' stands in the wrong place")
			}
			slash = true
		case p.isOp("*", "**"):
			double := p.isOp("**")
			p.pos++
			if !double && p.isOp(",") {
				if star {
					return p.fail("'*' stands twice")
				}
				star = true
				if n := p.next(); n.kind == op && n.text == end {
					return p.fail("named arguments must follow a bare '*'")
				}
				break
			}
			if !double && star {
				return p.fail("'*' stands twice")
			}
			if err := p.parameter(typed, !double); err != nil {
				return err
			}
			if p.isOp("=") {
				return p.fail("arguments of any number have no default")
			}
			star, last = true, double
		default:
			if err := p.parameter(typed, false); err != nil {
				return err
			}
			if p.takeOp("=") {
				defaults = true
				if _, err := p.expression(); err != nil {
					return err
				}
			} else if defaults && !star {
				return p.fail("an argument without a default follows one with a default")
			}
		}
		if !p.takeOp(",") {
			break
		}
	}
	return nil
}

func (p *parser) parameter(typed, starred bool) error {
	if t := p.peek(); t.kind != name || keyword(t.text) {
		return p.unexpected()
	}
	p.pos++
	if !typed || !p.takeOp(":") {
		return nil
	}
	if starred && p.takeOp("*") {
		_, err := p.binary(0)
		return err
	}
	_, err := p.expression()
	return err
}

func (p *parser) class() error {
	p.pos++
	if t := p.peek(); t.kind != name || keyword(t.text) {
		return p.unexpected()
	}
	p.pos++
	if err := p.typeParameters(); err != nil {
		return err
	}
	if p.isOp("(") {
		if err := p.arguments(); err != nil {
			return err
		}
	}
	return p.block()
}

func (p *parser) decorated() error {
	for p.takeOp("@") {
		if _, err := p.named(); err != nil {
			return err
		}
		if !p.take(newline) {
			return p.unexpected()
		}
	}
	p.takeName("async")
	switch {
	case p.isName("def"):
		return p.def()
	case p.isName("class"):
		return p.class()
	}
	return p.fail("a decorator stands before a function or a class")
}

// match parses a match statement, if it is one: match is a name like any other elsewhere.
func (p *parser) match() (bool, error) {
	from := p.pos
	p.pos++
	if !p.startsExpression() || !p.subject() || !p.takeOp(":") || !p.take(newline) || !p.take(indent) {
		p.pos = from
		return false, nil
	}
	if !p.isName("case") {
		return true, p.fail("expected 'case'")
	}
	for p.takeName("case") {
		if err := p.patterns(); err != nil {
			return true, err
		}
		if p.takeName("if") {
			if _, err := p.named(); err != nil {
				return true, err
			}
		}
		if err := p.block(); err != nil {
			return true, err
		}
	}
	if !p.take(dedent) {
		return true, p.fail("expected 'case'")
	}
	return true, nil
}

// subject parses what is matched: expressions, with assignments among them. It says whether that is what stands here.
func (p *parser) subject() bool {
	for p.startsExpression() {
		parse := p.named
		if p.isOp("*") {
			parse = p.starExpression
		}
		if _, err := parse(); err != nil {
			return false
		}
		if !p.takeOp(",") {
			break
		}
	}
	return true
}

// patterns parses an open sequence of patterns.
func (p *parser) patterns() error {
	for {
		if err := p.pattern(); err != nil {
			return err
		}
		if !p.takeOp(",") || p.isOp(":") || p.isName("if") {
			return nil
		}
	}
}

// pattern parses "a | b as c" and "*rest".
func (p *parser) pattern() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("patterns are too deep in one another")
	}
	defer func() { p.depth-- }()
	if p.takeOp("*") {
		if t := p.peek(); t.kind != name || keyword(t.text) {
			return p.unexpected()
		}
		p.pos++
		return nil
	}
	for {
		if err := p.closedPattern(); err != nil {
			return err
		}
		if !p.takeOp("|") {
			return p.as()
		}
	}
}

func (p *parser) closedPattern() error {
	t := p.peek()
	switch {
	case t.kind == num || p.isOp("-"):
		_, err := p.binary(4) // -1, 1+2j
		return err
	case t.kind == str:
		return p.strings()
	case t.kind == name && (t.text == "None" || t.text == "True" || t.text == "False"):
		p.pos++
		return nil
	case t.kind == name && !keyword(t.text):
		if err := p.dotted(); err != nil {
			return err
		}
		if p.takeOp("(") {
			return p.innerPatterns(")", true)
		}
		return nil
	case p.takeOp("("):
		return p.innerPatterns(")", false)
	case p.takeOp("["):
		return p.innerPatterns("]", false)
	case p.takeOp("{"):
		return p.mapping()
	}
	return p.unexpected()
}

// innerPatterns parses patterns up to a bracket, with names before them in a class pattern.
func (p *parser) innerPatterns(end string, named bool) error {
	for !p.takeOp(end) {
		if named && p.peek().kind == name && p.next().kind == op && p.next().text == "=" {
			p.pos += 2
		}
		if err := p.pattern(); err != nil {
			return err
		}
		if p.takeOp(end) {
			return nil
		}
		if !p.takeOp(",") {
			return p.unexpected()
		}
	}
	return nil
}

func (p *parser) mapping() error {
	for !p.takeOp("}") {
		if p.takeOp("**") {
			if err := p.dotted(); err != nil {
				return err
			}
		} else {
			if err := p.closedPattern(); err != nil {
				return err
			}
			if !p.takeOp(":") {
				return p.unexpected()
			}
			if err := p.pattern(); err != nil {
				return err
			}
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
