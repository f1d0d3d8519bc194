// Package report makes pages that show what a file of rows holds, what was found in it, and what correcting changed: a file
// of HTML that needs nothing else, with pictures, for light and dark screens and for a keyboard. It runs no script.
//
//	err := report.Write("rows.html", report.Page{Title: "rows.jsonl", Rows: rows, Findings: found})
//
// Rows are not trusted: what they say is shown as it is and never read as HTML.
package report

import (
	"bufio"
	"cmp"
	"context"
	_ "embed"
	"html/template"
	"io"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/duplicates"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/similarity"
)

// Page is what a page shows. Rows alone are enough.
type Page struct {
	Title    string
	Rows     []*curate.Row
	After    []*curate.Row    // the rows as they became, each with its Index from before; those left out are not there. nil: nothing was done
	Findings []curate.Finding // of Rows

	// What takes comparing all rows is computed where it is nil.
	Vectors  [][]float32 // a unit vector for each of Rows; else those of [Vectors]
	Source   string      // where Vectors are from, in a word or two
	Clusters [][]int     // places in Rows of those that nearly repeat each other
	Stats    *Stats      // of Rows
	Changed  *Stats      // of After

	group []int        // the coverage cluster of each row
	spots [][2]float32 // where it is on the map
}

// Measure computes what the page shows and was not given. With a file of 50,000 rows it takes some seconds; doing, which may
// be nil, hears what is being done.
func (p *Page) Measure(ctx context.Context, doing func(what string)) error {
	if doing == nil {
		doing = func(string) {}
	}
	doing("reading instructions")
	if p.Stats == nil {
		s := Measure(p.Rows)
		p.Stats = &s
	}
	if p.Changed == nil && p.After != nil {
		s := Measure(p.After)
		p.Changed = &s
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	doing("comparing rows")
	if p.Clusters == nil || p.Stats.Duplicates == nil {
		groups, counts, err := repeating(ctx, p.Rows)
		if err != nil {
			return err
		}
		p.Stats.Duplicates = &counts
		if p.Clusters == nil {
			p.Clusters = groups
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.group == nil && len(p.Rows) > 0 {
		doing("grouping rows")
		if p.Vectors == nil {
			p.Vectors, p.Source = Vectors(p.Rows), "words"
		}
		k := min(24, max(1, len(p.Rows)/20))
		p.group = similarity.KMeans(p.Vectors, k, 1)
		k = slices.Max(p.group) + 1
		p.spots = discs(plane(p.Vectors, p.group, k), p.group, k)
		p.Stats.Clusters = p.clusters(k)
	}
	return ctx.Err()
}

// Write writes the page, whole or not at all.
func Write(path string, p Page) error {
	if err := p.Measure(context.Background(), nil); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if err := page.Execute(out, p.view()); err != nil {
			return err
		}
		return out.Flush()
	})
}

//go:embed page.html
var source string

// page is parsed once: its text is part of the program.
var page = template.Must(template.New("page").Parse(source))

// whole is all that a row says.
func whole(r *curate.Row) string {
	var b []byte
	for _, t := range r.Record.Turns {
		b = append(append(b, t.Text...), '\n')
	}
	return string(b)
}

// repeating groups the rows that say what others say, to the letter or nearly, by their places, and counts those that could go.
func repeating(ctx context.Context, rows []*curate.Row) ([][]int, Duplicates, error) {
	var counts Duplicates
	at := places(rows)
	groups := map[int][]int{} // by the row to keep
	for _, d := range duplicates.All(nil) {
		count := map[string]*int{"duplicate-exact": &counts.Exact, "duplicate-near": &counts.Near}[d.Name]
		if count == nil {
			continue
		}
		found, err := d.LookAll(ctx, rows)
		if err != nil {
			return nil, counts, err
		}
		*count = len(found)
		for _, f := range found {
			kept := at[f.Rows[0]]
			groups[kept] = append(groups[kept], at[f.Row])
		}
	}
	out := make([][]int, 0, len(groups))
	for kept, others := range groups {
		out = append(out, append([]int{kept}, others...))
	}
	slices.SortFunc(out, func(a, b []int) int { return cmp.Or(len(b)-len(a), a[0]-b[0]) })
	return out, counts, nil
}
