package model

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/internal/shared"
)

// The golden vectors come from llama.cpp and from a float64 PyTorch implementation: see golden/README.md beside them.

// golden is the forward-pass values of one model.
type golden struct {
	Tokens          [][]int32            `json:"tokens"`
	LogitsLast      [][]float32          `json:"logits_last_f64"`
	LogitsArgmax    [][]int              `json:"logits_argmax"`
	NLL             []float64            `json:"nll_f64"`
	ToleranceStrict float64              `json:"tolerance_strict"`
	Quantised       map[string]quantised `json:"quantised"`
}

type quantised struct {
	File       string      `json:"file"`
	LogitsLast [][]float32 `json:"logits_last_f64_dequantised"`
	NLL        []float64   `json:"nll_f64_dequantised"`
}

// training is the values of one model's training steps.
type training struct {
	Batch struct {
		Tokens  [][]int32 `json:"tokens"`
		Mask    [][]int   `json:"mask"`
		Weights []float64 `json:"weights"`
	} `json:"batch"`
	Full   trained `json:"full"`
	LoRA   trained `json:"lora"`
	RSLoRA trained `json:"rslora"`
	DoRA   trained `json:"dora"`
}

type trained struct {
	Adapter    string  `json:"adapter"`
	R          int     `json:"r"`
	Scale      float64 `json:"scale"`
	Loss       float64 `json:"loss"`
	Grads      map[string]gradient
	LogitsLast [][]float32 `json:"logits_last"`
	AdamW      struct {
		LR     float64   `json:"lr"`
		Losses []float64 `json:"losses"`
	} `json:"adamw"`
}

type gradient struct {
	Shape  []int     `json:"shape"`
	Norm   float64   `json:"norm"`
	First8 []float64 `json:"first8"`
}

