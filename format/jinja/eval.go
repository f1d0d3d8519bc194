package jinja

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// evaluator is one rendering.
type evaluator struct {
	ctx     context.Context
	opt     Options
	globals map[string]value
	out     *builder
	root    *builder // out where nothing is being captured
	steps   int
	memory  int
	calls   int // macros that run in one another

	generation []Span
}

// maxCalls is how deep macros may call each other.
const maxCalls = 100

type scope struct {
	vars map[string]value
	up   *scope
}

func newScope(up *scope) *scope { return &scope{map[string]value{}, up} }

// spend counts a step, and bytes that it makes.
func (e *evaluator) spend(bytes int) error {
	e.steps++
	if e.steps > e.opt.Steps {
		return fmt.Errorf("the template takes more than %d steps: does it loop for ever?", e.opt.Steps)
	}
	if e.memory += bytes; e.memory > e.opt.Memory {
		return fmt.Errorf("the template makes more than %d MiB of text", e.opt.Memory>>20)
	}
	if e.steps%4096 == 0 {
		return e.ctx.Err()
	}
	return nil
}

// signal says why a body ended.
type signal byte

const (
	through signal = iota
	broken
	continued
)

func (e *evaluator) run(body []stmt, s *scope) (signal, error) {
	for _, st := range body {
		if err := e.spend(0); err != nil {
			return through, at(st.line(), err)
		}
		sig, err := e.exec(st, s)
		if err != nil {
			return through, at(st.line(), err)
		}
		if sig != through {
			return sig, nil
		}
	}
	return through, nil
}

func (e *evaluator) exec(st stmt, s *scope) (signal, error) {
	switch st := st.(type) {
	case output:
		e.out.lit(st.s)
		return through, e.spend(len(st.s))
	case printed:
		v, err := e.eval(st.e, s)
		if err != nil {
			return through, err
		}
		return through, e.write(v)
	case ifStmt:
		for i, c := range st.conds {
			v, err := e.eval(c, s)
			if err != nil {
				return through, err
			}
			if truth(v) {
				return e.run(st.bodies[i], s)
			}
		}
		if len(st.bodies) > len(st.conds) {
			return e.run(st.bodies[len(st.conds)], s)
		}
	case forStmt:
		iter, err := e.eval(st.iter, s)
		if err != nil {
			return through, err
		}
		return through, e.loop(&st, iter, s, nil)
	case setStmt:
		return through, e.set(&st, s)
	case *macro:
		s.vars[st.id] = e.macro(st, s)
	case callStmt:
		fn, args, err := e.prepare(st.call, s)
		if err != nil {
			return through, err
		}
		args.names = append(args.names, "caller")
		args.named = append(args.named, e.macro(st.with, s))
		v, err := e.invoke(fn, args)
		if err != nil {
			return through, err
		}
		return through, e.write(v)
	case filterStmt:
		t, err := e.capture(st.body, newScope(s))
		if err != nil {
			return through, err
		}
		v, err := e.pipe(st.filter, t, s)
		if err != nil {
			return through, err
		}
		return through, e.write(v)
	case withStmt:
		in := newScope(s)
		for i, t := range st.targets {
			v, err := e.eval(st.vals[i], s)
			if err != nil {
				return through, err
			}
			if err := e.assign(t, v, in); err != nil {
				return through, err
			}
		}
		return e.run(st.body, in)
	case generation:
		from := len(e.out.b)
		sig, err := e.run(st.body, newScope(s))
		if to := len(e.out.b); e.out == e.root && to > from {
			e.generation = append(e.generation, Span{from, to})
		}
		return sig, err
	case jump:
		if st.stop {
			return broken, nil
		}
		return continued, nil
	}
	return through, nil
}

func (e *evaluator) write(v value) error {
	t, err := e.print(v)
	if err != nil {
		return err
	}
	e.out.add(t)
	return e.spend(len(t.s))
}

// capture runs a body and gives what it would have printed.
func (e *evaluator) capture(body []stmt, s *scope) (text, error) {
	outer := e.out
	e.out = &builder{}
	defer func() { e.out = outer }()
	_, err := e.run(body, s)
	return e.out.text(), err
}

func (e *evaluator) set(st *setStmt, s *scope) error {
	var v value
	var err error
	if st.e != nil {
		v, err = e.eval(st.e, s)
	} else {
		v, err = e.capture(st.body, newScope(s))
		if err == nil && st.filter != nil {
			v, err = e.pipe(st.filter, v, s)
		}
	}
	if err != nil || st.target == nil {
		return err
	}
	return e.assign(st.target, v, s)
}

