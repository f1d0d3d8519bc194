package dataset

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
	"unicode/utf8"
)

// problem is what is wrong with a field of a row, or with the row itself where field is "".
type problem struct{ field, text string }

func wrong(field, format string, args ...any) *problem {
	return &problem{field: field, text: fmt.Sprintf(format, args...)}
}

// record is a JSON object. Unlike encoding/json's structs it takes names as they are written, and each once.
type record struct {
	path   string // where a nested object stands: "messages[2]."
	names  []string
	values map[string]json.RawMessage
}

// parseRecord reads one JSON object. path goes before the names of its fields in problems.
func parseRecord(data []byte, path string) (record, *problem) {
	at := strings.TrimSuffix(path, ".")
	if !utf8.Valid(data) {
		return record{}, wrong(at, "not valid UTF-8")
	}
	if k := kindOf(data); k != "an object" {
		if k == "" {
			return record{}, wrong(at, "not JSON: must be an object")
		}
		return record{}, wrong(at, "%s, must be an object", k)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	broken := func(err error) (record, *problem) {
		// A lone opening line is what a file of objects spread over lines looks like.
		if at == "" && len(data) < 3 {
			return record{}, wrong(at, "not JSON: a row is an object on one line, or an element of an array")
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return record{}, wrong(at, "not JSON: it ends in the middle")
		}
		return record{}, wrong(at, "not JSON: %v", err)
	}
	if _, err := dec.Token(); err != nil {
		return broken(err)
	}
	r := record{path: path, values: make(map[string]json.RawMessage)}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return broken(err)
		}
		name, ok := tok.(string)
		if !ok {
			return broken(fmt.Errorf("%v is no field name", tok))
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return broken(err)
		}
		if _, ok := r.values[name]; ok {
			return record{}, wrong(path+name, "given twice")
		}
		r.names = append(r.names, name)
		r.values[name] = v
	}
	if _, err := dec.Token(); err != nil {
		return broken(err)
	}
	if rest := bytes.TrimSpace(data[dec.InputOffset():]); len(rest) > 0 {
		return record{}, wrong(at, "%s follows the object", excerpt(rest, 20))
	}
	return r, nil
}

// has says that a field is there; null counts.
func (r record) has(name string) bool { _, ok := r.values[name]; return ok }

// hasAll says that all of the fields are there.
func (r record) hasAll(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !r.has(n) })
}

// text gives a field that must be a string.
func (r record) text(name string) (string, *problem) {
	v, ok := r.values[name]
	if !ok {
		return "", wrong(r.path+name, "missing")
	}
	if k := kindOf(v); k != "a string" {
		return "", wrong(r.path+name, "%s, must be a string", k)
	}
	if esc := loneSurrogate(v); esc != "" {
		return "", wrong(r.path+name, "the escape %s is half a character", esc)
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return "", wrong(r.path+name, "not a string: %v", err)
	}
	return s, nil
}

// maybe gives a field that may be absent or null, which is "".
func (r record) maybe(name string) (string, *problem) {
	if v, ok := r.values[name]; !ok || kindOf(v) == "null" {
		return "", nil
	}
	return r.text(name)
}

// list gives the objects of a field that must be a list of them.
func (r record) list(name string) ([]record, *problem) {
	v, ok := r.values[name]
	if !ok {
		return nil, wrong(r.path+name, "missing")
	}
	if k := kindOf(v); k != "a list" {
		return nil, wrong(r.path+name, "%s, must be a list", k)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(v, &items); err != nil {
		return nil, wrong(r.path+name, "not a list: %v", err)
	}
	out := make([]record, len(items))
	for i, item := range items {
		var bad *problem
		if out[i], bad = parseRecord(item, fmt.Sprintf("%s%s[%d].", r.path, name, i)); bad != nil {
			return nil, bad
		}
	}
	return out, nil
}

// MaxRepeat is how often an epoch may have a row.
const MaxRepeat = 1000

// weights gives the optional fields weight and repeat; absent and null are 1.
func (r record) weights() (weight float64, repeat int, bad *problem) {
	weight, repeat = 1, 1
	if v, ok := r.values["weight"]; ok && kindOf(v) != "null" {
		w, err := strconv.ParseFloat(string(v), 64)
		// The loss is computed in float32, so the weight must exist there.
		if f := float32(w); err != nil || kindOf(v) != "a number" || w < 0 || math.IsInf(float64(f), 0) || (w > 0 && f == 0) {
			return 0, 0, wrong(r.path+"weight", "%s: must be a finite number, 0 or more", excerpt(v, 20))
		}
		weight = w + 0 // -0 becomes 0
	}
	if v, ok := r.values["repeat"]; ok && kindOf(v) != "null" {
		n, err := strconv.Atoi(string(v))
		if err != nil || n < 0 || n > MaxRepeat {
			return 0, 0, wrong(r.path+"repeat", "%s: must be a whole number from 0 to %d", excerpt(v, 20), MaxRepeat)
		}
		repeat = n
	}
	return weight, repeat, nil
}

// kindOf names the type of a JSON value by its first byte, for messages; "" is none.
func kindOf(v []byte) string {
	if len(v) == 0 {
		return ""
	}
	switch c := v[0]; {
	case c == '"':
		return "a string"
	case c == '{':
		return "an object"
	case c == '[':
		return "a list"
	case c == '-' || '0' <= c && c <= '9':
		return "a number"
	case c == 't' || c == 'f':
		return "true or false"
	case c == 'n':
		return "null"
	}
	return ""
}

// loneSurrogate finds a \u escape that is half of a UTF-16 pair in the text of a valid JSON string, "" where there is
// none. encoding/json would replace it with U+FFFD without a word.
func loneSurrogate(v []byte) string {
	unit := func(i int) uint64 { // the code unit escaped at i, 0 where there is none
		if i+6 > len(v) || v[i] != '\\' || v[i+1] != 'u' {
			return 0
		}
		u, err := strconv.ParseUint(string(v[i+2:i+6]), 16, 16)
		if err != nil {
			return 0
		}
		return u
	}
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' {
			continue
		}
		switch u := unit(i); {
		case 0xd800 <= u && u < 0xdc00:
			if low := unit(i + 6); low < 0xdc00 || low > 0xdfff {
				return string(v[i : i+6])
			}
			i += 11
		case 0xdc00 <= u && u < 0xe000:
			return string(v[i : i+6])
		default:
			i++ // the escaped byte, which may be a backslash
		}
	}
	return ""
}

// excerpt is the beginning of a text for an error message: one line, no control characters, at most n characters.
func excerpt(data []byte, n int) string {
	var b strings.Builder
	for i := 0; len(data) > 0; i++ {
		if i == n {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRune(data)
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && size == 1, !strconv.IsPrint(r):
			b.WriteString("�")
		default:
			b.WriteRune(r)
		}
		data = data[size:]
	}
	return b.String()
}
