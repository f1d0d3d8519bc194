package linechart

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNG is the chart in pixels. The name of the vertical axis stands above it, for its font does not turn.
func (c Chart) PNG() ([]byte, error) {
	f, lines := c.placed()
	img := image.NewRGBA(image.Rect(0, 0, int(width), int(height)))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	black, grey := color.RGBA{A: 255}, color.RGBA{221, 221, 221, 255}
	for _, t := range f.xTicks {
		x := f.place(Point{t, f.y0}).X
		stroke(img, []Point{{x, top}, {x, height - bottom}}, 1, grey)
		text(img, number(t), x, height-bottom+16, 0.5)
	}
	for _, t := range f.yTicks {
		y := f.place(Point{f.x0, t}).Y
		stroke(img, []Point{{left, y}, {width - right, y}}, 1, grey)
		text(img, number(t), left-6, y+4, 1)
	}
	stroke(img, []Point{{left, top}, {left, height - bottom}, {width - right, height - bottom}}, 1, black)
	text(img, c.X, (left+width-right)/2, height-12, 0.5)
	text(img, c.Y, left, top-4, 0)
	for i, l := range lines {
		stroke(img, l.Points, l.Width, l.Colour)
		if l.Dots {
			for _, p := range l.Points {
				disc(img, p, dot, l.Colour)
			}
		}
		y := legend(i)
		stroke(img, []Point{{width - right - 32, y}, {width - right - 8, y}}, max(l.Width, 1.5), l.Colour)
		text(img, l.Name, width-right-40, y+4, 1)
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

// text writes one line of which the share before lies left of x.
func text(img draw.Image, s string, x, y, before float64) {
	d := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13}
	x -= before * float64(d.MeasureString(s)) / 64
	d.Dot = fixed.P(int(math.Round(x)), int(math.Round(y)))
	d.DrawString(s)
}
