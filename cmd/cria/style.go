package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/cria-llm/cria/internal/amount"
	"github.com/cria-llm/cria/internal/plaintext"
)

// paint sets text in the terminal's own sixteen colours, or leaves it as it is where colours are off.
type paint struct{ on bool }

func (a *app) paint(w io.Writer) paint { return paint{a.colour(w)} }

func (p paint) set(s lipgloss.Style, text string) string {
	if !p.on {
		return text
	}
	return s.Render(text)
}

func (p paint) bold(s string) string { return p.set(lipgloss.NewStyle().Bold(true), s) }
func (p paint) dim(s string) string  { return p.set(lipgloss.NewStyle().Faint(true), s) }
func (p paint) accent(s string) string {
	return p.set(lipgloss.NewStyle().Foreground(lipgloss.Cyan), s)
}
func (p paint) good(s string) string { return p.set(lipgloss.NewStyle().Foreground(lipgloss.Green), s) }
func (p paint) warn(s string) string {
	return p.set(lipgloss.NewStyle().Foreground(lipgloss.Yellow), s)
}

// gone is a text that is taken away.
func (p paint) gone(s string) string {
	return p.set(lipgloss.NewStyle().Foreground(lipgloss.Red).Strikethrough(true), s)
}

// count is a number for people: 12,345.
func count(n int) string { return amount.Thousands(n) }

// values is how many values a model or an adapter has: 134.5 M.
func values(n int) string {
	switch x := float64(n); {
	case x >= 1e9:
		return fmt.Sprintf("%.2f G", x/1e9)
	case x >= 1e6:
		return fmt.Sprintf("%.1f M", x/1e6)
	case x >= 1e4:
		return fmt.Sprintf("%.0f k", x/1e3)
	}
	return count(n)
}

// speed is tokens a second, with three digits that mean something.
func speed(x float64) string {
	if x >= 100 {
		return count(int(math.Round(x))) + " tok/s"
	}
	return fmt.Sprintf("%.3g tok/s", x)
}

func percent(x float64) string {
	if x < 0.1 {
		return fmt.Sprintf("%.1f %%", 100*x)
	}
	return fmt.Sprintf("%.0f %%", 100*x)
}

// duration is a time for people, as exact as matters: 0.8 s, 12 s, 3 min 20 s, 2 h 10 min.
func duration(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 9950*time.Millisecond && d%time.Second != 0 {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	// Rounded first, so that no part comes out as 60.
	if s := d.Round(time.Second); s < 100*time.Second {
		return fmt.Sprintf("%d s", s/time.Second)
	} else if s < time.Hour {
		return fmt.Sprintf("%d min %d s", s/time.Minute, s%time.Minute/time.Second)
	}
	if m := d.Round(time.Minute); m < 2*day {
		return fmt.Sprintf("%d h %d min", m/time.Hour, m%time.Hour/time.Minute)
	}
	h := d.Round(time.Hour)
	return fmt.Sprintf("%d days %d h", h/day, h%day/time.Hour)
}

func seconds(s float64) string {
	if !(s < math.MaxInt64/1e9) {
		return "for ever"
	}
	if s < 0.1 {
		return "less than 0.1 s"
	}
	return duration(time.Duration(s * float64(time.Second)))
}

// plain is a text with nothing in it that a terminal would act on.
func plain(s string) string { return plaintext.Of(s) }
