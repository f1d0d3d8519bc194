// Package linechart draws a few lines over a common axis, as SVG and as PNG. It knows nothing of what they mean, and it is here
// because a plotting library brings its own fonts and formats, which were a sixth of the program.
//
//	c := linechart.Chart{X: "step", Y: "loss", Lines: []linechart.Line{{Name: "step", Points: points, Colour: blue, Width: 1.5}}}
//	err := atomicfile.WriteBytes("loss.svg", c.SVG())
package linechart

import (
	"image/color"
	"math"
	"strconv"
)

// Point is a place in the chart's own units. One that is not finite is left out, and the line goes on behind it.
type Point struct{ X, Y float64 }

// Line is drawn over those before it.
type Line struct {
	Name   string // in the legend
	Points []Point
	Colour color.RGBA
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
	f.x0, f.x1, f.xTicks = axis(f.x0, f.x1)
	f.y0, f.y1, f.yTicks = axis(f.y0, f.y1)
	for i := range lines {
		for j, p := range lines[i].Points {
			lines[i].Points[j] = f.place(p)
		}
	}
	return f, lines
}

// axis widens a range that is a single value, and finds about six round places in it: multiples of 1, 2 or 5 times a power of
// ten.
func axis(low, high float64) (from, to float64, ticks []float64) {
	if !(high-low > 1e-9*max(math.Abs(low), math.Abs(high))) {
		room := max(math.Abs(low)/2, 0.5)
		low, high = low-room, high+room
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/6)))
	for _, m := range []float64{2, 2.5, 2} {
		if (high-low)/step > 8 {
			step *= m
		}
	}
	for k := math.Ceil(low / step); k*step <= high && len(ticks) < 20; k++ {
		ticks = append(ticks, k*step)
	}
	return low, high, ticks
}

// number writes a tick without the noise of its multiplication.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e9)/1e9, 'g', 6, 64)
}
