package linechart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

var red = color.RGBA{200, 0, 0, 255}

func chart(points ...Point) Chart {
	return Chart{X: "step", Y: "loss <&>", Lines: []Line{{Name: `"a" <b>`, Points: points, Colour: red, Width: 3, Dots: true}, {Name: "empty"}}}
}

// The picture is a document that parses, with a line of as many points as are finite.
func TestSVGParses(t *testing.T) {
	for _, c := range []Chart{chart(), chart(Point{1, 1}), chart(Point{0, 5}, Point{1, math.NaN()}, Point{2, 3}, Point{math.Inf(1), 1})} {
		dec := xml.NewDecoder(bytes.NewReader(c.SVG()))
		dots, lines := 0, 0
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v: %s", err, c.SVG())
			}
			if e, ok := tok.(xml.StartElement); ok {
				switch e.Name.Local {
				case "circle":
					dots++
				case "polyline":
					lines++
				}
			}
		}
		want := 0
		for _, p := range c.Lines[0].Points {
			if finite(p) {
				want++
			}
		}
		if dots != want || lines != min(want, 1) {
			t.Errorf("%d dots in %d lines, want %d", dots, lines, want)
		}
		if strings.Contains(string(c.SVG()), "NaN") || strings.Contains(string(c.SVG()), "empty") {
			t.Error("what is not there was drawn")
		}
	}
}

// The first and the last point lie in the corners of the axes, in the line's colour, and so does the middle between them.
func TestPNGHasTheLineWhereItBelongs(t *testing.T) {
	text, err := chart(Point{0, 0}, Point{10, 4}).PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != int(width) || b.Dy() != int(height) {
		t.Errorf("the picture is %v", b)
	}
	for _, share := range []float64{0, 0.25, 0.5, 1} {
		x := left + share*(width-left-right)
		y := height - bottom - share*(height-top-bottom)
		if got := color.RGBAModel.Convert(img.At(int(x), int(y))); got != red {
			t.Errorf("at %g of the way the picture is %v", share, got)
		}
	}
	if got := color.RGBAModel.Convert(img.At(int(left)+60, int(top)+60)); got == red {
		t.Error("the line is where it does not belong")
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, c := range [][2]float64{{0, 1}, {3.2, 5.1}, {-1e-3, 1e-3}, {1, 1}, {0, 0}, {0, 545}, {1e6, 3e9}, {-7, -7}} {
		from, to, ticks := axis(c[0], c[1])
		if len(ticks) < 3 || len(ticks) > 12 {
			t.Errorf("%v: %d ticks", c, len(ticks))
		}
		for _, v := range ticks {
			if v < from || v > to || len(number(v)) > 8 {
				t.Errorf("%v: tick %s of %g to %g", c, number(v), from, to)
			}
		}
	}
}
