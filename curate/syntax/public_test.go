package syntax

import (
	"slices"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/syntax/python"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
)

// The rows of Alpaca whose answer is Python that CPython 3.11's ast.parse refuses, of all 322 that are recognised as Python.
var refused = []int{4, 2469, 8259, 9851, 13101, 13330, 13770, 14968, 18771, 19516, 19871, 21123, 21617, 26197}

func TestPythonOfAlpacaIsJudgedAsByCPython(t *testing.T) {
	rows, err := curate.Read(t.Context(), shared.Path(t, "data", "alpaca", "alpaca_28k.jsonl"), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var got []int
	for _, r := range rows {
		for _, x := range r.Exchanges() {
			for _, b := range blocks(x) {
				if b.language != "Python" {
					continue
				}
				n++
				if python.Check(b.code) != nil {
					got = append(got, r.Index)
				}
			}
		}
	}
	if n < 300 || !slices.Equal(got, refused) {
		t.Errorf("of %d answers these do not parse: %v, want %v", n, got, refused)
	}
}
