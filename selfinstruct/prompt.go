package selfinstruct

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/openai"
)

// sampling is how an answer is drawn.
type sampling struct {
	temperature, topP, presence float64
	max                         int // tokens of the answer
}

// single is a request of one message.
func single(prompt string, schema json.RawMessage, s sampling) openai.Request {
	r := openai.Request{Messages: []openai.Message{{Role: "user", Content: prompt}}, Temperature: &s.temperature, MaxTokens: s.max, Schema: schema}
	if s.topP != 0 {
		r.TopP = &s.topP
	}
	if s.presence != 0 {
		r.Presence = &s.presence
	}
	return r
}

// numbered is a list of lines with their numbers, from 1.
func numbered(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		fmt.Fprintf(&b, "%d. %s\n", i+1, l)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// in is the sentence that asks for a language; where it is open it is that of what the teacher is shown.
func in(language, shown string) string {
	if language == AnyLanguage {
		return "Write in the language of the " + shown + "."
	}
	return "Write in " + language + "."
}

// indentedJSON is a value as JSON to be looked at.
func indentedJSON(v any) string {
	text, err := plainjson.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// listSchema is the schema of an object with one list, whose elements are objects of texts. least and most are how many; 0 is
// any number.
func listSchema(name string, least, most int, texts ...string) json.RawMessage {
	properties := make([]string, len(texts))
	for i, t := range texts {
		properties[i] = fmt.Sprintf(`%q:{"type":"string"}`, t)
	}
	return listOf(name, least, most, objectOf(properties, texts))
}

func listOf(name string, least, most int, element string) json.RawMessage {
	bounds := ""
	if least > 0 {
		bounds += fmt.Sprintf(`,"minItems":%d`, least)
	}
	if most > 0 {
		bounds += fmt.Sprintf(`,"maxItems":%d`, most)
	}
	return json.RawMessage(objectOf([]string{fmt.Sprintf(`%q:{"type":"array","items":%s%s}`, name, element, bounds)}, []string{name}))
}

func textSchema(name string) json.RawMessage {
	return json.RawMessage(objectOf([]string{fmt.Sprintf(`%q:{"type":"string"}`, name)}, []string{name}))
}

func objectOf(properties, required []string) string {
	quoted := make([]string, len(required))
	for i, r := range required {
		quoted[i] = fmt.Sprintf("%q", r)
	}
	return `{"type":"object","properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(quoted, ",") + `],"additionalProperties":false}`
}
