package jinja

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A value is what an expression gives: nil (None), bool, int64, float64, text, *list, *Dict, undefined or a callable.
type value any

// text is a string and which bytes of it came from outside the template. html marks what Python's markupsafe would: text
// that is safe already, so that what is added to it by + is escaped.
type text struct {
	s    string
	data []Span
	html bool
}

// Span is a range of bytes, To not included.
type Span struct{ From, To int }

// str is text of the template's own.
func str(s string) text { return text{s: s} }

// derived is text made of others by some change that loses where their parts are: marked whole if any part was.
func derived(s string, from ...text) text {
	for _, t := range from {
		if len(t.data) > 0 {
			return text{s: s, data: whole(s)}
		}
	}
	return text{s: s}
}

func whole(s string) []Span {
	if s == "" {
		return nil
	}
	return []Span{{0, len(s)}}
}

// cut is bytes from..to of t.
func (t text) cut(from, to int) text {
	out := text{s: t.s[from:to], html: t.html}
	for _, d := range t.data {
		if a, b := max(d.From, from), min(d.To, to); a < b {
			out.data = append(out.data, Span{a - from, b - from})
		}
	}
	return out
}

// builder puts texts together.
type builder struct {
	b    []byte
	data []Span
}

func (b *builder) lit(s string) { b.b = append(b.b, s...) }

func (b *builder) add(t text) {
	at := len(b.b)
	b.b = append(b.b, t.s...)
	for _, d := range t.data {
		d = Span{d.From + at, d.To + at}
		if n := len(b.data); n > 0 && b.data[n-1].To == d.From {
			b.data[n-1].To = d.To
			continue
		}
		b.data = append(b.data, d)
	}
}

func (b *builder) text() text { return text{s: string(b.b), data: b.data} }

// list is a Python list, or a tuple.
type list struct {
	items []value
	tuple bool
}

// Dict is a mapping that keeps the order of its keys, as Python's does.
type Dict struct {
	keys  []value
	vals  []value
	at    map[string]int
	space bool // a namespace: its attributes may be set
}

// NewDict is an empty mapping.
func NewDict() *Dict { return &Dict{at: map[string]int{}} }

// Set puts v under a name. v is nil, a bool, an int, an int64, a float64, a string, a [Data] string, a *Dict, a []any of such, or what
// [FromJSON] gives; anything else is the caller's mistake and panics.
func (d *Dict) Set(name string, v any) {
	d.put(name2key(name), str(name), toValue(v))
}

// Lookup is the value under a name, in a form that [Dict.Set] takes.
func (d *Dict) Lookup(name string) (any, bool) {
	i, ok := d.at[name2key(name)]
	if !ok {
		return nil, false
	}
	return d.vals[i], true
}

// Data is a string that came from outside the template: where it is in the output is told in [Result.Data].
type Data string

func toValue(v any) value {
	switch v := v.(type) {
	case nil, bool, int64, float64, text, *list, *Dict, undefined:
		return v
	case int:
		return int64(v)
	case string:
		return str(v)
	case Data:
		return text{s: string(v), data: whole(string(v))}
	case []any:
		l := &list{items: make([]value, len(v))}
		for i, x := range v {
			l.items[i] = toValue(x)
		}
		return l
	}
	panic(fmt.Sprintf("jinja: a variable of type %T", v))
}

func name2key(name string) string { return "s" + name }

func (d *Dict) put(hash string, key, v value) {
	if i, ok := d.at[hash]; ok {
		d.vals[i] = v
		return
	}
	d.at[hash] = len(d.keys)
	d.keys, d.vals = append(d.keys, key), append(d.vals, v)
}

func (d *Dict) get(key value) (value, bool) {
	h, ok := hashOf(key)
	if !ok {
		return nil, false
	}
	i, ok := d.at[h]
	if !ok {
		return nil, false
	}
	return d.vals[i], true
}

// maxKey is the longest name of a tuple that is a key.
const maxKey = 1 << 16

// hashOf names a key so that Python's equal keys have one name: 1, 1.0 and True do. Lists and mappings cannot be keys.
func hashOf(v value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "n", true
	case bool:
		if v {
			return "i1", true
		}
		return "i0", true
	case int64:
		return "i" + strconv.FormatInt(v, 10), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<62 {
			return "i" + strconv.FormatInt(int64(v), 10), true
		}
		return "f" + strconv.FormatFloat(v, 'g', -1, 64), true
	case text:
		return "s" + v.s, true
	case undefined:
		return "u", true
	case *list:
		if !v.tuple {
			return "", false
		}
		var b strings.Builder
		b.WriteByte('t')
		for _, x := range v.items {
			h, ok := hashOf(x)
			if !ok || b.Len()+len(h) > maxKey {
				return "", false
			}
			fmt.Fprintf(&b, "%d:%s", len(h), h)
		}
		return b.String(), true
	}
	return "", false
}

// undefined is a name or attribute that is not there: empty where it is printed, false, without elements, and an error
// where anything else is asked of it.
type undefined struct{ what string }

func (u undefined) message() string {
	if u.what == "" {
		return "a value that is not defined"
	}
	return u.what + " is not defined"
}

// callable is a function, macro or method.
type callable struct {
	name string
	call func(e *evaluator, args arguments) (value, error)
}

// arguments are those of a call, by place and by name.
type arguments struct {
	at    []value
	names []string
	named []value
}

func (a arguments) lookup(name string) (value, bool) {
	if i := slices.Index(a.names, name); i >= 0 {
		return a.named[i], true
	}
	return nil, false
}

