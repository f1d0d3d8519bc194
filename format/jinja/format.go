package jinja

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
		flags := t.s[at:end]
		if t.s[end] == '*' && !have && end+1 < len(t.s) && used < len(args) {
			// The width is an argument of its own.
			width, err := asInt("a width", args[used])
			if err != nil {
				return text{}, err
			}
			flags += strconv.Itoa(width)
			used++
			end++
			for end < len(t.s) && strings.IndexByte(".0123456789", t.s[end]) >= 0 {
				flags += t.s[end : end+1]
				end++
			}
			if end >= len(t.s) {
				return text{}, errors.New("an incomplete format")
			}
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
		part, err := e.verb(flags+t.s[end:end+1], v)
		if err != nil {
			return text{}, err
		}
		b.add(part)
		at = end + 1
		if err := e.spend(len(part.s)); err != nil {
			return text{}, err
		}
	}
	if used < len(args) && !named && !indexed(from) {
		return text{}, errors.New("more arguments than the format takes")
	}
	return b.text(), e.spend(len(t.s))
}

// indexed says whether v is what Python's % takes for a mapping, which need not be used up.
func indexed(v value) bool {
	switch v := v.(type) {
	case *Dict, undefined:
		return true
	case *list:
		return !v.tuple
	}
	return false
}

// maxPad bounds widths and precisions of formats.
const maxPad = 10_000

// verb formats one value, spec being what stands after %.
func (e *evaluator) verb(s string, v value) (text, error) {
	rest, kind := s[:len(s)-1], s[len(s)-1]
	p := spec{fill: " ", align: '>', precision: -1, kind: kind}
	for ; rest != "" && strings.IndexByte("#0- +", rest[0]) >= 0; rest = rest[1:] {
		switch c := rest[0]; {
		case c == '#':
			p.alternate = true
		case c == '0':
			p.zero = true
		case c == '-':
			p.align = '<'
		case p.sign != '+':
			p.sign = c
		}
	}
	width, precision, dot := strings.Cut(rest, ".")
	for _, n := range []struct {
		digits string
		into   *int
	}{{width, &p.width}, {precision, &p.precision}} {
		if n.digits == "" {
			continue
		}
		x, err := strconv.Atoi(n.digits)
		if err != nil || x > maxPad {
			return text{}, fmt.Errorf("a format with a width or precision of %s", n.digits)
		}
		*n.into = x
	}
	if dot {
		p.precision = max(p.precision, 0)
	}
	switch kind {
	case 's', 'r', 'c':
		t, err := e.worded(kind, v)
		if n := utf8.RuneCountInString(t.s); kind != 'c' && p.precision >= 0 && p.precision < n {
			t = t.runes(0, p.precision)
		}
		if err != nil {
			return text{}, err
		}
		return p.pad(e, t)
	}
	f, i, isInt, ok := number(v)
	least := 0 // digits
	switch {
	case !ok || strings.IndexByte("diuxXofFeEgG", kind) < 0, strings.IndexByte("xXo", kind) >= 0 && !isInt:
		return text{}, fmt.Errorf("%%%c of a %s is not possible", kind, kindOf(v))
	case strings.IndexByte("diuxXo", kind) >= 0:
		if !isInt {
			if math.IsNaN(f) || math.Abs(f) >= 1<<63 {
				return text{}, errOverflow
			}
			i = int64(f)
		}
		f, isInt = float64(i), true
		least, p.precision = p.precision, -1
		if strings.IndexByte("iu", kind) >= 0 {
			p.kind = 'd'
		}
	default:
		isInt = false
	}
	sign, prefix, body, err := p.number(f, i, isInt)
	if err != nil {
		return text{}, err
	}
	if len(body) < least {
		body = strings.Repeat("0", least-len(body)) + body
	}
	if p.zero && p.align == '>' {
		p.fill, p.align = "0", '='
	}
	return p.put(e, sign, prefix, body)
}

// worded is a value for %s, %r or %c.
func (e *evaluator) worded(kind byte, v value) (text, error) {
	switch kind {
	case 's':
		return e.print(v)
	case 'r':
		var b builder
		err := e.repr(&b, v, 0)
		return b.text(), err
	}
	if t, ok := v.(text); ok && utf8.RuneCountInString(t.s) == 1 {
		return t, nil
	}
	if _, i, isInt, ok := number(v); ok && isInt && i >= 0 && i <= unicode.MaxRune {
		return str(string(rune(i))), nil
	}
	return text{}, fmt.Errorf("%%c of a %s is not possible", kindOf(v))
}
