package bout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cria-llm/cria/arena"
	"github.com/cria-llm/cria/statistics"
)

// Kin is what a contestant is to a judge that is a model.
type Kin string

// Of one base are two models on this machine with the same base below their adapters.
const (
	Strangers Kin = "no kin of the judge"
	OneBase   Kin = "of the judge's base"
	Itself    Kin = "the judge itself"
)

// closer says whether a contestant is more to the judge than another.
func (k Kin) closer(than Kin) bool {
	return k != than && (k == Itself || than == Strangers)
}

// kin goes by hashes where both are on this machine, otherwise by the name of the model.
func (w Who) kin(m arena.Made) Kin {
	switch {
	case m.Name == "":
		return Strangers
	case len(w.Weights) > 0 && len(m.Weights) > 0:
		if slices.Equal(w.Weights, m.Weights) {
			return Itself
		}
		if w.Weights[0] == m.Weights[0] {
			return OneBase
		}
		return Strangers
	}
	if name, _, _ := strings.Cut(w.Name, " at http"); name == m.Name {
		return Itself
	}
	return Strangers
}

// SelfPreference is how a judge treats a contestant that is itself, or has its base, against others that are less so: how often it
// prefers its answers, less how often somebody else prefers them in the same pairs. Numbers that are not known are nil, as where
// nobody else judged.
type SelfPreference struct {
	Contestant string      `json:"contestant"`
	Kin        Kin         `json:"is"`
	Control    string      `json:"control"` // who else judged: Person, or another judge; empty where nobody did
	N          int         `json:"n"`       // pairs that both judged
	Prompts    int         `json:"prompts"` // that they belong to
	WinRate    *float64    `json:"win_rate"`
	ByControl  *float64    `json:"win_rate_by_control"`
	Difference *float64    `json:"difference"`
	Interval   *[2]float64 `json:"ci95"` // of the difference, paired by prompt

	alike bool // it met nobody who is less kin
}

// Kinship lists the contestants that are kin to a judge; the names are in order.
func (b *Bout) Kinship(judge string) []SelfPreference {
	var list []SelfPreference
	made := b.Settings.Judges[judge]
	for i, w := range b.Settings.Contestants {
		k := w.kin(made)
		if k == Strangers || slices.ContainsFunc(list, func(x SelfPreference) bool { return x.Contestant == w.Name }) {
			continue
		}
		less := func(m Meeting) bool {
			return m.A == i && k.closer(b.Settings.Contestants[m.B].kin(made)) || m.B == i && k.closer(b.Settings.Contestants[m.A].kin(made))
		}
		list = append(list, SelfPreference{Contestant: w.Name, Kin: k, alike: !slices.ContainsFunc(b.Settings.Meetings(), less)})
	}
	return list
}

// selfPreferences measure each contestant that is kin to the judge by everybody else who judged its pairs and is no kin to
// anybody in them. Pairs of two that are kin alike say nothing and are left out, and so are answers that are the same.
func (b *Bout) selfPreferences(judge string) []SelfPreference {
	all := []SelfPreference{}
	for _, base := range b.Kinship(judge) {
		found := false
		for _, control := range b.controls(judge) {
			x := base
			if b.measure(&x, judge, control); x.N > 0 {
				all, found = append(all, x), true
			}
		}
		if !found {
			all = append(all, base)
		}
	}
	return all
}

// controls are those who said something besides a judge: people, and judges that look at the answers.
func (b *Bout) controls(judge string) []string {
	var list []string
	if len(b.votes) > 0 {
		list = append(list, Person)
	}
	others := map[string]bool{}
	for key := range b.verdicts {
		others[key.judge] = true
	}
	var names []string
	for name := range others {
		if name != judge && !arena.Blind(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append(list, names...)
}

// measure fills in the numbers against a control.
func (b *Bout) measure(x *SelfPreference, judge, control string) {
	type sums struct{ own, control, n float64 }
	prompts := map[string]*sums{}
	var order []string
	was := b.Settings.Judges[judge]
	for _, m := range b.Settings.Meetings() {
		two := [2]Who{b.Settings.Contestants[m.A], b.Settings.Contestants[m.B]}
		side := slices.IndexFunc(two[:], func(w Who) bool { return w.Name == x.Contestant })
		if side < 0 || !x.Kin.closer(two[1-side].kin(was)) || two[0].kin(b.Settings.Judges[control]) != Strangers || two[1].kin(b.Settings.Judges[control]) != Strangers {
			continue
		}
		for _, p := range b.prompts {
			pair, failed := b.pair(m, p)
			if failed != "" || pair.Identical() {
				continue
			}
			own, ok := b.preferred(judge, pair)
			other, too := b.preferred(control, pair)
			if !ok || !too {
				continue
			}
			if side == 1 {
				own, other = 1-own, 1-other
			}
			s := prompts[pair.ID]
			if s == nil {
				s = new(sums)
				prompts[pair.ID], order = s, append(order, pair.ID)
			}
			s.own, s.control, s.n = s.own+own, s.control+other, s.n+1
			x.N++
		}
	}
	x.Control, x.Prompts = control, len(order)
	if x.N == 0 {
		return
	}
	var own, other, diffs []float64
	for _, id := range order {
		s := prompts[id]
		own, other, diffs = append(own, s.own/s.n), append(other, s.control/s.n), append(diffs, (s.own-s.control)/s.n)
	}
	x.WinRate, x.ByControl, x.Difference = statistics.Known(statistics.Mean(own)), statistics.Known(statistics.Mean(other)), statistics.Known(statistics.Mean(diffs))
	low, high := statistics.Differences(diffs)
	x.Interval = &[2]float64{low, high}
}

// preferred is how somebody takes A's answer against B's: 1 better, 0 worse, 0.5 a tie; of people the mean of their votes.
func (b *Bout) preferred(by string, p arena.Pair) (a float64, ok bool) {
	if by != Person {
		o, _, ok := b.outcome(by, p)
		return o.A, ok && o.Failed == ""
	}
	votes := b.votesOn(p)
	for _, v := range votes {
		a += v.outcome(p).A
	}
	return a / float64(max(1, len(votes))), len(votes) > 0
}

// Words say it in two lines, the interval first.
func (x SelfPreference) Words() [2]string {
	who := fmt.Sprintf("%s is %s", x.Contestant, x.Kin)
	switch {
	case x.alike:
		return [2]string{"unknown", who + ", and so is everybody whom it met, or closer"}
	case x.N == 0:
		return [2]string{"unknown", who + ", and nobody else judged the same pairs"}
	}
	control := x.Control
	if control == Person {
		control = "people"
	}
	return [2]string{
		fmt.Sprintf("95 %% interval %+.1f to %+.1f points; %+.1f", 100*x.Interval[0], 100*x.Interval[1], 100**x.Difference),
		fmt.Sprintf("%s: of %d pairs it wins %.1f %% by that judge, and %.1f %% by %s", who, x.N, 100**x.WinRate, 100**x.ByControl, control),
	}
}
