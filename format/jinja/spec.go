package jinja

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// formatting is one call of str.format: its arguments, and how its fields have been numbered so far.
type formatting struct {
	e      *evaluator
	args   arguments
	next   int  // the argument of the next {}
	manual bool // a field has named its argument by number
}

func formatMethod(e *evaluator, t text, args arguments) (value, error) {
	f := &formatting{e: e, args: args}
	return f.fill(t, 2)
}

// fill puts the arguments to the fields of t; a field's format may have fields of its own, depth deep.
func (f *formatting) fill(t text, depth int) (text, error) {
	if depth == 0 {
		return text{}, errors.New("fields in fields too deep")
	}
	var b builder
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
		end := fieldEnd(t.s[at:])
		if end < 0 {
			return text{}, errors.New("a single brace")
		}
		part, err := f.field(t.s[at+1:at+end], depth)
		if err != nil {
			return text{}, err
		}
		at += end + 1
		b.add(part)
		if err := f.e.spend(len(part.s)); err != nil {
			return text{}, err
		}
	}
	return b.text(), f.e.spend(len(t.s))
}

// fieldEnd is where the brace is that closes the one at the beginning of s, or -1.
func fieldEnd(s string) int {
	open := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			open++
		case '}':
			if open--; open <= 0 {
				if i == 0 {
					return -1
				}
				return i
			}
		}
	}
	return -1
}

// field is what stands in place of {s}: a name, what to read of it, a conversion and a format.
func (f *formatting) field(s string, depth int) (text, error) {
	id, spec := s, ""
	if i := strings.IndexAny(s, "!:"); i >= 0 {
		id, spec = s[:i], s[i:]
	}
	v, err := f.value(id)
	if err != nil {
		return text{}, err
	}
	if strings.HasPrefix(spec, "!") {
		if len(spec) < 2 || len(spec) > 2 && spec[2] != ':' {
			return text{}, fmt.Errorf("a conversion %q", spec)
		}
		switch spec[1] {
		case 's':
			v, err = f.e.print(v)
		case 'r':
			var b builder
			err = f.e.repr(&b, v, 0)
			v = b.text()
		default:
			return text{}, fmt.Errorf("the conversion !%c is neither !s nor !r", spec[1])
		}
		if err != nil {
			return text{}, err
		}
		spec = spec[2:]
	}
	filled, err := f.fill(str(strings.TrimPrefix(spec, ":")), depth-1)
	if spec == "" || spec == ":" {
		filled, err = text{}, nil
	}
	if err != nil {
		return text{}, err
	}
	return f.e.formatted(v, filled.s)
}

// value is the argument that a field's name says, and of it the attributes and items that follow.
func (f *formatting) value(id string) (value, error) {
	rest := ""
	if i := strings.IndexAny(id, ".["); i >= 0 {
		id, rest = id[:i], id[i:]
	}
	number := id
	switch n, err := strconv.Atoi(id); {
	case id == "" && f.manual, err == nil && f.next > 0:
		return nil, errors.New("some fields are numbered and others are not")
	case id == "":
		number = strconv.Itoa(f.next)
		f.next++
	case err == nil && n >= 0:
		f.manual = true
	}
	var v value
	if n, err := strconv.Atoi(number); err == nil {
		if n < 0 || n >= len(f.args.at) {
			return nil, fmt.Errorf("no argument %d", n)
		}
		v = f.args.at[n]
	} else if named, ok := f.args.lookup(id); ok {
		v = named
	} else {
		return nil, fmt.Errorf("no argument %q", id)
	}
	for rest != "" {
		var err error
		if rest[0] == '[' {
			key, after, ok := strings.Cut(rest[1:], "]")
			if !ok || key == "" {
				return nil, fmt.Errorf("an index %q", rest)
			}
			rest = after
			if n, isNumber := strconv.ParseInt(key, 10, 64); isNumber == nil {
				v, err = f.e.item(v, n)
			} else {
				v, err = f.e.item(v, str(key))
			}
		} else {
			end := strings.IndexAny(rest[1:], ".[") + 1
			if end == 0 {
				end = len(rest)
			}
			v, err = f.e.attribute(v, rest[1:end])
			rest = rest[end:]
		}
		if err != nil {
			return nil, err
		}
		if rest != "" && rest[0] != '[' && rest[0] != '.' {
			return nil, fmt.Errorf("%q after an index", rest)
		}
	}
	return v, nil
}

