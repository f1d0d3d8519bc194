package repair

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/arithmetic"
	"github.com/cria-llm/cria/openai"
	"github.com/cria-llm/cria/openai/openaitest"
)

// teaching is an endpoint on this machine whose model mends as mend says, and prefers in a second look the version that has
// the word.
func teaching(t *testing.T, o openaitest.Options, mend func(row shownRow) string, prefer string) (*openai.Client, *openaitest.Server) {
	t.Helper()
	s := openaitest.NewServer(t, func(r openai.Request) string {
		var row shownRow
		if err := json.Unmarshal([]byte(openaitest.Echo(r)), &row); err != nil {
			return err.Error()
		}
		if row.First == nil {
			return mend(row)
		}
		better := "neither"
		if strings.Contains(*row.First, prefer) {
			better = "first"
		} else if strings.Contains(*row.Second, prefer) {
			better = "second"
		}
		return `Here it is: {"why": "so", "better": "` + better + `",}`
	}, o)
	c, err := openai.NewClient(openai.ClientOptions{BaseURL: s.URL, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func says(fault bool, why, text string) string {
	b, err := json.Marshal(map[string]any{"fault": fault, "why": why, "text": text})
	if err != nil {
		return err.Error()
	}
	return "```json\n" + string(b) + "\n```"
}

func TestATeachersRepairIsVerifiedByTheDetectorsAndASecondLook(t *testing.T) {
	row := rowOf(t, `{"instruction": "Calculate 12 * 12.", "input": "", "output": "12 * 12 = 154"}`)
	word := func(name, text string) curate.Detector {
		return curate.Detector{Name: name, Look: func(x curate.Exchange) []curate.Finding {
			if !strings.Contains(x.Output.Text, text) {
				return nil
			}
			return []curate.Finding{{Detector: name, Field: x.Output.Field, Confidence: 0.8}}
		}}
	}
	detectors := append(arithmetic.Detectors(), word("vague", "more or less"), word("guess", "guess"))
	found := curate.Look(row, detectors)
	if len(found) == 0 {
		t.Fatal("154 is not found to be wrong")
	}
	found = append(found, curate.Finding{Detector: "guess", Field: "output", Confidence: 0.8})
	for _, c := range []struct {
		name, mended, prefer string
		fault                bool
		status               Status
		verified             bool
		note                 string
	}{
		{"right", "12 * 12 = 144", "144", true, Proposed, true, "it is a sum"},
		{"wrong again", "12 * 12 = 164", "144", true, Proposed, true, "it is a sum"}, // and calculated again
		{"a new fault", "12 * 12 = 144, more or less", "144", true, Proposed, false, "it would bring a new fault: vague"},
		{"the old fault", "A dozen dozens, I guess", "dozens", true, Proposed, false, "guess still finds it"},
		{"not preferred", "12 * 12 = 144", "154", true, Proposed, false, "the second look does not prefer it"},
		{"no fault", "", "", false, Rejected, false, "the teacher sees no fault: it is a sum"},
		{"no hope", " ", "", true, Rejected, false, "the teacher cannot mend it"},
		{"the same", "12 * 12 = 154", "", true, Rejected, false, "the teacher changed nothing"},
	} {
		m, _ := teaching(t, openaitest.Options{}, func(row shownRow) string {
			if row.Field != "output" || len(row.Found) == 0 || !strings.Contains(row.Output, "154") {
				return "the row is not shown"
			}
			return says(c.fault, "it is a sum", c.mended)
		}, c.prefer)
		k := &Asker{Teacher: m, Second: m, Detectors: detectors}
		r, err := k.Mend(t.Context(), row, "output", found)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != c.status || r.Verified != c.verified || !strings.Contains(r.Note, c.note) {
			t.Errorf("%s: %+v", c.name, r)
		}
		if c.status == Proposed && c.name != "wrong again" && r.After != c.mended || r.By != Teacher || r.Model != "m" || r.Prompt != PromptHash() {
			t.Errorf("%s: the repair is %+v", c.name, r)
		}
		if want := found[0].Confidence; c.verified && r.Confidence != want || !c.verified && c.status == Proposed && r.Confidence != want/2 {
			t.Errorf("%s: confidence is %g, of a finding's %g", c.name, r.Confidence, want)
		}
	}
}

func TestATeacherThatSaysWhatCannotBeReadIsAskedOnceMore(t *testing.T) {
	row := rowOf(t, `{"instruction": "Greet.", "output": ""}`)
	found := []curate.Finding{{Detector: "empty", Field: "output", Confidence: 0.9, Why: "it is empty"}}
	var asked atomic.Int32
	m, _ := teaching(t, openaitest.Options{}, func(shownRow) string {
		if asked.Add(1) == 1 {
			return "I would rather not."
		}
		return says(true, "it is empty", "Hello!")
	}, "Hello")
	k := &Asker{Teacher: m, Second: m}
	r, err := k.Mend(t.Context(), row, "output", found)
	if err != nil || r.After != "Hello!" || !r.Verified {
		t.Errorf("%+v, %v", r, err)
	}
	m, s := teaching(t, openaitest.Options{}, func(shownRow) string { return `{"fault": true, "text": "a"} {"fault": false}` }, "")
	r, err = (&Asker{Teacher: m}).Mend(t.Context(), row, "output", found)
	if err != nil || r.Status != Rejected || r.After != "" || !strings.Contains(r.Note, "no answer that can be read") {
		t.Errorf("%+v, %v", r, err)
	}
	if s.Bills() != 2 {
		t.Errorf("it was asked %d times", s.Bills())
	}
}

// A model that is not there is an error; the row is not to blame.
func TestAnEndpointThatDoesNotKnowUsIsAnError(t *testing.T) {
	row := rowOf(t, `{"instruction": "Greet.", "output": ""}`)
	m, _ := teaching(t, openaitest.Options{Key: "secret"}, func(shownRow) string { return "" }, "")
	_, err := (&Asker{Teacher: m}).Mend(t.Context(), row, "output", []curate.Finding{{Detector: "empty", Field: "output"}})
	var refused *openai.RequestError
	if !errors.As(err, &refused) || refused.Status != 401 {
		t.Errorf("error is %v", err)
	}
}

// A teacher also reads what nothing was found in, and what that takes is bounded ahead.
func TestATeacherReadsWhatNothingWasFoundIn(t *testing.T) {
	row := rowOf(t, `{"instruction": "Which planet is the largest?", "output": "Saturn."}`)
	m, s := teaching(t, openaitest.Options{Prices: openai.Prices{In: 1, Out: 1}}, func(row shownRow) string {
		if row.Found != nil {
			return "something was found"
		}
		return says(true, "Jupiter is larger.", "Jupiter.")
	}, "Jupiter")
	k := &Asker{Teacher: m, Second: m}
	most, err := k.Most(row, "output", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := k.Mend(t.Context(), row, "output", nil)
	if err != nil || !r.Verified || r.Confidence != unaskedConfidence || len(r.Findings) != 1 || r.Findings[0] != (Reason{Unasked, unaskedConfidence, "Jupiter is larger."}) {
		t.Errorf("%+v, %v", r, err)
	}
	if bound := (openai.Prices{In: 1, Out: 1}).Cost(most); s.Billed() > bound || s.Bills() != 2 {
		t.Errorf("%d answers cost %v, at the most %v was expected", s.Bills(), s.Billed(), bound)
	}
}
