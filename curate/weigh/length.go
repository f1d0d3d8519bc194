package weigh

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

var length = Score{
	Name: "length", version: 1,
	About: "words of the answers; of scripts that are written without spaces, letters",
}

// lengthOf counts the words of a row's answers.
func lengthOf(r *curate.Row) (float64, string) {
	list := r.Exchanges()
	if len(list) == 0 {
		return 0, noAnswer
	}
	n := 0
	for _, x := range list {
		n += len(similarity.Words(x.Output.Text))
	}
	return float64(n), ""
}

// fieldOf is the number in a field of a row.
func fieldOf(r *curate.Row, name string) (float64, string) {
	raw := r.Record.Field(name)
	if raw == nil {
		return 0, fmt.Sprintf("no field %q", name)
	}
	var x float64
	if string(raw) == "null" || json.Unmarshal(raw, &x) != nil {
		return 0, fmt.Sprintf("field %q is no number", name)
	}
	return x, ""
}

// labelOf is the text in a field of a row, as the name of a group.
func labelOf(r *curate.Row, name string) string {
	raw := r.Record.Field(name)
	var text string
	switch {
	case raw == nil:
		return "(none)"
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return strings.TrimSpace(string(raw))
}
