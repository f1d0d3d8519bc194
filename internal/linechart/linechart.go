// Package linechart draws a few lines over a common axis. It knows nothing of what they mean.
//
//	c := linechart.Chart{X: "step", Y: "loss", Lines: []linechart.Line{{Name: "step", Points: points, Ink: picture.Blue, Width: 1.5}}}
//	err := atomicfile.WriteBytes("loss.svg", c.Draw().SVG())
package linechart

import (
	"math"

	"github.com/cria-llm/cria/internal/picture"
)

// Point is a place in the chart's own units. One that is not finite is left out, and the line goes on behind it.
type Point struct{ X, Y float64 }

// Line is drawn over those before it.
type Line struct {
	Name   string // in the legend
	Points []Point
	Ink    picture.Ink
	Width  float64 // in pixels
	Dots   bool    // mark the points
}

// Chart is lines with their axes. Lines without a point are not in it.
type Chart struct {
	X, Y  string // what the axes are
	Lines []Line
}

// The picture's size and the place of its axes, in pixels.
const (
	width, height            = 640.0, 400.0
	left, right, top, bottom = 64.0, 16.0, 16.0, 48.0
	dot                      = 3.0 // radius
)

// frame turns the chart's units into pixels.
type frame struct {
	x0, x1, y0, y1 float64
	xTicks, yTicks []float64
}

func (f frame) place(p Point) Point {
	return Point{
		left + (p.X-f.x0)/(f.x1-f.x0)*(width-left-right),
		height - bottom - (p.Y-f.y0)/(f.y1-f.y0)*(height-top-bottom),
	}
}

func finite(p Point) bool { return !math.IsNaN(p.X+p.Y) && !math.IsInf(p.X+p.Y, 0) }

// placed are the lines that have a point, in pixels.
func (c Chart) placed() (frame, []Line) {
	f := frame{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1), nil, nil}
	var lines []Line
	for _, l := range c.Lines {
		var kept []Point
		for _, p := range l.Points {
			if finite(p) {
				kept = append(kept, p)
				f.x0, f.x1, f.y0, f.y1 = min(f.x0, p.X), max(f.x1, p.X), min(f.y0, p.Y), max(f.y1, p.Y)
			}
		}
		if l.Points = kept; len(kept) > 0 {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		f.x0, f.x1, f.y0, f.y1 = 0, 1, 0, 1
	}
	f.x0, f.x1, f.xTicks = picture.Axis(f.x0, f.x1)
	f.y0, f.y1, f.yTicks = picture.Axis(f.y0, f.y1)
	for i := range lines {
		for j, p := range lines[i].Points {
			lines[i].Points[j] = f.place(p)
		}
	}
	return f, lines
}

// Draw draws the chart.
func (c Chart) Draw() *picture.Picture {
	f, lines := c.placed()
	p := picture.New(width, height, c.Y+" by "+c.X)
	at := func(x, y float64) picture.Point { return picture.Point{X: x, Y: y} }
	words := func(a picture.Anchor) picture.Style { return picture.Style{Ink: picture.Words, Anchor: a} }
	for _, t := range f.xTicks {
		x := f.place(Point{t, f.y0}).X
		p.Path(picture.Grid, 1, at(x, top), at(x, height-bottom))
		p.Text(words(picture.Middle), at(x, height-bottom+16), picture.Number(t))
	}
	for _, t := range f.yTicks {
		y := f.place(Point{f.x0, t}).Y
		p.Path(picture.Grid, 1, at(left, y), at(width-right, y))
		p.Text(words(picture.End), at(left-6, y+4), picture.Number(t))
	}
	p.Path(picture.Words, 1, at(left, top), at(left, height-bottom), at(width-right, height-bottom))
	p.Text(words(picture.Middle), at((left+width-right)/2, height-12), c.X)
	p.Text(picture.Style{Ink: picture.Words, Anchor: picture.Middle, Turned: true}, at(16, (top+height-bottom)/2), c.Y)
	for i, l := range lines {
		var points []picture.Point
		for _, q := range l.Points {
			points = append(points, picture.Point(q))
		}
		p.Path(l.Ink, l.Width, points...)
		if l.Dots {
			for _, q := range points {
				p.Disc(l.Ink, q, dot)
			}
		}
		y := top + 14 + 16*float64(i)
		p.Path(l.Ink, max(l.Width, 1.5), at(width-right-32, y), at(width-right-8, y))
		p.Text(words(picture.End), at(width-right-40, y+4), l.Name)
	}
	return p
}
