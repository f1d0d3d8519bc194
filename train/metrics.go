package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cria-llm/cria/internal/atomicfile"
)

// Point is a line of metrics.jsonl: a step taken, or an evaluation, which has EvalLoss alone.
type Point struct {
	Step         int      `json:"step"`
	Loss         *float64 `json:"loss,omitempty"`
	GradNorm     float64  `json:"grad_norm,omitempty"`
	LR           float64  `json:"lr,omitempty"`
	Tokens       int      `json:"tokens,omitempty"`
	Seconds      float64  `json:"seconds,omitempty"`
	TokensPerSec float64  `json:"tokens_per_s,omitempty"`
	EvalLoss     *float64 `json:"eval_loss,omitempty"`
	EvalBPB      *float64 `json:"eval_bpb,omitempty"` // bits per byte
	Rewards      *Rewards `json:"rewards,omitempty"`  // of the step, or of the rows held out
}

// metrics is the run's metrics.jsonl, appended to line by line.
type metrics struct {
	path string
	f    *os.File
	last int // step of the last evaluation, -1 for none
}

// openMetrics opens the file to append, after taking away what was written past the given step, or everything where it
// is -1: a run that was killed repeats those steps.
func openMetrics(path string, step int) (*metrics, error) {
	old, err := ReadMetrics(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var keep bytes.Buffer
	last := -1
	for _, p := range old {
		if p.Step <= step {
			line, err := json.Marshal(p)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			keep.Write(append(line, '\n'))
			if p.EvalLoss != nil {
				last = p.Step
			}
		}
	}
	if err := atomicfile.WriteBytes(path, keep.Bytes()); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open metrics: %w", err)
	}
	return &metrics{path: path, f: f, last: last}, nil
}

func (m *metrics) add(p Point) error {
	line, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	if _, err := m.f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

func (m *metrics) close() error {
	if err := errors.Join(m.f.Sync(), m.f.Close()); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

// ReadMetrics reads a run's metrics.jsonl. A last line without its end, as a killed run leaves, does not count.
func ReadMetrics(path string) ([]Point, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	var points []Point
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			return points, nil
		}
		b = rest
		var p Point
		if err := json.Unmarshal(line, &p); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		points = append(points, p)
	}
}
