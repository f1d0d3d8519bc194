package jinja

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

type filterFunc func(e *evaluator, v value, args arguments) (value, error)

// filterTable are the filters after |. It is made by a function, for filters name each other.
var filterTable map[string]filterFunc

func init() {
	filterTable = map[string]filterFunc{
		"abs": absolute, "attr": attrFilter, "batch": batch, "capitalize": textual(capitalize), "center": centerFilter,
		"count": lengthFilter, "d": defaultFilter, "default": defaultFilter, "dictsort": dictSort, "e": escapeFilter,
		"escape": escapeFilter, "first": firstFilter, "float": floatFilter, "forceescape": escapeFilter, "format": formatFilter,
		"groupby": groupBy, "indent": indentFilter, "int": intFilter, "items": itemsFilter, "join": joinFilter, "last": lastFilter,
		"length": lengthFilter, "list": listFilter, "lower": textual(lower), "map": mapFilter, "max": extreme(1), "min": extreme(-1),
		"reject": selecting(false, false), "rejectattr": selecting(true, false), "replace": replaceFilter, "reverse": reverseFilter,
		"round": roundFilter, "safe": safeFilter, "select": selecting(false, true), "selectattr": selecting(true, true),
		"slice": sliceFilter, "sort": sortFilter, "string": stringFilter, "sum": sumFilter, "title": textual(titleFilter),
		"tojson": toJSON, "trim": trimFilter, "truncate": truncateFilter, "unique": uniqueFilter, "upper": textual(upper),
		"wordcount": wordCount,
	}
}

// textual makes a filter of a function of the value's text.
func textual(f func(string) string) filterFunc {
	return func(e *evaluator, v value, args arguments) (value, error) {
		if err := args.bind("it", 0, nil); err != nil {
			return nil, err
		}
		t, err := e.print(v)
		if err != nil {
			return nil, err
		}
		return derived(f(t.s), t), e.spend(len(t.s))
	}
}

var wordStart = regexp.MustCompile(`[-\s({\[<]+`)

// titleFilter starts every word with a capital; words begin after spaces, hyphens and opening brackets.
func titleFilter(s string) string {
	var b strings.Builder
	at := 0
	word := func(w string) {
		_, n := utf8.DecodeRuneInString(w)
		b.WriteString(upper(w[:n]) + lower(w[n:]))
	}
	for _, m := range wordStart.FindAllStringIndex(s, -1) {
		word(s[at:m[0]])
		b.WriteString(s[m[0]:m[1]])
		at = m[1]
	}
	word(s[at:])
	return b.String()
}

func absolute(_ *evaluator, v value, args arguments) (value, error) {
	f, i, isInt, ok := number(v)
	switch {
	case !ok:
		return nil, fmt.Errorf("of a %s", kindOf(v))
	case !isInt:
		return math.Abs(f), nil
	case i == math.MinInt64:
		return nil, errOverflow
	case i < 0:
		return -i, nil
	}
	return i, nil
}

func attrFilter(e *evaluator, v value, args arguments) (value, error) {
	id, err := textArg("name", args)
	if err != nil {
		return nil, err
	}
	return e.attributeOnly(v, id.s)
}

func lengthFilter(e *evaluator, v value, _ arguments) (value, error) {
	n, err := length(v)
	if err != nil {
		return nil, err
	}
	return int64(n), e.spend(n / 64)
}

func defaultFilter(_ *evaluator, v value, args arguments) (value, error) {
	var with, boolean value = str(""), false
	if err := args.bind("default", 0, []string{"default_value", "boolean"}, &with, &boolean); err != nil {
		return nil, err
	}
	if isUndefined(v) || truth(boolean) && !truth(v) {
		return with, nil
	}
	return v, nil
}

func escapeFilter(e *evaluator, v value, _ arguments) (value, error) {
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	return escaped(t), e.spend(5 * len(t.s))
}

func safeFilter(e *evaluator, v value, _ arguments) (value, error) {
	t, err := e.print(v)
	t.html = true
	return t, err
}

func stringFilter(e *evaluator, v value, _ arguments) (value, error) { return e.print(v) }

func firstFilter(_ *evaluator, v value, _ arguments) (value, error) {
	items, err := elements(v)
	if err != nil || len(items) == 0 {
		return undefined{"the first of nothing"}, err
	}
	return items[0], nil
}

func lastFilter(_ *evaluator, v value, _ arguments) (value, error) {
	items, err := elements(v)
	if err != nil || len(items) == 0 {
		return undefined{"the last of nothing"}, err
	}
	return items[len(items)-1], nil
}

