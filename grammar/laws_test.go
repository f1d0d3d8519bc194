package grammar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// tokens is every byte, and what a model might have besides: pieces of JSON, words, parts of characters, and control tokens.
func tokens() [][]byte {
	var list [][]byte
	for b := range 256 {
		list = append(list, []byte{byte(b)})
	}
	for _, s := range []string{"", `{"`, `":`, `": "`, `","`, `", "`, `"}`, `"}}`, `}]`, `]}`, "},", ` "`, "\n  ", "\n    ", "true", "false", "null", "12",
		"345", "0.", ".5", "e+", "1,", "1]", "the", " the", "instruction", `"instruction":`, "abcdefghij", "é", "\xc3", "\xa9", "😀", "\xf0\x9f", "\x98\x80", "😀\"",
		`\u`, `\"`, `\n`, `\ud83d\ude00`, "d83d", `\ude`, "", "t", `a"`, `a","b`, `\\`, "[]", "[[", "{}", "a", " ", "  "} {
		list = append(list, []byte(s))
	}
	return list
}

// schemaOf draws a schema.
func schemaOf(rng *rand.Rand, depth int) any {
	kinds := 8
	if depth == 0 {
		kinds = 5
	}
	switch k := rng.IntN(kinds); k {
	case 0:
		low := rng.IntN(5)
		return map[string]any{"type": "string", "minLength": low, "maxLength": low + rng.IntN(30)}
	case 1:
		return map[string]any{"type": []string{"string", "integer", "number", "boolean", "null"}[rng.IntN(5)]}
	case 2:
		return map[string]any{"enum": []any{"a", "ab", 1, 12, 12.5, nil, "é\"", []any{1, "x"}}[:1+rng.IntN(8)]}
	case 3:
		low := rng.IntN(30) - 20
		return map[string]any{"type": []string{"integer", "null"}, "minimum": low, "maximum": low + rng.IntN(120)}
	case 4:
		return map[string]any{"const": []any{true, "the", -3}[rng.IntN(3)]}
	case 5:
		low := rng.IntN(3)
		return map[string]any{"type": "array", "items": schemaOf(rng, depth-1), "minItems": low, "maxItems": low + rng.IntN(4)}
	case 6:
		properties, required := map[string]any{}, []string{}
		for _, name := range []string{"a", "ab", "instruction", "é\n"} {
			if rng.IntN(2) == 0 {
				continue
			}
			properties[name] = schemaOf(rng, depth-1)
			if rng.IntN(2) == 0 {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
	return map[string]any{"anyOf": []any{schemaOf(rng, depth-1), schemaOf(rng, depth-1), schemaOf(rng, depth-1)}}
}

// validator is another program's reading of a schema; nil where it cannot read it.
func validator(schema []byte) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file:///schema.json", doc); err != nil {
		return nil
	}
	s, err := c.Compile("file:///schema.json")
	if err != nil {
		return nil
	}
	return s
}

// written draws tokens until a text is complete, and says whether it became so.
func written(rng *rand.Rand, m *Masks, s State, list [][]byte, left int) (string, bool) {
	var text []byte
	for ; left > 0; left-- {
		allowed, _ := m.Allowed(s, left)
		ids := members(allowed)
		if s.Complete() && (len(ids) == 0 || rng.IntN(4) == 0) {
			break
		}
		if len(ids) == 0 {
			return string(text), false
		}
		t := list[ids[rng.IntN(len(ids))]]
		text, s = append(text, t...), s.Next(t)
	}
	return string(text), s.Complete()
}

func members(mask []uint64) []int {
	var ids []int
	for i, word := range mask {
		for b := range 64 {
			if word>>b&1 == 1 {
				ids = append(ids, 64*i+b)
			}
		}
	}
	return ids
}

// Whatever is written with the allowed tokens ends in time, is JSON, and fits the schema as another program reads it.
func TestWhatIsWrittenFits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	list := tokens()
	v := NewVocabulary(list)
	for i := range 400 {
		schema := []byte([]string{rows, trees, either}[i%3])
		if i >= 30 {
			schema = asJSON(t, schemaOf(rng, 3))
		}
		g, fits := compiled(t, string(schema)), validator(schema)
		if fits == nil {
			t.Fatalf("%s cannot be read elsewhere", schema)
		}
		m := g.Masks(v)
		for range 5 {
			left := g.Start().Distance() + rng.IntN(60)
			text, complete := written(rng, m, g.Start(), list, left)
			if !complete {
				t.Fatalf("%s: %q is not complete after %d tokens", schema, text, left)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
			if err == nil {
				err = fits.Validate(value)
			}
			if err != nil || !json.Valid([]byte(text)) {
				t.Fatalf("%s: %q does not fit: %v", schema, text, err)
			}
		}
	}
}

// The tokens that a walk finds are those that can be read byte by byte, and the distance is what is left of the shortest way.
func TestMasksAreThoseOfEachTokenAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	list := tokens()
	v := NewVocabulary(list)
	for i := range 60 {
		schema := []byte([]string{rows, trees, either}[i%3])
		if i >= 12 {
			schema = asJSON(t, schemaOf(rng, 3))
		}
		g := compiled(t, string(schema))
		m := g.Masks(v)
		s, text := g.Start(), ""
		for range 40 {
			left := 0
			if rng.IntN(2) == 0 {
				left = 1 + s.Distance() + rng.IntN(16) - min(4, s.Distance())
			}
			var want []int
			nearest := far
			for id, token := range list {
				to := s.Next(token)
				if len(token) == 0 || to.Dead() {
					continue
				}
				if len(token) == 1 {
					nearest = min(nearest, to.Distance())
				}
				if left == 0 || to.Distance() <= max(left, s.Distance())-1 {
					want = append(want, id)
				}
			}
			allowed, _ := m.Allowed(s, left)
			got := members(allowed)
			if !slices.Equal(got, want) {
				t.Fatalf("%s after %q, %d left: tokens %v, want %v", schema, text, left, said(list, got), said(list, want))
			}
			if d := s.Distance(); d > 0 && nearest != d-1 || d == 0 != s.Complete() {
				t.Fatalf("%s after %q: %d bytes from the end, and %d after the best byte", schema, text, d, nearest)
			}
			if len(want) == 0 {
				break
			}
			token := list[want[rng.IntN(len(want))]]
			s, text = s.Next(token), text+string(token)
		}
	}
}

