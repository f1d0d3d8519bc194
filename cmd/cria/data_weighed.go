package main

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/cria-llm/cria/curate/weigh"
)

// showWeighed tells people what was measured and what the rules did.
func showWeighed(w io.Writer, p paint, r *weigh.Report, judge *teacher, out string) {
	t := table{heading: "scores", right: map[int]bool{2: true, 3: true, 4: true, 5: true, 6: true}}
	t.row("", "", p.dim("least"), p.dim("tenth"), p.dim("median"), p.dim("ninth"), p.dim("most"))
	for _, d := range r.Scores {
		t.row(d.Name, sketch(d.Histogram), digits(d.Min), digits(d.P10), digits(d.Median), digits(d.P90), digits(d.Max))
	}
	t.print(w, p)
	for _, d := range r.Scores {
		for _, reason := range sortedReasons(d.Missing) {
			fmt.Fprintf(w, "  %s%s without %s: %s%s\n", p.warn("note: "), plural(d.Missing[reason], "row"), d.Name, plain(reason), listed(d, reason))
		}
	}

	t = table{heading: "rows"}
	t.row("kept", fmt.Sprintf("%s of %s", count(r.Kept), count(r.Rows)))
	for _, c := range r.LeftOut {
		t.row("left out", fmt.Sprintf("%s by %s", count(c.Rows), plain(c.Rule)))
	}
	if r.Replaced > 0 {
		t.row("replaced", fmt.Sprintf("the weight or repeat of %s (existing: multiply in the rules keeps them)", plural(r.Replaced, "row")))
	}
	if r.Epoch != r.Kept {
		t.row("an epoch", plural(r.Epoch, "row")+" with repeats")
	}
	t.row("effective", fmt.Sprintf("as many as %s of equal weight", count(int(math.Round(r.Effective)))))
	d := r.Weights
	t.row("weights", fmt.Sprintf("%s  %s to %s, median %s", sketch(d.Histogram), digits(d.Min), digits(d.Max), digits(d.Median)))
	t.print(w, p)

	showGroups(w, p, r.Groups)
	showChanges(w, p, "gained", r.Gained)
	showChanges(w, p, "lost", r.Lost)

	t = table{}
	if s := r.Speed; s.Rows > 0 {
		text := fmt.Sprintf("%s in %s: %.3g rows/s, %s", plural(s.Rows, "row"), seconds(s.Seconds), s.RowsPerSecond(), speed(float64(s.Tokens)/s.Seconds))
		if s.PeakShare > 0 {
			text += ", " + percent(s.PeakShare) + " of peak"
		}
		t.row("measured", text)
	}
	if r.Speed.Cached > 0 {
		t.row("known", plural(r.Speed.Cached, "score")+" from "+plain(beside(out, "scores")))
	}
	if judge != nil {
		judge.tell(&t)
	}
	t.row("wrote", p.accent(plain(out)))
	t.print(w, p)
}

// shownGroups is how many groups are shown that gained, and that lost.
const shownGroups = 5

// showGroups shows the groups whose share changed most.
func showGroups(w io.Writer, p paint, list []weigh.Group) {
	by := map[string][]weigh.Group{}
	var kinds []string
	for _, g := range list {
		if by[g.By] == nil {
			kinds = append(kinds, g.By)
		}
		by[g.By] = append(by[g.By], g)
	}
	for _, kind := range kinds {
		groups := by[kind]
		sort.SliceStable(groups, func(i, j int) bool {
			return groups[i].After-groups[i].Before > groups[j].After-groups[j].Before
		})
		if n := len(groups); n > 2*shownGroups {
			groups = append(groups[:shownGroups:shownGroups], groups[n-shownGroups:]...)
		}
		t := table{heading: "share of an epoch by " + plain(kind), right: map[int]bool{1: true, 2: true, 3: true, 4: true}}
		t.row("", p.dim("rows"), p.dim("kept"), p.dim("before"), p.dim("after"))
		for _, g := range groups {
			t.row(plain(g.Name), count(g.Rows), count(g.Kept), percent(g.Before), percent(g.After))
		}
		t.print(w, p)
	}
}

func showChanges(w io.Writer, p paint, heading string, list []weigh.Change) {
	if len(list) == 0 {
		return
	}
	t := table{heading: heading, right: map[int]bool{0: true, 1: true}}
	for _, c := range list {
		t.row(fmt.Sprintf("row %d", c.Row), "×"+digits(c.Factor), plain(c.Text))
	}
	t.print(w, p)
}

// sketch draws a histogram in a line.
func sketch(histogram []int) string {
	const heights = "▁▂▃▄▅▆▇█"
	most := 1
	for _, n := range histogram {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range histogram {
		if n == 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune([]rune(heights)[(n*8-1)/most%8])
	}
	return b.String()
}

func digits(x float64) string {
	if math.Abs(x) >= 1000 && math.Abs(x) < 1e9 {
		return count(int(math.Round(x)))
	}
	return fmt.Sprintf("%.3g", x)
}

func sortedReasons(m map[string]int) []string {
	var list []string
	for reason := range m {
		list = append(list, reason)
	}
	sort.Slice(list, func(i, j int) bool { return m[list[i]] > m[list[j]] || m[list[i]] == m[list[j]] && list[i] < list[j] })
	return list
}

// listed names the first rows without a score, where they all have one reason.
func listed(d weigh.Distribution, reason string) string {
	if d.Missing[reason] != len(d.MissingRows) {
		return ""
	}
	const most = 5
	var rows []string
	for _, i := range d.MissingRows[:min(most, len(d.MissingRows))] {
		rows = append(rows, fmt.Sprint(i))
	}
	text := " (" + strings.Join(rows, ", ")
	if len(d.MissingRows) > most {
		text += ", …"
	}
	return text + ")"
}