func readGolden(t *testing.T, to any, elem ...string) {
	t.Helper()
	text, err := os.ReadFile(shared.Path(t, append([]string{"golden", "public"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		t.Fatal(err)
	}
}

// backends runs a test on the reference backend and on the fast one.
func backends(t *testing.T, test func(t *testing.T, be compute.Backend)) {
	for _, be := range []compute.Backend{computetest.Plain(), fast(t, 2)} {
		t.Run(be.Name(), func(t *testing.T) {
			defer be.Close()
			test(t, be)
		})
	}
}

func fast(t testing.TB, threads int) compute.Backend {
	t.Helper()
	be, err := cpu.New(cpu.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	return be
}

func openShared(t *testing.T, be compute.Backend, elem ...string) *Model {
	t.Helper()
	m, err := Open(be, shared.Path(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// packed is sequences end to end in which every token after the first is a target.
func packed(seqs ...[]int32) Batch {
	var b Batch
	for _, s := range seqs {
		b.Starts = append(b.Starts, len(b.IDs))
		for i, id := range s {
			if i > 0 {
				b.Rows = append(b.Rows, int32(len(b.IDs)-1))
				b.Targets = append(b.Targets, id)
			}
			b.IDs = append(b.IDs, id)
			b.Pos = append(b.Pos, int32(i))
		}
	}
	return b
}

// logitsOf runs the sequences packed and reads back all logits [rows][vocab].
func logitsOf(t *testing.T, m *Model, b Batch) [][]float32 {
	t.Helper()
	ws := m.NewWorkspace(len(b.IDs), Inference)
	rows := make([]int32, len(b.IDs))
	for i := range rows {
		rows[i] = int32(i)
	}
	all := make([][]float32, 0, len(rows))
	err := m.Logits(ws, b, rows, func(at int, logits compute.Buffer) {
		x := make([]float32, logits.Len())
		m.be.Read(x, logits)
		for v := m.cfg.Vocab; len(x) > 0; x = x[v:] {
			all = append(all, x[:v])
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(rows) {
		t.Fatalf("%d rows of logits, want %d", len(all), len(rows))
	}
	return all
}

func furthest(a, b []float32) float64 {
	var d float64
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

func argmax(x []float32) int {
	best := 0
	for i := range x {
		if x[i] > x[best] {
			best = i
		}
	}
	return best
}

// checkForward holds the model's logits to the reference's, with the three sequences in one packed batch.
func checkForward(t *testing.T, m *Model, seqs [][]int32, last [][]float32, tolerance float64, best [][]int, nll []float64) {
	t.Helper()
	b := packed(seqs...)
	logits := logitsOf(t, m, b)
	ws := m.NewWorkspace(len(b.IDs), Inference)
	got, err := m.Loss(ws, b, make([]float32, len(b.Targets)), false)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range seqs {
		end := b.Starts[i] + len(s)
		d := furthest(logits[end-1], last[i])
		if t.Logf("sequence %d: logits differ by %.2g", i, d); !(d <= tolerance) {
			t.Errorf("sequence %d: logits differ by %.3g, tolerance %g", i, d, tolerance)
		}
		if best != nil {
			for j := range s {
				if a := argmax(logits[b.Starts[i]+j]); a != best[i][j] {
					t.Errorf("sequence %d, position %d: argmax %d, want %d", i, j, a, best[i][j])
				}
			}
		}
		var mean float64
		for _, x := range got[:len(s)-1] {
			mean += float64(x) / float64(len(s)-1)
		}
		got = got[len(s)-1:]
		if math.Abs(mean-nll[i]) > 1e-4*nll[i] {
			t.Errorf("sequence %d: nll %.6g, want %.6g", i, mean, nll[i])
		}
	}
}

var goldenModels = []string{"llama-gqa", "llama3-rope", "llama-k", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2"}

// trainedModels are those that training.json is there for.
var trainedModels = []string{"llama-gqa", "llama3-rope", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2"}

func TestLogitsEqualTheReference(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		for _, name := range goldenModels {
			var g golden
			readGolden(t, &g, name, "golden.json")
			for _, file := range []string{"hf", "model-f32.gguf"} {
				if name == "llama-k" && file != "hf" {
					continue
				}
				t.Run(name+"/"+file, func(t *testing.T) {
					m := openShared(t, be, "golden", "public", name, file)
					checkForward(t, m, g.Tokens, g.LogitsLast, g.ToleranceStrict, g.LogitsArgmax, g.NLL)
				})
			}
		}
	})
}

func TestQuantisedLogitsEqualTheDequantisedReference(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		for _, name := range []string{"llama-gqa", "llama-k"} {
			var g golden
			readGolden(t, &g, name, "golden.json")
			for typ, q := range g.Quantised {
				t.Run(name+"/"+typ, func(t *testing.T) {
					m := openShared(t, be, "golden", "public", name, q.File)
					checkForward(t, m, g.Tokens, q.LogitsLast, 2e-3, nil, q.NLL)
				})
			}
			if len(g.Quantised) < 2 {
				t.Errorf("%s has values for %d types only", name, len(g.Quantised))
			}
		}
	})
}

// batch is the training file's batch, packed, and the scale of each target.
func (tr *training) batch() (Batch, []float32) {
	var b Batch
	var scale []float32
	var total float64
	for i, s := range tr.Batch.Tokens {
		b.Starts = append(b.Starts, len(b.IDs))
		for j, id := range s {
			if tr.Batch.Mask[i][j] == 1 {
				b.Rows = append(b.Rows, int32(len(b.IDs)-1))
				b.Targets = append(b.Targets, id)
				scale = append(scale, float32(tr.Batch.Weights[i]))
				total += tr.Batch.Weights[i]
			}
			b.IDs = append(b.IDs, id)
			b.Pos = append(b.Pos, int32(j))
		}
	}
	for i := range scale {
		scale[i] = float32(float64(scale[i]) / total)
	}
	return b, scale
}

func lossOf(t testing.TB, m *Model, ws *Workspace, b Batch, scale []float32, backward bool) float64 {
	t.Helper()
	nll, err := m.Loss(ws, b, scale, backward)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for i := range nll {
		sum += float64(nll[i]) * float64(scale[i])
	}
	return sum
}

func relative(got, want float64) float64 { return math.Abs(got-want) / math.Abs(want) }

// checkTraining holds loss, gradients and five AdamW steps to the reference's. name turns a parameter's name into the
// reference's.
func checkTraining(t *testing.T, m *Model, tr *training, want trained, name func(string) string) {
	t.Helper()
	b, scale := tr.batch()
	ws := m.NewWorkspace(len(b.IDs), Training)
	params := m.Params()
	if len(params) != len(want.Grads) {
		t.Errorf("%d parameters, want %d", len(params), len(want.Grads))
	}
	// Gradients are added to, not overwritten: the second backward doubles them.
	for pass := 1; pass <= 2; pass++ {
		if loss := lossOf(t, m, ws, b, scale, true); relative(loss, want.Loss) > 1e-4 {
			t.Errorf("loss %.8g, want %.8g", loss, want.Loss)
		}
		for _, p := range params {
			g, ok := want.Grads[name(p.Name)]
			if !ok {
				t.Errorf("no reference for %s", name(p.Name))
				continue
			}
			x := make([]float32, p.Grad.Len())
			m.be.Read(x, p.Grad)
			shape := p.Shape
			if m.family.transposed && m.family.partOf(p.Name).linear() && len(shape) == 2 {
				x, shape = flipped(x, shape[0], shape[1]), []int{shape[1], shape[0]} // as the file has it
			}
			if fmt.Sprint(shape) != fmt.Sprint(g.Shape) {
				t.Errorf("%s: shape %v, want %v", p.Name, shape, g.Shape)
			}
			var sum float64
			for _, v := range x {
				sum += float64(v) * float64(v)
			}
			if norm := math.Sqrt(sum) / float64(pass); relative(norm, g.Norm) > 1e-4 {
				t.Errorf("%s: norm of the gradient %.8g, want %.8g", p.Name, norm, g.Norm)
			}
			for i, v := range g.First8 {
				if got := float64(x[i]) / float64(pass); math.Abs(got-v) > 1e-4*g.Norm {
					t.Errorf("%s: gradient %d is %.8g, want %.8g", p.Name, i, got, v)
				}
			}
		}
	}
	checkAdamW(t, m, ws, b, scale, want.AdamW.LR, want.AdamW.Losses)
}

// flipped is a matrix [rows, cols] as [cols, rows].
func flipped(x []float32, rows, cols int) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i%cols*rows+i/cols] = v
	}
	return y
}

func checkAdamW(t *testing.T, m *Model, ws *Workspace, b Batch, scale []float32, lr float64, losses []float64) {
	t.Helper()
	params := m.Params()
	var mom, vel []compute.Buffer
	for _, p := range params {
		mom, vel = append(mom, m.be.Alloc(p.Value.Len())), append(vel, m.be.Alloc(p.Value.Len()))
	}
	for step, want := range losses {
		m.ZeroGrads()
		loss := lossOf(t, m, ws, b, scale, true)
		if relative(loss, want) > 1e-3 {
			t.Errorf("loss after %d steps %.8g, want %.8g", step, loss, want)
		}
		for i, p := range params {
			m.be.AdamW(p.Value, p.Grad, mom[i], vel[i], compute.AdamWStep{LR: lr, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
				WeightDecay: 0.01, GradScale: 1, T: step + 1})
		}
	}
}

func TestFullTrainingEqualsTheReference(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		for _, name := range trainedModels {
			t.Run(name, func(t *testing.T) {
				var tr training
				readGolden(t, &tr, name, "training.json")
				m := openShared(t, be, "golden", "public", name, "hf")
				if err := m.MakeTrainable(t.Context()); err != nil {
					t.Fatal(err)
				}
				checkTraining(t, m, &tr, tr.Full, func(s string) string {
					if _, ok := tr.Full.Grads[s]; !ok { // the original GPT-2's names
						return strings.TrimPrefix(s, m.family.prefix)
					}
					return s
				})
			})
		}
	})
}

func TestAdapterTrainingEqualsTheReference(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		for _, name := range trainedModels {
			var g golden
			var tr training
			readGolden(t, &g, name, "golden.json")
			readGolden(t, &tr, name, "training.json")
			for _, want := range []trained{tr.LoRA, tr.RSLoRA, tr.DoRA} {
				if want.Adapter == "" {
					continue
				}
				t.Run(name+"/"+want.Adapter, func(t *testing.T) {
					m := openShared(t, be, "golden", "public", name, "hf")
					attachShared(t, m, want, 0, "golden", "public", name, want.Adapter)
					b := packed(g.Tokens...)
					logits := logitsOf(t, m, b)
					for i, s := range g.Tokens {
						if d := furthest(logits[b.Starts[i]+len(s)-1], want.LogitsLast[i]); !(d <= 2e-3) {
							t.Errorf("sequence %d: logits differ by %.3g", i, d)
						}
					}
					checkTraining(t, m, &tr, want, func(s string) string { return "base_model.model." + s })
				})
			}
		}
	})
}

// attachShared puts the pairs of an adapter folder on the model. It reads the tensors itself: package adapter, which
// does it for programs, is on the same floor.
func attachShared(t *testing.T, m *Model, want trained, dropout float32, elem ...string) {
	t.Helper()
	dir := shared.Path(t, elem...)
	tensors := readTensors(t, filepath.Join(dir, "adapter_model.safetensors"))
	deltas := map[string]*Delta{}
	for _, l := range m.Linears() {
		prefix := "base_model.model." + l.Name
		d := m.NewDelta(tensors[prefix+".lora_A.weight"], tensors[prefix+".lora_B.weight"], want.R, float32(want.Scale), dropout, true)
		if magnitude := tensors[prefix+".lora_magnitude_vector"]; len(magnitude) > 0 {
			m.WithMagnitude(d, magnitude)
		}
		deltas[l.Name] = d
	}
	if err := m.Attach(deltas); err != nil {
		t.Fatal(err)
	}
}

func readTensors(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string][]float32{}
	for _, name := range f.Names() {
		x, _ := f.Tensor(name)
		all[name] = Tensor{Type: compute.F32, Shape: x.Shape, Data: x.Data}.Floats()
	}
	return all
}
