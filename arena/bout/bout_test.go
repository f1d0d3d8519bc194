package bout_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/model/modeltest"
)

// says is a contestant that makes its answers up.
type says struct {
	name  string
	of    func(bout.Prompt) (text, failed string)
	asked int
}

func (s *says) Name() string { return s.name }
func (s *says) ID() string   { return s.name }

func (s *says) Answer(_ context.Context, p bout.Prompt) (text, failed string, err error) {
	s.asked++
	text, failed = s.of(p)
	return text, failed, nil
}

func prompts(n int) *bout.Prompts {
	p := &bout.Prompts{File: "prompts.jsonl", N: n}
	for i := range n {
		p.List = append(p.List, bout.Prompt{Text: fmt.Sprintf("Say %d.", i)})
	}
	return p
}

func open(t *testing.T, dir string, p *bout.Prompts, a, b bout.Contestant, j arena.Judge) *bout.Report {
	t.Helper()
	return openAll(t, dir, p, j, a, b)
}

func openAll(t *testing.T, dir string, p *bout.Prompts, j arena.Judge, contestants ...bout.Contestant) *bout.Report {
	t.Helper()
	s := bout.Settings{Seed: 1}
	for _, c := range contestants {
		s.Contestants = append(s.Contestants, bout.Who{Name: c.Name()})
	}
	x, err := bout.Open(dir, s, p)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for i, c := range contestants {
		if err := x.Answer(t.Context(), i, c, 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Judge(t.Context(), j, 1, nil); err != nil {
		t.Fatal(err)
	}
	r, err := x.Report("test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rule(t *testing.T, name string) arena.Judge {
	t.Helper()
	j, err := arena.Rule(name, 1)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// A report's counts are those of the outcomes that arena.Compare gives one by one, with failures apart.
func TestAReportCountsWhatComparingOneByOneGives(t *testing.T) {
	const n = 40
	draw := rand.New(rand.NewPCG(1, 2))
	long := map[string]string{}
	p := prompts(n)
	for _, x := range p.List {
		long[x.Text] = strings.Repeat("a", draw.IntN(4))
	}
	a := &says{name: "a", of: func(p bout.Prompt) (string, string) { return long[p.Text], "" }}
	b := &says{name: "b", of: func(p bout.Prompt) (string, string) {
		if p.Text == "Say 3." {
			return "", "too long"
		}
		return "bb", ""
	}}
	dir := t.TempDir()
	got := open(t, dir, p, a, b, rule(t, "longer"))
	var outcomes []arena.Outcome
	for i, x := range p.List {
		if i == 3 {
			continue
		}
		o, err := arena.Compare(t.Context(), rule(t, "longer"), arena.Pair{ID: x.Text, Prompt: x.Text, A: arena.Answer{Text: long[x.Text]}, B: arena.Answer{Text: "bb"}})
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, o)
	}
	want := arena.Summarise(outcomes, 1)
	if got.N != want.N || got.Wins != want.Wins || got.Ties != want.Ties || got.Losses != want.Losses || *got.WinRate != want.WinRate || *got.Interval != want.Interval {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got.Failed != 1 || got.Reasons["b: too long"] != 1 || got.Controlled == nil {
		t.Errorf("%d failed, for %v; length-controlled %v", got.Failed, got.Reasons, got.Controlled)
	}
	// What is there is not asked for again, but for what failed.
	asked := b.asked
	again := open(t, dir, p, a, b, rule(t, "longer"))
	if a.asked != n || b.asked != asked+1 || again.Wins != got.Wins {
		t.Errorf("asked %d and %d times, want %d and %d", a.asked, b.asked, n, asked+1)
	}
}

// Whatever the judge, a base against itself is even: its answers are the same, for they are the same answers.
func TestAModelAgainstItself(t *testing.T) {
	m := infertest.Open(t, modeltest.Tiny(t, 1), infer.OpenOptions{Template: "plain"})
	c, err := bout.Local("tiny", m, 4)
	if err != nil {
		t.Fatal(err)
	}
	likely, err := arena.Likelihood(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range []arena.Judge{likely, rule(t, "first"), rule(t, "random")} {
		r := open(t, t.TempDir(), prompts(6), c, c, j)
		if r.N != 6 || *r.WinRate != 0.5 || r.Interval[0] > 0.5 || r.Interval[1] < 0.5 {
			t.Errorf("%s: %+v", j.Name(), r)
		}
	}
}

// A vote counts for whoever wrote the answer, whatever its seat; the seats are both used; a vote can be taken back; a line
// that a crash cut off is none.
func TestVotes(t *testing.T) {
	dir := t.TempDir()
	const n = 30
	a := &says{name: "a", of: func(bout.Prompt) (string, string) { return "good", "" }}
	b := &says{name: "b", of: func(bout.Prompt) (string, string) { return "bad", "" }}
	open(t, dir, prompts(n), a, b, rule(t, "first"))
	firsts := 0
	for voter, want := range map[string]string{"anna": "good", "ben": "good", "carl": "bad"} {
		x, err := bout.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Poll(voter)
		if err != nil {
			t.Fatal(err)
		}
		for i, ballot := range p.Ballots() {
			if ballot.Shown.Answers[0] == "good" {
				firsts++
			}
			if i == 0 && voter == "ben" {
				for _, c := range []bout.Choice{bout.BothBad, bout.Undone} {
					if _, err := p.Vote(ballot, c); err != nil {
						t.Fatal(err)
					}
				}
				if p.Voted(ballot) != "" {
					t.Error("a vote that was taken back stands")
				}
			}
			choice := bout.FirstBetter
			if ballot.Shown.Answers[1] == want {
				choice = bout.SecondBetter
			}
			if _, err := p.Vote(ballot, choice); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if firsts < n*3/4 || firsts > n*9/4 {
		t.Errorf("A sat first %d times of %d", firsts, 3*n)
	}
	f, err := os.OpenFile(filepath.Join(dir, "votes.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(`{"voter":"an`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	x, err := bout.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	x.Settings.Judge = bout.Person
	r, err := x.Report("test")
	if err != nil {
		t.Fatal(err)
	}
	if r.N != 3*n || r.Wins != 2*n || r.Losses != n || r.Flips != 0 {
		t.Errorf("%+v", r)
	}
	for _, c := range r.Accords {
		want := 0.0
		if c.Raters == [2]string{"anna", "ben"} {
			want = 1
		}
		if c.N != n || c.Same != want {
			t.Errorf("%+v", c)
		}
	}
	if len(r.Accords) != 3 {
		t.Errorf("%d pairs of voters, want 3", len(r.Accords))
	}
}

// Nothing that a model wrote is markup on a page.
func TestPagesShowTextsAsTheyAre(t *testing.T) {
	evil := "\x1b[2J\u009b2J\u202e<script>x</script>\n```\n# not a heading\n````"
	c := func(name string) *says {
		return &says{name: name, of: func(bout.Prompt) (string, string) { return name + evil, "" }}
	}
	dir := t.TempDir()
	r := open(t, dir, &bout.Prompts{N: 1, List: []bout.Prompt{{Text: evil, Input: evil}}}, c("a<i>"), c("b|"), rule(t, "longer"))
	html, md := filepath.Join(dir, "x.html"), filepath.Join(dir, "x.md")
	if err := errors.Join(r.WriteHTML(html), r.WriteMarkdown(md)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(html)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "<script") || strings.Contains(string(text), "<i>") || !strings.Contains(string(text), "&lt;script&gt;") {
		t.Error("a text is read as HTML")
	}
	if strings.ContainsAny(string(text), "\x1b\u009b\u202e") {
		t.Error("a text turns the page around")
	}
	if text, err = os.ReadFile(md); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(text), "\x1b\u009b\u202e") {
		t.Error("a text does something to a terminal")
	}
	fence := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence = strings.TrimSuffix(line, "text")
		case fence != "" && line == fence:
			fence = ""
		case fence == "" && (strings.Contains(line, "<") && !strings.Contains(line, `\<`) || strings.HasPrefix(line, "# not")):
			t.Errorf("outside of a fence: %s", line)
		}
	}
	if fence != "" {
		t.Error("a fence is not closed")
	}
}

func FuzzParsePrompts(f *testing.F) {
	f.Add([]byte(`{"instruction":"a","instances":[{"input":"b","output":"c"}]}`))
	f.Add([]byte(`[{"prompt":"a"},{"instruction":"b"}]`))
	f.Add([]byte(`{"output":"a"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := bout.ParsePrompts(text)
		if (err == nil) != (len(list) > 0) && err == nil {
			t.Error("no prompts and no error")
		}
		for _, p := range list {
			if err == nil && strings.TrimSpace(p.Text+p.Input) == "" {
				t.Errorf("an empty prompt: %+v", p)
			}
		}
	})
}