func said(list [][]byte, ids []int) []string {
	var s []string
	for _, id := range ids {
		s = append(s, fmt.Sprintf("%q", list[id]))
	}
	return s
}

// What encoding/json writes of a row is accepted, in one line and indented.
func TestWhatProgramsWriteIsAccepted(t *testing.T) {
	type row struct {
		Instruction string   `json:"instruction"`
		Input       string   `json:"input,omitempty"`
		Output      string   `json:"output"`
		Score       int      `json:"score,omitempty"`
		Tags        []string `json:"tags,omitempty"`
	}
	g := compiled(t, rows)
	for _, r := range []row{
		{Instruction: "Name a prime.", Output: "7 < 11 & \u2028 \x01\t\"\\"},
		{Instruction: "素数を挙げて", Input: "一つ", Output: "七 😀", Score: 10, Tags: []string{"maths", "music"}},
	} {
		short, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		long, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{short, long} {
			if !g.Start().Next(text).Ended() {
				t.Errorf("%s is not accepted", text)
			}
		}
	}
}

// Any schema is compiled or refused, and what is written by one that was compiled fits it as another program reads it.
func FuzzCompile(f *testing.F) {
	for _, schema := range []string{rows, trees, either, `{"$ref":"#"}`, `{"type":["string","null"],"maxLength":3}`} {
		f.Add([]byte(schema), uint64(1))
	}
	list := tokens()
	v := NewVocabulary(list)
	f.Fuzz(func(t *testing.T, schema []byte, seed uint64) {
		g, err := Compile(schema)
		if err != nil {
			return
		}
		left := g.Start().Distance() + 30
		if left > 2000 {
			return
		}
		text, complete := written(rand.New(rand.NewPCG(seed, 5)), g.Masks(v), g.Start(), list, left)
		if !complete || !json.Valid([]byte(text)) {
			t.Fatalf("%q is complete: %t", text, complete)
		}
		fits := validator(schema)
		if fits == nil {
			return
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err == nil {
			err = fits.Validate(value)
		}
		if err != nil {
			t.Fatalf("%q does not fit: %v", text, err)
		}
	})
}

// asJSON is a schema as its text.
func asJSON(t *testing.T, schema any) []byte {
	t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
