package jinja

import (
	"fmt"
	"slices"
)

// maxDepth is how deep expressions and blocks may stand in one another.
const maxDepth = 150

type parser struct {
	tokens []token
	at     int
	depth  int
	loops  int
	names  map[string]bool // seen since a macro began, for caller, varargs and kwargs
}

func parse(src string) ([]stmt, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	if p.now().kind != tEOF {
		return nil, p.errorf("an unexpected {%% %s %%}", p.now().s)
	}
	return body, nil
}

func (p *parser) now() token { return p.tokens[p.at] }

// ahead is the token after the one at hand.
func (p *parser) ahead() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != tEOF {
		p.at++
	}
	return t
}

func (p *parser) pos() pos { return pos(p.now().line) }

func (p *parser) is(k kind, s string) bool { t := p.now(); return t.kind == k && t.s == s }

func (p *parser) skip(k kind, s string) bool {
	if p.is(k, s) {
		p.at++
		return true
	}
	return false
}

func (p *parser) errorf(format string, args ...any) error {
	return &Error{Line: p.now().line, Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) want(k kind, s string) error {
	if !p.skip(k, s) {
		return p.errorf("%s where %q should be", p.now(), s)
	}
	return nil
}

func (p *parser) wantName() (string, error) {
	if p.now().kind != tName {
		return "", p.errorf("%s where a name should be", p.now())
	}
	return p.take().s, nil
}

func (p *parser) down() error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf("nested deeper than %d", maxDepth)
	}
	return nil
}

