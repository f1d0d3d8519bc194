package linechart

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
)

// SVG is the chart as a document of its own.
func (c Chart) SVG() []byte {
	f, lines := c.placed()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="#ffffff"/>`+"\n", width, height)
	for _, t := range f.xTicks {
		x := f.place(Point{t, f.y0}).X
		fmt.Fprintf(&b, `<path d="M%.2f %gV%g" stroke="#dddddd"/><text x="%.2f" y="%g" text-anchor="middle">%s</text>`+"\n", x, top, height-bottom, x, height-bottom+16, number(t))
	}
	for _, t := range f.yTicks {
		y := f.place(Point{f.x0, t}).Y
		fmt.Fprintf(&b, `<path d="M%g %.2fH%g" stroke="#dddddd"/><text x="%g" y="%.2f" text-anchor="end">%s</text>`+"\n", left, y, width-right, left-6, y+4, number(t))
	}
	fmt.Fprintf(&b, `<path d="M%g %gV%gH%g" fill="none" stroke="#000000"/>`+"\n", left, top, height-bottom, width-right)
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">%s</text>`+"\n", (left+width-right)/2, height-12, html.EscapeString(c.X))
	fmt.Fprintf(&b, `<text transform="translate(16 %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+height-bottom)/2, html.EscapeString(c.Y))
	for i, l := range lines {
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="%g" stroke-linejoin="round" points="`, hex(l.Colour), l.Width)
		for _, p := range l.Points {
			fmt.Fprintf(&b, "%.2f,%.2f ", p.X, p.Y)
		}
		b.WriteString(`"/>` + "\n")
		if l.Dots {
			for _, p := range l.Points {
				fmt.Fprintf(&b, `<circle cx="%.2f" cy="%.2f" r="%g" fill="%s"/>`+"\n", p.X, p.Y, dot, hex(l.Colour))
			}
		}
		y := legend(i)
		fmt.Fprintf(&b, `<path d="M%g %gh24" stroke="%s" stroke-width="%g"/><text x="%g" y="%g" text-anchor="end">%s</text>`+"\n",
			width-right-32, y, hex(l.Colour), max(l.Width, 1.5), width-right-40, y+4, html.EscapeString(l.Name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// legend is where a line's entry stands, from the top.
func legend(i int) float64 { return top + 14 + 16*float64(i) }

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
