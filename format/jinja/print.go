package jinja

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

var errDeep = errors.New("a value that holds values too deep")

// print is Python's str(v).
func (e *evaluator) print(v value) (text, error) {
	switch v := v.(type) {
	case text:
		return v, nil
	case undefined:
		return text{}, nil
	}
	var b builder
	if err := e.repr(&b, v, 0); err != nil {
		return text{}, err
	}
	return b.text(), nil
}

// repr adds Python's repr(v).
func (e *evaluator) repr(b *builder, v value, depth int) error {
	if depth > maxNesting {
		return errDeep
	}
	if err := e.spend(8); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		b.lit("None")
	case bool:
		b.lit(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		b.lit(strconv.FormatInt(v, 10))
	case float64:
		b.lit(pyFloat(v))
	case text:
		if err := e.spend(len(v.s)); err != nil {
			return err
		}
		q := quoted(v.s)
		if v.html {
			q = "Markup(" + q + ")"
		}
		b.add(derived(q, v))
	case undefined:
		b.lit("Undefined")
	case *list:
		ends := "[]"
		if v.tuple {
			ends = "()"
		}
		b.lit(ends[:1])
		for i, x := range v.items {
			if i > 0 {
				b.lit(", ")
			}
			if err := e.repr(b, x, depth+1); err != nil {
				return err
			}
		}
		if v.tuple && len(v.items) == 1 {
			b.lit(",")
		}
		b.lit(ends[1:])
	case *Dict:
		if v.space {
			b.lit("<Namespace ")
			defer b.lit(">")
		}
		b.lit("{")
		for i, k := range v.keys {
			if i > 0 {
				b.lit(", ")
			}
			if err := e.repr(b, k, depth+1); err != nil {
				return err
			}
			b.lit(": ")
			if err := e.repr(b, v.vals[i], depth+1); err != nil {
				return err
			}
		}
		b.lit("}")
	case *callable:
		b.lit("<function " + v.name + ">")
	default:
		return fmt.Errorf("a %T cannot be printed", v)
	}
	return nil
}

// pyFloat is Python's repr of a float: the shortest digits that give it back, with a point, in scientific notation below
// 1e-4 and from 1e16 on.
func pyFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quoted is Python's repr of a string: single quotes unless it has some and no double ones.
func quoted(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, "\"") {
		q = '"'
	}
	var b strings.Builder
	b.WriteByte(q)
	for _, r := range s {
		switch {
		case r == rune(q) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x7f || unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte(q)
	return b.String()
}
