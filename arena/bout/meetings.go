package bout

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/wholefile"
)

// format of bout.json. In format 1 there were two contestants, "a" and "b".
const format = 2

// ReadSettings reads what the bout in a folder is about. The error is [fs.ErrNotExist] where there is none.
func ReadSettings(dir string) (Settings, error) {
	path := filepath.Join(dir, "bout.json")
	var s struct {
		Settings
		A *Who `json:"a"`
		B *Who `json:"b"`
	}
	if err := wholefile.JSON(path, 1<<20, &s); err != nil {
		return s.Settings, err
	}
	switch {
	case s.Format == 1 && s.A != nil && s.B != nil:
		s.Format, s.Contestants = format, []Who{*s.A, *s.B}
	case s.Format != format:
		return s.Settings, fmt.Errorf("%s: cria_bout is %d, want 1 or %d", path, s.Format, format)
	}
	if s.ID == "" && len(s.Contestants) > 1 { // begun before bouts had one
		s.ID = hash(s.Begun.Format(time.RFC3339Nano), s.Contestants[0].Name, s.Contestants[1].Name, s.Prompts.SHA256)[:idLength]
	}
	if len(s.ID) != idLength || !digits(s.ID) || !digits(s.Prompts.SHA256) {
		return s.Settings, fmt.Errorf("%s: bout is %q and the prompts' sha256 %q: want %d and 64 digits of a hash", path, s.ID, s.Prompts.SHA256, idLength)
	}
	if err := s.Check(); err != nil {
		return s.Settings, fmt.Errorf("%s: %w", path, err)
	}
	return s.Settings, nil
}

// digits says whether a text is digits of 16 alone.
func digits(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// maxContestants have 4,950 meetings.
const maxContestants = 100

// Check says whether the contestants can meet. Two may be the same one; among more, names tell them apart.
func (s Settings) Check() error {
	if len(s.Contestants) < 2 {
		return fmt.Errorf("%d contestants, want 2 or more", len(s.Contestants))
	}
	if len(s.Contestants) > maxContestants {
		return fmt.Errorf("%d contestants, want at most %d", len(s.Contestants), maxContestants)
	}
	seen := map[string]bool{}
	for _, w := range s.Contestants {
		if seen[w.Name] && len(s.Contestants) > 2 {
			return fmt.Errorf("%s is named twice among the contestants", w.Name)
		}
		seen[w.Name] = true
	}
	return nil
}

// goesOnAs says whether a bout can go on with other settings: with contestants after those that were there, and with another
// judge.
func (s Settings) goesOnAs(now Settings) error {
	for i, w := range s.Contestants {
		switch {
		case i >= len(now.Contestants):
			return fmt.Errorf("contestant %d was %s and is missing", i+1, w.Name)
		case w.Name != now.Contestants[i].Name:
			return fmt.Errorf("contestant %d was %s and is %s", i+1, w.Name, now.Contestants[i].Name)
		}
	}
	switch {
	case s.Prompts.N != now.Prompts.N:
		return fmt.Errorf("the number of prompts was %d and is %d", s.Prompts.N, now.Prompts.N)
	case s.Prompts.SHA256 != now.Prompts.SHA256:
		return errors.New("the file of prompts had other contents")
	case s.Seed != now.Seed:
		return fmt.Errorf("--seed was %d and is %d", s.Seed, now.Seed)
	}
	return nil
}

// Meeting is two contestants whose answers are compared, by their places.
type Meeting struct {
	A int // whose wins are counted
	B int // who they are won against
}

// Meetings are who meets whom, the earlier place as A.
func (s Settings) Meetings() []Meeting {
	var list []Meeting
	for a := range s.Contestants {
		for b := a + 1; b < len(s.Contestants) && (a == 0 || !s.FirstOnly); b++ {
			list = append(list, Meeting{a, b})
		}
	}
	return list
}

// pair is two answers to a prompt; failed is why there are none to compare.
func (b *Bout) pair(m Meeting, p Prompt) (pair arena.Pair, failed string) {
	pair = arena.Pair{ID: p.id(), Prompt: p.Text, Input: p.Input, Right: p.Right}
	for _, x := range []struct {
		place int
		to    *arena.Answer
	}{{m.A, &pair.A}, {m.B, &pair.B}} {
		w := b.Settings.Contestants[x.place]
		a, ok := b.answers[hash(w.ID, p.id())]
		x.to.By, x.to.Text = w.Name, a.Text
		switch {
		case failed != "":
		case !ok:
			failed = w.Name + " has not answered yet"
		case a.Failed != "":
			failed = w.Name + ": " + a.Failed
		}
	}
	return pair, failed
}

// pairs are those of all meetings that a judge can tell apart: with two answers that are not the same.
func (b *Bout) pairs() iter.Seq[arena.Pair] {
	return func(yield func(arena.Pair) bool) {
		for _, m := range b.Settings.Meetings() {
			for _, p := range b.prompts {
				if pair, failed := b.pair(m, p); failed == "" && !pair.Identical() && !yield(pair) {
					return
				}
			}
		}
	}
}

// answeredBoth says whether both were asked a prompt, with success or not.
func (b *Bout) answeredBoth(m Meeting, p Prompt) bool {
	for _, place := range []int{m.A, m.B} {
		if _, ok := b.answers[hash(b.Settings.Contestants[place].ID, p.id())]; !ok {
			return false
		}
	}
	return true
}