func (e *evaluator) assign(target expr, v value, s *scope) error {
	switch t := target.(type) {
	case *name:
		s.vars[t.id] = v
	case *attribute:
		of, err := e.eval(t.of, s)
		if err != nil {
			return err
		}
		d, ok := of.(*Dict)
		if !ok || !d.space {
			return fmt.Errorf("attribute %q of a %s is set: only a namespace's can be", t.id, kindOf(of))
		}
		d.put(name2key(t.id), str(t.id), v)
	case *sequence:
		items, err := elements(v)
		if err != nil {
			return err
		}
		if len(items) != len(t.items) {
			return fmt.Errorf("%d values for %d names", len(items), len(t.items))
		}
		for i, x := range t.items {
			if err := e.assign(x, items[i], s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *evaluator) eval(x expr, s *scope) (value, error) {
	if err := e.spend(0); err != nil {
		return nil, at(x.line(), err)
	}
	v, err := e.value(x, s)
	if err != nil {
		return nil, at(x.line(), err)
	}
	return v, nil
}

func (e *evaluator) value(x expr, s *scope) (value, error) {
	switch x := x.(type) {
	case *constant:
		return x.v, nil
	case *name:
		for in := s; in != nil; in = in.up {
			if v, ok := in.vars[x.id]; ok {
				return v, nil
			}
		}
		if v, ok := e.globals[x.id]; ok {
			return v, nil
		}
		return undefined{fmt.Sprintf("%q", x.id)}, nil
	case *attribute:
		of, err := e.eval(x.of, s)
		if err != nil {
			return nil, err
		}
		return e.attribute(of, x.id)
	case *subscript:
		return e.subscript(x, s)
	case *call:
		fn, args, err := e.prepare(x, s)
		if err != nil {
			return nil, err
		}
		return e.invoke(fn, args)
	case *filter:
		of, err := e.eval(x.of, s)
		if err != nil {
			return nil, err
		}
		return e.filter(x, of, s)
	case *test:
		of, err := e.eval(x.of, s)
		if err != nil {
			return nil, err
		}
		args, err := e.arguments(x.args, s)
		if err != nil {
			return nil, err
		}
		yes, err := e.test(x.id, of, args)
		return yes != x.not, err
	case *unary:
		of, err := e.eval(x.of, s)
		if err != nil {
			return nil, err
		}
		if x.op == "not" {
			return !truth(of), nil
		}
		return negate(x.op, of)
	case *binary:
		a, err := e.eval(x.a, s)
		if err != nil {
			return nil, err
		}
		if x.op == "and" && !truth(a) || x.op == "or" && truth(a) {
			return a, nil
		}
		b, err := e.eval(x.b, s)
		if err != nil || x.op == "and" || x.op == "or" {
			return b, err
		}
		return e.arithmetic(x.op, a, b)
	case *concat:
		var out builder
		for _, part := range x.of {
			v, err := e.eval(part, s)
			if err != nil {
				return nil, err
			}
			t, err := e.print(v)
			if err != nil {
				return nil, err
			}
			out.add(t)
		}
		return out.text(), e.spend(len(out.b))
	case *comparison:
		return e.comparison(x, s)
	case *choice:
		c, err := e.eval(x.cond, s)
		switch {
		case err != nil:
			return nil, err
		case truth(c):
			return e.eval(x.yes, s)
		case x.no == nil:
			return undefined{"the else of an if"}, nil
		}
		return e.eval(x.no, s)
	case *sequence:
		items, err := e.evalAll(x.items, s)
		return &list{items: items, tuple: x.tuple}, err
	case *mapping:
		d := NewDict()
		for i, k := range x.keys {
			key, err := e.eval(k, s)
			if err != nil {
				return nil, err
			}
			v, err := e.eval(x.vals[i], s)
			if err != nil {
				return nil, err
			}
			h, ok := hashOf(key)
			if !ok {
				return nil, fmt.Errorf("a %s cannot be a key", kindOf(key))
			}
			d.put(h, key, v)
		}
		return d, nil
	}
	return nil, errors.New("a slice outside brackets")
}

func (e *evaluator) evalAll(list []expr, s *scope) ([]value, error) {
	out := make([]value, len(list))
	for i, x := range list {
		v, err := e.eval(x, s)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (e *evaluator) comparison(x *comparison, s *scope) (value, error) {
	a, err := e.eval(x.first, s)
	if err != nil {
		return nil, err
	}
	for i, op := range x.ops {
		b, err := e.eval(x.rest[i], s)
		if err != nil {
			return nil, err
		}
		ok, err := e.compare(op, a, b)
		if err != nil || !ok {
			return false, err
		}
		a = b
	}
	return true, nil
}

func (e *evaluator) compare(op string, a, b value) (bool, error) {
	if t, ok := a.(text); ok {
		if err := e.spend(len(t.s) / 64); err != nil {
			return false, err
		}
	}
	switch op {
	case "==":
		return e.equal(a, b, 0), nil
	case "!=":
		return !e.equal(a, b, 0), nil
	case "in":
		return e.contains(b, a)
	case "not in":
		yes, err := e.contains(b, a)
		return !yes, err
	}
	c, err := e.compareValues(a, b, 0)
	switch op {
	case "<":
		return c < 0, err
	case "<=":
		return c <= 0, err
	case ">":
		return c > 0, err
	}
	return c >= 0, err
}

// prepare evaluates what is called and its arguments.
func (e *evaluator) prepare(x *call, s *scope) (value, arguments, error) {
	fn, err := e.eval(x.fn, s)
	if err != nil {
		return nil, arguments{}, err
	}
	args, err := e.arguments(x.args, s)
	return fn, args, err
}

func (e *evaluator) arguments(c callArgs, s *scope) (arguments, error) {
	var a arguments
	var err error
	if a.at, err = e.evalAll(c.at, s); err != nil {
		return a, err
	}
	if c.more != nil {
		v, err := e.eval(c.more, s)
		if err != nil {
			return a, err
		}
		items, err := elements(v)
		if err != nil {
			return a, err
		}
		a.at = append(a.at, items...)
	}
	a.names = slices.Clone(c.names)
	if a.named, err = e.evalAll(c.named, s); err != nil || c.pairs == nil {
		return a, err
	}
	v, err := e.eval(c.pairs, s)
	if err != nil {
		return a, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return a, fmt.Errorf("** of a %s, not of a dict", kindOf(v))
	}
	for i, k := range d.keys {
		k, ok := k.(text)
		if !ok {
			return a, fmt.Errorf("** of a dict with a %s for a key", kindOf(d.keys[i]))
		}
		a.names, a.named = append(a.names, k.s), append(a.named, d.vals[i])
	}
	return a, nil
}

func (e *evaluator) invoke(fn value, args arguments) (value, error) {
	switch fn := fn.(type) {
	case *callable:
		return fn.call(e, args)
	case *loopVar:
		if fn.again == nil {
			return nil, errors.New("loop is called in a loop that is not recursive")
		}
		var v value
		if err := args.bind("loop", 1, []string{"iterable"}, &v); err != nil {
			return nil, err
		}
		return fn.again(v)
	case undefined:
		return nil, errors.New(fn.message())
	}
	return nil, fmt.Errorf("a %s is called", kindOf(fn))
}

// pipe puts a block's text through a chain of filters.
func (e *evaluator) pipe(f *filter, v value, s *scope) (value, error) {
	if below, ok := f.of.(*filter); ok {
		var err error
		if v, err = e.pipe(below, v, s); err != nil {
			return nil, err
		}
	}
	return e.filter(f, v, s)
}

func (e *evaluator) filter(f *filter, of value, s *scope) (value, error) {
	args, err := e.arguments(f.args, s)
	if err != nil {
		return nil, err
	}
	return e.applyFilter(f.id, of, args)
}

func (e *evaluator) applyFilter(id string, of value, args arguments) (value, error) {
	fn, ok := filterTable[id]
	if !ok {
		return nil, fmt.Errorf("filter %q is not known", id)
	}
	v, err := fn(e, of, args)
	if err != nil {
		return nil, fmt.Errorf("filter %s: %w", id, err)
	}
	return v, nil
}

func (e *evaluator) test(id string, of value, args arguments) (bool, error) {
	fn, ok := testTable[id]
	if !ok {
		return false, fmt.Errorf("test %q is not known", id)
	}
	yes, err := fn(e, of, args)
	if err != nil {
		return false, fmt.Errorf("test %s: %w", id, err)
	}
	return yes, nil
}
