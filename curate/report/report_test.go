package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/similarity"
)

func read(t *testing.T, lines ...string) []*curate.Row {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := curate.Read(t.Context(), path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func row(t *testing.T, instruction, input, output string) string {
	t.Helper()
	b, err := json.Marshal(map[string]string{"instruction": instruction, "input": input, "output": output})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const evil = `</title><script>alert(1)</script><img src=x onerror=alert(2)>"'&<svg onload=alert(3)> javascript:alert(4)`

// What rows say never becomes part of the page's structure: its elements and attributes are those of a page of harmless rows.
func TestRowsAreNotTrusted(t *testing.T) {
	structure := func(say string) []string {
		var lines []string
		for range 45 {
			lines = append(lines, row(t, "Write "+say, say, say+" answer"))
		}
		rows := read(t, lines...)
		after := []*curate.Row{{Index: 0, Record: rows[0].Record.Clone()}}
		if err := after[0].Record.SetText("output", "better "+say); err != nil {
			t.Fatal(err)
		}
		better := say + " suggested"
		path := filepath.Join(t.TempDir(), "page.html")
		err := Write(path, Page{Title: say, Rows: rows, After: after, Source: say, Findings: []curate.Finding{
			{Row: 1, Detector: say, Field: "output", Why: say, Confidence: 0.5, Suggestion: &better, Rows: []int{2}},
			{Row: 2, Detector: say, Field: "input", Why: say, Confidence: 0.5},
		}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var out []string
		d := xml.NewDecoder(f)
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return out
			}
			if err != nil {
				t.Fatal(err)
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			tag := start.Name.Local
			for _, a := range start.Attr {
				tag += " " + a.Name.Local
				if a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" {
					t.Errorf("%s %s=%q", tag, a.Name.Local, a.Value)
				}
			}
			out = append(out, tag)
		}
	}
	// As many words, so that the pictures have as many parts.
	harmless := strings.Map(func(c rune) rune {
		if strings.ContainsRune(`<>"'&`, c) {
			return '*'
		}
		return c
	}, evil)
	want := structure(harmless)
	if len(want) < 100 {
		t.Fatalf("the page has %d elements", len(want))
	}
	if d := cmp.Diff(want, structure(evil)); d != "" {
		t.Errorf("(-harmless +evil)\n%s", d)
	}
}

func TestPageOfLittle(t *testing.T) {
	for name, rows := range map[string][]*curate.Row{
		"no rows":       nil,
		"one empty row": read(t, row(t, "", "", "")),
		"a question":    read(t, `{"messages":[{"role":"user","content":"?"}]}`),
	} {
		path := filepath.Join(t.TempDir(), "page.html")
		if err := Write(path, Page{Title: name, Rows: rows}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMeasure(t *testing.T) {
	rows := read(t,
		`{"messages":[{"role":"user","content":"Write a short story about a dog."},{"role":"assistant","content":"It ran."},{"role":"user","content":"Go on."},{"role":"assistant","content":""}],"weight":3,"scores":{"ifd":0.5}}`,
		`{"messages":[{"role":"user","content":"How many legs has a spider?"},{"role":"assistant","content":"Eight legs it has"}],"repeat":2,"scores":{"ifd":1.5,"said":"well"}}`,
		`{"messages":[{"role":"user","content":"写一首诗"},{"role":"assistant","content":"好"}],"weight":0}`)
	got := Measure(rows)
	if got.Rows != 3 || got.Exchanges != 4 || got.Other != 1 {
		t.Errorf("%d rows, %d exchanges, %d others", got.Rows, got.Exchanges, got.Other)
	}
	want := Stats{
		Formats:   []Count{{"messages", 3}},
		Scripts:   []Count{{"Latin", 2}, {"Han", 1}},
		Verbs:     []Verb{{"write", 1, []Count{{"story", 1}}}},
		Questions: []Verb{{"how many", 1, []Count{{"leg", 1}}}},
		// Weights times repeats are 3, 2 and 0: 5²/(9+4).
		Weight: &Weights{Min: 0, Mean: 4.0 / 3, Max: 3, Repeated: 1, Left: 1, Seen: 4, Effective: 25.0 / 13},
		Scores: []Score{{Name: "ifd", Rows: 2, Mean: 1, P5: 0.5, Median: 0.5, P95: 1.5}},
	}
	have := Stats{Formats: got.Formats, Scripts: got.Scripts, Verbs: got.Verbs, Questions: got.Questions, Weight: got.Weight, Scores: got.Scores}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	if l := got.Output; l.Texts != 4 || l.Empty != 1 || l.Max != 4 || l.Median != 1 || l.Mean != 7.0/4 {
		t.Errorf("lengths of answers: %+v", l)
	}
}

func TestDeeds(t *testing.T) {
	g := newGrammar()
	for text, want := range map[string]deed{
		"Please write me two short stories about a dog.":                   {Verb: "write", Object: "story"},
		"Given the following sentence, provide a relevant example.":        {Verb: "provide", Object: "example"},
		"Could you list the capitals of Europe?":                           {Verb: "list", Object: "capital"},
		"You are a mayor. Describe a budget plan used in your city.":       {Verb: "describe", Object: "plan"},
		"What are the benefits of sleep?":                                  {Verb: "what", Object: "benefit", Asks: true},
		"How many people live in Rome?":                                    {Verb: "how many", Object: "people", Asks: true},
		"Come up with 3 ideas that reduce waste.":                          {Verb: "come up with", Object: "idea"},
		"Re-write this sentence in the passive voice.":                     {Verb: "rewrite", Object: "sentence"},
		"Compare and contrast two historical economics textbooks, please.": {Verb: "compare", Object: "textbook"},
		"Briefly explain gravity.":                                         {Verb: "explain", Object: "gravity"},
		"Convert 1.5 kilometers to yards.":                                 {Verb: "convert", Object: "kilometer"},
		"Schreibe ein Gedicht.":                                            {},
		"":                                                                 {},
	} {
		if got := g.deed(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzDeed(f *testing.F) {
	for _, s := range []string{"Write a 2-line poem, please: \"-'\"", "- - '", "How?", "1.5.5 .5 5."} {
		f.Add(s)
	}
	g := newGrammar()
	f.Fuzz(func(t *testing.T, text string) {
		d := g.deed(text)
		if d.Verb == "" && d.Object != "" {
			t.Errorf("%q has the object %q of no verb", text, d.Object)
		}
	})
}

func TestScript(t *testing.T) {
	for text, want := range map[string]string{
		"": "none", "12 + 3": "none", "Write!": "Latin", "Über café": "Latin", "Напиши Go": "Cyrillic", "写一首诗 in Go": "Han", "東京の天気": "Japanese", "한국어": "Hangul",
	} {
		if got := script(text); got != want {
			t.Errorf("script(%q) = %s, want %s", text, got, want)
		}
	}
}

// A diff without what came in is the text before, and without what was taken out the text after.
func TestDiffGivesBothTexts(t *testing.T) {
	text := rapid.StringMatching(`([abc]{1,2}[ \n]{0,2}){0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		var a, b strings.Builder
		for _, p := range diff(before, after) {
			if !p.In {
				a.WriteString(p.Text)
			}
			if !p.Out {
				b.WriteString(p.Text)
			}
		}
		if a.String() != before || b.String() != after {
			t.Fatalf("diff(%q, %q) tells %q from %q", before, after, a.String(), b.String())
		}
	})
	for _, c := range []struct {
		before, after string
		want          []Piece
	}{
		{"a b c", "a x c", []Piece{{Text: "a "}, {Text: "b", Out: true}, {Text: "x", In: true}, {Text: " c"}}},
		{"a b c d", "a x y d", []Piece{{Text: "a "}, {Text: "b c", Out: true}, {Text: "x y", In: true}, {Text: " d"}}},
		{"a. \nb", "a.\nb", []Piece{{Text: "a."}, {Text: " ", Out: true}, {Text: "\nb"}}},
	} {
		if d := cmp.Diff(c.want, diff(c.before, c.after)); d != "" {
			t.Errorf("diff(%q, %q): %s", c.before, c.after, d)
		}
	}
}

// No disc covers another much, and every row is in the disc of its cluster.
func TestDiscs(t *testing.T) {
	var flat [][2]float32
	var group []int
	for i := range 300 {
		c := i % 5
		flat, group = append(flat, [2]float32{float32(c%2) + 0.01*float32(i%7), float32(c/2) + 0.02*float32(i%11)}), append(group, c)
	}
	spots := discs(flat, group, 5)
	near := 0
	for i := range spots {
		best := -1
		for j := range spots {
			if i == j {
				continue
			}
			if best < 0 || distance(spots[i], spots[j]) < distance(spots[i], spots[best]) {
				best = j
			}
		}
		if group[best] == group[i] {
			near++
		}
	}
	if near < 270 {
		t.Errorf("of 300 rows %d have a row of their own cluster nearest", near)
	}
}

func distance(a, b [2]float32) float32 {
	return (a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1])
}

// Words that are never in one row, but go with the same others, make rows alike; rows of other words are not.
func TestVectorsBringTogetherWhatGoesTogether(t *testing.T) {
	var lines []string
	for i := range 60 {
		lines = append(lines,
			row(t, []string{"Feed the dog a bone in its kennel", "The puppy has a bone in its kennel"}[i%2], "", ""),
			row(t, []string{"Add two numbers and print the sum", "Print the sum of numbers in code"}[i%2], "", ""))
	}
	for i := range 3200 { // about more other things than there are directions
		lines = append(lines, row(t, fmt.Sprintf("a%d b%d", i%80, i%80), "", ""))
	}
	n := len(lines)
	rows := read(t, append(lines, row(t, "dog", "", ""), row(t, "puppy", "", ""), row(t, "code", "", ""), row(t, "", "", ""))...)
	v := Vectors(rows)
	dog, puppy, code, nothing := v[n], v[n+1], v[n+2], v[n+3]
	if c := similarity.Cosine(dog, puppy); c < 0.5 {
		t.Errorf("dog and puppy: %.2f", c)
	}
	if c := similarity.Cosine(dog, code); c > 0.2 {
		t.Errorf("dog and code: %.2f", c)
	}
	if similarity.Cosine(nothing, nothing) != 0 {
		t.Error("a row without words has a direction")
	}
	if d := cmp.Diff(v, Vectors(rows)); d != "" {
		t.Errorf("again: %s", d)
	}
}
