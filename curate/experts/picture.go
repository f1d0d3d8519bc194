package experts

import (
	"fmt"

	"github.com/cria-llm/cria/internal/picture"
)

// SVG draws the curves: of the answers that were revised, how many are found (upwards) at the price of how many false alarms
// (to the right).
func (m Measured) SVG() []byte {
	const side, left, top = 360.0, 56.0, 24.0
	p := picture.New(left+side+24, top+side+100, "Answers that experts revised, found, by answers that they left, called wrong")
	at := func(x, y float64) picture.Point { return picture.Point{X: left + side*x, Y: top + side - side*y} }
	words := func(a picture.Anchor) picture.Style { return picture.Style{Ink: picture.Words, Anchor: a} }
	p.Path(picture.Grey, 1, at(0, 0), at(0, 1), at(1, 1), at(1, 0), at(0, 0))
	p.Dashes(picture.Grey, at(0, 0), at(1, 1))
	for i := 0; i <= 100; i += 25 {
		share, text := float64(i)/100, fmt.Sprintf("%d %%", i)
		p.Text(words(picture.End), picture.Point{X: left - 6, Y: at(0, share).Y + 4}, text)
		p.Text(words(picture.Middle), picture.Point{X: at(share, 0).X, Y: top + side + 16}, text)
	}
	p.Text(words(picture.Middle), picture.Point{X: left + side/2, Y: top + side + 34}, "left as they were, called wrong")
	p.Text(picture.Style{Ink: picture.Words, Anchor: picture.Middle, Turned: true}, picture.Point{X: 14, Y: top + side/2}, "revised, found")
	inks := [...]picture.Ink{picture.Grey, picture.Orange, picture.Blue} // the baseline is grey
	for i, c := range m.Curves {
		ink := inks[i%len(inks)]
		curve := []picture.Point{at(0, 0)}
		for _, q := range c.ROC {
			curve = append(curve, at(q.FalsePositives, q.TruePositives))
		}
		p.Path(ink, 2, curve...)
		y := top + side + 54 + 16*float64(i)
		p.Path(ink, 3, picture.Point{X: left, Y: y - 4}, picture.Point{X: left + 20, Y: y - 4})
		p.Text(words(picture.Start), picture.Point{X: left + 28, Y: y}, fmt.Sprintf("%s: %.3f", c.Name, c.AUC))
	}
	return p.SVG()
}
