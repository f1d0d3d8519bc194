package jinja

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// tuple reads an expression, or several with commas between, which are a tuple. until are names that end it.
func (p *parser) tuple(choices bool, until []string) (expr, error) {
	at := p.pos()
	var items []expr
	comma := false
	for {
		if t := p.now(); t.kind == tVarEnd || t.kind == tBlockEnd || p.is(tOp, ")") || t.kind == tName && slices.Contains(until, t.s) {
			break
		}
		e, err := p.expression(choices)
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if !p.skip(tOp, ",") {
			break
		}
		comma = true
	}
	if len(items) == 1 && !comma {
		return items[0], nil
	}
	if len(items) == 0 {
		return nil, p.errorf("%s where an expression should be", p.now())
	}
	return &sequence{at, items, true}, nil
}

// expression is a whole expression; without choices an "if" after it is left standing.
func (p *parser) expression(choices bool) (expr, error) {
	if err := p.down(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	e, err := p.or()
	if err != nil || !choices {
		return e, err
	}
	for at := p.pos(); p.skip(tName, "if"); at = p.pos() {
		cond, err := p.or()
		if err != nil {
			return nil, err
		}
		var no expr
		if p.skip(tName, "else") {
			if no, err = p.expression(true); err != nil {
				return nil, err
			}
		}
		e = &choice{at, cond, e, no}
	}
	return e, nil
}

func (p *parser) or() (expr, error) {
	return p.chain(p.and, tName, "or")
}

func (p *parser) and() (expr, error) {
	return p.chain(p.not, tName, "and")
}

// chain reads operands that left-associative operators join.
func (p *parser) chain(operand func() (expr, error), k kind, ops ...string) (expr, error) {
	e, err := operand()
	for n := 0; err == nil && p.now().kind == k && slices.Contains(ops, p.now().s); n++ {
		// The tree of a chain is as deep as the chain is long.
		if n > maxChain {
			return nil, p.errorf("more than %d operators in a row", maxChain)
		}
		at, op := p.pos(), p.take().s
		var b expr
		if b, err = operand(); err == nil {
			e = &binary{at, op, e, b}
		}
	}
	return e, err
}

// maxChain bounds operators, attributes, calls and filters in a row.
const maxChain = 500

func (p *parser) not() (expr, error) {
	at := p.pos()
	if !p.skip(tName, "not") {
		return p.comparison()
	}
	if err := p.down(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	e, err := p.not()
	return &unary{at, "not", e}, err
}

func (p *parser) comparison() (expr, error) {
	at := p.pos()
	first, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := &comparison{pos: at, first: first}
	for {
		op := ""
		switch t := p.now(); {
		case t.kind == tOp && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.s):
			op = t.s
			p.at++
		case t.kind == tName && t.s == "in":
			op = "in"
			p.at++
		case t.kind == tName && t.s == "not" && p.ahead().kind == tName && p.ahead().s == "in":
			op = "not in"
			p.at += 2
		}
		if op == "" {
			break
		}
		e, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.ops, c.rest = append(c.ops, op), append(c.rest, e)
	}
	if len(c.ops) == 0 {
		return first, nil
	}
	return c, nil
}

func (p *parser) sum() (expr, error) { return p.chain(p.joined, tOp, "+", "-") }

func (p *parser) joined() (expr, error) {
	at := p.pos()
	e, err := p.product()
	if err != nil || !p.is(tOp, "~") {
		return e, err
	}
	c := &concat{at, []expr{e}}
	for p.skip(tOp, "~") {
		if e, err = p.product(); err != nil {
			return nil, err
		}
		c.of = append(c.of, e)
	}
	return c, nil
}

func (p *parser) product() (expr, error) { return p.chain(p.power, tOp, "*", "/", "//", "%") }

func (p *parser) power() (expr, error) {
	return p.chain(func() (expr, error) { return p.unary(true) }, tOp, "**")
}

func (p *parser) unary(filters bool) (expr, error) {
	at := p.pos()
	var e expr
	var err error
	if p.is(tOp, "-") || p.is(tOp, "+") {
		op := p.take().s
		if err := p.down(); err != nil {
			return nil, err
		}
		e, err = p.unary(false)
		p.depth--
		e = &unary{at, op, e}
	} else {
		e, err = p.primary()
	}
	if err != nil {
		return nil, err
	}
	if e, err = p.postfix(e); err != nil || !filters {
		return e, err
	}
	return p.filters(e, false)
}

func (p *parser) primary() (expr, error) {
	at := p.pos()
	switch t := p.now(); t.kind {
	case tName:
		p.at++
		switch t.s {
		case "true", "True":
			return &constant{at, true}, nil
		case "false", "False":
			return &constant{at, false}, nil
		case "none", "None":
			return &constant{at, nil}, nil
		}
		if p.names != nil {
			p.names[t.s] = true
		}
		return &name{at, t.s}, nil
	case tString:
		var b strings.Builder
		for p.now().kind == tString {
			b.WriteString(p.take().s)
		}
		return &constant{at, str(b.String())}, nil
	case tInt:
		i, err := strconv.ParseInt(t.s, 0, 64)
		if err != nil {
			if i, err = strconv.ParseInt(strings.TrimLeft(t.s, "0")+"0", 10, 64); err != nil || t.s[0] != '0' {
				return nil, p.errorf("number %s does not fit 64 bits", t.s)
			}
			i /= 10
		}
		p.at++
		return &constant{at, i}, nil
	case tFloat:
		f, err := strconv.ParseFloat(t.s, 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, p.errorf("%s is no number", t.s)
		}
		p.at++
		return &constant{at, f}, nil
	case tOp:
		switch t.s {
		case "(":
			p.at++
			if p.skip(tOp, ")") {
				return &sequence{at, nil, true}, nil
			}
			e, err := p.tuple(true, nil)
			if err != nil {
				return nil, err
			}
			return e, p.want(tOp, ")")
		case "[":
			return p.list(at)
		case "{":
			return p.dict(at)
		}
	}
	return nil, p.errorf("an unexpected %s", p.now())
}

// separated reads items with commas between them, one after the last allowed, up to the bracket end.
func (p *parser) separated(end string, item func() error) error {
	for first := true; !p.skip(tOp, end); first = false {
		if !first {
			if err := p.want(tOp, ","); err != nil {
				return err
			}
			if p.skip(tOp, end) {
				break
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) list(at pos) (expr, error) {
	p.at++
	s := &sequence{pos: at}
	return s, p.separated("]", func() error {
		e, err := p.expression(true)
		s.items = append(s.items, e)
		return err
	})
}

func (p *parser) dict(at pos) (expr, error) {
	p.at++
	m := &mapping{pos: at}
	return m, p.separated("}", func() error {
		k, err := p.expression(true)
		if err != nil {
			return err
		}
		if err := p.want(tOp, ":"); err != nil {
			return err
		}
		v, err := p.expression(true)
		m.keys, m.vals = append(m.keys, k), append(m.vals, v)
		return err
	})
}

func (p *parser) postfix(e expr) (expr, error) {
	for n := 0; p.now().kind == tOp; n++ {
		if n > maxChain {
			return nil, p.errorf("more than %d attributes and calls in a row", maxChain)
		}
		at := p.pos()
		switch p.now().s {
		case ".":
			p.at++
			switch t := p.take(); t.kind {
			case tName:
				e = &attribute{at, e, t.s}
			case tInt:
				i, err := strconv.ParseInt(t.s, 10, 64)
				if err != nil {
					return nil, p.errorf("index %s is no number", t.s)
				}
				e = &subscript{at, e, &constant{at, i}}
			default:
				return nil, p.errorf("%s where a name should be", t)
			}
		case "[":
			p.at++
			i, err := p.index()
			if err != nil {
				return nil, err
			}
			e = &subscript{at, e, i}
		case "(":
			args, err := p.args()
			if err != nil {
				return nil, err
			}
			e = &call{at, e, args}
		default:
			return e, nil
		}
	}
	return e, nil
}

// index reads what stands in brackets after a value.
func (p *parser) index() (expr, error) {
	at := p.pos()
	part := func() (expr, error) {
		if p.is(tOp, ":") || p.is(tOp, "]") || p.is(tOp, ",") {
			return nil, nil
		}
		return p.expression(true)
	}
	var items []expr
	for {
		e, err := part()
		if err != nil {
			return nil, err
		}
		if p.skip(tOp, ":") {
			s := &slice{pos: at, from: e}
			if s.to, err = part(); err != nil {
				return nil, err
			}
			if p.skip(tOp, ":") {
				if s.step, err = part(); err != nil {
					return nil, err
				}
			}
			e = s
		}
		if e == nil {
			return nil, p.errorf("%s where an index should be", p.now())
		}
		items = append(items, e)
		if !p.skip(tOp, ",") {
			break
		}
	}
	if err := p.want(tOp, "]"); err != nil {
		return nil, err
	}
	if len(items) == 1 {
		return items[0], nil
	}
	return &sequence{at, items, true}, nil
}

func (p *parser) args() (a callArgs, err error) {
	if err := p.want(tOp, "("); err != nil {
		return a, err
	}
	err = p.separated(")", func() error {
		var e expr
		var err error
		switch {
		case p.skip(tOp, "**"):
			a.pairs, err = p.expression(true)
		case p.skip(tOp, "*"):
			a.more, err = p.expression(true)
		case p.now().kind == tName && p.ahead().kind == tOp && p.ahead().s == "=":
			a.names = append(a.names, p.take().s)
			p.at++
			e, err = p.expression(true)
			a.named = append(a.named, e)
		default:
			if len(a.names) > 0 || a.pairs != nil {
				return p.errorf("an argument by place after one by name")
			}
			e, err = p.expression(true)
			a.at = append(a.at, e)
		}
		return err
	})
	return a, err
}

// dotted reads the name of a filter or test.
func (p *parser) dotted() (string, error) {
	id, err := p.wantName()
	for err == nil && p.skip(tOp, ".") {
		var more string
		more, err = p.wantName()
		id += "." + more
	}
	return id, err
}

// filters reads filters, tests and calls after a value; bare says that a filter comes without its |.
func (p *parser) filters(e expr, bare bool) (expr, error) {
	for n := 0; ; n++ {
		if n > maxChain {
			return nil, p.errorf("more than %d filters in a row", maxChain)
		}
		at := p.pos()
		switch {
		case bare || p.skip(tOp, "|"):
			bare = false
			id, err := p.dotted()
			if err != nil {
				return nil, err
			}
			f := &filter{pos: at, of: e, id: id}
			if _, ok := filterTable[id]; !ok {
				return nil, &Error{Line: int(at), Msg: fmt.Sprintf("filter %q is not known", id)}
			}
			if p.is(tOp, "(") {
				if f.args, err = p.args(); err != nil {
					return nil, err
				}
			}
			e = f
		case e != nil && p.skip(tName, "is"):
			t, err := p.test(at, e)
			if err != nil {
				return nil, err
			}
			e = t
		case e != nil && p.is(tOp, "("):
			args, err := p.args()
			if err != nil {
				return nil, err
			}
			e = &call{at, e, args}
		default:
			return e, nil
		}
	}
}

func (p *parser) test(at pos, of expr) (expr, error) {
	t := &test{pos: at, of: of, not: p.skip(tName, "not")}
	var err error
	if t.id, err = p.dotted(); err != nil {
		return nil, err
	}
	if _, ok := testTable[t.id]; !ok {
		return nil, &Error{Line: int(at), Msg: fmt.Sprintf("test %q is not known", t.id)}
	}
	now := p.now()
	switch {
	case p.is(tOp, "("):
		t.args, err = p.args()
	case now.kind == tString || now.kind == tInt || now.kind == tFloat || p.is(tOp, "[") || p.is(tOp, "{") ||
		now.kind == tName && now.s != "else" && now.s != "or" && now.s != "and":
		if now.kind == tName && now.s == "is" {
			return nil, p.errorf("two tests of one value in a row")
		}
		var e expr
		if e, err = p.primary(); err != nil {
			return nil, err
		}
		e, err = p.postfix(e)
		t.args.at = []expr{e}
	}
	return t, err
}
