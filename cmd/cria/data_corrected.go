package main

import (
	"fmt"
	"slices"

	"github.com/cria-llm/cria/curate/correct"
	"github.com/cria-llm/cria/curate/repair"
	"github.com/cria-llm/cria/openai"
)

// correctJSON is what a correction found and did, for other programs.
type correctJSON struct {
	File          string  `json:"file"`
	Rows          int     `json:"rows"`
	Seconds       float64 `json:"seconds"` // that looking took
	RowsPerSecond float64 `json:"rows_per_second"`
	FindingsFile  string  `json:"findings_file,omitempty"`
	Findings      int     `json:"findings"`
	FaultyRows    int     `json:"faulty_rows"`
	// Counts are findings by detector, 0 for those that found nothing.
	Counts    map[string]int  `json:"counts"`
	Detectors []detectorCount `json:"detectors"` // those that found anything, in their order
	Corrected *correctedJSON  `json:"corrected,omitempty"`
}

// correctedJSON is what was done with the rows.
type correctedJSON struct {
	Out     string                `json:"out"`
	Rows    int                   `json:"rows"`    // in it
	Changed int                   `json:"changed"` // of the rows that were read
	Dropped int                   `json:"dropped"`
	Repairs map[repair.Status]int `json:"repairs"`
	Teacher *taughtJSON           `json:"teacher,omitempty"`
}

// taughtJSON is what a teacher was asked.
type taughtJSON struct {
	Questions int                   `json:"questions"`
	Asked     int                   `json:"asked"`
	Left      string                `json:"left,omitempty"` // why the rest was not asked
	Verified  int                   `json:"verified"`
	Repairs   map[repair.Status]int `json:"repairs"`
	Prompt    string                `json:"prompt"` // hash of the instructions
	Spent     openai.Spent          `json:"spent"`
}

// detectorCount is what a detector found.
type detectorCount struct {
	Name     string `json:"name"`
	Findings int    `json:"findings"`
	Rows     int    `json:"rows"`
	Certain  int    `json:"certain"`  // findings with a repair that follows from the row
	Suggests int    `json:"suggests"` // findings with a better text, those included
	Repaired int    `json:"repaired"` // findings whose repair was taken
}

func (j *correction) summary() correctJSON {
	s := correctJSON{File: j.file, Rows: len(j.rows), Seconds: j.seconds, FindingsFile: j.flags.findings, Findings: len(j.found),
		Counts: map[string]int{}, Detectors: []detectorCount{}}
	if j.seconds > 0 {
		s.RowsPerSecond = float64(s.Rows) / j.seconds
	}
	faulty := map[int]bool{}
	for _, d := range j.detectors {
		n := detectorCount{Name: d.Name}
		rows := map[int]bool{}
		for _, f := range j.found {
			if f.Detector != d.Name {
				continue
			}
			n.Findings++
			rows[f.Row], faulty[f.Row] = true, true
			if f.Certain {
				n.Certain++
			}
			if f.Suggestion != nil {
				n.Suggests++
			}
		}
		n.Rows = len(rows)
		for _, r := range j.repairs {
			if r.Status.Taken() && slices.Contains(r.Detectors(), d.Name) {
				n.Repaired++
			}
		}
		s.Counts[d.Name] = n.Findings
		if n.Findings > 0 {
			s.Detectors = append(s.Detectors, n)
		}
	}
	s.FaultyRows = len(faulty)
	if j.flags.detectOnly {
		return s
	}
	s.Corrected = &correctedJSON{Out: j.flags.out, Rows: len(j.kept), Dropped: len(j.dropped), Repairs: map[repair.Status]int{}}
	for i, row := range j.now {
		if row != j.rows[i] {
			s.Corrected.Changed++
		}
	}
	for _, r := range j.repairs {
		s.Corrected.Repairs[r.Status]++
	}
	if j.spent == nil {
		return s
	}
	t := &taughtJSON{Questions: j.questions, Asked: j.asked, Left: j.left, Prompt: repair.PromptHash(), Spent: *j.spent, Repairs: map[repair.Status]int{}}
	for _, r := range j.repairs {
		if r.Model == "" {
			continue
		}
		t.Repairs[r.Status]++
		if r.Verified {
			t.Verified++
		}
	}
	s.Corrected.Teacher = t
	return s
}

func (j *correction) show(a *app) {
	s := j.summary()
	p := a.paint(a.stdout)
	t := table{heading: fmt.Sprintf("%s, %s a second: %s in %s", plural(s.Rows, "row"), count(int(s.RowsPerSecond)), plural(s.Findings, "finding"), plural(s.FaultyRows, "row")),
		right: map[int]bool{1: true, 2: true, 3: true}}
	if len(s.Detectors) > 0 {
		t.row("detector", "findings", "rows", "repaired")
	}
	for _, d := range s.Detectors {
		t.row(d.Name, count(d.Findings), count(d.Rows), count(d.Repaired))
	}
	t.print(a.stdout, p)
	t = table{}
	if s.FindingsFile != "" {
		t.row("findings", plain(s.FindingsFile))
	}
	if d := s.Corrected; d != nil {
		t.row("corrected", fmt.Sprintf("%s: %s, %s changed", plain(d.Out), plural(d.Rows, "row"), count(d.Changed)))
		t.row("repairs", fmt.Sprintf("%s: %s", plain(j.flags.beside("repairs")), statuses(d.Repairs)))
		if x := d.Teacher; x != nil {
			t.row("teacher", fmt.Sprintf("%s of %s asked, %s verified", count(x.Asked), plural(x.Questions, "question"), count(x.Verified)))
			j.tell(&t)
			if x.Left != "" {
				t.row("not asked", p.warn(x.Left))
			}
		}
		if d.Dropped > 0 {
			t.row("left out", fmt.Sprintf("%s: %s", plain(j.flags.beside("dropped")), plural(d.Dropped, "row")))
		}
	}
	if j.flags.html != "" {
		t.row("page", plain(j.flags.html))
	}
	t.print(a.stdout, p)
}

// statuses counts repairs by what became of them.
func statuses(n map[repair.Status]int) string {
	text := ""
	for _, s := range []repair.Status{repair.Applied, repair.Accepted, repair.Edited, repair.Proposed, repair.Rejected, repair.Stale} {
		if n[s] > 0 {
			text += fmt.Sprintf(", %s %s", count(n[s]), s)
		}
	}
	if text == "" {
		return "none"
	}
	return text[2:]
}

// detectorJSON is what a detector is, for other programs.
type detectorJSON struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Example string `json:"example"`
	Agreed  int    `json:"agreed"` // findings in Alpaca's rows that a reader agreed with
	Judged  int    `json:"judged"` // of how many
}

// showDetectors lists the detectors.
func (f *correctFlags) showDetectors(a *app) error {
	p := a.paint(a.stdout)
	t := table{}
	all := []detectorJSON{}
	for _, d := range correct.Listed() {
		all = append(all, detectorJSON{d.Name, d.About, d.Example, d.Precision.Count, d.Precision.Of})
		precision := p.dim("not judged")
		if d.Precision.Of > 0 {
			precision = fmt.Sprintf("%d/%d right", d.Precision.Count, d.Precision.Of)
		}
		t.row(p.accent(d.Name), precision, d.About)
	}
	if f.json {
		return printJSON(a.stdout, all)
	}
	t.print(a.stdout, p)
	return nil
}
