package store

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func bouts(t *testing.T, s *Store) []Bout {
	t.Helper()
	list, err := s.Bouts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestABoutIsReadAsItWasWritten(t *testing.T) {
	s, path := openNew(t)
	at := time.UnixMilli(1_700_000_000_000).UTC()
	x := func(v float64) *float64 { return &v }
	b := Bout{
		ID: "aa00000001", Folder: "/bouts/one", Begun: at, Prompts: "p.jsonl", PromptsHash: "01", N: 3, Version: "v",
		Contestants: []Contestant{{Name: "tuned", ID: "1", Weights: []string{"base", "adapter"}}, {Name: "base", ID: "2", Weights: []string{"base"}}},
		Results:     []Result{{Judge: "longer", B: 1, N: 3, Wins: 2, Losses: 1, WinRate: x(2. / 3), Interval: &[2]float64{0.2, 0.9}, At: at}},
		Cost:        x(0.25),
	}
	vote := Vote{Person: true, Voter: "anna", Shown: "s1", Prompt: "p1", Seat: 1, Choice: "first", First: x(1), At: at}
	verdict := Vote{Voter: "anna", Shown: "s1", Prompt: "p1", Choice: "failed", At: at} // a judge that happens to be called so too
	said := func(votes ...Vote) func() ([]Vote, error) { return func() ([]Vote, error) { return votes, nil } }
	if err := s.PutBout(t.Context(), b, said(vote, verdict)); err != nil {
		t.Fatal(err)
	}
	b.Voters = map[string]int{"anna": 1}
	if diff := cmp.Diff([]Bout{b}, bouts(t, openAt(t, path))); diff != "" {
		t.Errorf("written (-) is not read (+):\n%s", diff)
	}
	votes, err := s.Votes(t.Context(), b.ID)
	if diff := cmp.Diff([]Vote{verdict, vote}, votes); err != nil || diff != "" {
		t.Errorf("%v: written (-) is not read (+):\n%s", err, diff)
	}

	// Later the folder is elsewhere, another judge was asked, and nobody says again what it cost.
	later := b
	later.Folder, later.Cost, later.Results = "/bouts/two", nil, []Result{{Judge: "person", B: 1, Pending: 3, At: at.Add(time.Hour)}}
	if err := s.PutBout(t.Context(), later, nil); err != nil {
		t.Fatal(err)
	}
	b.Folder, b.Results = "/bouts/two", append(later.Results, b.Results...)
	if diff := cmp.Diff([]Bout{b}, bouts(t, s)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}

	// What was counted before is no news.
	stale := later
	stale.Results = []Result{{Judge: "person", B: 1, Pending: 1, At: at.Add(time.Minute)}}
	if err := s.PutBout(t.Context(), stale, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Bout{b}, bouts(t, s)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}

	// A vote again is the same vote; what is taken back is gone, also what the folder does not have any more.
	vote.Choice, vote.First = "second", x(0)
	for range 2 {
		if err := s.PutVote(t.Context(), b.ID, vote); err != nil {
			t.Fatal(err)
		}
	}
	if votes, err = s.Votes(t.Context(), b.ID); err != nil || len(votes) != 2 || votes[1].Choice != "second" {
		t.Errorf("%+v, %v", votes, err)
	}
	back := vote
	back.Choice = ""
	if err := s.PutVote(t.Context(), b.ID, back); err != nil {
		t.Fatal(err)
	}
	if votes, err = s.Votes(t.Context(), b.ID); err != nil || len(votes) != 1 || votes[0].Person {
		t.Errorf("%+v, %v", votes, err)
	}
	if err := s.PutBout(t.Context(), b, said()); err != nil {
		t.Fatal(err)
	}
	if votes, err = s.Votes(t.Context(), b.ID); err != nil || len(votes) != 0 {
		t.Errorf("%+v, %v", votes, err)
	}
	if err := s.PutVote(t.Context(), "none", vote); err == nil {
		t.Error("a vote on a bout that is not there is kept")
	}

	// By weights, and by what of its id no other has.
	other := Bout{ID: "aa00000002", Begun: at.Add(time.Second), Contestants: []Contestant{{Name: "file", ID: "3"}, {Name: "base", ID: "2", Weights: []string{"base"}}}}
	if err := s.PutBout(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	for hash, want := range map[string]string{"adapter": "aa00000001", "base": "aa00000002 aa00000001", "none": ""} {
		list, err := s.BoutsOf(t.Context(), hash)
		var ids []string
		for _, b := range list {
			ids = append(ids, b.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != want {
			t.Errorf("bouts of %s are %s, %v, want %s", hash, got, err, want)
		}
	}
	for id, want := range map[string]string{"aa00000001": "aa00000001", "02": "aa00000002", "aa": "2 have that: aa00000002, aa00000001", "bb": "there is none", "": "no id", "*": "no id"} {
		got, err := s.Bout(t.Context(), id)
		if err == nil && got.ID != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q finds %s, %v, want %s", id, got.ID, err, want)
		}
	}
}

func TestARemovedBoutIsGone(t *testing.T) {
	s, _ := openNew(t)
	b := Bout{ID: "aa", Contestants: []Contestant{{Name: "a", Weights: []string{"x"}}}, Results: []Result{{Judge: "longer"}}}
	votes := func() ([]Vote, error) { return []Vote{{Voter: "anna", Shown: "s"}}, nil }
	if err := s.PutBout(t.Context(), b, votes); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveBout(t.Context(), "aa"); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"bouts", "contestants", "weights", "results", "votes"} {
		var n int
		if err := s.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s are left, %v", n, table, err)
		}
	}
}

// A ledger of the first version keeps its runs and takes bouts.
func TestALedgerOfBeforeThereWereBouts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := sql.Open("sqlite", address(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(migrations[0] + "; PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	begin(t, s, Run{Out: "x"})
	if err := s.PutBout(t.Context(), Bout{ID: "aa"}, nil); err != nil {
		t.Fatal(err)
	}
	if len(bouts(t, s)) != 1 || len(runsOf(t, s)) != 1 {
		t.Errorf("%d bouts and %d runs", len(bouts(t, s)), len(runsOf(t, s)))
	}
}
