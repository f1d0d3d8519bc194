package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// scriptMender is an endpoint whose model mends rows. Its better text is "Mended: " and the instruction; it sees no fault
// where the instruction says fine, and prefers in a second look what is mended, unless the instruction says not so.
func scriptMender(t *testing.T) *openaitest.Server {
	return openaitest.NewServer(t, func(r openai.Request) string {
		var row struct {
			Instruction   string
			First, Second *string
		}
		if err := json.Unmarshal([]byte(openaitest.Echo(r)), &row); err != nil {
			return err.Error()
		}
		answer := map[string]any{"why": "I looked.", "fault": true, "text": "Mended: " + row.Instruction}
		switch {
		case row.First != nil:
			mended := strings.HasPrefix(*row.First, "Mended") != strings.Contains(row.Instruction, "not so")
			answer = map[string]any{"why": "I looked.", "better": map[bool]string{true: "first", false: "second"}[mended]}
		case strings.Contains(row.Instruction, "fine"):
			answer["fault"], answer["text"] = false, ""
		}
		b, err := json.Marshal(answer)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}, openaitest.Options{Prices: openai.Prices{In: 100, Out: 100}})
}
