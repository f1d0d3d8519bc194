// Command plot draws the curves that bench/scaling.sh measured:
//
//	go run ./bench/plot ROWS.jsonl FOLDER
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image/color"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgsvg"

	"github.com/cria-llm/cria/internal/atomicfile"
)

// row is one measurement: what a bench printed, and its place on a curve.
type row struct {
	Curve      string  `json:"curve"`
	X          float64 `json:"x"`
	TokensPerS float64 `json:"tokens_per_s"`
	PeakRSS    float64 `json:"peak_rss_bytes"`
	Tokens     float64 `json:"tokens"`
	Seconds    float64 `json:"seconds"`
}

// picture is one figure, of one or more curves.
type picture struct {
	file, title, x, y string
	curves            []string
	names             []string // of the curves, where there are several
	value             func(r row) float64
	relative          bool // to the curve's first point
}

func pictures() []picture {
	speed := func(r row) float64 { return r.TokensPerS }
	perToken := func(r row) float64 { return 1e6 * r.Seconds / r.Tokens }
	memory := func(r row) float64 { return r.PeakRSS / 1e9 }
	return []picture{
		{file: "threads.svg", title: "Speed by threads", x: "threads", y: "tokens/s, of those with 1 thread",
			curves: []string{"train-threads", "prompt-threads", "generate-threads"}, names: []string{"LoRA, 512 tokens", "prompt of 512, F16", "generation, Q4_0"}, value: speed, relative: true},
		{file: "length.svg", title: "A training step by sequence length, 4,096 tokens a step", x: "tokens of a sequence", y: "µs a token", curves: []string{"length"}, value: perToken},
		{file: "length-memory.svg", title: "Peak memory by sequence length, 4,096 tokens a step", x: "tokens of a sequence", y: "GB", curves: []string{"length"}, value: memory},
		{file: "rank.svg", title: "A training step by rank, 4 × 512 tokens", x: "rank of LoRA", y: "µs a token", curves: []string{"rank"}, value: perToken},
		{file: "rank-memory.svg", title: "Peak memory by rank, 4 × 512 tokens", x: "rank of LoRA", y: "GB", curves: []string{"rank"}, value: memory},
		{file: "batch.svg", title: "Generation by sequences at once, F16", x: "sequences", y: "tokens/s of all", curves: []string{"batch"}, value: speed},
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: plot ROWS.jsonl FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(path, dir string) error {
	rows, err := read(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, p := range pictures() {
		if err := p.draw(rows, dir); err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
	}
	return nil
}

func read(path string) ([]row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []row
	for line, s := 1, bufio.NewScanner(f); s.Scan(); line++ {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// points is the median of the values at each place of a curve.
func (p *picture) points(rows []row, curve string) plotter.XYs {
	at := map[float64][]float64{}
	for _, r := range rows {
		if r.Curve == curve {
			at[r.X] = append(at[r.X], p.value(r))
		}
	}
	var xy plotter.XYs
	for _, x := range slices.Sorted(maps.Keys(at)) {
		all := at[x]
		slices.Sort(all)
		xy = append(xy, plotter.XY{X: x, Y: all[len(all)/2]})
	}
	if p.relative && len(xy) > 0 {
		for first, i := xy[0].Y, 0; i < len(xy); i++ {
			xy[i].Y /= first
		}
	}
	return xy
}

// doublings marks the places that were measured, which double from one to the next.
type doublings []float64

func (d doublings) Ticks(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	for _, x := range d {
		ticks = append(ticks, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'f', -1, 64)})
	}
	return ticks
}

func (p *picture) draw(rows []row, dir string) error {
	fig := plot.New()
	fig.Title.Text, fig.X.Label.Text, fig.Y.Label.Text = p.title, p.x, p.y
	fig.X.Scale = plot.LogScale{}
	fig.Y.Min = 0
	fig.Legend.Top, fig.Legend.Left = true, true
	fig.Add(plotter.NewGrid())
	colors := []color.Color{color.RGBA{31, 90, 166, 255}, color.RGBA{200, 60, 40, 255}, color.RGBA{60, 140, 60, 255}}
	var places doublings
	for i, curve := range p.curves {
		xy := p.points(rows, curve)
		if len(xy) == 0 {
			return fmt.Errorf("no rows of curve %q", curve)
		}
		line, dots, err := plotter.NewLinePoints(xy)
		if err != nil {
			return err
		}
		line.Color, dots.Color = colors[i], colors[i]
		line.Width, dots.Shape, dots.Radius = vg.Points(1.5), draw.CircleGlyph{}, vg.Points(3)
		fig.Add(line, dots)
		if len(p.names) > 0 {
			fig.Legend.Add(p.names[i], line)
		}
		for _, q := range xy {
			places = append(places, q.X)
			fig.Y.Max = max(fig.Y.Max, 1.15*q.Y)
		}
	}
	fig.Y.Min = 0
	slices.Sort(places)
	fig.X.Tick.Marker = slices.Compact(places)
	w, err := fig.WriterTo(16*vg.Centimeter, 9*vg.Centimeter, "svg")
	if err != nil {
		return err
	}
	return atomicfile.WriteFrom(filepath.Join(dir, p.file), w)
}
