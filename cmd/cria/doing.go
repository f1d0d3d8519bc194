package main

import (
	"fmt"
	"io"
	"time"
)

// doing tells what is under way in work that may take a while: nothing in the first two seconds, then on a terminal one
// line that is rewritten in place, elsewhere a plain line every few seconds.
type doing struct {
	liveLine
	live bool
	next time.Time // when to say something again
}

// patience is how long work goes on without a word.
const patience = 2 * time.Second

func newDoing(a *app, w io.Writer) *doing {
	return &doing{liveLine: a.liveLine(w), live: a.terminal(w) && !a.dumb, next: time.Now().Add(patience)}
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
	d.rewrite(line)
}

// close takes the line in place away.
func (d *doing) close() { d.erase() }
