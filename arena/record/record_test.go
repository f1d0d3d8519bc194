package record_test

import (
	"path/filepath"
	"testing"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/arena/record"
	"github.com/cria-llm/cria/store"
)

// A bout is in the ledger with every vote and verdict of its folder; a ledger that fails is noted once and ends nothing.
func TestTheLedgerHasWhatTheFolderHas(t *testing.T) {
	dir := t.TempDir()
	list := []bout.Prompt{{Text: "1?"}, {Text: "2?"}, {Text: "3?"}}
	p, err := bout.NewPrompts("prompts", list)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bout.Open(filepath.Join(dir, "bout"), bout.Settings{Contestants: []bout.Who{{Name: "a"}, {Name: "b"}}, Seed: 1}, p)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i, answers := range [][]string{{"long", "long", "same"}, {"x", "x", "same"}} {
		name := []string{"a", "b"}[i]
		if err := b.Answer(t.Context(), i, bout.Given(name, name, list, answers), 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	j, err := arena.Rule("longer", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Judge(t.Context(), j, 1, nil); err != nil {
		t.Fatal(err)
	}
	report, err := b.Report("test")
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := store.Open(t.Context(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	var noted []string
	rec := record.Of(ledger, b, func(text string) { noted = append(noted, text) })
	cost := 0.5
	rec.Keep(t.Context(), report, &cost)
	rec.Keep(t.Context(), report, nil) // again is the same
	poll, err := b.Poll("anna")
	if err != nil {
		t.Fatal(err)
	}
	defer poll.Close()
	vote := func(c bout.Choice) {
		t.Helper()
		said, err := poll.Vote(poll.Ballots()[0], c)
		if err != nil {
			t.Fatal(err)
		}
		rec.Vote(t.Context(), said)
	}
	votes := func() (people, verdicts int) {
		t.Helper()
		list, err := ledger.Votes(t.Context(), b.Settings.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			if v.Person {
				people++
			} else {
				verdicts++
			}
		}
		return people, verdicts
	}
	for _, c := range []struct {
		choice bout.Choice
		want   int
	}{{bout.FirstBetter, 1}, {bout.BothBad, 1}, {bout.Undone, 0}, {bout.SecondBetter, 1}} {
		vote(c.choice)
		if people, verdicts := votes(); people != c.want || verdicts != 4 {
			t.Errorf("after %s the ledger has %d votes and %d verdicts, want %d and 4", c.choice, people, verdicts, c.want)
		}
	}
	got, err := ledger.Bout(t.Context(), b.Settings.ID)
	if err != nil || len(got.Results) != 1 || got.Results[0].Wins != 2 || got.Results[0].Ties != 1 || got.Cost == nil || *got.Cost != cost || got.Voters["anna"] != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if len(noted) > 0 {
		t.Errorf("noted %q", noted)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	vote(bout.Equal)
	rec.Keep(t.Context(), report, nil)
	record.Of(nil, b, nil).Keep(t.Context(), report, nil) // without a ledger nothing is written
	if len(noted) != 1 {
		t.Errorf("a ledger that fails is noted %d times: %q", len(noted), noted)
	}
}
