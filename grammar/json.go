package grammar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxSchema is the longest text of a schema, in bytes.
const MaxSchema = 1 << 20

// maxNested is the levels of its text.
const maxNested = 64

// tree is a JSON value whose fields are in the order of the text.
type tree struct {
	is     json.Token // '{', '[', or the value itself
	fields []field
	items  []tree
}

type field struct {
	name  string
	value tree
}

// parse reads one JSON value.
func parse(text []byte) (tree, error) {
	if len(text) > MaxSchema {
		return tree{}, fmt.Errorf("a schema of %d bytes, want at most %d", len(text), MaxSchema)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	t, err := read(d, 0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return tree{}, fmt.Errorf("the schema is no JSON: byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return tree{}, fmt.Errorf("the schema is no JSON: more follows it at byte %d", d.InputOffset())
	}
	return t, nil
}

func read(d *json.Decoder, depth int) (tree, error) {
	is, err := d.Token()
	if err != nil {
		return tree{}, err
	}
	t := tree{is: is}
	open, ok := is.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth == maxNested {
		return tree{}, fmt.Errorf("nested deeper than %d levels", maxNested)
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '[' {
			item, err := read(d, depth+1)
			if err != nil {
				return tree{}, err
			}
			t.items = append(t.items, item)
			continue
		}
		name, err := d.Token()
		if err != nil {
			return tree{}, err
		}
		key, ok := name.(string)
		if !ok {
			return tree{}, fmt.Errorf("a name is %v, want a string", name)
		}
		if seen[key] {
			return tree{}, fmt.Errorf("the name %q comes twice", key)
		}
		seen[key] = true
		value, err := read(d, depth+1)
		if err != nil {
			return tree{}, err
		}
		t.fields = append(t.fields, field{key, value})
	}
	_, err = d.Token() // the end
	return t, err
}

// kind is what JSON schema calls the value's type.
func (t tree) kind() string {
	switch is := t.is.(type) {
	case json.Delim:
		if is == '[' {
			return "array"
		}
		return "object"
	case string:
		return "string"
	case json.Number:
		if strings.ContainsAny(is.String(), ".eE") {
			return "number"
		}
		return "integer"
	case bool:
		return "boolean"
	}
	return "null"
}

// field is the value under a name.
func (t tree) field(name string) (tree, bool) {
	for _, f := range t.fields {
		if f.name == name {
			return f.value, true
		}
	}
	return tree{}, false
}

// String is the value as JSON without white space.
func (t tree) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t tree) write(b *strings.Builder) {
	switch is := t.is.(type) {
	case json.Delim:
		b.WriteString(is.String())
		for i, item := range t.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		for i, f := range t.fields {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, f.name)
			b.WriteByte(':')
			f.value.write(b)
		}
		b.WriteByte(byte(is) + 2) // ] and } come two after [ and {
	case string:
		writeString(b, is)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, is)
	}
}

// writeString writes a string as JSON with no more escapes than it needs.
func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
