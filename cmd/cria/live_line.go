package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// liveLine is a line of a terminal that is written anew in place.
type liveLine struct {
	w     io.Writer
	paint paint
	width func() int // columns of the terminal
	line  string     // in place now
}

func (a *app) liveLine(w io.Writer) liveLine {
	return liveLine{w: w, paint: a.paint(w), width: func() int { return a.columns(w) }}
}

// bar is a bar of which part of whole is full, and after it as many parts as the terminal is wide for.
func (l *liveLine) bar(part, whole int64, parts []string) string {
	const bar = 24
	full := min(max(int(bar*part/max(1, whole)), 0), bar)
	line := "  " + l.paint.accent(strings.Repeat("━", full)) + l.paint.dim(strings.Repeat("─", bar-full))
	for _, part := range parts {
		if lipgloss.Width(line)+2+lipgloss.Width(part) >= l.width() {
			break
		}
		line += "  " + part
	}
	return line
}

// rewrite puts a line in the place of the one before.
func (l *liveLine) rewrite(line string) {
	width := lipgloss.Width(line)
	if line == l.line || width >= l.width() { // a line that wraps cannot be rewritten
		return
	}
	fmt.Fprint(l.w, "\r"+line+strings.Repeat(" ", max(0, lipgloss.Width(l.line)-width)))
	l.line = line
}

// erase clears the line in place, for a line that stays.
func (l *liveLine) erase() {
	if l.line != "" {
		fmt.Fprint(l.w, "\r"+strings.Repeat(" ", lipgloss.Width(l.line))+"\r")
		l.line = ""
	}
}

// note writes a line that stays.
func (l *liveLine) note(text string) {
	l.erase()
	fmt.Fprintln(l.w, "  "+l.paint.warn("note: ")+plain(text))
}

// everyTick calls draw again and again until end is closed, which keeps a line alive while there is no news. heard is called once
// when interrupted is closed; a nil one never is.
func everyTick(end, interrupted <-chan struct{}, heard func(), draw func(now time.Time)) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-end:
			return
		case <-interrupted:
			interrupted = nil
			heard()
		case now := <-t.C:
			draw(now)
		}
	}
}
