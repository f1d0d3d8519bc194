package bout

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cria-llm/cria/arena"
)

// Report is how A stands against B. Shares are from 0 to 1; numbers that are not known are nil.
type Report struct {
	N       int `json:"n"` // comparisons that count: pairs, or votes
	Wins    int `json:"wins"`
	Ties    int `json:"ties"`
	Losses  int `json:"losses"`
	Failed  int `json:"failed"`  // pairs without an answer or a verdict
	Pending int `json:"pending"` // and those whose answer or verdict is still to come

	WinRate   *float64    `json:"win_rate"`
	Interval  *[2]float64 `json:"ci95"`
	Bootstrap *[2]float64 `json:"ci95_bootstrap"`
	// StandardError is that of the mean, with n - 1.
	StandardError *float64    `json:"standard_error"`
	Controlled    *float64    `json:"lc_win_rate"` // the minimal form, see [arena.LengthControlled]
	Controlled95  *[2]float64 `json:"lc_ci95"`
	P             float64     `json:"sign_test_p"`
	Flips         int         `json:"seat_flips"`
	Identical     int         `json:"identical"`
	Needed        int         `json:"n_needed"`
	First         *float64    `json:"first_won"`
	Longer        *float64    `json:"longer_won"`

	Settings
	Judge   string         `json:"judge"` // whose verdicts are counted
	Voters  map[string]int `json:"voters,omitempty"`
	Accords []Accord       `json:"agreement,omitempty"`
	Reasons map[string]int `json:"reasons,omitempty"` // why pairs failed, without the numbers in it, and how many
	By      string         `json:"reported_by"`       // the version of the program that counted
	At      time.Time      `json:"-"`                 // until when all that was said is counted

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

// Report counts the verdicts of the last judge, or the votes where that is Person.
func (b *Bout) Report(version string) (*Report, error) {
	r := &Report{Settings: b.Settings, Judge: b.Settings.Judge, By: version, Voters: map[string]int{}, Reasons: map[string]int{}, At: b.at}
	people := r.Judge == Person
	if !people && b.judged != nil { // nobody else writes verdicts
		r.At = time.Now().UTC()
	}
	judge := rating{name: r.Judge, of: map[int]float64{}}
	voters := map[string]*rating{}
	counted := new(arena.Annotations)
	var outcomes []arena.Outcome
	count := func(p arena.Pair, o arena.Outcome) {
		outcomes = append(outcomes, o)
		if o.Failed != "" {
			r.Reasons[numbers.ReplaceAllString(o.Failed, "…")]++
			return
		}
		counted.Rows = append(counted.Rows, arena.Annotation{Instruction: p.ID, Baseline: p.B, Model: p.A, Preference: 1 + o.A})
	}
	for i, prompt := range b.prompts {
		pair, failed := b.pair(prompt)
		c := Compared{Number: i + 1, Pair: pair, Outcome: arena.Outcome{ID: pair.ID, A: 0.5}}
		votes := b.votesOn(pair)
		for _, v := range votes {
			o := v.outcome(pair)
			if voters[v.Voter] == nil {
				voters[v.Voter] = &rating{name: v.Voter, of: map[int]float64{}}
			}
			voters[v.Voter].of[i] = o.A
			r.Voters[v.Voter]++
			remark := Remark{By: v.Voter, Winner: winner(o.A), Seat: v.Seat}
			if v.Choice == BothBad {
				remark.Winner = string(BothBad)
			}
			c.Remarks = append(c.Remarks, remark)
		}
		switch {
		case failed != "":
			if !b.answeredBoth(prompt) {
				c.Pending = failed
				r.Pending++
				break
			}
			c.Outcome.Failed = failed
			count(pair, c.Outcome)
		case pair.Identical():
			c.Outcome = arena.Combine(pair, arena.Verdict{}, arena.Verdict{})
			count(pair, c.Outcome)
			for i := 1; people && i < b.voters(); i++ { // who would all have said the same
				count(pair, c.Outcome)
			}
		case people && len(votes) == 0:
			c.Pending = "nobody has voted yet"
			r.Pending++
		case people:
			c.Outcome.A = 0
			for _, v := range votes {
				o := v.outcome(pair)
				c.Outcome.A += o.A / float64(len(votes))
				count(pair, o)
			}
		default:
			o, remarks, ok := b.outcome(pair)
			c.Remarks = append(remarks, c.Remarks...)
			if !ok {
				c.Pending = "not judged yet"
				r.Pending++
				break
			}
			c.Outcome = o
			if o.Failed == "" {
				judge.of[i] = o.A
			}
			count(pair, o)
		}
		r.Pairs = append(r.Pairs, c)
	}
	raters := []rating{}
	for _, v := range voters {
		raters = append(raters, *v)
	}
	slices.SortFunc(raters, func(x, y rating) int { return strings.Compare(x.name, y.name) })
	if !people {
		raters = append(raters, judge)
	}
	r.Accords = accords(raters)
	return r, r.sum(outcomes, counted)
}

// sum fills in the numbers.
func (r *Report) sum(outcomes []arena.Outcome, counted *arena.Annotations) error {
	s := arena.Summarise(outcomes, r.Seed)
	r.N, r.Wins, r.Ties, r.Losses, r.Failed, r.P = s.N, s.Wins, s.Ties, s.Losses, s.Failed, s.P
	r.Flips, r.Identical, r.Needed = s.Flips, s.Identical, s.Needed
	r.First, r.Longer = known(s.First), known(s.Longer)
	if s.N == 0 {
		return nil
	}
	r.WinRate, r.StandardError = known(s.WinRate), known(s.StandardError)
	r.Interval, r.Bootstrap = interval(s.Interval), interval(s.Bootstrap)
	if s.N < arena.Fewest {
		return nil
	}
	c, err := arena.LengthControlled(counted, arena.Control{}, 1000, r.Seed)
	if err != nil {
		return fmt.Errorf("length-controlled win rate: %w", err)
	}
	r.Controlled, r.Controlled95 = known(c.WinRate), interval(c.Interval)
	return nil
}

// outcome is what the last judge said of a pair from both seats.
func (b *Bout) outcome(p arena.Pair) (o arena.Outcome, remarks []Remark, ok bool) {
	var v [2]arena.Verdict
	for _, seat := range []arena.Seat{arena.First, arena.Second} {
		got, ok := b.verdicts[verdictKey{b.Settings.Judge, seen(p.Show(seat))}]
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

// voters is how many people voted.
func (b *Bout) voters() int {
	names := map[string]bool{}
	for _, v := range b.votes {
		names[v.Voter] = true
	}
	return len(names)
}

// votesOn are the votes on a pair, from either seat.
func (b *Bout) votesOn(p arena.Pair) []vote {
	var list []vote
	for _, seat := range []arena.Seat{arena.First, arena.Second} {
		key := seen(p.Show(seat))
		for _, v := range b.votes {
			if v.Key == key && v.Seat == seat {
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

func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

func interval(i [2]float64) *[2]float64 {
	if math.IsNaN(i[0]) || math.IsNaN(i[1]) {
		return nil
	}
	return &i
}
