package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// doing tells what is under way in work that may take a while: nothing in the first two seconds, then on a terminal one
// line that is rewritten in place, elsewhere a plain line every few seconds.
type doing struct {
	w     io.Writer
	paint paint
	live  bool
	width func() int
	next  time.Time // when to say something again
	line  string    // in place on the terminal now
}

// patience is how long work goes on without a word.
const patience = 2 * time.Second

func newDoing(a *app, w io.Writer) *doing {
	return &doing{w: w, paint: a.paint(w), live: a.terminal(w) && !a.dumb, width: func() int { return a.columns(w) }, next: time.Now().Add(patience)}
}

// say is called as often as there is news.
func (d *doing) say(format string, args ...any) {
	now := time.Now()
	if now.Before(d.next) {
		return
	}
	line := "  " + d.paint.dim(fmt.Sprintf(format, args...))
	if !d.live {
		d.next = now.Add(pace)
		fmt.Fprintln(d.w, line)
		return
	}
	d.next = now.Add(tick)
	width := lipgloss.Width(line)
	if width >= d.width() { // a line that wraps cannot be rewritten
		return
	}
	fmt.Fprint(d.w, "\r"+line+strings.Repeat(" ", max(0, lipgloss.Width(d.line)-width)))
	d.line = line
}

// close takes the line in place away.
func (d *doing) close() {
	if d.line != "" {
		fmt.Fprint(d.w, "\r"+strings.Repeat(" ", lipgloss.Width(d.line))+"\r")
		d.line = ""
	}
}
