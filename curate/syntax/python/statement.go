package python

import (
	"fmt"
	"slices"
)

// parser reads statements from tokens. It keeps no tree: it says only whether there is one.
type parser struct {
	tokens []token
	pos    int
	depth  int
}

var keywords = []string{"False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
	"finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"}

func keyword(s string) bool { return slices.Contains(keywords, s) }

func (p *parser) peek() token { return p.tokens[min(p.pos, len(p.tokens)-1)] }
func (p *parser) next() token { return p.tokens[min(p.pos+1, len(p.tokens)-1)] }

func (p *parser) isOp(texts ...string) bool {
	t := p.peek()
	return t.kind == op && slices.Contains(texts, t.text)
}

func (p *parser) takeOp(text string) bool {
	if p.isOp(text) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) isName(text string) bool {
	t := p.peek()
	return t.kind == name && t.text == text
}

func (p *parser) takeName(text string) bool {
	if p.isName(text) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) take(k kind) bool {
	if p.peek().kind == k {
		p.pos++
		return true
	}
	return false
}

func (p *parser) fail(format string, args ...any) error {
	return &Error{p.peek().line, fmt.Sprintf(format, args...)}
}

func (p *parser) unexpected() error {
	switch t := p.peek(); t.kind {
	case endMarker:
		return p.fail("the source ends too early")
	case newline:
		return p.fail("the line ends too early")
	case indent:
		return p.fail("unexpected indentation")
	case dedent:
		return p.fail("the block ends too early")
	case name, op:
		return p.fail("unexpected %q", t.text)
	case num:
		return p.fail("unexpected number")
	default:
		return p.fail("unexpected string")
	}
}

// startsExpression says whether an expression may begin here.
func (p *parser) startsExpression() bool {
	switch t := p.peek(); t.kind {
	case name:
		return !keyword(t.text) || slices.Contains([]string{"False", "None", "True", "await", "lambda", "not", "yield"}, t.text)
	case num, str, fstart:
		return true
	case op:
		return slices.Contains([]string{"(", "[", "{", "-", "+", "~", "...", "*"}, t.text)
	}
	return false
}