func listFilter(e *evaluator, v value, _ arguments) (value, error) {
	items, err := elements(v)
	if err != nil {
		return nil, err
	}
	return &list{items: slices.Clone(items)}, e.spend(16 * len(items))
}

func itemsFilter(e *evaluator, v value, _ arguments) (value, error) {
	if isUndefined(v) {
		return &list{}, nil
	}
	d, ok := v.(*Dict)
	if !ok || d.space {
		return nil, fmt.Errorf("of a %s, not of a dict", kindOf(v))
	}
	return &list{items: pairs(d)}, e.spend(16 * len(d.keys))
}

func reverseFilter(e *evaluator, v value, _ arguments) (value, error) {
	items, err := elements(v)
	if err != nil {
		return nil, err
	}
	out := backwards(items)
	if err := e.spend(16 * len(out)); err != nil {
		return nil, err
	}
	if _, ok := v.(text); !ok {
		return &list{items: out}, nil
	}
	var b builder
	for _, c := range out {
		b.add(c.(text))
	}
	return b.text(), nil
}

func trimFilter(e *evaluator, v value, args arguments) (value, error) {
	var chars value
	if err := args.bind("trim", 0, []string{"chars"}, &chars); err != nil {
		return nil, err
	}
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	out, err := strip(t, chars, true, true)
	if err != nil {
		return nil, err
	}
	return out, e.spend(len(out.s))
}

func replaceFilter(e *evaluator, v value, args arguments) (value, error) {
	var from, to, most value
	if err := args.bind("replace", 2, []string{"old", "new", "count"}, &from, &to, &most); err != nil {
		return nil, err
	}
	limit := -1
	if most != nil {
		var err error
		if limit, err = asInt("count", most); err != nil {
			return nil, err
		}
	}
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	old, err := e.print(from)
	if err != nil {
		return nil, err
	}
	with, err := e.print(to)
	if err != nil {
		return nil, err
	}
	return replace(e, t, old.s, with, limit)
}

func joinFilter(e *evaluator, v value, args arguments) (value, error) {
	var sep, by value = str(""), nil
	if err := args.bind("join", 0, []string{"d", "attribute"}, &sep, &by); err != nil {
		return nil, err
	}
	between, err := e.print(sep)
	if err != nil {
		return nil, err
	}
	items, get, err := walk(v, by)
	if err != nil {
		return nil, err
	}
	var b builder
	for i, x := range items {
		if x, err = get(e, x); err != nil {
			return nil, err
		}
		t, err := e.print(x)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.add(between)
		}
		b.add(t)
		if err := e.spend(len(between.s) + len(t.s)); err != nil {
			return nil, err
		}
	}
	return b.text(), nil
}

func indentFilter(e *evaluator, v value, args arguments) (value, error) {
	var width, first, blank value = int64(4), false, false
	if err := args.bind("indent", 0, []string{"width", "first", "blank"}, &width, &first, &blank); err != nil {
		return nil, err
	}
	t, err := asText("what is indented", v)
	if err != nil {
		return nil, err
	}
	in, ok := width.(text)
	if !ok {
		n, err := asInt("width", width)
		if err != nil {
			return nil, err
		}
		if n > maxPad {
			return nil, fmt.Errorf("width %d", n)
		}
		in = str(strings.Repeat(" ", max(n, 0)))
	}
	// Jinja puts a newline to the end before it cuts the text into lines, so that one at the end is kept.
	all := lines(text{s: t.s + "\n", data: t.data}, false)
	var b builder
	if truth(first) {
		b.add(in)
	}
	for i, l := range all {
		l := l.(text)
		if i > 0 {
			b.lit("\n")
			if l.s != "" || truth(blank) {
				b.add(in)
			}
		}
		b.add(l)
		if err := e.spend(len(l.s) + len(in.s)); err != nil {
			return nil, err
		}
	}
	return b.text(), nil
}

func centerFilter(e *evaluator, v value, args arguments) (value, error) {
	var width value = int64(80)
	if err := args.bind("center", 0, []string{"width"}, &width); err != nil {
		return nil, err
	}
	n, err := asInt("width", width)
	if err != nil {
		return nil, err
	}
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	return justify(e, t, n, centred, " ")
}

