package tokenizer

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// The normal forms by their definition are those of package norm.
func TestNormalFormsMatchTheDefinition(t *testing.T) {
	parts := []string{"a", "é", "e\u0301", "\u0301\u0323", "q\u0323\u0307", "각", "ㄱ", "\u1100\u1161\u11a8", "ﬁ", "Å", "ǖ", "\u0344", "が", "\u0f73", "क\u093c", "x", " "}
	for _, form := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
		rapid.Check(t, func(t *rapid.T) {
			s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 9).Draw(t, "parts"), "")
			if got, want := (unicodeForm{form}).plain(s), form.String(s); got != want {
				t.Fatalf("form %d of %+q: got %+q, want %+q", form, s, got, want)
			}
		})
	}
}

// However many marks stand in a row, none is added.
func TestNormalFormsAddNothing(t *testing.T) {
	marks := strings.Repeat("\u0301", 1000)
	for form, want := range map[norm.Form]string{norm.NFC: "é" + marks[2:], norm.NFD: "e" + marks} {
		if got := (unicodeForm{form}).normalize("e"+marks, place{}); got != want {
			t.Errorf("form %d: %d bytes, want %d", form, len(got), len(want))
		}
	}
}