// A spec is Python's format specification: [[fill]align][sign][#][0][width][grouping][.precision][type].
type spec struct {
	fill      string // "" where it is not said
	align     byte   // 0 where it is not said
	sign      byte
	alternate bool
	zero      bool
	width     int
	group     string // "", "," or "_"
	precision int    // -1 where it is not said
	kind      byte   // 0 where it is not said
}

func parseSpec(s string) (spec, error) {
	p := spec{precision: -1}
	wrong := fmt.Errorf("the format %q is none of Python's", s)
	isAlign := func(s string) bool { return s != "" && strings.IndexByte("<>=^", s[0]) >= 0 }
	if _, n := utf8.DecodeRuneInString(s); isAlign(s[n:]) {
		p.fill, p.align, s = s[:n], s[n], s[n+1:]
	} else if isAlign(s) {
		p.align, s = s[0], s[1:]
	}
	if s != "" && strings.IndexByte("+- ", s[0]) >= 0 {
		p.sign, s = s[0], s[1:]
	}
	if strings.HasPrefix(s, "#") {
		p.alternate, s = true, s[1:]
	}
	if strings.HasPrefix(s, "0") {
		p.zero, s = true, s[1:]
		if p.fill == "" {
			p.fill = "0"
		}
	}
	digits := func() (int, error) {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		x, err := strconv.Atoi(s[:n])
		s = s[n:]
		if err == nil && x > maxPad {
			return 0, fmt.Errorf("a format with a width or precision above %d", maxPad)
		}
		return x, err
	}
	var err error
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		if p.width, err = digits(); err != nil {
			return p, err
		}
	}
	if s != "" && (s[0] == ',' || s[0] == '_') {
		p.group, s = s[:1], s[1:]
	}
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		if p.precision, err = digits(); err != nil {
			return p, err
		}
	}
	if len(s) > 1 {
		return p, wrong
	}
	if s != "" {
		p.kind = s[0]
	}
	if p.fill == "" {
		p.fill = " "
	}
	if p.group == "," && strings.ContainsAny(s, "boxXcn") || p.group == "_" && strings.ContainsAny(s, "cn") || p.sign != 0 && s == "c" {
		return p, wrong
	}
	return p, nil
}

// formatted is Python's format(v, s).
func (e *evaluator) formatted(v value, s string) (text, error) {
	if s == "" {
		return e.print(v)
	}
	p, err := parseSpec(s)
	if err != nil {
		return text{}, err
	}
	if t, ok := v.(text); ok {
		if p.sign != 0 || p.alternate || p.group != "" || p.align == '=' || p.kind != 0 && p.kind != 's' {
			return text{}, fmt.Errorf("the format %q for a str", s)
		}
		if n := utf8.RuneCountInString(t.s); p.precision >= 0 && p.precision < n {
			t = t.runes(0, p.precision)
		}
		if p.align == 0 {
			p.align = '<'
		}
		return p.pad(e, t)
	}
	f, i, isInt, ok := number(v)
	if !ok {
		return text{}, fmt.Errorf("the format %q for a %s", s, kindOf(v))
	}
	sign, prefix, body, err := p.number(f, i, isInt)
	if err != nil {
		return text{}, fmt.Errorf("the format %q for a %s: %w", s, kindOf(v), err)
	}
	if p.align == 0 {
		p.align = '>'
		if p.zero {
			p.align = '='
		}
	}
	return p.put(e, sign, prefix, p.grouped(body, len(sign)+len(prefix)))
}

// put is a number of its parts, filled up to the width.
func (p spec) put(e *evaluator, sign, prefix, body string) (text, error) {
	if p.align != '=' {
		return p.pad(e, str(sign+prefix+body))
	}
	p.align = '>'
	p.width -= len(sign) + len(prefix)
	t, err := p.pad(e, str(body))
	return str(sign + prefix + t.s), err
}

