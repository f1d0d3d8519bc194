package jinja

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"unicode/utf8"
)

var errOverflow = errors.New("an integer that does not fit 64 bits")

func negate(op string, v value) (value, error) {
	f, i, isInt, ok := number(v)
	switch {
	case !ok:
		if u, is := v.(undefined); is {
			return nil, errors.New(u.message())
		}
		return nil, fmt.Errorf("%s of a %s", op, kindOf(v))
	case isInt && op == "+":
		return i, nil
	case isInt && i == math.MinInt64:
		return nil, errOverflow
	case isInt:
		return -i, nil
	case op == "+":
		return f, nil
	}
	return -f, nil
}

func (e *evaluator) arithmetic(op string, a, b value) (value, error) {
	fa, ia, inta, oka := number(a)
	fb, ib, intb, okb := number(b)
	switch {
	case oka && okb && inta && intb:
		return integers(op, ia, ib)
	case oka && okb:
		return floats(op, fa, fb)
	}
	if op == "%" {
		if a, ok := a.(text); ok {
			args := []value{b}
			if l, ok := b.(*list); ok && l.tuple {
				args = l.items
			}
			return e.format(a, args, b)
		}
	}
	if op == "+" {
		switch a := a.(type) {
		case text:
			if b, ok := b.(text); ok {
				if a.html != b.html {
					if a.html {
						b = escaped(b)
					} else {
						a = escaped(a)
					}
				}
				var out builder
				out.add(a)
				out.add(b)
				t := out.text()
				t.html = a.html
				return t, e.spend(len(t.s))
			}
		case *list:
			if b, ok := b.(*list); ok && a.tuple == b.tuple {
				items := append(append([]value(nil), a.items...), b.items...)
				return &list{items: items, tuple: a.tuple}, e.spend(16 * len(items))
			}
		}
	}
	if op == "*" {
		if inta && oka {
			a, b, ib = b, a, ia
			intb, okb = true, true
		}
		if okb && intb {
			switch a := a.(type) {
			case text:
				if hi, lo := bits.Mul64(uint64(len(a.s)), uint64(max(ib, 0))); hi > 0 || lo > uint64(e.opt.Memory) {
					return nil, e.spend(e.opt.Memory + 1)
				}
				var out builder
				for range max(ib, 0) {
					out.add(a)
				}
				return out.text(), e.spend(len(out.b))
			case *list:
				if hi, lo := bits.Mul64(uint64(16*len(a.items)), uint64(max(ib, 0))); hi > 0 || lo > uint64(e.opt.Memory) {
					return nil, e.spend(e.opt.Memory + 1)
				}
				var items []value
				if len(a.items) > 0 {
					for range max(ib, 0) {
						items = append(items, a.items...)
					}
				}
				return &list{items: items, tuple: a.tuple}, e.spend(16 * len(items))
			}
		}
	}
	for _, v := range []value{a, b} {
		if u, ok := v.(undefined); ok {
			return nil, errors.New(u.message())
		}
	}
	return nil, fmt.Errorf("%s %s %s is not possible", kindOf(a), op, kindOf(b))
}

func integers(op string, a, b int64) (value, error) {
	switch op {
	case "+":
		c := a + b
		if (c > a) != (b > 0) && b != 0 {
			return nil, errOverflow
		}
		return c, nil
	case "-":
		c := a - b
		if (c < a) != (b > 0) && b != 0 {
			return nil, errOverflow
		}
		return c, nil
	case "*":
		return times(a, b)
	case "**":
		if b < 0 {
			return floats(op, float64(a), float64(b))
		}
		return power(a, b)
	}
	if b == 0 {
		return nil, errors.New("a division by zero")
	}
	switch op {
	case "/":
		return float64(a) / float64(b), nil
	case "//":
		if a == math.MinInt64 && b == -1 {
			return nil, errOverflow
		}
		q := a / b
		if a%b != 0 && (a < 0) != (b < 0) {
			q--
		}
		return q, nil
	}
	if b == -1 {
		return int64(0), nil
	}
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m, nil
}

func times(a, b int64) (value, error) {
	c := a * b
	if a != 0 && (c/a != b || a == -1 && b == math.MinInt64) {
		return nil, errOverflow
	}
	return c, nil
}

func power(a, b int64) (value, error) {
	result := int64(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			c, err := times(result, a)
			if err != nil {
				return nil, err
			}
			result = c.(int64)
		}
		if b > 1 {
			c, err := times(a, a)
			if err != nil {
				return nil, err
			}
			a = c.(int64)
		}
	}
	return result, nil
}

func floats(op string, a, b float64) (value, error) {
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "**":
		if a == 0 && b < 0 {
			return nil, errors.New("zero to a negative power")
		}
		if a < 0 && b != math.Trunc(b) {
			return nil, errors.New("a root of a negative number")
		}
		p := math.Pow(a, b)
		if math.IsInf(p, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
			return nil, errors.New("a power above what a float holds")
		}
		return p, nil
	}
	if b == 0 {
		return nil, errors.New("a division by zero")
	}
	switch op {
	case "/":
		return a / b, nil
	case "//":
		return math.Floor(a / b), nil
	}
	m := math.Mod(a, b)
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	if m == 0 {
		m = math.Copysign(0, b)
	}
	return m, nil
}

