package bout

import (
	"time"

	"github.com/cria-llm/cria/arena"
)

// Said is a vote or a verdict as a ledger keeps it: by hashes, without the texts.
type Said struct {
	Person bool
	By     string // the voter, or the judge
	Shown  string // hash of what was seen, seats included
	Prompt string // hash of the prompt; empty where the answers are not compared any more
	Seat   arena.Seat
	Choice Choice    // Failed where there is no verdict
	First  float64   // how sure that the first seat's is the better answer
	At     time.Time // zero where it is not known, as of a verdict
}

// Failed is the choice of a judge that gave no verdict.
const Failed Choice = "failed"

// Said reads from the folder what was said until now, also by others since it was opened: what counts, not what was taken
// back.
func (b *Bout) Said() ([]Said, error) {
	now := &Bout{Settings: b.Settings, dir: b.dir}
	now.forget()
	if err := readLines(b.path("votes"), vote.check, now.takeVote); err != nil {
		return nil, err
	}
	if err := readLines(b.path("verdicts"), verdict.check, now.takeVerdict); err != nil {
		return nil, err
	}
	prompts := map[string]string{}
	for pair := range b.pairs() {
		for _, seat := range []arena.Seat{arena.First, arena.Second} {
			prompts[pair.Show(seat).Hash()] = pair.ID
		}
	}
	var list []Said
	for _, v := range now.votes {
		list = append(list, v.said(prompts[v.Key]))
	}
	for _, v := range now.verdicts {
		s := Said{By: v.Judge, Shown: v.Key, Prompt: prompts[v.Key], Seat: v.Seat, Choice: Failed}
		if v.Failed == "" {
			s.First, s.Choice = v.First, chosen(v.First)
		}
		list = append(list, s)
	}
	return list, nil
}

func (v vote) said(prompt string) Said {
	return Said{Person: true, By: v.Voter, Shown: v.Key, Prompt: prompt, Seat: v.Seat, Choice: v.Choice, First: v.first(), At: v.At}
}

// chosen is a verdict in a word.
func chosen(first float64) Choice {
	switch {
	case first > 0.5:
		return FirstBetter
	case first < 0.5:
		return SecondBetter
	}
	return Equal
}
