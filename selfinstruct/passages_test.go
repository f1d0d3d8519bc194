package selfinstruct

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/openai"
)

const wren = `The wren is a small brown bird that is often heard before it is seen. It builds a round nest with a door at its side,
and it sings all the year, in winter as well, when most other birds are silent or have left for the south.`

// reader answers every request with the same.
type reader string

func (reader) Name() string { return "reader" }

func (r reader) Chat(context.Context, openai.Request) (*openai.Response, error) {
	return &openai.Response{Text: string(r), Finish: "stop"}, nil
}

func TestAQuoteThatIsNotInThePassageDropsTheRow(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "birds.md"), []byte(wren), 0o666); err != nil {
		t.Fatal(err)
	}
	teacher := reader(`{"pairs":[
		{"quote":"it sings all the year, in winter as well","question":"When does the wren sing?","answer":"All the year."},
		{"quote":"it sings in summer alone","question":"In which season is it silent?","answer":"In winter."}]}`)
	o := Options{Method: Documents, Seeds: dir, N: 5, WithPassage: true}
	report, text := generate(t, o, teacher)
	if report.Kept != 1 || report.Stopped != Exhausted {
		t.Errorf("%+v", report)
	}
	dropped := map[string]int{}
	for _, c := range report.Dropped {
		dropped[c.Why] = c.Count
	}
	// Three turns over one passage.
	if dropped["citation"] != 3 || dropped["similarity"] != 2 {
		t.Errorf("dropped %v", dropped)
	}
	var row struct {
		Instruction, Input, Output string
		Provenance                 struct{ Source Source }
	}
	if err := json.Unmarshal(text, &row); err != nil {
		t.Fatal(err)
	}
	want := Source{File: "birds.md", Quote: "it sings all the year, in winter as well"}
	if row.Provenance.Source != want || row.Input != wren || row.Output != "All the year." {
		t.Errorf("%+v", row)
	}

	f := Published(Documents, "English")
	f.Citation = false
	o.Filters, o.WithPassage = &f, false
	if report, text = generate(t, o, teacher); report.Kept != 2 || strings.Contains(string(text), "small brown bird") {
		t.Errorf("without the filter: %+v\n%s", report, text)
	}
}

func TestBackTranslationKeepsTheTextAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wren.txt")
	if err := os.WriteFile(path, []byte(wren), 0o666); err != nil {
		t.Fatal(err)
	}
	report, text := generate(t, Options{Method: BackTranslation, Seeds: path, N: 1}, reader("```json\n{\"instruction\": \"Describe the wren in two sentences.\"}\n```"))
	var row struct{ Instruction, Input, Output string }
	if err := json.Unmarshal(text, &row); err != nil || report.Kept != 1 {
		t.Fatalf("%v, %+v", err, report)
	}
	if row.Instruction != "Describe the wren in two sentences." || row.Output != wren || row.Input != "" {
		t.Errorf("%+v", row)
	}
}

func TestEvolvedInstructionsThatLeakOrApologiseAreDropped(t *testing.T) {
	for answer, why := range map[string]string{
		`{"instruction":"Rewrite the given prompt with more detail."}`: "leak",
		`{"instruction":"I am sorry, but I cannot do that here."}`:     "sorry", // which is then its answer as well
	} {
		report, _ := generate(t, Options{Method: Evol, Seeds: seedsFor(t, Evol), N: 1}, reader(answer))
		found := false
		for _, c := range report.Dropped {
			found = found || c.Why == why
		}
		if report.Kept != 0 || !found {
			t.Errorf("%s: %+v", why, report)
		}
	}
}
