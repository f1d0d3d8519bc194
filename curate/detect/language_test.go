package detect

import (
	"regexp"
	"slices"
	"testing"

	"github.com/cria-llm/cria/language"
)

// Translations in Alpaca's rows are in the language that the instruction names, nearly always: what is read with certainty
// must agree.
func TestTranslationsAreReadAsTheirLanguage(t *testing.T) {
	asked := regexp.MustCompile(`(?i)\btranslate\b.*\b(?:to|into) (german|french|spanish|italian|portuguese|dutch|swedish|polish|turkish|chinese|japanese|korean|russian|arabic|hindi|greek|english)\b`)
	known := language.New()
	sure, right, all := 0, 0, 0
	for _, x := range exchanges(t, false) {
		m := asked.FindStringSubmatch(x.Instruction.Text)
		if m == nil {
			continue
		}
		all++
		if got := known.Read(x.Output.Text); got.Sure {
			if sure++; got.Name == lower(m[1]) || slices.Contains(got.Names, lower(m[1])) {
				right++
			} else {
				t.Logf("row %d: %s is read as %s: %q", x.Row, m[1], got.Name, x.Output.Text)
			}
		}
	}
	t.Logf("of %d translations %d are read with certainty, %d of these as asked", all, sure, right)
	if sure < 20 || right < sure*9/10 {
		t.Errorf("of %d translations %d are read with certainty, %d of these as asked", all, sure, right)
	}
}
