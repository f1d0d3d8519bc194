package main

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
)

// table is a few lines in columns, under a heading. Cells may carry escape codes.
type table struct {
	heading string
	rows    [][]string
	right   map[int]bool // columns set to the right
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table indented by two spaces; the last column of a row is not padded.
func (t *table) print(w io.Writer, p paint) {
	if t.heading != "" {
		fmt.Fprintln(w, p.bold(t.heading))
	}
	var widths []int
	for _, r := range t.rows {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], lipgloss.Width(c))
		}
	}
	for _, r := range t.rows {
		var b strings.Builder
		for i, c := range r {
			b.WriteString("  ")
			gap := strings.Repeat(" ", widths[i]-lipgloss.Width(c))
			switch {
			case t.right[i]:
				b.WriteString(gap + c)
			case i < len(r)-1:
				b.WriteString(c + gap)
			default:
				b.WriteString(c)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
