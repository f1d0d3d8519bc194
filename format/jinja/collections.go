package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// getter reads an attribute by a dotted path, numbers in it being indices; nil is the value itself.
func getter(by value) (func(e *evaluator, v value) (value, error), error) {
	if by == nil {
		return func(_ *evaluator, v value) (value, error) { return v, nil }, nil
	}
	var path []value
	switch by := by.(type) {
	case int64:
		path = []value{by}
	case text:
		for part := range strings.SplitSeq(by.s, ".") {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil {
				path = append(path, n)
			} else {
				path = append(path, str(part))
			}
		}
	default:
		return nil, fmt.Errorf("the attribute's name is a %s", kindOf(by))
	}
	return func(e *evaluator, v value) (value, error) {
		var err error
		for _, key := range path {
			if u, ok := v.(undefined); ok {
				return nil, errors.New(u.message())
			}
			if v, err = e.item(v, key); err != nil {
				return nil, err
			}
		}
		return v, nil
	}, nil
}

// selected are what map, select and their kin go through: what is false has nothing, as None has.
func selected(v value) ([]value, error) {
	if !truth(v) {
		return nil, nil
	}
	return elements(v)
}

// walk is the elements of a value, and what reads an attribute of each.
func walk(v, by value) (items []value, get func(e *evaluator, v value) (value, error), err error) {
	if items, err = elements(v); err == nil {
		get, err = getter(by)
	}
	return items, get, err
}

func mapFilter(e *evaluator, v value, args arguments) (value, error) {
	items, err := selected(v)
	if err != nil {
		return nil, err
	}
	var apply func(x value) (value, error)
	if by, ok := args.lookup("attribute"); ok && len(args.at) == 0 {
		get, err := getter(by)
		if err != nil {
			return nil, err
		}
		absent, have := args.lookup("default")
		apply = func(x value) (value, error) {
			x, err := get(e, x)
			if err == nil && isUndefined(x) && have {
				return absent, nil
			}
			return x, err
		}
	} else {
		if len(args.at) == 0 {
			return nil, errors.New("takes a filter's name or an attribute")
		}
		id, err := asText("the filter's name", args.at[0])
		if err != nil {
			return nil, err
		}
		rest := arguments{at: args.at[1:], names: args.names, named: args.named}
		apply = func(x value) (value, error) { return e.applyFilter(id.s, x, rest) }
	}
	out := make([]value, len(items))
	for i, x := range items {
		if err := e.spend(0); err != nil {
			return nil, err
		}
		if out[i], err = apply(x); err != nil {
			return nil, err
		}
	}
	return &list{items: out}, nil
}

// selecting makes select and its kin: attr says that the first argument is an attribute, keep which outcome stays.
func selecting(attr, keep bool) filterFunc {
	return func(e *evaluator, v value, args arguments) (value, error) {
		items, err := selected(v)
		if err != nil {
			return nil, err
		}
		var by value
		if attr {
			if len(args.at) == 0 {
				return nil, errors.New("takes an attribute's name")
			}
			by = args.at[0]
			args.at = args.at[1:]
		}
		get, err := getter(by)
		if err != nil {
			return nil, err
		}
		is, err := tester(args)
		if err != nil {
			return nil, err
		}
		out := &list{}
		for _, x := range items {
			if err := e.spend(0); err != nil {
				return nil, err
			}
			part, err := get(e, x)
			if err != nil {
				return nil, err
			}
			yes, err := is(e, part)
			if err != nil {
				return nil, err
			}
			if yes == keep {
				out.items = append(out.items, x)
			}
		}
		return out, nil
	}
}

// folded is what sorting compares: text without its case unless case counts.
func folded(v value, keepCase bool) value {
	if t, ok := v.(text); ok && !keepCase {
		return str(lower(t.s))
	}
	return v
}

