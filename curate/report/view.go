package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/internal/amount"
)

const (
	samples  = 20  // findings that are shown of each detector
	changes  = 60  // changed texts that are shown
	repeated = 40  // groups of near duplicates that are shown
	members  = 6   // and rows of each
	shown    = 900 // characters of a text that are shown
)

// view is the page as its template reads it.
type view struct {
	Title          string
	Stats, Changed *Stats
	Tiles          []tile
	Findings       []findings
	Changes        []change
	ChangedRows    int
	LeftOut        int
	Histograms     []figure
	Verbs          template.HTML
	VerbsAfter     template.HTML
	Repeats        []repeats
	RepeatGroups   int
	Map            template.HTML
	Source         string
	Coverage       []coverage
}

type tile struct{ Name, Value, Note string }

type figure struct {
	Name          string
	Picture       template.HTML
	Before, After *Lengths
}

// findings are those of a detector.
type findings struct {
	Detector string
	Found    int
	Rows     int
	Share    string
	Sure     string // mean confidence
	Samples  []sample
}

type sample struct {
	Row        int
	Field      string
	Confidence string
	Why        string
	Ask        string
	Text       string
	Diff       []Piece
	Others     string
}

// change is a text as it was and as it became.
type change struct {
	Row   int
	Field string
	Diff  []Piece
}

type repeats struct {
	Rows []member
	More int
}

type member struct {
	Row  int
	Text string
}

type coverage struct {
	Number, Hue int
	Rows        string
	Share       string
	Words       string
	Example     string
}

func (p *Page) view() view {
	s := p.Stats
	v := view{Title: p.Title, Stats: s, Changed: p.Changed, Source: p.Source, Map: p.chart(), RepeatGroups: len(p.Clusters)}
	v.Tiles = p.tiles()
	v.Findings = p.findings()
	if p.After != nil {
		v.Changes, v.ChangedRows, v.LeftOut = p.changes()
		v.VerbsAfter = verbs(p.Changed.Verbs)
	}
	for _, l := range []struct {
		name string
		of   func(s *Stats) *Lengths
	}{
		{"Instructions", func(s *Stats) *Lengths { return &s.Instruction }},
		{"Inputs", func(s *Stats) *Lengths { return &s.Input }},
		{"Answers", func(s *Stats) *Lengths { return &s.Output }},
	} {
		f := figure{Name: l.name, Before: l.of(s)}
		if p.Changed != nil {
			f.After = l.of(p.Changed)
		}
		if f.Before.Texts > 0 {
			f.Picture = histogram(l.name, *f.Before, f.After)
			v.Histograms = append(v.Histograms, f)
		}
	}
	v.Verbs = verbs(s.Verbs)
	for _, g := range p.Clusters[:min(repeated, len(p.Clusters))] {
		r := repeats{More: max(0, len(g)-members)}
		for _, i := range g[:min(members, len(g))] {
			r.Rows = append(r.Rows, member{p.Rows[i].Index, cut(whole(p.Rows[i]), 300)})
		}
		v.Repeats = append(v.Repeats, r)
	}
	for c, k := range s.Clusters {
		v.Coverage = append(v.Coverage, coverage{c + 1, hue(c), amount.Thousands(k.Rows), percent(k.Rows, s.Rows), strings.Join(k.Words, ", "),
			cut(asks(p.Rows[k.Example]), 160)})
	}
	return v
}

func (p *Page) tiles() []tile {
	s := p.Stats
	rows := tile{"rows", amount.Thousands(s.Rows), ""}
	if p.Changed != nil {
		rows.Note = amount.Thousands(p.Changed.Rows) + " after"
	}
	var formats []string
	for _, f := range s.Formats {
		formats = append(formats, f.Name)
	}
	out := []tile{rows, {"format", strings.Join(formats, ", "), ""}}
	if s.Exchanges != s.Rows {
		out = append(out, tile{"answers", amount.Thousands(s.Exchanges), ""})
	}
	out = append(out, tile{"words of an answer", strconv.Itoa(s.Output.Median), fmt.Sprintf("half have fewer; 95 in 100 at most %d", s.Output.P95)},
		tile{"repeat another row", amount.Thousands(s.Duplicates.Exact + s.Duplicates.Near), amount.Thousands(s.Duplicates.Exact) + " to the letter"})
	if len(p.Findings) > 0 {
		out = append(out, tile{"findings", amount.Thousands(len(p.Findings)), ""})
	}
	if w := s.Weight; w != nil {
		out = append(out, tile{"effective rows", amount.Thousands(int(w.Effective + 0.5)), "of " + amount.Thousands(w.Seen) + " seen in an epoch, by weight and repeat"})
	}
	return out
}

