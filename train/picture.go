package train

import (
	"fmt"
	"image/color"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgimg" // PNG
	_ "gonum.org/v1/plot/vg/vgsvg" // SVG

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/atomicfile"
)

// drawLoss puts loss.svg and loss.png into the folder: the loss of every step, its running mean, and the held-out loss.
func drawLoss(dir string, points []Point, rows dataset.Kind) error {
	p := plot.New()
	p.X.Label.Text = "step"
	switch rows {
	case dataset.Pairs:
		p.Y.Label.Text = "loss per pair"
	case dataset.Judged:
		p.Y.Label.Text = "loss per answer"
	default:
		p.Y.Label.Text = "loss per label (nats)"
	}
	p.Legend.Top = true
	p.Add(plotter.NewGrid())

	var steps, mean, held plotter.XYs
	var running float64
	for _, q := range points {
		x := float64(q.Step)
		if q.EvalLoss != nil {
			held = append(held, plotter.XY{X: x, Y: *q.EvalLoss})
		}
		if q.Loss == nil {
			continue
		}
		steps = append(steps, plotter.XY{X: x, Y: *q.Loss})
		if len(steps) == 1 {
			running = *q.Loss
		}
		running = 0.9*running + 0.1**q.Loss
		mean = append(mean, plotter.XY{X: x, Y: running})
	}
	grey, blue, red := color.RGBA{170, 170, 170, 255}, color.RGBA{31, 90, 166, 255}, color.RGBA{200, 60, 40, 255}
	for _, l := range []struct {
		name  string
		xy    plotter.XYs
		color color.Color
		width vg.Length
		dots  bool
	}{
		{"step", steps, grey, vg.Points(0.7), false},
		{"running mean", mean, blue, vg.Points(1.5), false},
		{"held-out rows", held, red, vg.Points(1.5), true},
	} {
		if len(l.xy) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(l.xy)
		if err != nil {
			return fmt.Errorf("draw the loss: %w", err)
		}
		line.Color, line.Width = l.color, l.width
		p.Add(line)
		if l.dots {
			dots.Shape, dots.Color, dots.Radius = draw.CircleGlyph{}, l.color, vg.Points(3)
			p.Add(dots)
		}
		p.Legend.Add(l.name, line)
	}
	for _, format := range []string{"svg", "png"} {
		w, err := p.WriterTo(16*vg.Centimeter, 10*vg.Centimeter, format)
		if err != nil {
			return fmt.Errorf("draw the loss: %w", err)
		}
		if err := atomicfile.WriteFrom(filepath.Join(dir, "loss."+format), w); err != nil {
			return err
		}
	}
	return nil
}