// keyed sorts items by keys.
func keyed(e *evaluator, items []value, key func(value) (value, error), reverse bool) ([]value, error) {
	type pair struct{ key, v value }
	list := make([]pair, len(items))
	for i, x := range items {
		k, err := key(x)
		if err != nil {
			return nil, err
		}
		list[i] = pair{k, x}
	}
	var failed error
	slices.SortStableFunc(list, func(a, b pair) int {
		if failed == nil {
			failed = e.spend(0)
		}
		if failed != nil {
			return 0
		}
		c, err := e.compareValues(a.key, b.key, 0)
		failed = err
		if reverse {
			return -c
		}
		return c
	})
	out := make([]value, len(list))
	for i, p := range list {
		out[i] = p.v
	}
	return out, failed
}

func sortFilter(e *evaluator, v value, args arguments) (value, error) {
	var reverse, keepCase, by value = false, false, nil
	if err := args.bind("sort", 0, []string{"reverse", "case_sensitive", "attribute"}, &reverse, &keepCase, &by); err != nil {
		return nil, err
	}
	items, err := elements(v)
	if err != nil {
		return nil, err
	}
	var gets []func(*evaluator, value) (value, error)
	paths := []value{by}
	if t, ok := by.(text); ok {
		paths = nil
		for p := range strings.SplitSeq(t.s, ",") {
			paths = append(paths, str(p))
		}
	}
	for _, p := range paths {
		get, err := getter(p)
		if err != nil {
			return nil, err
		}
		gets = append(gets, get)
	}
	out, err := keyed(e, items, func(x value) (value, error) {
		k := &list{}
		for _, get := range gets {
			part, err := get(e, x)
			if err != nil {
				return nil, err
			}
			k.items = append(k.items, folded(part, truth(keepCase)))
		}
		return k, nil
	}, truth(reverse))
	return &list{items: out}, err
}

func dictSort(e *evaluator, v value, args arguments) (value, error) {
	var keepCase, by, reverse value = false, str("key"), false
	if err := args.bind("dictsort", 0, []string{"case_sensitive", "by", "reverse"}, &keepCase, &by, &reverse); err != nil {
		return nil, err
	}
	d, ok := v.(*Dict)
	if !ok || d.space {
		return nil, fmt.Errorf("of a %s, not of a dict", kindOf(v))
	}
	at := 0
	switch t, _ := by.(text); t.s {
	case "key":
	case "value":
		at = 1
	default:
		return nil, errors.New("by is neither \"key\" nor \"value\"")
	}
	out, err := keyed(e, pairs(d), func(x value) (value, error) {
		return folded(x.(*list).items[at], truth(keepCase)), nil
	}, truth(reverse))
	return &list{items: out}, err
}

func uniqueFilter(e *evaluator, v value, args arguments) (value, error) {
	var keepCase, by value = false, nil
	if err := args.bind("unique", 0, []string{"case_sensitive", "attribute"}, &keepCase, &by); err != nil {
		return nil, err
	}
	items, get, err := walk(v, by)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	out := &list{}
	for _, x := range items {
		if err := e.spend(16); err != nil {
			return nil, err
		}
		k, err := get(e, x)
		if err != nil {
			return nil, err
		}
		h, ok := hashOf(folded(k, truth(keepCase)))
		if !ok {
			return nil, fmt.Errorf("of a %s, which cannot be a key", kindOf(k))
		}
		if !seen[h] {
			seen[h] = true
			out.items = append(out.items, x)
		}
	}
	return out, nil
}

