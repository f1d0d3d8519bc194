package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// scriptJudge is an endpoint whose model marks rows: by as many as the last text in brackets has words, 5 at the most. It
// says something else of a text with the word riddle.
func scriptJudge(t *testing.T) *openaitest.Server {
	return openaitest.NewServer(t, func(r openai.Request) string {
		parts := strings.Split(openaitest.Echo(r), "]\n")
		text, _, _ := strings.Cut(parts[max(0, len(parts)-2)], "\n[end")
		if strings.Contains(text, "riddle") {
			return "I cannot say."
		}
		return fmt.Sprintf("Mark: %d/6", min(5, len(strings.Fields(text))))
	}, openaitest.Options{Prices: openai.Prices{In: 100, Out: 100}})
}
