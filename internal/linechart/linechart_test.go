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

	"github.com/cria-llm/cria/internal/picture"
)

func chart(points ...Point) Chart {
	return Chart{X: "step", Y: "loss <&>", Lines: []Line{{Name: `"a" <b>`, Points: points, Ink: picture.Red, Width: 3, Dots: true}, {Name: "empty"}}}
}

// The picture is a document that parses, with a line of as many points as are finite.
func TestSVGParses(t *testing.T) {
	for _, c := range []Chart{chart(), chart(Point{1, 1}), chart(Point{0, 5}, Point{1, math.NaN()}, Point{2, 3}, Point{math.Inf(1), 1})} {
		dec := xml.NewDecoder(bytes.NewReader(c.Draw().SVG()))
		dots, lines := 0, 0
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v: %s", err, c.Draw().SVG())
			}
			if e, ok := tok.(xml.StartElement); ok {
				switch e.Name.Local {
				case "circle":
					dots++
				case "polyline":
					for _, a := range e.Attr {
						if a.Name.Local == "stroke-width" && a.Value == "3" {
							lines++ // and its mark in the legend
						}
					}
				}
			}
		}
		want := 0
		for _, p := range c.Lines[0].Points {
			if finite(p) {
				want++
			}
		}
		if dots != want || lines != 2*min(want, 1) {
			t.Errorf("%d dots in %d lines, want %d", dots, lines, want)
		}
		if strings.Contains(string(c.Draw().SVG()), "NaN") || strings.Contains(string(c.Draw().SVG()), "empty") {
			t.Error("what is not there was drawn")
		}
	}
}

// The first and the last point lie in the corners of the axes, in the line's colour, and so does the middle between them.
func TestPNGHasTheLineWhereItBelongs(t *testing.T) {
	text, err := chart(Point{0, 0}, Point{10, 4}).Draw().PNG()
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
	red := color.RGBA{0xc8, 0x3c, 0x28, 255}
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
