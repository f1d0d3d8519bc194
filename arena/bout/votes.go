package bout

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/internal/appendfile"
	"github.com/cria-llm/cria/internal/filelock"
	"github.com/cria-llm/cria/statistics"
)

// Choice is what a person says of two answers.
type Choice string

// What can be said, by seat.
const (
	FirstBetter  Choice = "first"
	SecondBetter Choice = "second"
	Equal        Choice = "tie"
	BothBad      Choice = "both bad" // counts as a tie
	Undone       Choice = "undone"   // takes the voter's earlier choice back
)

// vote is a line of votes.jsonl.
type vote struct {
	Voter  string     `json:"voter"`
	Key    string     `json:"key"`  // of what was seen
	Seat   arena.Seat `json:"seat"` // of the A of the first meeting with these texts
	Choice Choice     `json:"choice"`
	At     time.Time  `json:"at"`
}

// check says whether somebody can have voted so.
func (v vote) check() error {
	switch v.Choice {
	case FirstBetter, SecondBetter, Equal, BothBad, Undone:
	default:
		return fmt.Errorf("the choice is %q: want %s, %s, %s, %s or %s", v.Choice, FirstBetter, SecondBetter, Equal, BothBad, Undone)
	}
	return seated(v.Seat)
}

// takeVote keeps the last vote of a voter on what was seen.
func (b *Bout) takeVote(v vote) {
	b.votes = slices.DeleteFunc(b.votes, func(was vote) bool { return was.Voter == v.Voter && was.Key == v.Key })
	if v.Choice != Undone {
		b.votes = append(b.votes, v)
	}
}

// Ballot is a pair as a voter sees it: the seats and the order are drawn from the seed and the voter's name.
type Ballot struct {
	Shown  arena.Shown
	prompt string // its id
	seat   arena.Seat
	key    string
	keys   [2]string // of both seats: a vote from either is one
	order  uint64
}

// Poll is a person's votes on a bout.
type Poll struct {
	b       *Bout
	voter   string
	file    *appendfile.File
	ballots []*Ballot
}

// Poll opens what a person can vote on: pairs with two answers that are not the same.
func (b *Bout) Poll(voter string) (*Poll, error) {
	p := &Poll{b: b, voter: voter}
	listed := map[string]bool{}
	for pair := range b.pairs() {
		draw, err := hex.DecodeString(hash(voter, fmt.Sprint(b.Settings.Seed), pair.Show(arena.First).Hash()))
		if err != nil {
			return nil, err
		}
		ballot := &Ballot{prompt: pair.ID, seat: arena.Seat(draw[0] & 1), order: binary.LittleEndian.Uint64(draw[1:])}
		for _, seat := range []arena.Seat{arena.First, arena.Second} {
			ballot.keys[seat] = pair.Show(seat).Hash()
		}
		ballot.Shown, ballot.key = pair.Show(ballot.seat), ballot.keys[ballot.seat]
		if !listed[ballot.key] {
			p.ballots = append(p.ballots, ballot)
		}
		for _, key := range ballot.keys { // others may have said the same, the other way round
			listed[key] = true
		}
	}
	slices.SortFunc(p.ballots, func(x, y *Ballot) int { return cmp.Compare(x.order, y.order) })
	err := p.alone(func() (err error) {
		p.file, err = openLines(b.path("votes"), vote.check, func(vote) {})
		return err
	})
	return p, err
}

// alone does something to the file of votes while no other voter does: to open it takes away a line that has no end, which
// could be one that another is writing.
func (p *Poll) alone(do func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	unlock, err := filelock.Lock(ctx, p.b.path("votes")+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	return do()
}

// patience is how long a vote waits for another's, which takes milliseconds.
const patience = 10 * time.Second

// Ballots are all pairs, in the voter's order.
func (p *Poll) Ballots() []*Ballot { return p.ballots }

// Voted is what the voter said of a pair, empty where nothing.
func (p *Poll) Voted(x *Ballot) Choice {
	v, _ := p.standing(x)
	return v.Choice
}

// standing is the voter's vote on a pair.
func (p *Poll) standing(x *Ballot) (v vote, ok bool) {
	i := slices.IndexFunc(p.b.votes, func(v vote) bool { return v.Voter == p.voter && slices.Contains(x.keys[:], v.Key) })
	if i < 0 {
		return v, false
	}
	return p.b.votes[i], true
}

// Last is the place among the ballots of the pair that the voter voted on last, also long ago, of the votes that stand.
func (p *Poll) Last() (i int, ok bool) {
	for _, v := range slices.Backward(p.b.votes) {
		if v.Voter != p.voter {
			continue
		}
		if i := slices.IndexFunc(p.ballots, func(x *Ballot) bool { return slices.Contains(x.keys[:], v.Key) }); i >= 0 {
			return i, true
		}
	}
	return 0, false
}

// Vote says what the voter makes of a pair, or with Undone takes it back. It is on the disk when Vote returns.
func (p *Poll) Vote(x *Ballot, c Choice) (Said, error) {
	v := vote{Voter: p.voter, Key: x.key, Seat: x.seat, Choice: c, At: time.Now().UTC().Truncate(time.Second)}
	if was, ok := p.standing(x); ok { // perhaps from the other seat
		v.Key, v.Seat = was.Key, was.Seat
		if x.seat != was.Seat {
			v.Choice = c.swapped()
		}
	}
	if err := p.alone(func() error { return p.file.Add(v) }); err != nil {
		return Said{}, err
	}
	p.b.takeVote(v)
	return v.said(x.prompt), nil
}

// swapped is what is said of the same two answers where they sit the other way round.
func (c Choice) swapped() Choice {
	switch c {
	case FirstBetter:
		return SecondBetter
	case SecondBetter:
		return FirstBetter
	}
	return c
}

// Close closes the file of votes.
func (p *Poll) Close() error { return p.file.Close() }

// first is 1 for the first seat, 0 for the second, and 0.5 for neither.
func (v vote) first() float64 {
	switch v.Choice {
	case FirstBetter:
		return 1
	case SecondBetter:
		return 0
	}
	return 0.5
}

// outcome is that of a vote, which is given from one seat.
func (v vote) outcome(p arena.Pair) arena.Outcome {
	f := v.first()
	a := f
	if v.Seat == arena.Second {
		a = 1 - f
	}
	o := arena.Combine(p, arena.Verdict{First: a}, arena.Verdict{First: 1 - a})
	o.FirstWon = f
	return o
}

// Accord is how two raters of the same pairs agree.
type Accord struct {
	Raters [2]string `json:"raters"`
	N      int       `json:"n"` // pairs that both rated
	Same   float64   `json:"same"`
	Kappa  *float64  `json:"kappa"` // Cohen's; nil where it is not known
}

// rating is what a rater made of pairs: who won.
type rating struct {
	name string
	of   map[place]float64
}

// accords compare all raters with each other.
func accords(raters []rating) []Accord {
	var all []Accord
	for i, y := range raters {
		for _, x := range raters[:i] {
			var a, b []float64
			same := 0
			for pair, won := range x.of {
				other, ok := y.of[pair]
				if !ok {
					continue
				}
				a, b = append(a, won), append(b, other)
				if won == other {
					same++
				}
			}
			if len(a) == 0 {
				continue
			}
			c := Accord{Raters: [2]string{x.name, y.name}, N: len(a), Same: float64(same) / float64(len(a))}
			if k := statistics.Kappa(a, b); !math.IsNaN(k) {
				c.Kappa = &k
			}
			all = append(all, c)
		}
	}
	return all
}
