package bout_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
)

// lengths are three contestants: one that is always longer than the middle one, one that says what the middle one says to every
// third prompt and is shorter otherwise.
func lengths() []*says {
	third := func(p bout.Prompt) bool { return strings.ContainsAny(p.Text, "0369") }
	return []*says{
		{name: "long", of: func(bout.Prompt) (string, string) { return "aaaa", "" }},
		{name: "middle", of: func(bout.Prompt) (string, string) { return "bb", "" }},
		{name: "short", of: func(p bout.Prompt) (string, string) {
			if third(p) {
				return "bb", ""
			}
			return "c", ""
		}},
	}
}

func all(list []*says) []bout.Contestant {
	var all []bout.Contestant
	for _, c := range list {
		all = append(all, c)
	}
	return all
}

// Among three everybody answers once, and each pair stands as the two would alone; what two said alike is judged once.
func TestThreeMeetAsPairsDoAlone(t *testing.T) {
	const n = 9
	dir, list := t.TempDir(), lengths()
	j := &tally{of: rule(t, "longer")}
	got := openAll(t, dir, prompts(n), j, all(list)...)
	for _, c := range list {
		if c.asked != n {
			t.Errorf("%s answered %d times, want %d", c.name, c.asked, n)
		}
	}
	// Both seats of: long and middle, long and c, middle and c. Where short says bb, long has been judged against that.
	if want := 2 * (n + 6 + 6); j.asked != want {
		t.Errorf("%d verdicts, want %d", j.asked, want)
	}
	if got.Standing != nil || len(got.All()) != 3 {
		t.Fatalf("%d meetings, want 3", len(got.All()))
	}
	for i, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		two := lengths()
		alone := openAll(t, t.TempDir(), prompts(n), rule(t, "longer"), two[pair[0]], two[pair[1]]).Standing
		if s := got.Standings[i]; told(t, s) != told(t, alone) {
			t.Errorf("%s\n%s, alone\n%s", s.Title(), told(t, s), told(t, alone))
		}
	}
	var matches []arena.Match
	for _, s := range got.All() {
		for _, x := range s.Pairs {
			matches = append(matches, arena.Match{A: s.A.Name, B: s.B.Name, Outcome: x.Outcome})
		}
	}
	if want, _ := arena.Rate(matches, 1); !reflect.DeepEqual(got.Ratings, want) || got.Ratings[0].Name != "long" {
		t.Errorf("ratings %+v, want %+v", got.Ratings, want)
	}
}

// told is a standing as a program reads it.
func told(t *testing.T, s *bout.Standing) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tally counts how often a judge is asked.
type tally struct {
	of    arena.Judge
	asked int
}

func (c *tally) Name() string { return c.of.Name() }

func (c *tally) Judge(ctx context.Context, s arena.Shown) (arena.Verdict, error) {
	c.asked++
	return c.of.Judge(ctx, s)
}

// A bout of two takes a third in, and nobody is asked again; it does not take another in somebody's place.
func TestABoutGrows(t *testing.T) {
	const n = 6
	dir, list := t.TempDir(), lengths()
	first := openAll(t, dir, prompts(n), rule(t, "longer"), list[0], list[1])
	got := openAll(t, dir, prompts(n), rule(t, "longer"), all(list)...)
	if list[0].asked != n || list[1].asked != n || told(t, got.Standings[0]) != told(t, first.Standing) {
		t.Errorf("asked %d and %d times, want %d; %s, was %s", list[0].asked, list[1].asked, n, told(t, got.Standings[0]), told(t, first.Standing))
	}
	for names, want := range map[string]string{
		"long middle":       "contestant 3 was short and is missing",
		"long short middle": "contestant 2 was middle and is short",
		"long middle long":  "long is named twice",
		"long":              "1 contestants, want 2 or more",
	} {
		s := bout.Settings{Seed: 1}
		for _, name := range strings.Fields(names) {
			s.Contestants = append(s.Contestants, bout.Who{Name: name})
		}
		if _, err := bout.Open(dir, s, prompts(n)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", names, err, want)
		}
	}
}

