package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"
)

// drawn has one of each shape, and words that would be markup.
func drawn() *Picture {
	p := New(120, 80, "all <shapes>")
	p.Path(Blue, 4, Point{10, 10}, Point{50, 10}, Point{50, 30})
	p.Dashes(Grey, Point{10, 50}, Point{110, 50})
	p.Told("a & b", func() {
		p.Disc(Orange, Point{80, 20}, 5)
		p.Ring(Red, Point{100, 20}, 6)
	})
	p.Text(Style{Ink: Words, Anchor: Middle, Bold: true}, Point{60, 70}, `<b> "→ é`)
	p.Text(Style{Ink: Soft, Turned: true}, Point{10, 70}, "up")
	return p
}

// The document parses, has every shape, and needs nothing from elsewhere.
func TestSVGIsWhole(t *testing.T) {
	svg := drawn().SVG()
	dec := xml.NewDecoder(bytes.NewReader(svg))
	seen := map[string]int{}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v: %s", err, svg)
		}
		if e, ok := tok.(xml.StartElement); ok {
			seen[e.Name.Local]++
		}
	}
	for name, want := range map[string]int{"polyline": 2, "circle": 2, "text": 2, "g": 1, "title": 2, "rect": 1, "style": 1} {
		if seen[name] != want {
			t.Errorf("%d %s, want %d", seen[name], name, want)
		}
	}
	if text := strings.Replace(string(svg), "http://www.w3.org/2000/svg", "", 1); strings.Contains(text, "http") || strings.Contains(text, "<b>") {
		t.Errorf("not by itself, or words are read as markup: %s", svg)
	}
}

// Pixels have the colours of the shapes where these are, and the paper's elsewhere.
func TestPNGHasEveryShapeInItsPlace(t *testing.T) {
	text, err := drawn().PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y int
		want Ink
	}{
		{30, 10, Blue}, {50, 20, Blue}, {80, 20, Orange}, {105, 20, Red}, {100, 20, Paper}, {30, 25, Paper}, {115, 75, Paper},
	} {
		want, _ := c.want.shades()
		if got := color.RGBAModel.Convert(img.At(c.x, c.y)); got != want {
			t.Errorf("at %d, %d: %v, want %v", c.x, c.y, got, want)
		}
	}
	inked := func(x0, x1, y0, y1 int, ink Ink) (n int) {
		want, _ := ink.shades()
		for x := x0; x < x1; x++ {
			for y := y0; y < y1; y++ {
				if color.RGBAModel.Convert(img.At(x, y)) == want {
					n++
				}
			}
		}
		return n
	}
	if across, up := inked(30, 90, 60, 75, Words), inked(0, 12, 55, 71, Soft); across < 40 || up < 15 {
		t.Errorf("%d pixels of words across, %d upwards", across, up)
	}
	if n := inked(10, 110, 50, 51, Paper); n < 30 || n > 70 {
		t.Errorf("dashes leave %d of 100 pixels free", n)
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, c := range [][2]float64{{0, 1}, {3.2, 5.1}, {-1e-3, 1e-3}, {1, 1}, {0, 0}, {0, 545}, {1e6, 3e9}, {-7, -7}} {
		from, to, ticks := Axis(c[0], c[1])
		if len(ticks) < 3 || len(ticks) > 12 {
			t.Errorf("%v: %d ticks", c, len(ticks))
		}
		for _, v := range ticks {
			if v < from || v > to || len(Number(v)) > 8 {
				t.Errorf("%v: tick %s of %g to %g", c, Number(v), from, to)
			}
		}
	}
}

// The letters of a PNG are those of ASCII, and signs that others are written for are read as them.
func TestSignsAreWrittenInASCII(t *testing.T) {
	letters := func(text string) []byte {
		p := New(120, 30, text)
		p.Text(Style{Ink: Words}, Point{X: 5, Y: 20}, text)
		pixels, err := p.PNG()
		if err != nil {
			t.Fatal(err)
		}
		return pixels
	}
	if !bytes.Equal(letters("×2 → −1 … é"), letters("x2 -> -1 ... ?")) {
		t.Error("signs are drawn otherwise")
	}
}
