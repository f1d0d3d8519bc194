package bout

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/statistics"
)

// Report is what came of a bout.
type Report struct {
	*Standing             // of the only meeting, where there are two contestants
	Standings []*Standing `json:"meetings,omitempty"` // of all meetings, where there are more
	// Ratings are of all contestants, where there are more than two, best first.
	Ratings []arena.Rating `json:"ratings,omitempty"`

	Settings
	Judge   string         `json:"judge"` // whose verdicts are counted
	Voters  map[string]int `json:"voters,omitempty"`
	Accords []Accord       `json:"agreement,omitempty"`
	// SelfPreference has an entry for each contestant that is kin to the judge and each control there is.
	SelfPreference []SelfPreference `json:"self_preference,omitempty"`
	By             string           `json:"reported_by"` // the version of the program that counted
	At             time.Time        `json:"-"`           // until when all that was said is counted
}

// Standing is how A stands against B. Shares are from 0 to 1; numbers that are not known are nil.
type Standing struct {
	N       int `json:"n"` // comparisons that count: pairs, or votes
	Wins    int `json:"wins"`
	Ties    int `json:"ties"`
	Losses  int `json:"losses"`
	Failed  int `json:"failed"`  // pairs without an answer or a verdict
	Pending int `json:"pending"` // and those whose answer or verdict is still to come

	WinRate   *float64    `json:"win_rate"`
	Interval  *[2]float64 `json:"ci95"`
	Bootstrap *[2]float64 `json:"ci95_bootstrap"`
	// StandardError is that of the mean, in which what was said on one prompt hangs together.
	StandardError *float64    `json:"standard_error"`
	Controlled    *float64    `json:"lc_win_rate"` // the minimal form, see [arena.LengthControlled]
	Controlled95  *[2]float64 `json:"lc_ci95"`
	P             float64     `json:"sign_test_p"`
	Flips         int         `json:"seat_flips"`
	Identical     int         `json:"identical"`
	Needed        int         `json:"n_needed"`
	First         *float64    `json:"first_won"`
	Longer        *float64    `json:"longer_won"`

	Reasons map[string]int `json:"reasons,omitempty"` // why pairs failed, without the numbers in which they differ, and how many

	A Who `json:"a"`
	B Who `json:"b"`

	Pairs []Compared `json:"-"`
}

// Compared is a pair with what was said of it.
type Compared struct {
	Number int // from 1, in the order of the prompts
	arena.Pair
	Outcome arena.Outcome
	Pending string // why there is no outcome yet
	Remarks []Remark
}

// Remark is a single verdict or vote.
type Remark struct {
	By     string
	Winner string // A, B, tie, both bad or none
	Seat   arena.Seat
	Said   string
}

// numbers are what tells apart failures of one kind.
var numbers = regexp.MustCompile(`\b[0-9][0-9,.]*\b`)

// kinds counts failures of one kind together: those that differ in numbers alone, of which the ones that all have in common stay.
func kinds(failures []string) map[string]int {
	type kind struct {
		text   string
		common []string
		n      int
	}
	all := map[string]*kind{}
	for _, text := range failures {
		found := numbers.FindAllString(text, -1)
		name := fmt.Sprint(len(found), numbers.ReplaceAllString(text, "…"))
		k := all[name]
		if k == nil {
			k = &kind{text: text, common: found}
			all[name] = k
		}
		k.n++
		for i, x := range found {
			if k.common[i] != x {
				k.common[i] = "…"
			}
		}
	}
	counts := map[string]int{}
	for _, k := range all {
		i := -1
		counts[numbers.ReplaceAllStringFunc(k.text, func(string) string { i++; return k.common[i] })] += k.n
	}
	return counts
}

