package change

import (
	"fmt"
	"math"
	"strings"

	"github.com/cria-llm/cria/internal/amount"
	"github.com/cria-llm/cria/internal/picture"
)

// Where things stand in the picture, in pixels.
const (
	width       = 920.0
	edge        = 20.0
	from, to    = 160.0, 506.0 // of the scales
	numbers     = 530.0
	verdicts    = width - edge
	row         = 46.0
	head        = 36.0 // above a block of rows
	lineOfWords = 17.0
	most        = 124 // characters of a line of words
)

// at is a place in the picture.
func at(x, y float64) picture.Point { return picture.Point{X: x, Y: y} }

// Picture draws each task's number before and after, shares on one scale and others each on its own, better to the right.
func (r *Report) Picture() *picture.Picture {
	var shares, others []Task
	for _, t := range r.Tasks {
		if t.Share {
			shares = append(shares, t)
		} else {
			others = append(others, t)
		}
	}
	said := wrapped(r.Summary(), most)
	height := 56 + lineOfWords*float64(len(said)) + 74
	for _, block := range [][]Task{shares, others} {
		if len(block) > 0 {
			height += head + row*float64(len(block)) + 24
		}
	}
	p := picture.New(width, height, r.Before+" → "+r.After+": "+r.Summary())
	p.Text(picture.Style{Ink: picture.Words, Bold: true}, at(edge, 30), shortened(r.Before, 55)+" → "+shortened(r.After, 55))
	y := 50.0
	for _, line := range said {
		p.Text(picture.Style{Ink: picture.Words}, at(edge, y), line)
		y += lineOfWords
	}
	if len(shares) > 0 {
		y = drawShares(p, shares, y)
	}
	if len(others) > 0 {
		y = drawOthers(p, others, y)
	}
	legend(p, y+22)
	return p
}

// header names the columns of a block.
func header(p *picture.Picture, y float64, what, change string) {
	soft := picture.Style{Ink: picture.Soft}
	p.Text(soft, at(edge, y), what)
	p.Text(soft, at(numbers, y), change)
	p.Text(picture.Style{Ink: picture.Soft, Anchor: picture.End}, at(verdicts, y), "won : forgot")
}

// drawShares draws numbers from 0 to 1 in percent, and returns where they end.
func drawShares(p *picture.Picture, list []Task, y float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, t := range list {
		l, h := span(t)
		low, high = min(low, 100*l), max(high, 100*h)
	}
	if low > high {
		low, high = 0, 100
	}
	pad := max(1, 0.05*(high-low))
	low, high, ticks := picture.Axis(max(0, low-pad), min(100, high+pad))
	place := func(v float64) float64 { return from + (100*v-low)/(high-low)*(to-from) }
	y += head
	header(p, y-8, "in percent", "change, with its 95 % interval")
	bottom := y + row*float64(len(list))
	for _, t := range ticks {
		x := place(t / 100)
		p.Path(picture.Grid, 1, at(x, y), at(x, bottom))
		p.Text(picture.Style{Ink: picture.Soft, Anchor: picture.Middle}, at(x, bottom+15), picture.Number(t)+" %")
	}
	for _, t := range list {
		drawTask(p, t, y, 100, place)
		y += row
	}
	return bottom + 24
}

// drawOthers draws numbers each on a scale of its own.
func drawOthers(p *picture.Picture, list []Task, y float64) float64 {
	y += head
	header(p, y-8, "each on its own scale, better to the right", "change, with its 95 % interval")
	for _, t := range list {
		low, high := span(t)
		if pad := 0.06 * (high - low); pad > 0 {
			low, high = low-pad, high+pad
		} else {
			low, high = low-1, high+1
		}
		p.Path(picture.Grid, 1, at(from, y+row/2), at(to, y+row/2))
		drawTask(p, t, y, 1, func(v float64) float64 {
			share := (v - low) / (high - low)
			if t.Lower {
				share = 1 - share
			}
			return from + share*(to-from)
		})
		y += row
	}
	return y + 24
}

