package bout

import (
	"maps"
	"testing"
)

func TestFailuresOfOneKindAreCountedTogether(t *testing.T) {
	got := kinds([]string{
		"prompt and answer have 300 tokens, and the judge has 256 positions",
		"no right answer is known",
		"prompt and answer have 1,024 tokens, and the judge has 256 positions",
		"status 401",
	})
	want := map[string]int{"prompt and answer have … tokens, and the judge has 256 positions": 2, "no right answer is known": 1, "status 401": 1}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