// With the first alone there are two meetings of three.
func TestAgainstTheFirst(t *testing.T) {
	s := bout.Settings{Contestants: make([]bout.Who, 3)}
	if got, want := s.Meetings(), []bout.Meeting{{A: 0, B: 1}, {A: 0, B: 2}, {A: 1, B: 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	s.FirstOnly = true
	if got, want := s.Meetings(), []bout.Meeting{{A: 0, B: 1}, {A: 0, B: 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A vote on two texts is one on every pair of contestants that said them, whichever of them is A; nobody is asked about them twice.
func TestAVoteCountsForAllWhoSaidThat(t *testing.T) {
	dir := t.TempDir()
	say := func(name, text string) bout.Contestant {
		return &says{name: name, of: func(bout.Prompt) (string, string) { return text, "" }}
	}
	openAll(t, dir, prompts(8), rule(t, "first"), say("x", "good"), say("y", "bad"), say("z", "good"))
	b, err := bout.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Poll("anna")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if len(p.Ballots()) != 8 {
		t.Fatalf("%d pairs to vote on, want 8", len(p.Ballots()))
	}
	for _, x := range p.Ballots() {
		choice := bout.FirstBetter
		if x.Shown.Answers[1] == "good" {
			choice = bout.SecondBetter
		}
		if _, err := p.Vote(x, choice); err != nil {
			t.Fatal(err)
		}
	}
	b.Settings.Judge = bout.Person
	r, err := b.Report("test")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][3]int{{8, 0, 0}, {0, 8, 0}, {0, 0, 8}} {
		if s := r.Standings[i]; [3]int{s.Wins, s.Ties, s.Losses} != want {
			t.Errorf("%s: %d, %d, %d, want %v", s.Title(), s.Wins, s.Ties, s.Losses, want)
		}
	}
}

// A folder of format 1, with two contestants by name, is read, goes on, and is of format 2 from there.
func TestAFolderOfFormat1(t *testing.T) {
	const n = 6
	dir, list := t.TempDir(), lengths()
	want := openAll(t, dir, prompts(n), rule(t, "longer"), list[0], list[1])
	path := filepath.Join(dir, "bout.json")
	old := `{"cria_bout": 1, "version": "cria 0.0", "begun": "2026-11-26T05:00:00Z", "a": {"name": "long", "id": "long"}, "b": {"name": "middle", "id": "middle"},
		"prompts": {"file": "prompts.jsonl", "sha256": "", "n": 6}, "judge": "longer", "seed": 1}`
	if err := os.WriteFile(path, []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	b, err := bout.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Report("test")
	if err != nil {
		t.Fatal(err)
	}
	if told(t, got.Standing) != told(t, want.Standing) || got.Version != "cria 0.0" {
		t.Errorf("%s, want %s", told(t, got.Standing), told(t, want.Standing))
	}
	openAll(t, dir, prompts(n), rule(t, "longer"), list[0], list[1])
	if list[0].asked != n || list[1].asked != n {
		t.Errorf("asked %d and %d times, want %d", list[0].asked, list[1].asked, n)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `"cria_bout": 2`) || strings.Contains(string(text), `"a":`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// Answers that are the same are ties of as many votes as other pairs have, so that somebody who voted once more does not make the bout
// look even.
func TestIdenticalAnswersWeighWhatOthersDo(t *testing.T) {
	const n = 20 // of which the second half has the same answers
	dir := t.TempDir()
	a := &says{name: "a", of: func(bout.Prompt) (string, string) { return "good", "" }}
	b := &says{name: "b", of: func(p bout.Prompt) (string, string) {
		if len(p.Text) > len("Say 0.") {
			return "good", ""
		}
		return "bad", ""
	}}
	open(t, dir, prompts(n), a, b, rule(t, "first"))
	for _, voter := range []struct {
		name  string
		votes int
		ties  int // once they are there
	}{{"anna", n / 2, n / 2}, {"ben", 1, n / 2}, {"ben", n / 2, n}} {
		x, err := bout.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		poll, err := x.Poll(voter.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, ballot := range poll.Ballots()[:voter.votes] {
			choice := bout.FirstBetter
			if ballot.Shown.Answers[1] == "good" {
				choice = bout.SecondBetter
			}
			if _, err := poll.Vote(ballot, choice); err != nil {
				t.Fatal(err)
			}
		}
		if err := poll.Close(); err != nil {
			t.Fatal(err)
		}
		x.Settings.Judge = bout.Person
		r, err := x.Report("test")
		if err != nil {
			t.Fatal(err)
		}
		if r.Ties != voter.ties || r.Losses != 0 {
			t.Errorf("after %d votes of %s %d, %d, %d; want %d ties", voter.votes, voter.name, r.Wins, r.Ties, r.Losses, voter.ties)
		}
	}
}
