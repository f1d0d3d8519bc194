package train

import (
	"fmt"
	"image/color"
	"path/filepath"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/linechart"
)

// drawLoss puts loss.svg and loss.png into the folder: the loss of every step, its running mean, and the held-out loss.
func drawLoss(dir string, points []Point, rows dataset.Kind) error {
	chart := linechart.Chart{X: "step", Y: "loss per label (nats)"}
	switch rows {
	case dataset.Pairs:
		chart.Y = "loss per pair"
	case dataset.Judged:
		chart.Y = "loss per answer"
	}
	var steps, mean, held []linechart.Point
	var running float64
	for _, q := range points {
		x := float64(q.Step)
		if q.EvalLoss != nil {
			held = append(held, linechart.Point{X: x, Y: *q.EvalLoss})
		}
		if q.Loss == nil {
			continue
		}
		steps = append(steps, linechart.Point{X: x, Y: *q.Loss})
		if len(steps) == 1 {
			running = *q.Loss
		}
		running = 0.9*running + 0.1**q.Loss
		mean = append(mean, linechart.Point{X: x, Y: running})
	}
	grey, blue, red := color.RGBA{170, 170, 170, 255}, color.RGBA{31, 90, 166, 255}, color.RGBA{200, 60, 40, 255}
	chart.Lines = []linechart.Line{
		{Name: "step", Points: steps, Colour: grey, Width: 1},
		{Name: "running mean", Points: mean, Colour: blue, Width: 2},
		{Name: "held-out rows", Points: held, Colour: red, Width: 2, Dots: true},
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "loss.svg"), chart.SVG()); err != nil {
		return err
	}
	picture, err := chart.PNG()
	if err != nil {
		return fmt.Errorf("draw the loss: %w", err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "loss.png"), picture)
}