// contains is Python's: v in of.
func (e *evaluator) contains(of, v value) (bool, error) {
	switch of := of.(type) {
	case text:
		t, ok := v.(text)
		if !ok {
			return false, fmt.Errorf("a %s in a str", kindOf(v))
		}
		return strings.Contains(of.s, t.s), e.spend(len(of.s) / 64)
	case *list:
		for _, x := range of.items {
			if err := e.spend(0); err != nil {
				return false, err
			}
			if e.equal(x, v, 0) {
				return true, nil
			}
		}
		return false, nil
	case *Dict:
		if !of.space {
			if _, ok := hashOf(v); !ok {
				return false, fmt.Errorf("a %s cannot be a key", kindOf(v))
			}
			_, ok := of.get(v)
			return ok, nil
		}
	case undefined:
		return false, nil
	}
	return false, fmt.Errorf("in of a %s", kindOf(of))
}

func (e *evaluator) subscript(x *subscript, s *scope) (value, error) {
	of, err := e.eval(x.of, s)
	if err != nil {
		return nil, err
	}
	if u, ok := of.(undefined); ok {
		return nil, errors.New(u.message())
	}
	if sl, ok := x.at.(*slice); ok {
		return e.slice(of, sl, s)
	}
	key, err := e.eval(x.at, s)
	if err != nil {
		return nil, err
	}
	return e.item(of, key)
}

// item is of[key]: an index, a key, or else an attribute.
func (e *evaluator) item(of, key value) (value, error) {
	if d, ok := of.(*Dict); ok && !d.space {
		if v, ok := d.get(key); ok {
			return v, nil
		}
	}
	if _, i, isInt, ok := number(key); ok && isInt {
		switch of := of.(type) {
		case text:
			n := int64(utf8.RuneCountInString(of.s))
			if i < 0 {
				i += n
			}
			if i >= 0 && i < n {
				return of.runes(int(i), int(i)+1), e.spend(len(of.s) / 64)
			}
		case *list:
			if i < 0 {
				i += int64(len(of.items))
			}
			if i >= 0 && i < int64(len(of.items)) {
				return of.items[i], nil
			}
		}
	}
	if id, ok := key.(text); ok {
		return e.attributeOnly(of, id.s)
	}
	shown, err := e.print(key)
	if err != nil {
		return nil, err
	}
	return undefined{fmt.Sprintf("item %s of a %s", shown.s, kindOf(of))}, nil
}

// runes is characters from..to of t.
func (t text) runes(from, to int) text {
	if len(t.s) == utf8.RuneCountInString(t.s) {
		return t.cut(from, to)
	}
	start, end, n := len(t.s), len(t.s), 0
	for i := range t.s {
		if n == from {
			start = i
		}
		if n == to {
			end = i
			break
		}
		n++
	}
	return t.cut(start, max(start, end))
}

func (e *evaluator) slice(of value, x *slice, s *scope) (value, error) {
	var bounds [3]*int64
	for i, part := range []expr{x.from, x.to, x.step} {
		if part == nil {
			continue
		}
		v, err := e.eval(part, s)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		_, n, isInt, ok := number(v)
		if !ok || !isInt {
			return nil, fmt.Errorf("a slice bound that is a %s", kindOf(v))
		}
		bounds[i] = &n
	}
	n, err := length(of)
	if err != nil {
		return nil, err
	}
	if _, ok := of.(*Dict); ok {
		return nil, errors.New("a slice of a dict")
	}
	from, to, step, err := sliceBounds(int64(n), bounds)
	if err != nil {
		return nil, err
	}
	if t, ok := of.(text); ok && step == 1 {
		return t.runes(int(from), int(max(from, to))), e.spend(len(t.s) / 64)
	}
	items, err := elements(of)
	if err != nil {
		return nil, err
	}
	var out []value
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		if err := e.spend(0); err != nil {
			return nil, err
		}
		out = append(out, items[i])
	}
	if _, ok := of.(text); ok {
		var b builder
		for _, c := range out {
			b.add(c.(text))
		}
		return b.text(), nil
	}
	l := of.(*list)
	return &list{items: out, tuple: l.tuple}, nil
}

// sliceBounds is Python's slice.indices. A step past the length is as one of the length.
func sliceBounds(n int64, b [3]*int64) (from, to, step int64, err error) {
	step = 1
	if b[2] != nil {
		step = min(max(*b[2], -n-1), n+1)
	}
	if b[2] != nil && *b[2] == 0 {
		return 0, 0, 0, errors.New("a slice with step 0")
	}
	low, high := int64(0), n
	if step < 0 {
		low, high = -1, n-1
	}
	clamp := func(p *int64, absent int64) int64 {
		if p == nil {
			return absent
		}
		i := *p
		if i < 0 {
			i = max(i, -n-1) + n
		}
		return min(max(i, low), high)
	}
	if step > 0 {
		return clamp(b[0], low), clamp(b[1], high), step, nil
	}
	return clamp(b[0], high), clamp(b[1], low), step, nil
}
