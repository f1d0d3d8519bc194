package selfinstruct

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/cria-llm/cria/openai"
)

// fields are the texts of a record in an answer, by name.
type fields map[string]string

// reading is what was read of an answer.
type reading struct {
	records   []fields
	malformed int // that are left out: without a field, or two in one
	truncated int // the last record of an answer that was cut off
}

// readRecords reads the records of an answer, which should be a JSON object with a list of that name, whose elements have the
// fields of need and perhaps those of may. Prose around it, fences, and a bare list are read too, and so are records as text:
//
//	###
//	1. Instruction: …
//	1. Input: …
//	1. Output: …
//
// No record is made of two: where it is not sure where one ends, it is malformed. cut says that the answer was cut off at its
// greatest length.
func readRecords(text, list string, need, may []string, cut bool) reading {
	var r reading
	items, whole := elements(text, list)
	if !whole && !cut { // what has line ends in its texts, or commas too many, is no JSON and can be read
		var mended map[string][]json.RawMessage
		if openai.Decode(text, &mended) == nil && mended[list] != nil {
			items, whole = mended[list], true
		}
	}
	if items == nil {
		r = textRecords(text, need, may, cut)
		if len(r.records) == 0 && r.malformed == 0 && r.truncated == 0 && strings.TrimSpace(text) != "" {
			r.malformed = 1
		}
		return r
	}
	for _, item := range items {
		f, ok := record(item, need, may)
		if !ok {
			r.malformed++
			continue
		}
		r.records = append(r.records, f)
	}
	switch {
	case whole:
	case cut:
		r.truncated++
	default:
		r.malformed++
	}
	return r
}

// elements are the elements of the JSON list of that name in a text, or of the first list of objects or texts in it; nil where
// there is none. whole says that the list has its end.
func elements(text, name string) (items []json.RawMessage, whole bool) {
	from := -1
	if at := strings.Index(text, `"`+name+`"`); at >= 0 {
		at += len(name) + 2
		if n := strings.IndexByte(text[at:], '['); n >= 0 && strings.Trim(text[at:at+n], " \t\r\n:") == "" {
			from = at + n
		}
	} else if bare := bareList.FindStringIndex(text); bare != nil {
		from = bare[0]
	}
	if from < 0 {
		return nil, false
	}
	rest := text[from+1:]
	items = []json.RawMessage{}
	for {
		rest = strings.TrimLeft(rest, " \t\r\n,")
		if strings.HasPrefix(rest, "]") {
			return items, true
		}
		var item json.RawMessage
		dec := json.NewDecoder(strings.NewReader(rest))
		if err := dec.Decode(&item); err != nil {
			return items, false
		}
		items = append(items, item)
		rest = rest[dec.InputOffset():]
	}
}

var bareList = regexp.MustCompile(`\[\s*[{"]`)

// record reads an element of a list: an object that has every field of need, once, or a text where one field is needed. Of what
// may be there, null is nothing; other fields are left aside.
func record(item json.RawMessage, need, may []string) (fields, bool) {
	f := fields{}
	if len(need) == 1 && bytes.HasPrefix(item, []byte(`"`)) {
		item = []byte(`{"` + need[0] + `":` + string(item) + `}`)
	}
	dec := json.NewDecoder(bytes.NewReader(item))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		key, ok := name.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return nil, false
		}
		key = strings.ToLower(key)
		if seen[key] { // two records in one
			return nil, false
		}
		seen[key] = true
		if !slices.Contains(need, key) && !slices.Contains(may, key) {
			continue
		}
		text, ok := plainValue(value)
		if !ok || merged.MatchString(text) {
			return nil, false
		}
		f[key] = text
	}
	for _, n := range need {
		if !seen[n] {
			return nil, false
		}
	}
	return f, true
}

// plainValue is a JSON value as a text: a string's own, a number's or truth value's JSON, and "" for null.
func plainValue(v json.RawMessage) (string, bool) {
	switch {
	case len(v) == 0 || v[0] == '{' || v[0] == '[':
		return "", false
	case v[0] == '"':
		var s string
		err := json.Unmarshal(v, &s)
		return strings.TrimSpace(s), err == nil
	case string(v) == "null":
		return "", true
	}
	return string(v), true
}

// label begins a field of a record in text: "12. Input: …".
var label = regexp.MustCompile(`(?im)^[ \t]*(?:#+[ \t]*)?(\d+)[ \t]*[.)][ \t]*([a-z]+)[ \t]*:[ \t]*`)

// merged shows that a text has another record in it: the beginning of one, at a line's start or within.
var merged = regexp.MustCompile(`(?im)###\s*\d+\s*[.)]|\b\d+[ \t]*[.)][ \t]*(?:instruction|input|output)[ \t]*:`)

// listed is a line of a numbered list.
var listed = regexp.MustCompile(`(?m)^[ \t]*\d+[ \t]*[.)][ \t]+(\S.*)$`)

// textRecords reads records as text. Of one that is cut off the last is left out, since its end may be missing.
func textRecords(text string, need, may []string, cut bool) (r reading) {
	marks := label.FindAllStringSubmatchIndex(text, -1)
	var now fields
	var number string
	bad := false
	end := func() {
		if now == nil && !bad {
			return
		}
		for _, n := range need {
			if _, ok := now[n]; !ok {
				bad = true
			}
		}
		if bad {
			r.malformed++
		} else {
			r.records = append(r.records, now)
		}
		now, bad = nil, false
	}
	for i, m := range marks {
		name := strings.ToLower(text[m[4]:m[5]])
		if !slices.Contains(need, name) && !slices.Contains(may, name) {
			bad = bad || now != nil // its text would be part of the field before
			continue
		}
		if of := text[m[2]:m[3]]; of != number || now == nil || name == need[0] {
			end()
			number, now = of, fields{}
		}
		to := len(text)
		if i+1 < len(marks) {
			to = marks[i+1][0]
		}
		value, _, _ := strings.Cut(text[m[1]:to], "\n###")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "###"))
		if _, twice := now[name]; twice || merged.MatchString(value) {
			bad = true
		}
		now[name] = value
	}
	if cut && (now != nil || bad) {
		r.truncated++
		return r
	}
	end()
	return r
}
