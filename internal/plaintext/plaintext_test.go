package plaintext_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/internal/plaintext"
)

func TestNothingIsObeyed(t *testing.T) {
	for text, want := range map[string]string{
		"a\x1b[2J\x07\u009b31m\x7fb": "a?[2J??31m?b",
		"\u202eevil\u2066":           "?evil?",
		"one\n\ttwo – déjà vu 🦙":     "one\n\ttwo – déjà vu 🦙",
		"x\r\x00":                    "x??",
	} {
		if got := plaintext.Of(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Line ends of other systems are line ends, and obeyed by nobody.
func TestAReportIsWrittenAsItIsShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	if err := plaintext.Write(path, "one\r\ntwo\x1b[2J\rthree"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "one\ntwo?[2J?three" {
		t.Errorf("%q, %v", text, err)
	}
}
