package experts

import (
	"fmt"
	"html"
	"strings"
)

// SVG draws the curves: of the answers that were revised, how many are found (upwards) at the price of how many false alarms
// (to the right).
func (m Measured) SVG() string {
	const side, left, top = 360.0, 56.0, 24.0
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" font-family="sans-serif" font-size="12">`+"\n", left+side+24, top+side+100)
	b.WriteString("<title>Answers that experts revised, found, by answers that they left, called wrong</title>\n")
	b.WriteString("<style>.ink{fill:#222}.axis{stroke:#888;fill:none}@media(prefers-color-scheme:dark){.ink{fill:#ddd}}</style>\n")
	fmt.Fprintf(&b, `<rect class="axis" x="%g" y="%g" width="%g" height="%g"/>`+"\n", left, top, side, side)
	fmt.Fprintf(&b, `<path class="axis" stroke-dasharray="4" d="M%g %gL%g %g"/>`+"\n", left, top+side, left+side, top)
	for i := 0; i <= 100; i += 25 {
		at := side * float64(i) / 100
		fmt.Fprintf(&b, `<text class="ink" x="%g" y="%g" text-anchor="end">%d %%</text>`, left-6, top+side-at+4, i)
		fmt.Fprintf(&b, `<text class="ink" x="%g" y="%g" text-anchor="middle">%d %%</text>`+"\n", left+at, top+side+16, i)
	}
	fmt.Fprintf(&b, `<text class="ink" x="%g" y="%g" text-anchor="middle">left as they were, called wrong</text>`+"\n", left+side/2, top+side+34)
	fmt.Fprintf(&b, `<text class="ink" transform="translate(14 %g) rotate(-90)" text-anchor="middle">revised, found</text>`+"\n", top+side/2)
	colours := [...]string{"#888888", "#d97706", "#2563eb"} // the baseline is grey; the others differ in brightness, too
	for i, c := range m.Curves {
		colour := colours[i%len(colours)]
		fmt.Fprintf(&b, `<path fill="none" stroke="%s" stroke-width="2" d="M%g %g`, colour, left, top+side)
		for _, p := range c.ROC {
			fmt.Fprintf(&b, "L%.1f %.1f", left+side*p.FalsePositives, top+side-side*p.TruePositives)
		}
		b.WriteString(`"/>` + "\n")
		y := top + side + 54 + 16*float64(i)
		fmt.Fprintf(&b, `<path stroke="%s" stroke-width="3" d="M%g %gh20"/>`, colour, left, y-4)
		fmt.Fprintf(&b, `<text class="ink" x="%g" y="%g">%s: %.3f</text>`+"\n", left+28, y, html.EscapeString(c.Name), c.AUC)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