func groupBy(e *evaluator, v value, args arguments) (value, error) {
	var by, absent, keepCase value = nil, undefined{}, false
	if err := args.bind("groupby", 1, []string{"attribute", "default", "case_sensitive"}, &by, &absent, &keepCase); err != nil {
		return nil, err
	}
	items, get, err := walk(v, by)
	if err != nil {
		return nil, err
	}
	key := func(x value) (value, error) {
		k, err := get(e, x)
		if err == nil && isUndefined(k) {
			k = absent
		}
		return k, err
	}
	sorted, err := keyed(e, items, func(x value) (value, error) {
		k, err := key(x)
		return folded(k, truth(keepCase)), err
	}, false)
	if err != nil {
		return nil, err
	}
	out := &list{}
	var at value
	var have []value
	var shown value
	for i, x := range sorted {
		k, err := key(x)
		if err != nil {
			return nil, err
		}
		f := folded(k, truth(keepCase))
		if i > 0 && !e.equal(at, f, 0) {
			out.items = append(out.items, group(shown, have))
			have = nil
		}
		if len(have) == 0 {
			at, shown = f, k
		}
		have = append(have, x)
	}
	if len(have) > 0 {
		out.items = append(out.items, group(shown, have))
	}
	return out, nil
}

// extreme makes min and max.
func extreme(sign int) filterFunc {
	return func(e *evaluator, v value, args arguments) (value, error) {
		var keepCase, by value = false, nil
		if err := args.bind("it", 0, []string{"case_sensitive", "attribute"}, &keepCase, &by); err != nil {
			return nil, err
		}
		items, err := elements(v)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return undefined{"the least or most of nothing"}, nil
		}
		get, err := getter(by)
		if err != nil {
			return nil, err
		}
		var best, bestKey value
		for i, x := range items {
			if err := e.spend(0); err != nil {
				return nil, err
			}
			k, err := get(e, x)
			if err != nil {
				return nil, err
			}
			k = folded(k, truth(keepCase))
			if i > 0 {
				c, err := e.compareValues(k, bestKey, 0)
				if err != nil {
					return nil, err
				}
				if c*sign <= 0 {
					continue
				}
			}
			best, bestKey = x, k
		}
		return best, nil
	}
}

func sumFilter(e *evaluator, v value, args arguments) (value, error) {
	var by, sum value = nil, int64(0)
	if err := args.bind("sum", 0, []string{"attribute", "start"}, &by, &sum); err != nil {
		return nil, err
	}
	items, get, err := walk(v, by)
	if err != nil {
		return nil, err
	}
	for _, x := range items {
		if x, err = get(e, x); err != nil {
			return nil, err
		}
		if sum, err = e.arithmetic("+", sum, x); err != nil {
			return nil, err
		}
		if err := e.spend(0); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

// parts is what batch and slice are given: elements, a number, and what fills up.
func parts(v value, args arguments, filter, param string) (items []value, n int, fill value, err error) {
	var count value
	if err := args.bind(filter, 1, []string{param, "fill_with"}, &count, &fill); err != nil {
		return nil, 0, nil, err
	}
	n, err = asInt(param, count)
	if err != nil || n < 1 || n > maxRange {
		return nil, 0, nil, errors.New(param + " is no number from 1 on")
	}
	items, err = elements(v)
	return items, n, fill, err
}

func batch(e *evaluator, v value, args arguments) (value, error) {
	items, n, fill, err := parts(v, args, "batch", "linecount")
	if err != nil {
		return nil, err
	}
	out := &list{}
	for part := range slices.Chunk(items, n) {
		part = slices.Clone(part)
		for fill != nil && len(part) < n {
			part = append(part, fill)
		}
		out.items = append(out.items, &list{items: part})
		if err := e.spend(16 * len(part)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func sliceFilter(e *evaluator, v value, args arguments) (value, error) {
	items, n, fill, err := parts(v, args, "slice", "slices")
	if err != nil {
		return nil, err
	}
	per, more := len(items)/n, len(items)%n
	out := &list{}
	at := 0
	for i := range n {
		size := per
		if i < more {
			size++
		}
		part := slices.Clone(items[at : at+size])
		at += size
		if fill != nil && i >= more && more > 0 {
			part = append(part, fill)
		}
		out.items = append(out.items, &list{items: part})
		if err := e.spend(16 * len(part)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