// span is from the lowest to the highest of what is drawn of a task.
func span(t Task) (low, high float64) {
	var reach [2]float64
	reach[0], reach[1] = t.reach()
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range []float64{t.Change.Before, t.Change.After, reach[0], reach[1]} {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// reach is where the number would be after the least and the greatest change of the interval; a share stays one.
func (t Task) reach() (low, high float64) {
	low, high = t.Change.Before+t.CI95[0], t.Change.Before+t.CI95[1]
	switch {
	case t.Ratio > 0:
		low, high = t.Change.Before*t.RatioCI95[0], t.Change.Before*t.RatioCI95[1]
	case t.Share:
		low, high = max(0, low), min(1, high)
	}
	return low, high
}

// whisker is a line with an end on both sides.
func whisker(p *picture.Picture, ink picture.Ink, low, high, y float64) {
	p.Path(ink, 1.5, at(low, y), at(high, y))
	for _, x := range []float64{low, high} {
		p.Path(ink, 1.5, at(x, y-5), at(x, y+5))
	}
}

func (v Verdict) ink() picture.Ink {
	switch v {
	case Won:
		return picture.Blue
	case Forgot:
		return picture.Orange
	case Uneven:
		return picture.Red
	}
	return picture.Grey
}

// drawTask draws a row whose top is y; numbers are told times a factor.
func drawTask(p *picture.Picture, t Task, y, factor float64, place func(float64) float64) {
	c, ink, middle := t.Change, t.Verdict.ink(), y+row/2
	p.Text(picture.Style{Ink: picture.Words, Bold: true}, at(edge, middle-2), shortened(t.Name, 19))
	p.Text(picture.Style{Ink: picture.Soft}, at(edge, middle+14), shortened(c.Metric, 19))
	end := picture.Style{Ink: picture.Soft, Anchor: picture.End}
	words := end
	if words.Bold = t.Verdict == Won || t.Verdict == Forgot || t.Verdict == Uneven; words.Bold {
		words.Ink = ink
	}
	if c.N == 0 {
		p.Text(words, at(verdicts, middle-2), string(t.Verdict))
		return
	}
	p.Told(t.told(), func() {
		was, is := place(c.Before), place(c.After)
		if low, high := t.reach(); !math.IsNaN(low + high) {
			whisker(p, ink, place(low), place(high), middle)
		}
		p.Path(ink, 4, at(was, middle), at(is, middle))
		p.Disc(ink, at(is, middle), 7)
		p.Ring(picture.Words, at(was, middle), 4)
	})
	text, interval := moved(c, factor)
	if interval != "-" {
		text += " (" + interval + ")"
	}
	p.Text(picture.Style{Ink: picture.Words, Bold: true}, at(numbers, middle-2), text)
	p.Text(picture.Style{Ink: picture.Soft}, at(numbers, middle+14), fmt.Sprintf("%.4g → %.4g, of %s", factor*c.Before, factor*c.After, amount.Plural(c.N, "item")))
	p.Text(words, at(verdicts, middle-2), string(t.Verdict))
	p.Text(end, at(verdicts, middle+14), fmt.Sprintf("%s : %s", amount.Thousands(c.Won), amount.Thousands(c.Lost)))
}

// legend says how to read a row.
func legend(p *picture.Picture, y float64) {
	soft := picture.Style{Ink: picture.Soft}
	p.Ring(picture.Words, at(edge+7, y-4), 4)
	p.Text(soft, at(edge+20, y), "before")
	p.Disc(picture.Grey, at(edge+85, y-4), 7)
	p.Text(soft, at(edge+98, y), "after, better to the right")
	whisker(p, picture.Grey, edge+300, edge+340, y-4)
	p.Text(soft, at(edge+348, y), "95 % interval of the change, laid at before")
	for i, line := range wrapped(fmt.Sprintf("In colour: more than chance (exact sign test on items won and forgotten, p < %g after Holm's correction for the tasks).", Level), most) {
		p.Text(soft, at(edge, y+6+lineOfWords*float64(i+1)), line)
	}
}

// told is a task in words.
func (t Task) told() string {
	c := t.Change
	return fmt.Sprintf("%s, %s: %.4g before, %.4g after, of %s; %d won and %d forgot, p = %.2g; corrected %.2g: %s",
		t.Name, c.Metric, c.Before, c.After, amount.Plural(c.N, "item"), c.Won, c.Lost, c.P, t.Holm, t.Verdict)
}

func signed(v float64) string { return fmt.Sprintf("%+.3g", v) }

// wrapped are the lines of a text, of at most so many characters where words are no longer.
func wrapped(text string, most int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > most {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// shortened is a name of at most so many characters.
func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
