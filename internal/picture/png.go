package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// dash is how long a dash is, and the gap behind it.
const dash = 4.0

// PNG is the picture in pixels, on a light ground.
func (p *Picture) PNG() ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, int(p.width), int(p.height)))
	paper, _ := Paper.shades()
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for _, s := range p.shapes {
		ink, _ := s.ink.shades()
		switch {
		case s.told != "" || s.end:
		case s.words != "":
			text(img, s, ink)
		case s.radius > 0 && s.hollow:
			disc(img, s.points[0], s.radius+s.width/2, ink)
			disc(img, s.points[0], s.radius-s.width/2, paper)
		case s.radius > 0:
			disc(img, s.points[0], s.radius, ink)
		case s.dashed:
			from, to := s.points[0], s.points[1]
			length := math.Hypot(to.X-from.X, to.Y-from.Y)
			at := func(d float64) Point {
				share := min(1, d/length)
				return Point{from.X + share*(to.X-from.X), from.Y + share*(to.Y-from.Y)}
			}
			for d := 0.0; d < length; d += 2 * dash {
				stroke(img, []Point{at(d), at(d + dash)}, s.width, ink)
			}
		default:
			stroke(img, s.points, s.width, ink)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// stroke draws a line through points as one area, so that where it turns back upon itself it is not darker.
func stroke(img draw.Image, points []Point, width float64, colour color.RGBA) {
	r := vector.NewRasterizer(img.Bounds().Dx(), img.Bounds().Dy())
	half := width / 2
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.X-a.X, b.Y-a.Y)
		if length == 0 {
			continue
		}
		nx, ny := -(b.Y-a.Y)/length*half, (b.X-a.X)/length*half
		polygon(r, Point{a.X + nx, a.Y + ny}, Point{b.X + nx, b.Y + ny}, Point{b.X - nx, b.Y - ny}, Point{a.X - nx, a.Y - ny})
	}
	r.Draw(img, img.Bounds(), image.NewUniform(colour), image.Point{})
}

func disc(img draw.Image, p Point, radius float64, colour color.RGBA) {
	r := vector.NewRasterizer(img.Bounds().Dx(), img.Bounds().Dy())
	var corners []Point
	for i := range 24 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 24)
		corners = append(corners, Point{p.X + radius*cos, p.Y + radius*sin})
	}
	polygon(r, corners...)
	r.Draw(img, img.Bounds(), image.NewUniform(colour), image.Point{})
}

func polygon(r *vector.Rasterizer, corners ...Point) {
	r.MoveTo(float32(corners[0].X), float32(corners[0].Y))
	for _, c := range corners[1:] {
		r.LineTo(float32(c.X), float32(c.Y))
	}
	r.ClosePath()
}

// text writes one line, in letters that are there: the font has those of ASCII alone.
func text(img draw.Image, s shape, ink color.RGBA) {
	face := basicfont.Face7x13
	words := strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, strings.NewReplacer("→", "->", "×", "x", "−", "-", "…", "...", "–", "-").Replace(s.words))
	width := font.MeasureString(face, words).Ceil()
	before := [...]float64{Start: 0, Middle: 0.5, End: 1}[s.style.Anchor] * float64(width)
	line := image.NewAlpha(image.Rect(0, -face.Ascent, width+1, face.Descent))
	for bold := 0; bold == 0 || bold == 1 && s.style.Bold; bold++ {
		d := font.Drawer{Dst: line, Src: image.Opaque, Face: face, Dot: fixed.P(bold, 0)}
		d.DrawString(words)
	}
	x, y := s.points[0].X, s.points[0].Y
	for dy := line.Rect.Min.Y; dy < line.Rect.Max.Y; dy++ {
		for dx := range line.Rect.Max.X {
			if line.AlphaAt(dx, dy).A == 0 {
				continue
			}
			if s.style.Turned {
				img.Set(int(math.Round(x))+dy, int(math.Round(y+before))-dx, ink)
			} else {
				img.Set(int(math.Round(x-before))+dx, int(math.Round(y))+dy, ink)
			}
		}
	}
}
