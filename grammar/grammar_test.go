package grammar

import (
	"encoding/json"
	"strings"
	"testing"
)

const rows = `{"type":"object","properties":{"instruction":{"type":"string","minLength":3,"maxLength":40},
	"input":{"type":"string","maxLength":20},"output":{"type":"string"},"score":{"type":"integer","minimum":1,"maximum":10},
	"tags":{"type":"array","items":{"enum":["maths","music","both \"kinds\""]},"minItems":1,"maxItems":3}},
	"required":["instruction","output"],"additionalProperties":false}`

const trees = `{"$defs":{"tree":{"type":"object","properties":{"value":{"type":["number","null"]},
	"children":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["value"]}},"$ref":"#/$defs/tree"}`

const either = `{"anyOf":[{"type":"object","properties":{"kind":{"const":"text"},"text":{"type":"string"}},"required":["kind","text"]},
	{"type":"object","properties":{"kind":{"const":"ten"},"of":{"type":"array","items":{"type":"boolean"},"minItems":2}},"required":["kind","of"]},
	{"type":"integer"},{"enum":[null,1.5,"x",{"a":[1,{}]}]}]}`

func compiled(t testing.TB, schema string) *Grammar {
	t.Helper()
	g, err := Compile([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestWhatFitsIsAcceptedAndNothingElse(t *testing.T) {
	for schema, texts := range map[string]map[string]bool{
		rows: {
			`{"instruction":"Add.","output":""}`: true,
			`{"instruction":"Add.","input":"1 + 1","output":"2","score":10,"tags":["music","both \"kinds\""]}`: true,
			"{\n  \"instruction\": \"Add.\",\n  \"output\": \"\\ud83d\\ude00 é 😀 \\n\"\n}":                     true,
			`{"instruction":"Ad","output":""}`:                                             false,
			`{"instruction":"é😀\u00e9","output":""}`:                                       true,
			`{"instruction":"é😀","output":""}`:                                             false,
			`{"instruction":"` + strings.Repeat("é", 40) + `","output":""}`:                true,
			`{"instruction":"` + strings.Repeat("é", 41) + `","output":""}`:                false,
			`{"instruction":"` + strings.Repeat(`\ud83d\ude00`, 40) + `","output":""}`:     true,
			`{"instruction":"Add." ,"output":""}`:                                          false,
			`{"instruction" :"Add.","output":""}`:                                          false,
			`{ "instruction": "Add.", "output": "" }`:                                      true,
			`{"output":"2","instruction":"Add."}`:                                          false,
			`{"instruction":"Add."}`:                                                       false,
			`{"instruction":"Add.","output":"2","more":1}`:                                 false,
			`{"instruction":"Add.","output":"2","score":0}`:                                false,
			`{"instruction":"Add.","output":"2","score":1}`:                                true,
			`{"instruction":"Add.","output":"2","score":11}`:                               false,
			`{"instruction":"Add.","output":"2","tags":[]}`:                                false,
			`{"instruction":"Add.","output":"2","tags":["maths","maths","maths","maths"]}`: false,
			`{"instruction":"Add.","output":"2",}`:                                         false,
			`{"instruction":"Add.","output":"2"}}`:                                         false,
			`{"instruction":"Add.","output":"2"} `:                                         false,
			`{"instruction":"Add.","output":"\ud83d"}`:                                     false,
			`{"instruction":"Add.","output":"\ude00"}`:                                     false,
			"{\"instruction\":\"Add.\",\"output\":\"\xed\xa0\x80\"}":                       false,
			"{\"instruction\":\"Add.\",\"output\":\"\xc0\x80\"}":                           false,
			"{\"instruction\":\"Add.\",\"output\":\"\n\"}":                                 false,
		},
		trees: {
			`{"value":null}`: true,
			`{"value":-1.5e+3,"children":[{"value":0},{"value":10,"children":[]}]}`: true,
			`{"value":01}`: false,
			`{"value":1.}`: false,
			`{"value":-}`:  false,
			`{"value":1e}`: false,
			`{"value":null,"children":[{"children":[]}]}`:                                                  false,
			strings.Repeat(`{"value":0,"children":[`, 15) + `{"value":0}` + strings.Repeat(`]}`, 15):       true,
			strings.Repeat(`{"value":0,"children":[`, 20) + `{"value":0}` + strings.Repeat(`]}`, 20):       false,
			"{\n  \"value\": 1,\n  \"children\": [\n    {\n      \"value\": 2\n    }\n  ]\n}":              true,
			"{\n  \"value\": 1,\n  \"children\": [\n\n    {\n      \"value\": 2\n    }\n  ]\n}":            false,
			"{\n  \"value\": 1,\n" + strings.Repeat(" ", 17) + "\"children\": []\n}":                       false,
			"{\n  \"value\": 1,\n" + strings.Repeat(" ", 16) + "\"children\": [ ]\n" + "                }": true,
		},
		either: {
			`{"kind":"text","text":"a"}`:        true,
			`{"kind":"ten","of":[true,false]}`:  true,
			`{"kind":"ten","of":[true]}`:        false,
			`{"kind":"text","of":[true,false]}`: false,
			`12`:                                true,
			`-0`:                                true,
			`1.5`:                               true,
			`2.5`:                               false,
			`null`:                              true,
			`"x"`:                               true,
			`{"a":[1,{}]}`:                      true,
			` 1`:                                true,
		},
		`{"type":"array","items":{"type":"array","items":{"type":"null"},"maxItems":0}}`: {`[[],[]]`: true, `[[null]]`: false},
		`{"type":"object","properties":{}}`:                                              {`{}`: true, `{"a":1}`: false},
	} {
		g := compiled(t, schema)
		for text, want := range texts {
			if got := g.Start().Next([]byte(text)).Complete(); got != want {
				t.Errorf("%s is accepted: %t, want %t", text, got, want)
			}
			if want && !json.Valid([]byte(text)) {
				t.Errorf("%s is no JSON", text)
			}
		}
	}
}

func TestUnsupportedSchemasSayWhy(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"string","pattern":"a+"}`:                                       `#: the keyword "pattern" is not supported`,
		`{"type":"object","properties":{"a":{"type":"string","format":"date"}}}`: `#/properties/a: the keyword "format"`,
		`{"type":"array"}`:                                                                "items are missing",
		`{"type":"array","items":{"type":"strin"}}`:                                       `#/items: type is "strin", want one of object`,
		`{"type":"array","items":{"type":"null"},"minItems":3,"maxItems":2}`:              "minItems is 3 and maxItems 2: nothing fits",
		`{"type":"string","minLength":-1}`:                                                "minLength is -1, want a whole number",
		`{"type":"string","minItems":1}`:                                                  `"minItems" is not supported for type string`,
		`{"type":"number","minimum":1,"maximum":2}`:                                       `"minimum" is not supported for type number`,
		`{"type":"integer","minimum":1}`:                                                  "minimum without maximum",
		`{"type":"integer","minimum":1,"maximum":100000}`:                                 "want 1 to 1024 of them",
		`{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}`: "want 1 to 1024 of them",
		`{"type":"object","properties":{"a":{"type":"null"}},"required":["b"]}`:           `"b" is required and is not among`,
		`{"type":"object","additionalProperties":{"type":"string"}}`:                      "only named properties",
		`{"enum":[]}`:                                 "want a list of values",
		`{"enum":["a",1],"type":"string"}`:            "the value 1 is not of type string",
		`{"anyOf":[{"type":"null"}],"type":"string"}`: `"type" beside "anyOf"`,
		`{"$ref":"#/$defs/none"}`:                     `$ref is "#/$defs/none"`,
		`{"$ref":"#"}`:                                "no value fits that ends",
		`{"$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/a"},"minItems":1}},"$ref":"#/$defs/a"}`: "no value fits that ends",
		`{}`:                         "type is missing",
		`true`:                       "want an object",
		`{"type":"null"`:             "no JSON: byte 14",
		`{"type":"null"} {}`:         "more follows",
		`{"type":"null","type":"a"}`: "comes twice",
		strings.Repeat(`{"anyOf":[`, 40) + `{"type":"null"}` + strings.Repeat("]}", 40): "nested deeper than 64",
	} {
		if _, err := Compile([]byte(schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", schema, err, want)
		}
	}
}
