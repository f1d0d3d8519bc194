// Package plainjson writes JSON with <, > and & as they are. encoding/json escapes them for browsers, which these files are not
// for, and other programs write them plainly.
package plainjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// NewEncoder writes values one on a line.
func NewEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// Marshal is a value without white space at its end.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := NewEncoder(&b).Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Indent is a value as people read it: two spaces for each depth, and a line end.
func Indent(v any) ([]byte, error) {
	var b bytes.Buffer
	e := NewEncoder(&b)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
