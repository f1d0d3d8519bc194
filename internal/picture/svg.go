package picture

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"maps"
	"slices"
)

// SVG is the picture as a document of its own, in the shades of the reader's ground.
func (p *Picture) SVG() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img" font-family="system-ui,sans-serif" font-size="12">`+"\n", p.width, p.height, p.width, p.height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(p.told))
	p.styles(&b)
	fmt.Fprintf(&b, `<rect class="f%d" width="%g" height="%g"/>`+"\n", Paper, p.width, p.height)
	for _, s := range p.shapes {
		s.svg(&b)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// styles are the inks, each as a class that fills and one that draws lines.
func (p *Picture) styles(b *bytes.Buffer) {
	used := map[Ink]bool{Paper: true}
	for _, s := range p.shapes {
		used[s.ink] = true
	}
	inks := slices.Sorted(maps.Keys(used))
	rules := func(shade func(Ink) color.RGBA) {
		for _, k := range inks {
			c := shade(k)
			hex := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
			fmt.Fprintf(b, ".f%d{fill:%s}.s%d{stroke:%s}", k, hex, k, hex)
		}
	}
	b.WriteString("<style>")
	rules(func(k Ink) color.RGBA { light, _ := k.shades(); return light })
	b.WriteString("@media(prefers-color-scheme:dark){")
	rules(func(k Ink) color.RGBA { _, dark := k.shades(); return dark })
	b.WriteString("}</style>\n")
}

func (s shape) svg(b *bytes.Buffer) {
	switch {
	case s.told != "":
		fmt.Fprintf(b, "<g><title>%s</title>\n", html.EscapeString(s.told))
	case s.end:
		b.WriteString("</g>\n")
	case s.words != "":
		s.text(b)
	case s.radius > 0 && s.hollow:
		fmt.Fprintf(b, `<circle class="f%d s%d" cx="%.2f" cy="%.2f" r="%g" stroke-width="%g"/>`+"\n", Paper, s.ink, s.points[0].X, s.points[0].Y, s.radius, s.width)
	case s.radius > 0:
		fmt.Fprintf(b, `<circle class="f%d" cx="%.2f" cy="%.2f" r="%g"/>`+"\n", s.ink, s.points[0].X, s.points[0].Y, s.radius)
	case len(s.points) > 0:
		dashes := ""
		if s.dashed {
			dashes = fmt.Sprintf(` stroke-dasharray="%g"`, dash)
		}
		fmt.Fprintf(b, `<polyline class="s%d" fill="none" stroke-width="%g" stroke-linejoin="round"%s points="`, s.ink, s.width, dashes)
		for i, q := range s.points {
			if i > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(b, "%.2f,%.2f", q.X, q.Y)
		}
		b.WriteString(`"/>` + "\n")
	}
}

func (s shape) text(b *bytes.Buffer) {
	fmt.Fprintf(b, `<text class="f%d"`, s.ink)
	if at := s.points[0]; s.style.Turned {
		fmt.Fprintf(b, ` transform="translate(%.1f %.1f) rotate(-90)"`, at.X, at.Y)
	} else {
		fmt.Fprintf(b, ` x="%.1f" y="%.1f"`, at.X, at.Y)
	}
	if s.style.Anchor != Start {
		fmt.Fprintf(b, ` text-anchor="%s"`, [...]string{Middle: "middle", End: "end"}[s.style.Anchor])
	}
	if s.style.Bold {
		b.WriteString(` font-weight="600"`)
	}
	fmt.Fprintf(b, ">%s</text>\n", html.EscapeString(s.words))
}
