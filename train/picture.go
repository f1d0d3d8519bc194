package train

import (
	"fmt"
	"path/filepath"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/linechart"
	"github.com/cria-llm/cria/internal/picture"
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
	chart.Lines = []linechart.Line{
		{Name: "step", Points: steps, Ink: picture.Grey, Width: 1},
		{Name: "running mean", Points: mean, Ink: picture.Blue, Width: 2},
		{Name: "held-out rows", Points: held, Ink: picture.Red, Width: 2, Dots: true},
	}
	drawn := chart.Draw()
	if err := atomicfile.WriteBytes(filepath.Join(dir, "loss.svg"), drawn.SVG()); err != nil {
		return err
	}
	pixels, err := drawn.PNG()
	if err != nil {
		return fmt.Errorf("draw the loss: %w", err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "loss.png"), pixels)
}
