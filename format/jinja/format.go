package jinja

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// formatMethod is str.format with {}, {0}, {name} and {{; a format after a colon may be one that % knows.
func formatMethod(e *evaluator, t text, args arguments) (value, error) {
	var b builder
	next := 0
	for at := 0; at < len(t.s); {
		i := strings.IndexAny(t.s[at:], "{}")
		if i < 0 {
			b.add(t.cut(at, len(t.s)))
			break
		}
		b.add(t.cut(at, at+i))
		at += i
		if at+1 < len(t.s) && t.s[at+1] == t.s[at] {
			b.add(t.cut(at, at+1))
			at += 2
			continue
		}
		end := strings.IndexByte(t.s[at:], '}')
		if t.s[at] == '}' || end < 0 {
			return nil, errors.New("a single brace")
		}
		field, spec, _ := strings.Cut(t.s[at+1:at+end], ":")
		at += end + 1
		var v value
		if field == "" {
			field = strconv.Itoa(next)
			next++
		}
		if n, err := strconv.Atoi(field); err == nil {
			if n < 0 || n >= len(args.at) {
				return nil, fmt.Errorf("no argument %d", n)
			}
			v = args.at[n]
		} else if named, ok := args.lookup(field); ok {
			v = named
		} else {
			return nil, fmt.Errorf("no argument %q", field)
		}
		part, err := e.print(v)
		if err == nil && spec != "" {
			if strings.ContainsAny(spec[len(spec)-1:], "0123456789") {
				spec += "s"
			}
			part, err = e.verb(spec, v)
		}
		if err != nil {
			return nil, err
		}
		b.add(part)
		if err := e.spend(len(part.s)); err != nil {
			return nil, err
		}
	}
	return b.text(), e.spend(len(t.s))
}

// format is Python's %: t with its verbs filled from args, or by name from a mapping.
func (e *evaluator) format(t text, args []value, from value) (text, error) {
	var b builder
	used := 0
	named := false
	for at := 0; at < len(t.s); {
		i := strings.IndexByte(t.s[at:], '%')
		if i < 0 {
			b.add(t.cut(at, len(t.s)))
			break
		}
		b.add(t.cut(at, at+i))
		at += i + 1
		var v value
		have := false
		if strings.HasPrefix(t.s[at:], "(") {
			end := strings.IndexByte(t.s[at:], ')')
			d, ok := from.(*Dict)
			if end < 0 || !ok {
				return text{}, errors.New("a format by name needs a dict")
			}
			if v, have = d.get(str(t.s[at+1 : at+end])); !have {
				return text{}, fmt.Errorf("no item %q", t.s[at+1:at+end])
			}
			at += end + 1
			named = true
		}
		end := at
		for end < len(t.s) && strings.IndexByte("#0- +.123456789", t.s[end]) >= 0 {
			end++
		}
		if end >= len(t.s) {
			return text{}, errors.New("an incomplete format")
		}
		if t.s[end] == '%' {
			b.lit("%")
			at = end + 1
			continue
		}
		if !have {
			if used >= len(args) {
				return text{}, errors.New("not enough arguments for the format")
			}
			v = args[used]
			used++
		}
		part, err := e.verb(t.s[at:end+1], v)
		if err != nil {
			return text{}, err
		}
		b.add(part)
		at = end + 1
		if err := e.spend(len(part.s)); err != nil {
			return text{}, err
		}
	}
	if _, dict := from.(*Dict); used < len(args) && !named && !dict {
		return text{}, errors.New("more arguments than the format takes")
	}
	return b.text(), e.spend(len(t.s))
}

// maxPad bounds widths and precisions of formats.
const maxPad = 10_000

// verb formats one value, spec being what stands after %.
func (e *evaluator) verb(spec string, v value) (text, error) {
	flags, c := spec[:len(spec)-1], spec[len(spec)-1]
	for _, n := range strings.FieldsFunc(flags, func(r rune) bool { return r < '0' || r > '9' }) {
		if x, err := strconv.Atoi(n); err != nil || x > maxPad {
			return text{}, fmt.Errorf("a format with a width or precision above %d", maxPad)
		}
	}
	f, i, isInt, ok := number(v)
	switch c {
	case 's', 'r':
		t, err := e.print(v)
		if c == 'r' && err == nil {
			var b builder
			err = e.repr(&b, v, 0)
			t = b.text()
		}
		if err != nil || flags == "" {
			return t, err
		}
		return derived(fmt.Sprintf("%"+flags+"s", t.s), t), nil
	case 'd', 'i', 'u', 'x', 'X', 'o':
		if !ok {
			return text{}, fmt.Errorf("%%%c of a %s", c, kindOf(v))
		}
		if !isInt {
			if i = int64(f); float64(i) != f && (f > 1<<62 || f < -1<<62) {
				return text{}, errOverflow
			}
		}
		if c == 'i' || c == 'u' {
			c = 'd'
		}
		return str(fmt.Sprintf("%"+flags+string(c), i)), nil
	case 'f', 'F', 'e', 'E', 'g', 'G':
		if !ok {
			return text{}, fmt.Errorf("%%%c of a %s", c, kindOf(v))
		}
		if (c == 'g' || c == 'G') && !strings.Contains(flags, ".") {
			flags += ".6"
		}
		return str(fmt.Sprintf("%"+flags+string(c), f)), nil
	case 'c':
		if t, ok := v.(text); ok && utf8.RuneCountInString(t.s) == 1 {
			return t, nil
		}
		if ok && isInt && i >= 0 && i <= unicode.MaxRune {
			return str(string(rune(i))), nil
		}
	}
	return text{}, fmt.Errorf("%%%c of a %s is not possible", c, kindOf(v))
}