// file parses all statements.
func (p *parser) file() error {
	for !p.take(endMarker) {
		if p.take(newline) {
			continue
		}
		if err := p.statement(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) statement() error {
	t := p.peek()
	if t.kind == indent {
		return p.fail("unexpected indentation")
	}
	if p.isOp("@") {
		return p.decorated()
	}
	if t.kind == name {
		switch t.text {
		case "if", "while":
			return p.conditional(t.text)
		case "for":
			return p.loop()
		case "try":
			return p.try()
		case "with":
			return p.with()
		case "def":
			return p.def()
		case "class":
			return p.class()
		case "async":
			p.pos++
			switch {
			case p.isName("def"):
				return p.def()
			case p.isName("for"):
				return p.loop()
			case p.isName("with"):
				return p.with()
			}
			return p.unexpected()
		case "match":
			if ok, err := p.match(); ok || err != nil {
				return err
			}
		}
	}
	return p.simpleLine()
}

// simpleLine parses "a; b" and the end of the line.
func (p *parser) simpleLine() error {
	for {
		if err := p.simple(); err != nil {
			return err
		}
		if !p.takeOp(";") {
			break
		}
		if p.peek().kind == newline {
			break
		}
	}
	if !p.take(newline) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) simple() error {
	t := p.peek()
	if t.kind == name {
		switch t.text {
		case "pass", "break", "continue":
			p.pos++
			return nil
		case "return":
			p.pos++
			if p.startsExpression() {
				_, err := p.expressions()
				return err
			}
			return nil
		case "raise":
			p.pos++
			if !p.startsExpression() {
				return nil
			}
			if _, err := p.expression(); err != nil {
				return err
			}
			if p.takeName("from") {
				_, err := p.expression()
				return err
			}
			return nil
		case "global", "nonlocal":
			p.pos++
			return p.names()
		case "del":
			p.pos++
			s, err := p.expressions()
			if err == nil && !p.target(s) {
				return p.fail("this cannot be deleted")
			}
			return err
		case "assert":
			p.pos++
			if _, err := p.expression(); err != nil {
				return err
			}
			if p.takeOp(",") {
				_, err := p.expression()
				return err
			}
			return nil
		case "import":
			p.pos++
			return p.imports()
		case "from":
			return p.importFrom()
		case "type":
			if n := p.next(); n.kind == name && !keyword(n.text) {
				return p.typeAlias()
			}
		case "print", "exec":
			if n := p.next(); n.kind == str || n.kind == fstart || n.kind == num || n.kind == name && !keyword(n.text) {
				return p.fail("%s is a function: its argument must stand in brackets", t.text)
			}
		}
	}
	return p.assignment()
}

func (p *parser) names() error {
	for {
		if t := p.peek(); t.kind != name || keyword(t.text) {
			return p.unexpected()
		}
		p.pos++
		if !p.takeOp(",") {
			return nil
		}
	}
}

// dotted parses "a.b.c".
func (p *parser) dotted() error {
	for {
		if t := p.peek(); t.kind != name || keyword(t.text) {
			return p.unexpected()
		}
		p.pos++
		if !p.takeOp(".") {
			return nil
		}
	}
}

func (p *parser) as() error {
	if !p.takeName("as") {
		return nil
	}
	if t := p.peek(); t.kind != name || keyword(t.text) {
		return p.unexpected()
	}
	p.pos++
	return nil
}

func (p *parser) imports() error {
	for {
		if err := p.dotted(); err != nil {
			return err
		}
		if err := p.as(); err != nil {
			return err
		}
		if !p.takeOp(",") {
			return nil
		}
	}
}

func (p *parser) importFrom() error {
	p.pos++
	dots := false
	for p.isOp(".", "...") {
		p.pos++
		dots = true
	}
	if !dots || !p.isName("import") {
		if err := p.dotted(); err != nil {
			return err
		}
	}
	if !p.takeName("import") {
		return p.unexpected()
	}
	if p.takeOp("*") {
		return nil
	}
	brackets := p.takeOp("(")
	for {
		if t := p.peek(); t.kind != name || keyword(t.text) {
			return p.unexpected()
		}
		p.pos++
		if err := p.as(); err != nil {
			return err
		}
		if !p.takeOp(",") || brackets && p.isOp(")") {
			break
		}
	}
	if brackets && !p.takeOp(")") {
		return p.unexpected()
	}
	return nil
}

func (p *parser) typeAlias() error {
	p.pos += 2
	if err := p.typeParameters(); err != nil {
		return err
	}
	if !p.takeOp("=") {
		return p.unexpected()
	}
	_, err := p.expression()
	return err
}

// typeParameters parses "[T: int = str, *Ts, **P]", where there are any.
func (p *parser) typeParameters() error {
	if !p.takeOp("[") {
		return nil
	}
	for {
		if p.isOp("*", "**") {
			p.pos++
		}
		if t := p.peek(); t.kind != name || keyword(t.text) {
			return p.unexpected()
		}
		p.pos++
		for _, o := range []string{":", "="} {
			if p.takeOp(o) {
				if _, err := p.starExpression(); err != nil {
					return err
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

// inPlace are the operators of augmented assignments.
var inPlace = []string{"+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="}

// assignment parses an expression statement or any assignment.
func (p *parser) assignment() error {
	s, err := p.value()
	if err != nil {
		return err
	}
	switch {
	case p.takeOp(":"):
		if s != single {
			return p.fail("only a single name can have a type")
		}
		if _, err := p.expression(); err != nil {
			return err
		}
		if p.takeOp("=") {
			_, err := p.value()
			return err
		}
		return nil
	case p.isOp(inPlace...):
		if s != single {
			return p.fail("this cannot be assigned to in place")
		}
		p.pos++
		_, err := p.value()
		return err
	}
	for p.takeOp("=") {
		if s == starred {
			return p.fail("a starred target must be in a list or tuple")
		}
		if !p.target(s) {
			return p.fail("this cannot be assigned to")
		}
		if s, err = p.value(); err != nil {
			return err
		}
	}
	return nil
}

// value parses what may stand on the right side of "=": a yield or expressions.
func (p *parser) value() (shape, error) {
	if p.isName("yield") {
		return other, p.yield()
	}
	return p.expressions()
}