// Report counts the verdicts of the last judge, or the votes where that is Person.
func (b *Bout) Report(version string) (*Report, error) {
	r := &Report{Settings: b.Settings, Judge: b.Settings.Judge, By: version, Voters: map[string]int{}, At: b.at}
	if r.Judge != Person && b.judged != nil { // nobody else writes verdicts
		r.At = time.Now().UTC()
	}
	c := &counting{b: b, people: r.Judge == Person, judge: rating{name: r.Judge, of: map[place]float64{}}, voters: map[string]*rating{}}
	var matches []arena.Match
	for i, m := range b.Settings.Meetings() {
		s, outcomes, err := c.meeting(i, m)
		if err != nil {
			return nil, err
		}
		r.Standings = append(r.Standings, s)
		for _, o := range outcomes {
			matches = append(matches, arena.Match{A: s.A.Name, B: s.B.Name, Outcome: o})
		}
	}
	raters := []rating{}
	for _, v := range c.voters {
		raters = append(raters, *v)
	}
	slices.SortFunc(raters, func(x, y rating) int { return strings.Compare(x.name, y.name) })
	for _, v := range raters {
		r.Voters[v.name] = len(v.of)
	}
	if !c.people {
		raters = append(raters, c.judge)
	}
	r.Accords, r.SelfPreference = accords(raters), b.selfPreferences(r.Judge)
	if len(b.Settings.Contestants) == 2 {
		r.Standing, r.Standings = r.Standings[0], nil
		return r, nil
	}
	r.Ratings, _ = arena.Rate(matches, r.Seed)
	return r, nil
}

// All are the standings of all meetings, also where there is only one.
func (r *Report) All() []*Standing {
	if r.Standing != nil {
		return []*Standing{r.Standing}
	}
	return r.Standings
}

// place is a prompt's in a meeting.
type place struct{ meeting, prompt int }

// counting goes through the meetings, and keeps who said what.
type counting struct {
	b      *Bout
	people bool // votes are counted
	judge  rating
	voters map[string]*rating
}

// meeting counts one; outcomes are those of it that count or failed.
func (c *counting) meeting(number int, m Meeting) (s *Standing, outcomes []arena.Outcome, err error) {
	b := c.b
	s = &Standing{A: b.Settings.Contestants[m.A], B: b.Settings.Contestants[m.B]}
	var failures []string
	counted := new(arena.Annotations)
	count := func(p arena.Pair, o arena.Outcome) {
		outcomes = append(outcomes, o)
		if o.Failed != "" {
			failures = append(failures, o.Failed)
			return
		}
		counted.Rows = append(counted.Rows, arena.Annotation{Instruction: p.ID, Baseline: p.B, Model: p.A, Preference: 1 + o.A})
	}
	often := b.votesEach(m)
	for i, prompt := range b.prompts {
		pair, failed := b.pair(m, prompt)
		x := Compared{Number: i + 1, Pair: pair, Outcome: arena.Outcome{ID: pair.ID, A: 0.5}}
		at := place{number, i}
		votes := b.votesOn(pair)
		for _, v := range votes {
			x.Remarks = append(x.Remarks, c.vote(v, at, pair))
		}
		switch {
		case failed != "" && b.answeredBoth(m, prompt):
			x.Outcome.Failed = failed
			count(pair, x.Outcome)
		case failed != "":
			x.Pending = failed
		case pair.Identical():
			x.Outcome = arena.Combine(pair, arena.Verdict{}, arena.Verdict{})
			count(pair, x.Outcome)
			for i := 1; c.people && i < often; i++ { // whoever was asked would have said the same
				count(pair, x.Outcome)
			}
		case c.people && len(votes) == 0:
			x.Pending = "nobody has voted yet"
		case c.people:
			x.Outcome.A = 0
			for _, v := range votes {
				o := v.outcome(pair)
				x.Outcome.A += o.A / float64(len(votes))
				count(pair, o)
			}
		default:
			o, remarks, ok := b.outcome(b.Settings.Judge, pair)
			x.Remarks = append(remarks, x.Remarks...)
			if !ok {
				x.Pending = "not judged yet"
				break
			}
			x.Outcome = o
			if o.Failed == "" {
				c.judge.of[at] = o.A
			}
			count(pair, o)
		}
		if x.Pending != "" {
			s.Pending++
		}
		s.Pairs = append(s.Pairs, x)
	}
	s.Reasons = kinds(failures)
	return s, outcomes, s.sum(outcomes, counted, b.Settings.Seed)
}

