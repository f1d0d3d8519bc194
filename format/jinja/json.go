package jinja

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// FromJSON reads a JSON value as Python's json.loads does: the order of keys is kept, numbers without point or exponent
// are integers. Where data is true, every string is [Data]. What comes back goes into [Dict.Set].
func FromJSON(raw []byte, data bool) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := readJSON(d, data, 0)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more after the JSON value, at byte %d", d.InputOffset())
	}
	return v, nil
}

func readJSON(d *json.Decoder, data bool, depth int) (value, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("JSON nested deeper than %d", maxNesting)
	}
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := tok.(type) {
	case json.Delim:
		if t == '[' {
			l := &list{}
			for d.More() {
				v, err := readJSON(d, data, depth+1)
				if err != nil {
					return nil, err
				}
				l.items = append(l.items, v)
			}
			_, err = d.Token()
			return l, err
		}
		m := NewDict()
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readJSON(d, data, depth+1)
			if err != nil {
				return nil, err
			}
			key := str(k.(string))
			if data {
				key.data = whole(key.s)
			}
			m.put(name2key(key.s), key, v)
		}
		_, err = d.Token()
		return m, err
	case json.Number:
		if i, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return i, nil
		}
		if !strings.ContainsAny(t.String(), ".eE") {
			return nil, fmt.Errorf("number %s does not fit 64 bits", t)
		}
		f, err := strconv.ParseFloat(t.String(), 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, err
		}
		return f, nil
	case string:
		if data {
			return text{s: t, data: whole(t)}, nil
		}
		return str(t), nil
	}
	return tok, nil // nil or a bool
}

// jsonStyle is how json.dumps writes.
type jsonStyle struct {
	ascii     bool
	sorted    bool
	indent    string
	lines     bool // indent was given
	item, key string
}

func toJSON(e *evaluator, v value, args arguments) (value, error) {
	var ascii, indent, separators, sorted value = false, nil, nil, false
	if err := args.bind("tojson", 0, []string{"ensure_ascii", "indent", "separators", "sort_keys"}, &ascii, &indent, &separators, &sorted); err != nil {
		return nil, err
	}
	// Jinja's own filter has indent first; tojson(2) means that as well.
	if _, isInt := ascii.(int64); isInt && indent == nil && len(args.at) == 1 {
		ascii, indent = false, ascii
	}
	s := jsonStyle{ascii: truth(ascii), sorted: truth(sorted), item: ", ", key: ": "}
	switch n := indent.(type) {
	case nil:
	case text:
		s.lines, s.indent = true, n.s
	default:
		width, err := asInt("indent", n)
		if err != nil {
			return nil, err
		}
		if width > maxPad {
			return nil, fmt.Errorf("indent %d", width)
		}
		s.lines, s.indent = true, strings.Repeat(" ", max(width, 0))
	}
	if s.lines {
		s.item = ","
	}
	if separators != nil {
		l, ok := separators.(*list)
		if !ok || len(l.items) != 2 {
			return nil, errors.New("separators are not a pair")
		}
		item, ok1 := l.items[0].(text)
		key, ok2 := l.items[1].(text)
		if !ok1 || !ok2 {
			return nil, errors.New("separators are not strings")
		}
		s.item, s.key = item.s, key.s
	}
	var b builder
	if err := s.dump(e, &b, v, 0); err != nil {
		return nil, err
	}
	return b.text(), nil
}

func (s jsonStyle) newline(e *evaluator, b *builder, depth int) error {
	if !s.lines {
		return nil
	}
	b.lit("\n")
	b.lit(strings.Repeat(s.indent, depth))
	return e.spend(depth * len(s.indent))
}

func (s jsonStyle) dump(e *evaluator, b *builder, v value, depth int) error {
	if depth > maxNesting {
		return errDeep
	}
	if err := e.spend(4); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		b.lit("null")
	case bool:
		b.lit(strconv.FormatBool(v))
	case int64:
		b.lit(strconv.FormatInt(v, 10))
	case float64:
		switch {
		case math.IsNaN(v):
			b.lit("NaN")
		case math.IsInf(v, 1):
			b.lit("Infinity")
		case math.IsInf(v, -1):
			b.lit("-Infinity")
		default:
			b.lit(pyFloat(v))
		}
	case text:
		return s.quote(e, b, v)
	case *list:
		if len(v.items) == 0 {
			b.lit("[]")
			return nil
		}
		b.lit("[")
		for i, x := range v.items {
			if i > 0 {
				b.lit(s.item)
			}
			if err := s.newline(e, b, depth+1); err != nil {
				return err
			}
			if err := s.dump(e, b, x, depth+1); err != nil {
				return err
			}
		}
		if err := s.newline(e, b, depth); err != nil {
			return err
		}
		b.lit("]")
	case *Dict:
		if v.space {
			return errors.New("a namespace has no JSON")
		}
		return s.dumpDict(e, b, v, depth)
	default:
		return fmt.Errorf("a value of kind %s has no JSON", kindOf(v))
	}
	return nil
}

func (s jsonStyle) dumpDict(e *evaluator, b *builder, d *Dict, depth int) error {
	if len(d.keys) == 0 {
		b.lit("{}")
		return nil
	}
	order := make([]int, len(d.keys))
	for i := range order {
		order[i] = i
	}
	if s.sorted {
		var failed error
		slices.SortStableFunc(order, func(i, j int) int {
			c, err := e.compareValues(d.keys[i], d.keys[j], 0)
			failed = errors.Join(failed, err)
			return c
		})
		if failed != nil {
			return errors.New("keys that have no order")
		}
	}
	b.lit("{")
	for n, i := range order {
		if n > 0 {
			b.lit(s.item)
		}
		if err := s.newline(e, b, depth+1); err != nil {
			return err
		}
		key := d.keys[i]
		switch k := key.(type) {
		case text:
		case nil, bool, int64, float64:
			var name builder
			if err := s.dump(e, &name, k, 0); err != nil {
				return err
			}
			key = name.text()
		default:
			return fmt.Errorf("a %s for a key has no JSON", kindOf(key))
		}
		if err := s.quote(e, b, key.(text)); err != nil {
			return err
		}
		b.lit(s.key)
		if err := s.dump(e, b, d.vals[i], depth+1); err != nil {
			return err
		}
	}
	if err := s.newline(e, b, depth); err != nil {
		return err
	}
	b.lit("}")
	return nil
}

func (s jsonStyle) quote(e *evaluator, b *builder, t text) error {
	b.lit(`"`)
	from := 0
	for i, r := range t.s {
		var with string
		switch {
		case r == '"':
			with = `\"`
		case r == '\\':
			with = `\\`
		case r == '\n':
			with = `\n`
		case r == '\r':
			with = `\r`
		case r == '\t':
			with = `\t`
		case r == '\b':
			with = `\b`
		case r == '\f':
			with = `\f`
		case r < 0x20 || s.ascii && r >= 0x7f && r <= 0xffff && r != 0x7f:
			with = fmt.Sprintf(`\u%04x`, r)
		case s.ascii && r > 0xffff:
			r -= 0x10000
			with = fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			continue
		}
		size := 1
		for i+size < len(t.s) && t.s[i+size]&0xc0 == 0x80 {
			size++
		}
		b.add(t.cut(from, i))
		b.add(derived(with, t.cut(i, i+size)))
		from = i + size
	}
	b.add(t.cut(from, len(t.s)))
	b.lit(`"`)
	return e.spend(len(t.s))
}
