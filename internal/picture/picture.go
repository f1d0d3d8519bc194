// Package picture draws lines, discs and words, as SVG for a light and a dark ground and as PNG. It knows nothing of what they
// mean, and it is here because a plotting library brings its own fonts and formats, which were a sixth of the program.
//
//	p := picture.New(640, 400, "loss by step")
//	p.Path(picture.Blue, 1.5, picture.Point{X: 0, Y: 0}, picture.Point{X: 640, Y: 400})
//	err := atomicfile.WriteBytes("loss.svg", p.SVG())
package picture

import (
	"image/color"
	"math"
	"strconv"
)

// Point is a place in pixels, from the left and from the top.
type Point struct{ X, Y float64 }

// Ink is a colour with two shades, one for a light ground and one for a dark one.
type Ink int

// Inks. Blue and Orange are told apart by nearly everybody, and Red and Grey from these by how bright they are.
const (
	Paper Ink = iota
	Words
	Soft // words that matter less
	Grid
	Grey
	Blue
	Orange
	Red
)

// shades are an ink's colours on a light and on a dark ground.
func (k Ink) shades() (light, dark color.RGBA) {
	all := [...][2]uint32{
		Paper:  {0xffffff, 0x191714},
		Words:  {0x23201c, 0xece7df},
		Soft:   {0x6b655c, 0xa59d91},
		Grid:   {0xdfdbd4, 0x3a362f},
		Grey:   {0xa39d94, 0x7d766c},
		Blue:   {0x1f6a9c, 0x6fb3d3},
		Orange: {0xc2611b, 0xe0904f},
		Red:    {0xc83c28, 0xf07a68},
	}
	of := func(x uint32) color.RGBA { return color.RGBA{uint8(x >> 16), uint8(x >> 8), uint8(x), 255} }
	return of(all[k][0]), of(all[k][1])
}

// Anchor says which part of a text its place is.
type Anchor int

// Anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Style of a text. Turned ones go upwards.
type Style struct {
	Ink          Ink
	Anchor       Anchor
	Bold, Turned bool
}

// shape is one of what is drawn; what it has not, is empty.
type shape struct {
	ink    Ink
	points []Point // of a path, or the one of a disc or text
	width  float64 // of a path, or of the ring
	radius float64
	hollow bool
	dashed bool
	words  string
	style  Style
	told   string // begins a group
	end    bool   // ends one
}

// Picture is what is drawn, each over what was before it.
type Picture struct {
	width, height float64
	told          string
	shapes        []shape
}

// New is an empty picture, and what it shows in words, for those who cannot see it.
func New(width, height float64, told string) *Picture {
	return &Picture{width: width, height: height, told: told}
}

// Path is a line through points.
func (p *Picture) Path(ink Ink, width float64, points ...Point) {
	p.shapes = append(p.shapes, shape{ink: ink, width: width, points: points})
}

// Dashes is a straight line with gaps.
func (p *Picture) Dashes(ink Ink, from, to Point) {
	p.shapes = append(p.shapes, shape{ink: ink, width: 1, points: []Point{from, to}, dashed: true})
}

// Disc is a full circle.
func (p *Picture) Disc(ink Ink, at Point, radius float64) {
	p.shapes = append(p.shapes, shape{ink: ink, points: []Point{at}, radius: radius})
}

// Ring is a circle with paper in it, its line 2 pixels wide.
func (p *Picture) Ring(ink Ink, at Point, radius float64) {
	p.shapes = append(p.shapes, shape{ink: ink, points: []Point{at}, radius: radius, hollow: true, width: 2})
}

// Text is one line; the place is on its base line.
func (p *Picture) Text(s Style, at Point, words string) {
	p.shapes = append(p.shapes, shape{ink: s.Ink, points: []Point{at}, words: words, style: s})
}

// Told draws a part that says something of itself when pointed at.
func (p *Picture) Told(words string, part func()) {
	p.shapes = append(p.shapes, shape{told: words})
	part()
	p.shapes = append(p.shapes, shape{end: true})
}

// Axis widens a range that is a single value, and finds about six round places in it: multiples of 1, 2 or 5 times a power of
// ten.
func Axis(low, high float64) (from, to float64, ticks []float64) {
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

// Number writes a tick without the noise of its multiplication.
func Number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e9)/1e9, 'g', 6, 64)
}
