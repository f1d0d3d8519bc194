// Package curatetest writes exchanges down in a line, for tests of detectors. It is for tests alone.
package curatetest

import (
	"strings"

	"github.com/cria-llm/cria/curate"
)

// Exchange reads "instruction | input → output", as the examples of detectors are written: the input may be absent, and of an
// answer alone the instruction is of no kind.
func Exchange(s string) curate.Exchange {
	ask, answer, ok := strings.Cut(s, " → ")
	if !ok {
		ask, answer = "Tell me something.", s
	}
	ask = strings.TrimSuffix(ask, " →")
	instruction, input, _ := strings.Cut(ask, " | ")
	return curate.Exchange{
		Instruction: curate.Text{Text: instruction, Field: "instruction"},
		Input:       curate.Text{Text: input, Field: "input"},
		Output:      curate.Text{Text: answer, Field: "output"},
	}
}