// body reads statements up to a block tag with one of the names, which is left standing with its {% taken, or to the end.
func (p *parser) body(until ...string) ([]stmt, error) {
	if err := p.down(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	var list []stmt
	for {
		at := p.pos()
		switch t := p.take(); t.kind {
		case tEOF:
			if len(until) > 0 {
				return nil, p.errorf("the template ends before {%% %s %%}", until[len(until)-1])
			}
			return list, nil
		case tData:
			list = append(list, output{at, t.s})
		case tVar:
			e, err := p.tuple(true, nil)
			if err != nil {
				return nil, err
			}
			if err := p.end(tVarEnd); err != nil {
				return nil, err
			}
			list = append(list, printed{at, e})
		default: // tBlock, the lexer gives no other here
			if p.now().kind == tName && slices.Contains(until, p.now().s) {
				return list, nil
			}
			s, err := p.statement()
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
}

func (p *parser) end(k kind) error {
	if p.now().kind != k {
		return p.errorf("an unexpected %s", p.now())
	}
	p.at++
	return nil
}

// closing reads a block up to {% name %}, that tag included.
func (p *parser) closing(name string) ([]stmt, error) {
	if err := p.end(tBlockEnd); err != nil {
		return nil, err
	}
	body, err := p.body(name)
	if err != nil {
		return nil, err
	}
	p.at++
	return body, p.end(tBlockEnd)
}

func (p *parser) statement() (stmt, error) {
	at := p.pos()
	word, err := p.wantName()
	if err != nil {
		return nil, err
	}
	switch word {
	case "if":
		return p.ifStmt(at)
	case "for":
		return p.forStmt(at)
	case "set":
		return p.setStmt(at)
	case "macro":
		return p.macroStmt(at)
	case "call":
		return p.callStmt(at)
	case "with":
		return p.withStmt(at)
	case "filter":
		f, err := p.filters(nil, true)
		if err != nil {
			return nil, err
		}
		body, err := p.closing("endfilter")
		return filterStmt{at, f.(*filter), body}, err
	case "generation":
		body, err := p.closing("endgeneration")
		return generation{at, body}, err
	case "break", "continue":
		if p.loops == 0 {
			return nil, &Error{Line: int(at), Msg: "{% " + word + " %} outside a loop"}
		}
		return jump{at, word == "break"}, p.end(tBlockEnd)
	case "do":
		e, err := p.tuple(true, nil)
		if err != nil {
			return nil, err
		}
		return setStmt{pos: at, e: e}, p.end(tBlockEnd)
	}
	return nil, &Error{Line: int(at), Msg: fmt.Sprintf("{%% %s %%} is no tag that a chat template may have", word)}
}

func (p *parser) ifStmt(at pos) (stmt, error) {
	s := ifStmt{pos: at}
	for {
		cond, err := p.tuple(false, nil)
		if err != nil {
			return nil, err
		}
		if err := p.end(tBlockEnd); err != nil {
			return nil, err
		}
		body, err := p.body("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.conds, s.bodies = append(s.conds, cond), append(s.bodies, body)
		switch p.take().s {
		case "elif":
			continue
		case "else":
			last, err := p.closing("endif")
			s.bodies = append(s.bodies, last)
			return s, err
		}
		return s, p.end(tBlockEnd)
	}
}

func (p *parser) forStmt(at pos) (stmt, error) {
	s := forStmt{pos: at}
	var err error
	if s.target, err = p.target([]string{"in"}); err != nil {
		return nil, err
	}
	if err := p.want(tName, "in"); err != nil {
		return nil, err
	}
	if s.iter, err = p.tuple(false, []string{"recursive"}); err != nil {
		return nil, err
	}
	if p.skip(tName, "if") {
		if s.cond, err = p.expression(true); err != nil {
			return nil, err
		}
	}
	s.recursive = p.skip(tName, "recursive")
	if err := p.end(tBlockEnd); err != nil {
		return nil, err
	}
	p.loops++
	s.body, err = p.body("else", "endfor")
	p.loops--
	if err != nil {
		return nil, err
	}
	if p.take().s == "else" {
		s.orElse, err = p.closing("endfor")
		return s, err
	}
	return s, p.end(tBlockEnd)
}

func (p *parser) setStmt(at pos) (stmt, error) {
	s := setStmt{pos: at}
	var err error
	if p.now().kind == tName && p.ahead().kind == tOp && p.ahead().s == "." {
		id := p.take().s
		p.at++
		attr, err := p.wantName()
		if err != nil {
			return nil, err
		}
		s.target = &attribute{at, &name{at, id}, attr}
	} else if s.target, err = p.target(nil); err != nil {
		return nil, err
	}
	if p.skip(tOp, "=") {
		if s.e, err = p.tuple(true, nil); err != nil {
			return nil, err
		}
		return s, p.end(tBlockEnd)
	}
	if p.is(tOp, "|") {
		f, err := p.filters(nil, false)
		if err != nil {
			return nil, err
		}
		s.filter = f.(*filter)
	}
	s.body, err = p.closing("endset")
	return s, err
}

// target is what a value is given to: a name or a tuple of them.
func (p *parser) target(until []string) (expr, error) {
	at := p.pos()
	if err := p.down(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	var items []expr
	tuple := false
	for {
		if p.skip(tOp, "(") {
			e, err := p.target(nil)
			if err != nil {
				return nil, err
			}
			if err := p.want(tOp, ")"); err != nil {
				return nil, err
			}
			items = append(items, e)
		} else {
			n := pos(p.now().line)
			if p.now().kind == tName && slices.Contains(until, p.now().s) {
				break
			}
			id, err := p.wantName()
			if err != nil {
				return nil, err
			}
			switch id {
			case "true", "false", "none", "True", "False", "None":
				return nil, &Error{Line: int(n), Msg: fmt.Sprintf("%q cannot be given a value", id)}
			}
			items = append(items, &name{n, id})
		}
		if !p.skip(tOp, ",") {
			break
		}
		tuple = true
		if p.is(tOp, ")") || p.is(tOp, "=") {
			break
		}
	}
	if !tuple && len(items) == 1 {
		return items[0], nil
	}
	return &sequence{at, items, true}, nil
}

// params reads a macro's parameters, and its body up to end.
func (p *parser) params(m *macro, parens bool) error {
	if !parens && !p.is(tOp, "(") {
		return nil
	}
	if err := p.want(tOp, "("); err != nil {
		return err
	}
	return p.separated(")", func() error {
		id, err := p.wantName()
		if err != nil {
			return err
		}
		m.params = append(m.params, id)
		if p.skip(tOp, "=") {
			e, err := p.expression(true)
			m.defaults = append(m.defaults, e)
			return err
		}
		if len(m.defaults) > 0 {
			return p.errorf("parameter %q without a default after one with", id)
		}
		return nil
	})
}

func (p *parser) macroBody(m *macro, end string) error {
	outer, loops := p.names, p.loops
	p.names, p.loops = map[string]bool{}, 0
	var err error
	m.body, err = p.closing(end)
	m.caller, m.rest, m.pairs = p.names["caller"], p.names["varargs"], p.names["kwargs"]
	if outer != nil {
		for n := range p.names {
			outer[n] = true
		}
	}
	p.names, p.loops = outer, loops
	return err
}

func (p *parser) macroStmt(at pos) (stmt, error) {
	id, err := p.wantName()
	if err != nil {
		return nil, err
	}
	m := &macro{pos: at, id: id}
	if err := p.params(m, true); err != nil {
		return nil, err
	}
	return m, p.macroBody(m, "endmacro")
}

func (p *parser) callStmt(at pos) (stmt, error) {
	m := &macro{pos: at, id: "caller"}
	if err := p.params(m, false); err != nil {
		return nil, err
	}
	e, err := p.expression(true)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*call)
	if !ok {
		return nil, &Error{Line: int(at), Msg: "{% call %} of what is no call"}
	}
	return callStmt{at, c, m}, p.macroBody(m, "endcall")
}

func (p *parser) withStmt(at pos) (stmt, error) {
	s := withStmt{pos: at}
	for p.now().kind != tBlockEnd {
		if len(s.targets) > 0 {
			if err := p.want(tOp, ","); err != nil {
				return nil, err
			}
		}
		n := p.pos()
		id, err := p.wantName()
		if err != nil {
			return nil, err
		}
		if err := p.want(tOp, "="); err != nil {
			return nil, err
		}
		v, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		s.targets, s.vals = append(s.targets, &name{n, id}), append(s.vals, v)
	}
	var err error
	s.body, err = p.closing("endwith")
	return s, err
}
