package correct

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/statistics"
)

var update = flag.Bool("update", false, "rewrite the table of detectors in docs/data.md")

const (
	tableBegin = "<!-- written by `go test ./curate/correct -run Documented -update` -->\n"
	tableEnd   = "<!-- end -->\n"
)

// documented is a detector's row in the documentation.
func documented(d curate.Detector) string {
	visible := strings.NewReplacer("|", `\|`, "`", "'", "\n", "⏎", "\u200b", "U+200B", "<", "&lt;")
	precision := "not measured"
	if d.Precision.Of > 0 {
		low, high := statistics.Wilson(d.Precision.Count, d.Precision.Of)
		precision = fmt.Sprintf("%d of %d (%.0f to %.0f %%)", d.Precision.Count, d.Precision.Of, 100*low, 100*high)
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", d.Name, strings.TrimSuffix(visible.Replace(d.About), "."), visible.Replace(d.Example), precision)
}

func TestDetectorsAreDocumented(t *testing.T) {
	const name = "../../docs/data.md"
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(raw), tableBegin)
	had, after, ok := strings.Cut(rest, tableEnd)
	if !ok {
		t.Fatalf("%s has no table of detectors", name)
	}
	var table strings.Builder
	table.WriteString("| detector | what it finds | for example | a reader agreed |\n| --- | --- | --- | --- |\n")
	for _, d := range Listed() {
		table.WriteString(documented(d))
	}
	if table.String() == had {
		return
	}
	if !*update {
		t.Fatalf("%s has other detectors: go test ./curate/correct -run Documented -update", name)
	}
	if err := os.WriteFile(name, []byte(before+tableBegin+table.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