// number is v's sign, prefix and digits.
func (p *spec) number(f float64, i int64, isInt bool) (sign, prefix, body string, err error) {
	negative := f < 0 || math.Signbit(f)
	switch base := map[byte]int{0: 10, 'd': 10, 'n': 10, 'b': 2, 'o': 8, 'x': 16, 'X': 16}[p.kind]; {
	case isInt && base > 0:
		if p.precision >= 0 {
			return "", "", "", errors.New("an int has no precision")
		}
		u := uint64(i)
		if negative {
			u = -u
		}
		body = strconv.FormatUint(u, base)
		if p.alternate && base != 10 {
			prefix = "0" + string(p.kind)
		}
		if p.kind == 'X' {
			body = strings.ToUpper(body)
		}
	case isInt && p.kind == 'c' && i >= 0 && i <= utf8.MaxRune:
		body = string(rune(i))
	default:
		if body, err = p.decimals(math.Abs(f)); err != nil {
			return "", "", "", err
		}
	}
	switch {
	case negative:
		sign = "-"
	case p.sign == '+' || p.sign == ' ':
		sign = string(p.sign)
	}
	return sign, prefix, body, nil
}

// decimals are the digits of a float that is not negative.
func (p *spec) decimals(f float64) (string, error) {
	precision := p.precision
	if precision < 0 {
		precision = 6
	}
	kind, tail := p.kind, ""
	verb := "%.*"
	if p.alternate {
		verb = "%#.*"
	}
	switch kind {
	case 0:
		if p.alternate {
			return "", errors.New("# without a type")
		}
		if p.precision < 0 {
			return pyFloat(f), nil
		}
		// As g, but with a digit after the point.
		s := strings.ToLower(fmt.Sprintf("%.*g", max(precision, 1), f))
		if e := math.Floor(math.Log10(f)); f != 0 && int(e) >= max(precision, 1)-1 && !strings.Contains(s, "e") && !math.IsInf(f, 0) {
			mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', max(precision, 1)-1, 64), "e")
			if strings.Contains(mantissa, ".") {
				mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
			}
			return mantissa + "e" + exponent, nil
		}
		if !strings.ContainsAny(s, ".en") {
			s += ".0"
		}
		return strings.TrimPrefix(s, "+"), nil
	case '%':
		kind, tail, f = 'f', "%", f*100
	case 'e', 'E', 'f', 'g', 'G':
	case 'F':
	case 'n':
		kind = 'g'
	default:
		return "", fmt.Errorf("type %q", kind)
	}
	if (kind == 'g' || kind == 'G') && precision == 0 {
		precision = 1
	}
	s := strings.TrimPrefix(fmt.Sprintf(verb+string(kind), precision, f), "+")
	switch {
	case !math.IsInf(f, 0) && !math.IsNaN(f):
	case kind == 'E' || kind == 'F' || kind == 'G':
		s = strings.ToUpper(s)
	default:
		s = strings.ToLower(s)
	}
	return s + tail, nil
}

// grouped puts separators to the whole part of a number, and zeros before it where they fill the width.
func (p *spec) grouped(body string, before int) string {
	if p.group == "" {
		return body
	}
	n := 0
	isDigit := func(c byte) bool {
		return c >= '0' && c <= '9' || (p.kind == 'x' || p.kind == 'X') && (c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
	}
	for n < len(body) && isDigit(body[n]) {
		n++
	}
	every := 3
	if strings.IndexByte("boxX", p.kind) >= 0 && p.kind != 0 {
		every = 4
	}
	digits, rest := body[:n], body[n:]
	if p.fill == "0" && p.align == '=' && n > 0 {
		for room := p.width - len(rest) - before; n+(n-1)/every < room; {
			n++
		}
		digits = strings.Repeat("0", n-len(digits)) + digits
	}
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%every == 0 {
			b.WriteString(p.group)
		}
		b.WriteByte(digits[i])
	}
	return b.String() + rest
}

// pad fills t up to the width.
func (p *spec) pad(e *evaluator, t text) (text, error) {
	left := func(n, _ int) int { return n }
	switch p.align {
	case '<':
		left = func(int, int) int { return 0 }
	case '^':
		left = func(n, _ int) int { return n / 2 }
	}
	return justify(e, t, p.width, left, p.fill)
}
