package jinja

import (
	"errors"
	"unicode/utf8"
)

// within reads the arguments of find and its kin: what is looked for, and the part of t between start and end, which begins
// at a character; it is not ok where start lies behind it.
func within(t text, args arguments) (v value, in struct {
	s  string
	ok bool
}, from int, err error) {
	var start, end value
	if err := args.bind("it", 1, []string{"sub", "start", "end"}, &v, &start, &end); err != nil {
		return nil, in, 0, err
	}
	in.s, in.ok = t.s, true
	if start == nil && end == nil {
		return v, in, 0, nil
	}
	n := utf8.RuneCountInString(t.s)
	bound := func(b value, absent int) (int, error) {
		if b == nil {
			return absent, nil
		}
		i, err := asInt("a bound", b)
		if i < 0 {
			i = max(i+n, 0)
		}
		return i, err
	}
	if from, err = bound(start, 0); err != nil {
		return nil, in, 0, err
	}
	to, err := bound(end, n)
	to = min(to, n)
	if in.ok = from <= to; in.ok && err == nil {
		in.s = t.runes(from, to).s
	}
	return v, in, from, err
}

func edge(has func(s, part string) bool) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		v, in, _, err := within(t, args)
		if err != nil {
			return nil, err
		}
		parts := []value{v}
		if l, ok := v.(*list); ok && l.tuple {
			parts = l.items
		}
		for _, p := range parts {
			p, err := asText("the argument", p)
			if err != nil {
				return nil, err
			}
			if in.ok && has(in.s, p.s) {
				return true, nil
			}
		}
		return false, nil
	}
}

// finding gives the place of a part in characters; absent is what -1 becomes, an error where it is not -1.
func finding(find func(s, sub string) int, absent int) textMethod {
	return func(e *evaluator, t text, args arguments) (value, error) {
		v, in, from, err := within(t, args)
		if err != nil {
			return nil, err
		}
		sub, err := asText("sub", v)
		if err != nil {
			return nil, err
		}
		i := -1
		if in.ok {
			i = find(in.s, sub.s)
		}
		if i < 0 {
			if absent != -1 {
				return nil, errors.New("the part is not there")
			}
			return int64(-1), nil
		}
		return int64(from + utf8.RuneCountInString(in.s[:i])), e.spend(len(t.s) / 64)
	}
}
