package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// loopVar is the variable loop.
type loopVar struct {
	items []value
	at    int
	depth int
	again func(value) (value, error) // nil where the loop is not recursive

	last    []value // of changed
	changed bool
}

func (l *loopVar) attribute(id string) (value, bool) {
	n := int64(len(l.items))
	i := int64(l.at)
	switch id {
	case "index":
		return i + 1, true
	case "index0":
		return i, true
	case "revindex":
		return n - i, true
	case "revindex0":
		return n - i - 1, true
	case "first":
		return i == 0, true
	case "last":
		return i == n-1, true
	case "length":
		return n, true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		if i == 0 {
			return undefined{"the item before the first"}, true
		}
		return l.items[i-1], true
	case "nextitem":
		if i == n-1 {
			return undefined{"the item after the last"}, true
		}
		return l.items[i+1], true
	case "cycle":
		return &callable{name: "cycle", call: func(_ *evaluator, args arguments) (value, error) {
			if len(args.at) == 0 {
				return nil, errors.New("loop.cycle takes an argument at least")
			}
			return args.at[l.at%len(args.at)], nil
		}}, true
	case "changed":
		return &callable{name: "changed", call: func(e *evaluator, args arguments) (value, error) {
			same := l.changed && slices.EqualFunc(l.last, args.at, func(a, b value) bool { return e.equal(a, b, 0) })
			l.last, l.changed = args.at, true
			return !same, nil
		}}, true
	}
	return nil, false
}

// cyclerVar is what cycler(…) gives.
type cyclerVar struct {
	items []value
	at    int
}

func (c *cyclerVar) attribute(id string) (value, bool) {
	switch id {
	case "current":
		return c.items[c.at], true
	case "next":
		return &callable{name: "next", call: func(*evaluator, arguments) (value, error) {
			v := c.items[c.at]
			c.at = (c.at + 1) % len(c.items)
			return v, nil
		}}, true
	case "reset":
		return &callable{name: "reset", call: func(*evaluator, arguments) (value, error) {
			c.at = 0
			return nil, nil
		}}, true
	}
	return nil, false
}

// group is an element of groupby: a pair whose parts have names too.
func group(key value, items []value) *list {
	return &list{items: []value{key, &list{items: items}}, tuple: true}
}

// attribute is of.id: a method or attribute, else an item by that name.
func (e *evaluator) attribute(of value, id string) (value, error) {
	if u, ok := of.(undefined); ok {
		return nil, errors.New(u.message())
	}
	v, err := e.attributeOnly(of, id)
	if err != nil {
		return nil, err
	}
	if _, not := v.(undefined); !not {
		return v, nil
	}
	if d, ok := of.(*Dict); ok && !d.space {
		if x, ok := d.get(str(id)); ok {
			return x, nil
		}
	}
	return v, nil
}

// attributeOnly is of.id without its items.
func (e *evaluator) attributeOnly(of value, id string) (value, error) {
	if strings.HasPrefix(id, "_") {
		if d, ok := of.(*Dict); !ok || !d.space {
			return undefined{fmt.Sprintf("attribute %q of a %s", id, kindOf(of))}, nil
		}
	}
	switch of := of.(type) {
	case interface{ attribute(string) (value, bool) }:
		if v, ok := of.attribute(id); ok {
			return v, nil
		}
	case *Dict:
		if of.space {
			if v, ok := of.get(str(id)); ok {
				return v, nil
			}
			break
		}
		if m := dictMethod(of, id); m != nil {
			return m, nil
		}
		if slices.Contains([]string{"clear", "pop", "popitem", "setdefault", "update"}, id) {
			return nil, fmt.Errorf("dict.%s changes a value, which templates may not", id)
		}
	case *list:
		if m := listMethod(of, id); m != nil {
			return m, nil
		}
		if of.tuple && len(of.items) == 2 && (id == "grouper" || id == "list") {
			return of.items[map[string]int{"grouper": 0, "list": 1}[id]], nil
		}
		if !of.tuple && slices.Contains([]string{"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}, id) {
			return nil, fmt.Errorf("list.%s changes a value, which templates may not", id)
		}
	case text:
		if m, ok := textMethods[id]; ok {
			return &callable{name: id, call: func(e *evaluator, args arguments) (value, error) {
				v, err := m(e, of, args)
				if err != nil {
					return nil, fmt.Errorf("str.%s: %w", id, err)
				}
				return v, nil
			}}, nil
		}
	}
	return undefined{fmt.Sprintf("attribute %q of a %s", id, kindOf(of))}, nil
}

func pairs(d *Dict) []value {
	out := make([]value, len(d.keys))
	for i, k := range d.keys {
		out[i] = &list{items: []value{k, d.vals[i]}, tuple: true}
	}
	return out
}

func dictMethod(d *Dict, id string) *callable {
	all := func(items func() []value) *callable {
		return &callable{name: id, call: func(e *evaluator, args arguments) (value, error) {
			if err := args.bind(id, 0, nil); err != nil {
				return nil, err
			}
			return &list{items: items()}, e.spend(16 * len(d.keys))
		}}
	}
	switch id {
	case "items":
		return all(func() []value { return pairs(d) })
	case "keys":
		return all(func() []value { return slices.Clone(d.keys) })
	case "values":
		return all(func() []value { return slices.Clone(d.vals) })
	case "copy":
		return &callable{name: id, call: func(e *evaluator, args arguments) (value, error) {
			c := NewDict()
			for i, k := range d.keys {
				h, _ := hashOf(k)
				c.put(h, k, d.vals[i])
			}
			return c, e.spend(32 * len(d.keys))
		}}
	case "get":
		return &callable{name: id, call: func(_ *evaluator, args arguments) (value, error) {
			var key, absent value
			if err := args.bind("get", 1, []string{"key", "default"}, &key, &absent); err != nil {
				return nil, err
			}
			if _, ok := hashOf(key); !ok {
				return nil, fmt.Errorf("a %s cannot be a key", kindOf(key))
			}
			if v, ok := d.get(key); ok {
				return v, nil
			}
			return absent, nil
		}}
	}
	return nil
}

func listMethod(l *list, id string) *callable {
	switch id {
	case "copy":
		return &callable{name: id, call: func(e *evaluator, args arguments) (value, error) {
			return &list{items: slices.Clone(l.items)}, e.spend(16 * len(l.items))
		}}
	case "index", "count":
		return &callable{name: id, call: func(e *evaluator, args arguments) (value, error) {
			var v value
			if err := args.bind(id, 1, []string{"value"}, &v); err != nil {
				return nil, err
			}
			n := int64(0)
			for i, x := range l.items {
				if err := e.spend(0); err != nil {
					return nil, err
				}
				if !e.equal(x, v, 0) {
					continue
				}
				if id == "index" {
					return int64(i), nil
				}
				n++
			}
			if id == "index" {
				return nil, errors.New("list.index of a value that is not in the list")
			}
			return n, nil
		}}
	}
	return nil
}