func truncateFilter(e *evaluator, v value, args arguments) (value, error) {
	var size, kill, end, leeway value = int64(255), false, str("..."), int64(5)
	if err := args.bind("truncate", 0, []string{"length", "killwords", "end", "leeway"}, &size, &kill, &end, &leeway); err != nil {
		return nil, err
	}
	n, err := asInt("length", size)
	if err != nil {
		return nil, err
	}
	room, err := asInt("leeway", leeway)
	if err != nil {
		return nil, err
	}
	with, err := asText("end", end)
	if err != nil {
		return nil, err
	}
	t, err := asText("what is cut short", v)
	if err != nil {
		return nil, err
	}
	tail := utf8.RuneCountInString(with.s)
	switch {
	case n < tail || room < 0:
		return nil, fmt.Errorf("length %d and leeway %d, for an end of %d", n, room, tail)
	case utf8.RuneCountInString(t.s) <= n+room:
		return t, nil
	}
	kept := t.runes(0, n-tail)
	if !truth(kill) {
		if i := strings.LastIndexByte(kept.s, ' '); i >= 0 {
			kept = kept.cut(0, i)
		}
	}
	var b builder
	b.add(kept)
	b.add(with)
	return b.text(), e.spend(len(b.b))
}

var word = regexp.MustCompile(`[\p{L}\p{N}_]+`)

func wordCount(e *evaluator, v value, _ arguments) (value, error) {
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	return int64(len(word.FindAllStringIndex(t.s, -1))), e.spend(len(t.s))
}

func formatFilter(e *evaluator, v value, args arguments) (value, error) {
	t, err := e.print(v)
	if err != nil {
		return nil, err
	}
	if len(args.at) > 0 && len(args.names) > 0 {
		return nil, errors.New("arguments both by place and by name")
	}
	if len(args.names) > 0 {
		d := NewDict()
		for i, id := range args.names {
			d.put(name2key(id), str(id), args.named[i])
		}
		return e.format(t, nil, d)
	}
	return e.format(t, args.at, nil)
}

func intFilter(e *evaluator, v value, args arguments) (value, error) {
	var absent, base value = int64(0), int64(10)
	if err := args.bind("int", 0, []string{"default", "base"}, &absent, &base); err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, errors.New(u.message())
	}
	if t, ok := v.(text); ok {
		b, err := asInt("base", base)
		if err != nil || b != 0 && (b < 2 || b > 36) {
			return nil, fmt.Errorf("base %v", base)
		}
		s := strings.TrimFunc(t.s, pySpace)
		if b == 16 || b == 8 || b == 2 {
			s = strings.TrimPrefix(strings.ToLower(s), map[int]string{16: "0x", 8: "0o", 2: "0b"}[b])
		}
		if i, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), b, 64); err == nil {
			return i, nil
		}
		v = decimal(s)
	}
	f, i, isInt, ok := number(v)
	switch {
	case !ok || math.IsNaN(f) || math.IsInf(f, 0):
		return absent, nil
	case isInt:
		return i, nil
	case math.Abs(f) >= 1<<63:
		return nil, errOverflow
	}
	return int64(f), nil
}

// decimal is the number that a text spells, or nil. Python has no hexadecimal floats.
func decimal(s string) value {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) || strings.ContainsAny(s, "xXpP") {
		return nil
	}
	return f
}

func floatFilter(_ *evaluator, v value, args arguments) (value, error) {
	var absent value = 0.0
	if err := args.bind("float", 0, []string{"default"}, &absent); err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, errors.New(u.message())
	}
	if t, ok := v.(text); ok {
		v = decimal(strings.TrimFunc(t.s, pySpace))
	}
	if f, _, _, ok := number(v); ok {
		return f, nil
	}
	return absent, nil
}

func roundFilter(_ *evaluator, v value, args arguments) (value, error) {
	var precision, method value = int64(0), str("common")
	if err := args.bind("round", 0, []string{"precision", "method"}, &precision, &method); err != nil {
		return nil, err
	}
	f, i, isInt, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("of a %s", kindOf(v))
	}
	p, err := asInt("precision", precision)
	if err != nil {
		return nil, err
	}
	if p < -300 || p > 300 {
		return nil, fmt.Errorf("precision %d", p)
	}
	how, err := asText("method", method)
	if err != nil {
		return nil, err
	}
	scale := math.Pow(10, float64(p))
	switch how.s {
	case "ceil":
		return math.Ceil(f*scale) / scale, nil
	case "floor":
		return math.Floor(f*scale) / scale, nil
	case "common":
	default:
		return nil, fmt.Errorf("method %q is not common, ceil or floor", how.s)
	}
	switch {
	case isInt && p >= 0:
		return i, nil
	case p >= 0:
		// The nearest decimal, ties to even, of the float's exact value.
		r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', p, 64), 64)
		return r, err
	}
	r := math.RoundToEven(f*scale) / scale
	if isInt {
		return int64(r), nil
	}
	return r, nil
}