// vote keeps a vote with those of its voter.
func (c *counting) vote(v vote, at place, p arena.Pair) Remark {
	o := v.outcome(p)
	if c.voters[v.Voter] == nil {
		c.voters[v.Voter] = &rating{name: v.Voter, of: map[place]float64{}}
	}
	c.voters[v.Voter].of[at] = o.A
	if v.Choice == BothBad {
		return Remark{By: v.Voter, Winner: string(BothBad), Seat: v.Seat}
	}
	return Remark{By: v.Voter, Winner: winner(o.A), Seat: v.Seat}
}

// sum fills in the numbers.
func (r *Standing) sum(outcomes []arena.Outcome, counted *arena.Annotations, seed uint64) error {
	s := arena.Summarise(outcomes, seed)
	r.N, r.Wins, r.Ties, r.Losses, r.Failed, r.P = s.N, s.Wins, s.Ties, s.Losses, s.Failed, s.P
	r.Flips, r.Identical, r.Needed = s.Flips, s.Identical, s.Needed
	r.First, r.Longer = statistics.Known(s.First), statistics.Known(s.Longer)
	if s.N == 0 {
		return nil
	}
	r.WinRate, r.StandardError = statistics.Known(s.WinRate), statistics.Known(s.StandardError)
	r.Interval, r.Bootstrap = statistics.KnownBetween(s.Interval), statistics.KnownBetween(s.Bootstrap)
	if s.N < arena.Fewest {
		return nil
	}
	c, err := arena.LengthControlled(counted, arena.Control{}, 1000, seed)
	if err != nil {
		return fmt.Errorf("length-controlled win rate: %w", err)
	}
	r.Controlled, r.Controlled95 = statistics.Known(c.WinRate), statistics.KnownBetween(c.Interval)
	return nil
}

// outcome is what a judge said of a pair from both seats.
func (b *Bout) outcome(judge string, p arena.Pair) (o arena.Outcome, remarks []Remark, ok bool) {
	var v [2]arena.Verdict
	for _, seat := range []arena.Seat{arena.First, arena.Second} {
		got, ok := b.verdicts[verdictKey{judge, p.Show(seat).Hash()}]
		if !ok {
			return o, remarks, false
		}
		v[seat] = arena.Verdict{First: got.First, Failed: got.Failed}
		a := got.First
		if seat == arena.Second {
			a = 1 - a
		}
		remark := Remark{By: "judge", Winner: winner(a), Seat: seat, Said: got.Said}
		if got.Failed != "" {
			remark.Winner = "none: " + got.Failed
		}
		remarks = append(remarks, remark)
	}
	return arena.Combine(p, v[arena.First], v[arena.Second]), remarks, true
}

// votesEach is how many votes a pair of the meeting has, rounded, on average over those that have any.
func (b *Bout) votesEach(m Meeting) int {
	votes, voted := 0, 0
	for _, p := range b.prompts {
		if pair, failed := b.pair(m, p); failed == "" && !pair.Identical() {
			n := len(b.votesOn(pair))
			votes, voted = votes+n, voted+min(n, 1)
		}
	}
	return int(math.Round(float64(votes) / float64(max(1, voted))))
}

// votesOn are the votes on a pair, from either seat.
func (b *Bout) votesOn(p arena.Pair) []vote {
	var list []vote
	for _, seat := range []arena.Seat{arena.First, arena.Second} {
		key := p.Show(seat).Hash()
		for _, v := range b.votes {
			if v.Key == key {
				v.Seat = seat // of this A
				list = append(list, v)
			}
		}
	}
	return list
}

func winner(a float64) string {
	switch {
	case a > 0.5:
		return "A"
	case a < 0.5:
		return "B"
	}
	return "tie"
}
