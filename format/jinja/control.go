package jinja

import (
	"fmt"
	"slices"
)

// loop runs a for statement over a value. outer is the loop that calls itself, nil for the first.
func (e *evaluator) loop(st *forStmt, iter value, s *scope, outer *loopVar) error {
	items, err := elements(iter)
	if err != nil {
		return err
	}
	if st.cond != nil {
		var kept []value
		for _, x := range items {
			in := newScope(s)
			if err := e.assign(st.target, x, in); err != nil {
				return err
			}
			v, err := e.eval(st.cond, in)
			if err != nil {
				return err
			}
			if truth(v) {
				kept = append(kept, x)
			}
		}
		items = kept
	}
	if len(items) == 0 {
		_, err := e.run(st.orElse, newScope(s))
		return err
	}
	lv := &loopVar{items: items}
	if outer != nil {
		lv.depth = outer.depth + 1
	}
	if st.recursive {
		lv.again = func(v value) (value, error) {
			if e.calls >= maxCalls {
				return nil, fmt.Errorf("a loop that calls itself deeper than %d", maxCalls)
			}
			e.calls++
			back := e.out
			e.out = &builder{}
			defer func() { e.out = back; e.calls-- }()
			err := e.loop(st, v, s, lv)
			return e.out.text(), err
		}
	}
	for i, x := range items {
		if err := e.spend(0); err != nil {
			return err
		}
		lv.at = i
		in := newScope(s)
		in.vars["loop"] = lv
		if err := e.assign(st.target, x, in); err != nil {
			return err
		}
		sig, err := e.run(st.body, in)
		if err != nil {
			return err
		}
		if sig == broken {
			break
		}
	}
	return nil
}

// macro makes a callable of a macro that was defined in s.
func (e *evaluator) macro(m *macro, s *scope) *callable {
	return &callable{name: m.id, call: func(e *evaluator, args arguments) (value, error) {
		if e.calls >= maxCalls {
			return nil, fmt.Errorf("macros call each other deeper than %d", maxCalls)
		}
		e.calls++
		defer func() { e.calls-- }()
		in := newScope(s)
		given := map[string]bool{}
		var more []value
		for i, v := range args.at {
			if i >= len(m.params) {
				more = append(more, v)
				continue
			}
			in.vars[m.params[i]], given[m.params[i]] = v, true
		}
		extra := NewDict()
		for i, n := range args.names {
			switch {
			case given[n]:
				return nil, fmt.Errorf("macro %s is given its argument %q twice", m.id, n)
			case slices.Contains(m.params, n):
				in.vars[n], given[n] = args.named[i], true
			case n == "caller" && m.caller:
				in.vars[n] = args.named[i]
			default:
				extra.put(name2key(n), str(n), args.named[i])
			}
		}
		switch {
		case len(more) > 0 && !m.rest:
			return nil, fmt.Errorf("macro %s takes at most %d arguments, %d are given", m.id, len(m.params), len(args.at))
		case len(extra.keys) > 0 && !m.pairs:
			return nil, fmt.Errorf("macro %s has no argument %q", m.id, extra.keys[0].(text).s)
		}
		if m.rest {
			in.vars["varargs"] = &list{items: more, tuple: true}
		}
		if m.pairs {
			in.vars["kwargs"] = extra
		}
		first := len(m.params) - len(m.defaults)
		for i, p := range m.params {
			if given[p] {
				continue
			}
			if i < first {
				in.vars[p] = undefined{fmt.Sprintf("parameter %q", p)}
				continue
			}
			v, err := e.eval(m.defaults[i-first], in)
			if err != nil {
				return nil, err
			}
			in.vars[p] = v
		}
		return e.capture(m.body, in)
	}}
}
