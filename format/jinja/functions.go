package jinja

import (
	"errors"
	"fmt"
)

// maxRange is the most elements of a range, as in Jinja's sandbox.
const maxRange = 100_000

// globals are the functions that every template may call.
func globals() map[string]value {
	all := map[string]value{}
	for id, fn := range map[string]func(*evaluator, arguments) (value, error){
		"range": rangeOf, "dict": dictOf, "namespace": namespaceOf, "raise_exception": raise, "strftime_now": strftimeNow,
		"joiner": joinerOf, "cycler": cyclerOf,
	} {
		all[id] = &callable{name: id, call: fn}
	}
	return all
}

func rangeOf(e *evaluator, args arguments) (value, error) {
	if len(args.at) < 1 || len(args.at) > 3 || len(args.names) > 0 {
		return nil, fmt.Errorf("range takes 1 to 3 numbers, %d are given", len(args.at)+len(args.names))
	}
	n := make([]int, len(args.at))
	for i, v := range args.at {
		var err error
		if n[i], err = asInt("a bound of range", v); err != nil {
			return nil, err
		}
	}
	from, to, step := 0, n[0], 1
	if len(n) > 1 {
		from, to = n[0], n[1]
	}
	if len(n) > 2 {
		step = n[2]
	}
	if step == 0 {
		return nil, errors.New("range with step 0")
	}
	l := &list{}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		if len(l.items) == maxRange {
			return nil, fmt.Errorf("a range of more than %d", maxRange)
		}
		l.items = append(l.items, int64(i))
		if step > 0 && i > to-step || step < 0 && i < to-step {
			break
		}
	}
	return l, e.spend(16 * len(l.items))
}

func dictOf(e *evaluator, args arguments) (value, error) {
	d := NewDict()
	if len(args.at) > 1 {
		return nil, errors.New("dict takes one value by place at most")
	}
	if len(args.at) == 1 {
		items, err := elements(args.at[0])
		if from, ok := args.at[0].(*Dict); ok {
			items, err = pairs(from), nil
		}
		if err != nil {
			return nil, err
		}
		for _, x := range items {
			pair, err := elements(x)
			if err != nil || len(pair) != 2 {
				return nil, errors.New("dict of what are no pairs")
			}
			h, ok := hashOf(pair[0])
			if !ok {
				return nil, fmt.Errorf("a %s cannot be a key", kindOf(pair[0]))
			}
			d.put(h, pair[0], pair[1])
		}
	}
	for i, id := range args.names {
		d.put(name2key(id), str(id), args.named[i])
	}
	return d, e.spend(32 * len(d.keys))
}

func namespaceOf(e *evaluator, args arguments) (value, error) {
	v, err := dictOf(e, args)
	if err != nil {
		return nil, err
	}
	d := v.(*Dict)
	d.space = true
	return d, nil
}

func raise(e *evaluator, args arguments) (value, error) {
	var v value
	if err := args.bind("raise_exception", 1, []string{"message"}, &v); err != nil {
		return nil, err
	}
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	return nil, &raised{t.s}
}

// raised is a template's own error, until a line is put to it.
type raised struct{ msg string }

func (r *raised) Error() string { return r.msg }

func joinerOf(_ *evaluator, args arguments) (value, error) {
	var sep value = str(", ")
	if err := args.bind("joiner", 0, []string{"sep"}, &sep); err != nil {
		return nil, err
	}
	used := false
	return &callable{name: "joiner", call: func(*evaluator, arguments) (value, error) {
		if !used {
			used = true
			return str(""), nil
		}
		return sep, nil
	}}, nil
}

func cyclerOf(_ *evaluator, args arguments) (value, error) {
	if len(args.at) == 0 {
		return nil, errors.New("cycler takes an argument at least")
	}
	return &cyclerVar{items: args.at}, nil
}