// bind gives the arguments the names of a function's parameters. required of them have no default; those that are not
// given are left as in into.
func (a arguments) bind(fn string, required int, params []string, into ...*value) error {
	if len(a.at) > len(params) {
		return fmt.Errorf("%s takes at most %d arguments, %d are given", fn, len(params), len(a.at))
	}
	given := make([]bool, len(params))
	for i, v := range a.at {
		*into[i], given[i] = v, true
	}
	for i, name := range a.names {
		at := slices.Index(params, name)
		switch {
		case at < 0:
			return fmt.Errorf("%s has no argument %q", fn, name)
		case given[at]:
			return fmt.Errorf("%s is given its argument %q twice", fn, name)
		}
		*into[at], given[at] = a.named[i], true
	}
	for i := range required {
		if !given[i] {
			return fmt.Errorf("%s lacks its argument %q", fn, params[i])
		}
	}
	return nil
}

// kindOf is what people call the value's type, in Python's words.
func kindOf(v value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case text:
		return "str"
	case *list:
		if v.tuple {
			return "tuple"
		}
		return "list"
	case *Dict:
		if v.space {
			return "namespace"
		}
		return "dict"
	case undefined:
		return "undefined"
	}
	return "function"
}

func truth(v value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case text:
		return v.s != ""
	case *list:
		return len(v.items) > 0
	case *Dict:
		return v.space || len(v.keys) > 0
	}
	return true
}

// number gives bools, ints and floats as floats; isInt says that the value is no float.
func number(v value) (f float64, i int64, isInt, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, 1, true, true
		}
		return 0, 0, true, true
	case int64:
		return float64(v), v, true, true
	case float64:
		return v, 0, false, true
	}
	return 0, 0, false, false
}

// maxNesting is how deep values may hold values: rendering and comparing them takes that much stack.
const maxNesting = 200

// equal is Python's ==. It counts its steps itself: past the limit it gives up, and the next spend says so.
func (e *evaluator) equal(a, b value, depth int) bool {
	if e.steps++; depth > maxNesting || e.steps > e.opt.Steps {
		return false
	}
	if fa, ia, inta, ok := number(a); ok {
		fb, ib, intb, ok := number(b)
		if !ok {
			return false
		}
		if inta && intb {
			return ia == ib
		}
		return fa == fb
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case text:
		b, ok := b.(text)
		return ok && a.s == b.s
	case undefined:
		_, ok := b.(undefined)
		return ok
	case *list:
		b, ok := b.(*list)
		if !ok || a.tuple != b.tuple || len(a.items) != len(b.items) {
			return false
		}
		for i := range a.items {
			if !e.equal(a.items[i], b.items[i], depth+1) {
				return false
			}
		}
		return true
	case *Dict:
		b, ok := b.(*Dict)
		if !ok || a.space || b.space {
			return ok && a == b
		}
		if len(a.keys) != len(b.keys) {
			return false
		}
		for i, k := range a.keys {
			v, ok := b.get(k)
			if !ok || !e.equal(a.vals[i], v, depth+1) {
				return false
			}
		}
		return true
	case *callable:
		b, ok := b.(*callable)
		return ok && a == b
	}
	return false
}

// compareValues orders two values as Python's < does, or says that they have no order.
func (e *evaluator) compareValues(a, b value, depth int) (int, error) {
	fa, ia, inta, oka := number(a)
	fb, ib, intb, okb := number(b)
	switch {
	case oka && okb && inta && intb:
		return cmpOf(ia, ib), nil
	case oka && okb:
		return cmpOf(fa, fb), nil
	}
	if a, ok := a.(text); ok {
		if b, ok := b.(text); ok {
			return strings.Compare(a.s, b.s), nil
		}
	}
	if a, ok := a.(*list); ok && depth < maxNesting {
		if b, ok := b.(*list); ok && a.tuple == b.tuple {
			for i := range min(len(a.items), len(b.items)) {
				if e.equal(a.items[i], b.items[i], 0) {
					continue
				}
				return e.compareValues(a.items[i], b.items[i], depth+1)
			}
			return cmpOf(len(a.items), len(b.items)), nil
		}
	}
	for _, v := range []value{a, b} {
		if u, ok := v.(undefined); ok {
			return 0, fmt.Errorf("%s", u.message())
		}
	}
	return 0, fmt.Errorf("%s and %s have no order", kindOf(a), kindOf(b))
}

func cmpOf[T int | int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// length is Python's len.
func length(v value) (int, error) {
	switch v := v.(type) {
	case text:
		return utf8.RuneCountInString(v.s), nil
	case *list:
		return len(v.items), nil
	case *Dict:
		if !v.space {
			return len(v.keys), nil
		}
	case undefined:
		return 0, nil
	}
	return 0, fmt.Errorf("%s has no length", kindOf(v))
}

// maxWalk is the longest text that is taken apart into characters, each of which takes far more memory than its bytes.
const maxWalk = 1 << 20

// elements is what a loop over the value goes through: characters, items or keys.
func elements(v value) ([]value, error) {
	switch v := v.(type) {
	case text:
		if len(v.s) > maxWalk {
			return nil, fmt.Errorf("a str of %d bytes is too long to be gone through by characters", len(v.s))
		}
		out := make([]value, 0, len(v.s))
		for at := 0; at < len(v.s); {
			_, size := utf8.DecodeRuneInString(v.s[at:])
			out = append(out, v.cut(at, at+size))
			at += size
		}
		return out, nil
	case *list:
		return v.items, nil
	case *Dict:
		if !v.space {
			return v.keys, nil
		}
	case undefined:
		return nil, nil
	}
	return nil, fmt.Errorf("%s cannot be gone through", kindOf(v))
}
