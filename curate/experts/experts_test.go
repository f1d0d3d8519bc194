package experts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/detect"
)

func TestARevisionIsReadAsItStands(t *testing.T) {
	file := "src,pos,neg\n" +
		`"Instruction: Say it. Input: a` + "\n\n" + `b ","Response: One.` + "\n\n" + `Two.","Response: One.\nTwo \""so\"" \u00e9 \ud83e\udd99 \x"` + "\n"
	pairs, err := read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := Pair{Line: 2, Instruction: "Say it.", Input: "a\nb", Before: "One.\nTwo \"so\" é 🦙 \\x", After: "One.\nTwo."}
	if len(pairs) != 1 || pairs[0] != want {
		t.Errorf("got  %#v\nwant %#v", pairs, want)
	}
}

func TestBadRevisionsNameThemselves(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "the file is empty"},
		{"src,pos\na,b\n", `line 1: has no column "neg"`},
		{"src,neg,pos\n", "has no rows"},
		{"src,neg,pos\nInstruction: a,b,c\nInstruction: ,b,c\n", `line 3: column "src" has no instruction`},
		{"src,neg,pos\na,b\n", "line 2"},
	} {
		if _, err := read(strings.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.file, err, c.want)
		}
	}
}

// revisions are answers that an editor made into a list with an introduction, whatever their length.
func revisions(n, from int) []Pair {
	var out []Pair
	for i := range n {
		k := from + i
		body := strings.Repeat(fmt.Sprintf("Word%d goes here. ", k%17), 1+k%5)
		out = append(out, Pair{
			Instruction: fmt.Sprintf("Describe thing %d.", k),
			Before:      body + "It is long enough as it is, and more.",
			After:       fmt.Sprintf("Here it is:\n- Word%d goes here.", k%17),
		})
	}
	return out
}

func TestAScoreLearnsWhatWasChanged(t *testing.T) {
	learned := Learn(revisions(200, 0), nil)
	m := Measure(append(revisions(50, 1000), Pair{Instruction: "Same.", Before: "a  b", After: "a b"}), nil, learned)
	if m.Pairs != 51 || m.Changed != 50 {
		t.Errorf("%d pairs, %d changed", m.Pairs, m.Changed)
	}
	shorter, last := m.Curves[0], m.Curves[len(m.Curves)-1]
	if last.AUC < 0.99 || shorter.AUC > 0.01 {
		t.Errorf("the learned score has %.3f, and that shorter is worse %.3f", last.AUC, shorter.AUC)
	}
	if m.GainLow > m.Gain || m.GainHigh < m.Gain || last.Recall(0.05) < 0.9 {
		t.Errorf("gain %.3f in %.3f to %.3f, recall %.3f", m.Gain, m.GainLow, m.GainHigh, last.Recall(0.05))
	}
	if svg := m.SVG(); strings.Count(string(svg), `stroke-width="2"`) != 3 {
		t.Error("the picture does not have three curves")
	}
}

// A detector's counts against counting by hand.
func TestADetectorIsCountedOnBothSides(t *testing.T) {
	d := curate.Detector{Name: "x", Look: func(x curate.Exchange) []curate.Finding {
		if strings.Contains(x.Output.Text, "x") {
			return []curate.Finding{{Row: x.Row, Field: "output", Confidence: 0.8}, {Row: x.Row, Field: "instruction", Confidence: 1}}
		}
		return nil
	}}
	pairs := []Pair{
		{Instruction: "i", Before: "x", After: "a"}, {Instruction: "i", Before: "x", After: "x b"},
		{Instruction: "i", Before: "c", After: "d"}, {Instruction: "i", Before: "c", After: "x"},
	}
	m := Measure(pairs, []curate.Detector{d}, nil)
	f := m.Detectors[0]
	if f.Recall.Count != 2 || f.Recall.Of != 4 || f.FalseAlarms.Count != 2 || f.Precision.Count != 2 || f.Precision.Of != 4 {
		t.Errorf("%+v", f)
	}
	if auc := m.Curves[1].AUC; auc != 0.5 {
		t.Errorf("two of four on either side are %.3f", auc)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("src,neg,pos\n\"Instruction: a Input: b\",\"Response: \\n\\u12\",c\n")
	f.Add("src,neg,pos\n\"\xff\\ud83e\",\\,\\u\n")
	learned := Learn(revisions(20, 0), detect.Text())
	f.Fuzz(func(t *testing.T, file string) {
		pairs, err := read(strings.NewReader(file))
		if err != nil {
			return
		}
		for i, p := range pairs {
			if s := learned.Of(p.exchange(i, p.Before)); !(s >= 0 && s <= 1) {
				t.Errorf("%q: %g", p.Before, s)
			}
		}
	})
}
