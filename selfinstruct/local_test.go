package selfinstruct

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/internal/shared"
)

// A model of children's stories writes no good instructions, but it is held to the schema: what ends is a record.
func TestALocalTeacherIsHeldToTheSchema(t *testing.T) {
	assistant := infertest.Open(t, shared.Path(t, "data", "models", "stories3M"), infer.OpenOptions{})
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "Once there was a cat called Tom%d. He sat in the sun all day. He liked fish and milk. "+
			"One day he met a big dog. They ran and ran. Then they were friends.\n\n", i)
	}
	text := filepath.Join(t.TempDir(), "story.txt")
	if err := os.WriteFile(text, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	o := Options{Method: BackTranslation, Seeds: text, N: 2, Answer: 110, Filters: new(Filters)} // it has 512 positions
	report, rows := generate(t, o, infer.NewTeacher(assistant))
	if report.Kept != 2 {
		t.Errorf("%+v", report)
	}
	for _, c := range report.Dropped {
		if c.Why != truncated {
			t.Errorf("%d were %s", c.Count, c.Why)
		}
	}
	if _, again := generate(t, o, infer.NewTeacher(assistant)); string(again) != string(rows) {
		t.Error("the same teacher gives other rows")
	}
}
