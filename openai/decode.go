package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Decode reads the JSON value in an answer into v, with tolerance for what models put around one and into it: thoughts, prose,
// code fences, commas before a closing bracket, line ends within a string. The value itself is never guessed at. An error are
// a value that is cut off or broken, an object that has a key twice, as when two records ran into one, and several different
// values that fit v; v is as it was then.
func Decode(text string, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("decode: %T is no pointer to a value", v)
	}
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if rest, ok := strings.CutPrefix(text, "<think>"); ok {
		if at := strings.LastIndex(rest, "</think>"); at >= 0 {
			text = rest[at+len("</think>"):]
		}
	}
	list, err := values(text)
	if len(list) > 1 {
		if inner, ok := fenced(text); ok {
			if only, err := values(inner); err == nil && len(only) == 1 {
				list = only
			}
		}
	}
	if err != nil {
		return err
	}
	if len(list) == 0 {
		if list = append(list, []byte(text)); !json.Valid(list[0]) || text == "null" { // a string or a number is well
			return fmt.Errorf("no JSON in %.80q", text)
		}
	}
	var found reflect.Value
	var from []byte
	var first error
	for _, one := range list {
		fresh := reflect.New(target.Type().Elem())
		switch err := json.Unmarshal(one, fresh.Interface()); {
		case err != nil && first == nil:
			first = err
		case err != nil:
		case found.IsValid() && !bytes.Equal(from, one):
			return fmt.Errorf("two JSON values where one is wanted: %.40s and %.40s", from, one)
		default:
			found, from = fresh, one
		}
	}
	if !found.IsValid() {
		return fmt.Errorf("JSON of another form than the one asked for: %w", first)
	}
	target.Elem().Set(found.Elem())
	return nil
}

// fenced is what the only code fence marked as JSON holds.
func fenced(text string) (string, bool) {
	_, rest, ok := strings.Cut(text, "```json\n")
	inner, after, closed := strings.Cut(rest, "\n```")
	return inner, ok && closed && !strings.Contains(after, "```json\n")
}

// values are the objects and lists that stand in a text, as strict JSON.
func values(text string) ([][]byte, error) {
	var list [][]byte
	for at := 0; at < len(text); {
		if text[at] != '{' && text[at] != '[' {
			at++
			continue
		}
		l := lenient{text: text, at: at}
		err := l.value(0)
		switch {
		case err == nil:
			list = append(list, l.out.Bytes())
			at = l.at
		case l.serious:
			return nil, err
		default:
			at++ // a bracket of prose
		}
	}
	return list, nil
}

// maxDepth is how deep values may nest.
const maxDepth = 100

// lenient reads one value and writes it as strict JSON.
type lenient struct {
	text    string
	at      int
	out     bytes.Buffer
	serious bool // what was read so far is no prose
}

func (l *lenient) fail(what string) error {
	if l.at >= len(l.text) {
		l.serious = true
		return fmt.Errorf("JSON that is cut off at its end: …%q", l.text[max(0, l.at-40):])
	}
	return fmt.Errorf("broken JSON: %s at %.40q", what, l.text[l.at:])
}

func (l *lenient) space() {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) >= 0 {
		l.at++
	}
}

// next is the next byte that is no white space; 0 at the end.
func (l *lenient) next() byte {
	if l.space(); l.at < len(l.text) {
		return l.text[l.at]
	}
	return 0
}

func (l *lenient) value(depth int) error {
	if depth > maxDepth {
		l.serious = true
		return errors.New("JSON that nests too deep")
	}
	switch c := l.next(); c {
	case '{':
		return l.list('}', depth)
	case '[':
		return l.list(']', depth)
	case '"':
		return l.str()
	}
	return l.word()
}

// list reads an object or a list.
func (l *lenient) list(end byte, depth int) error {
	keys := make(map[string]bool)
	l.out.WriteByte(l.text[l.at])
	l.at++
	for n := 0; ; n++ {
		c := l.next()
		if c == end {
			l.at++
			l.out.WriteByte(end)
			return nil
		}
		if n > 0 {
			l.out.WriteByte(',')
		}
		if end == '}' {
			if err := l.key(keys); err != nil {
				return err
			}
		}
		first := l.next()
		if err := l.value(depth + 1); err != nil {
			return err
		}
		switch l.next() {
		case ',':
			l.at++
			l.serious = l.serious || first == '"' || first == '{' || first == '['
		case end:
		default:
			return l.fail("no comma")
		}
	}
}

// key reads a key and its colon.
func (l *lenient) key(keys map[string]bool) error {
	if l.next() != '"' {
		return l.fail("no key")
	}
	from := l.out.Len()
	if err := l.str(); err != nil {
		return err
	}
	var key string
	if err := json.Unmarshal(l.out.Bytes()[from:], &key); err != nil {
		return l.fail("no key")
	}
	if l.next() != ':' {
		return l.fail("no colon")
	}
	l.at++
	l.out.WriteByte(':')
	l.serious = true
	if key = strings.ToLower(key); keys[key] { // encoding/json takes the one for the other
		return fmt.Errorf("JSON with the key %.40q twice, as of two values in one", key)
	}
	keys[key] = true
	return nil
}

// str reads a string. Line ends and other control characters in it are taken for what they are.
func (l *lenient) str() error {
	l.out.WriteByte('"')
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '"':
			l.at++
			l.out.WriteByte('"')
			return nil
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			if strings.IndexByte(`"\/bfnrtu`, l.text[l.at]) < 0 {
				return l.fail("no such escape")
			}
			l.out.WriteByte('\\')
			l.out.WriteByte(l.text[l.at])
		case c < ' ':
			fmt.Fprintf(&l.out, `\u%04x`, c)
		default:
			l.out.WriteByte(c)
		}
	}
	return l.fail("no end of a string")
}

// word reads a number, true, false or null.
func (l *lenient) word() error {
	from := l.at
	for l.at < len(l.text) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzE", l.text[l.at]) >= 0 {
		l.at++
	}
	if word := l.text[from:l.at]; json.Valid([]byte(word)) {
		l.out.WriteString(word)
		return nil
	}
	l.at = from
	return l.fail("no value")
}
