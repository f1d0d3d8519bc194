package main

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/train"
)

// screen is what a terminal shows of an output that moves only by \r and \n.
func screen(output string) []string {
	var lines []string
	for _, text := range strings.Split(output, "\n") {
		var row []rune
		for _, over := range strings.Split(text, "\r") {
			over := []rune(over)
			row = append(over, row[min(len(row), len(over)):]...)
		}
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return lines
}

func TestLineInPlaceLeavesNoRemains(t *testing.T) {
	var out bytes.Buffer
	p := &progress{liveLine: liveLine{w: &out, width: func() int { return 60 }}, live: true, done: make(chan struct{}), since: time.Now()}
	p.now("a long way of saying what goes on")
	p.draw()
	for i := range 4 {
		p.Stepped(train.Step{Step: i + 1, Steps: 4, Loss: 3, LR: 1e-4, TokensPerSec: 1234, PeakShare: 0.4, Left: time.Hour >> (8 * i)})
		p.draw()
		if w := lipgloss.Width(p.line); w >= 60 {
			t.Errorf("line of %d columns on a terminal of 60: %q", w, p.line)
		}
		p.Noted("said in between")
	}
	p.close()
	p.draw()
	want := strings.Repeat("  note: said in between\n", 4)
	if got := strings.Join(screen(out.String()), "\n"); got != want {
		t.Errorf("the screen shows\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("escape codes without colour: %q", out.String())
	}
}

func TestSmoothLossStartsAtTheFirst(t *testing.T) {
	var s smooth
	s.add(5)
	if s.value() != 5 {
		t.Errorf("after one value of 5 the mean is %g", s.value())
	}
	for range 200 {
		s.add(2)
	}
	if v := s.value(); v < 2 || v > 2.001 {
		t.Errorf("after many values of 2 the mean is %g", v)
	}
}

func TestTextFromFilesCannotDriveTheTerminal(t *testing.T) {
	var out bytes.Buffer
	report(&out, errors.New("row \x1b[2J\u009b5m 7\nbad"))
	if got, want := out.String(), "cria: row ?[2J?5m 7; bad\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1200 * time.Millisecond:               "1.2 s",
		7 * time.Second:                       "7 s",
		42400 * time.Millisecond:              "42 s",
		200 * time.Second:                     "3 min 20 s",
		time.Hour - time.Millisecond:          "1 h 0 min",
		2*time.Hour + 10*time.Minute:          "2 h 10 min",
		72*time.Hour + 29*time.Minute:         "3 days 0 h",
		48*time.Hour - time.Second:            "2 days 0 h",
		99*time.Second + 600*time.Millisecond: "1 min 40 s",
		9*time.Second + 960*time.Millisecond:  "10 s",
	} {
		if got := duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// A recipe's field without a flag is set in a recipe file alone.
func TestEveryFlagSetsItsField(t *testing.T) {
	var f recipeFlags
	fs := pflag.NewFlagSet("train", pflag.ContinueOnError)
	f.register(fs)
	fields := reflect.TypeFor[train.Recipe]()
	fileOnly := map[string]bool{"Beta1": true, "Beta2": true, "Eps": true, "Assume": true}
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if flag := flagOf[name]; (flag == "") != fileOnly[name] || flag != "" && fs.Lookup(flag) == nil {
			t.Errorf("recipe field %s has the flag %q, which is not there", name, flag)
		}
	}
}
