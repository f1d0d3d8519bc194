package main

import (
	"strings"
	"testing"

	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// scriptArena is an endpoint whose model answers with what it is asked, and as a judge prefers what is not a part of the prompt.
func scriptArena(t *testing.T) *openaitest.Server {
	return openaitest.NewServer(t, func(r openai.Request) string {
		asked := openaitest.Echo(r)
		_, rest, judging := strings.Cut(asked, "=== request ===\n")
		if prompt, _, _ := strings.Cut(rest, "\n"); judging {
			if _, first, _ := strings.Cut(asked, "response A ===\n"); strings.HasPrefix(first, prompt) {
				return "B"
			}
			return "A"
		}
		if _, first, judging := strings.Cut(asked, "answer begins]\n"); judging {
			if strings.HasPrefix(first, "<b>") {
				return "The first says more. [[A]]"
			}
			return "The second says more. [[B]]"
		}
		return asked
	}, openaitest.Options{Prices: openai.Prices{In: 100, Out: 100}})
}