// findings are those of each detector, the most frequent first.
func (p *Page) findings() []findings {
	by := map[string][]curate.Finding{}
	for _, f := range p.Findings {
		by[f.Detector] = append(by[f.Detector], f)
	}
	places := places(p.Rows)
	var out []findings
	for name, all := range by {
		g := findings{Detector: name, Found: len(all)}
		rows, sure := map[int]bool{}, 0.0
		for _, f := range all {
			rows[f.Row] = true
			sure += f.Confidence / float64(len(all))
		}
		g.Rows, g.Share, g.Sure = len(rows), percent(len(rows), len(p.Rows)), fmt.Sprintf("%.2f", sure)
		for k := range min(samples, len(all)) {
			// From all over the file, not from its beginning.
			f := all[k*len(all)/min(samples, len(all))]
			if i, ok := places[f.Row]; ok {
				g.Samples = append(g.Samples, sampled(f, p.Rows[i]))
			}
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b findings) int { return cmp.Or(b.Found-a.Found, cmp.Compare(a.Detector, b.Detector)) })
	return out
}

func sampled(f curate.Finding, r *curate.Row) sample {
	s := sample{Row: f.Row, Field: f.Field, Confidence: fmt.Sprintf("%.2f", f.Confidence), Why: cut(f.Why, 300), Ask: cut(asks(r), 300)}
	for _, t := range r.Record.Turns {
		if t.Field != f.Field {
			continue
		}
		if f.Suggestion != nil {
			s.Diff = trimmed(diff(t.Text, *f.Suggestion))
		} else {
			s.Text = cut(t.Text, shown)
		}
	}
	var others []string
	for _, i := range f.Rows {
		others = append(others, strconv.Itoa(i))
	}
	s.Others = strings.Join(others, ", ")
	return s
}

// changes are the texts that became others, and how many rows changed or were left out.
func (p *Page) changes() (some []change, changed, left int) {
	after := places(p.After)
	var all []change
	for _, r := range p.Rows {
		i, ok := after[r.Index]
		if !ok {
			left++
			continue
		}
		became := map[string]string{}
		for _, t := range p.After[i].Record.Turns {
			became[t.Field] = t.Text
		}
		before := len(all)
		for _, t := range r.Record.Turns {
			if text, ok := became[t.Field]; ok && text != t.Text {
				all = append(all, change{r.Index, t.Field, []Piece{{Text: t.Text}, {Text: text}}})
			}
		}
		if len(all) > before {
			changed++
		}
	}
	for k := range min(changes, len(all)) {
		c := all[k*len(all)/min(changes, len(all))]
		c.Diff = trimmed(diff(c.Diff[0].Text, c.Diff[1].Text))
		some = append(some, c)
	}
	return some, changed, left
}

// places says where in a list a row is.
func places(rows []*curate.Row) map[int]int {
	m := make(map[int]int, len(rows))
	for i, r := range rows {
		m[r.Index] = i
	}
	return m
}

// trimmed cuts what two texts share to what stands near the changes, and changes that are too long.
func trimmed(pieces []Piece) []Piece {
	const near = 80
	for i, p := range pieces {
		r := []rune(p.Text)
		switch {
		case p.In || p.Out:
			pieces[i].Text = cut(p.Text, shown)
		case len(r) > 3*near && i == 0:
			pieces[i].Text = "… " + string(r[len(r)-near:])
		case len(r) > 3*near && i == len(pieces)-1:
			pieces[i].Text = string(r[:near]) + " …"
		case len(r) > 3*near:
			pieces[i].Text = string(r[:near]) + " … " + string(r[len(r)-near:])
		}
	}
	return pieces
}

// cut is the beginning of a text.
func cut(text string, most int) string {
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + " …"
		}
		n++
	}
	return text
}

func percent(n, of int) string {
	if of == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}
