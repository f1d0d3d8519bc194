package infer

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
)

func embed(t *testing.T, a *Assistant, texts ...string) [][]float32 {
	t.Helper()
	v, err := a.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The reference runs one text alone and reads what the model's last norm gives, through a trace.
func TestAnEmbeddingIsTheMeanOfTheLastHiddenStates(t *testing.T) {
	a := small(t)
	var texts []string
	for _, p := range GoldenPrompts() {
		texts = append(texts, p.Text+p.Question)
	}
	width := a.m.Config().Hidden
	for i, got := range embed(t, a, texts...) {
		ids := encode(t, a, texts[i])
		b := model.Batch{IDs: ids, Pos: make([]int32, len(ids)), Starts: []int{0}}
		for j := range b.Pos {
			b.Pos[j] = int32(j)
		}
		sum := make([]float64, width)
		err := a.m.Trace(a.m.NewWorkspace(len(ids), model.Inference), b, func(module, what string, x compute.Buffer) {
			if module != "model.layers.5" {
				return
			}
			host := make([]float32, x.Len())
			a.m.Backend().Read(host, x)
			for row := range slices.Chunk(host, width) {
				for j, v := range rmsNormed(row, weights(a, "model.norm.weight"), a.m.Config().NormEps) {
					sum[j] += v
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		length := 0.0
		for _, x := range sum {
			length += x * x
		}
		for j := range sum {
			if math.Abs(float64(got[j])-sum[j]/math.Sqrt(length)) > 1e-5 {
				t.Fatalf("value %d of %q is %g, want %g", j, texts[i], got[j], sum[j]/math.Sqrt(length))
			}
		}
	}
}

func rmsNormed(x, w []float32, eps float32) []float64 {
	squares := 0.0
	for _, v := range x {
		squares += float64(v) * float64(v)
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v) * float64(w[i]) / math.Sqrt(squares/float64(len(x))+float64(eps))
	}
	return y
}

func weights(a *Assistant, name string) []float32 {
	for _, t := range a.m.Tensors() {
		if t.Name == name {
			return t.Floats()
		}
	}
	return nil
}

// A text is no nearer to itself in company, a long one is its pieces together, and an empty one is nowhere.
func TestEmbeddingsOfLongAndEmptyTexts(t *testing.T) {
	a := stories(t) // adds a token that begins every sequence
	ids := encode(t, a, strings.Repeat("Once upon a time there was a dog. ", 100))
	if len(ids) <= a.Context() {
		t.Fatalf("%d tokens are no long text", len(ids))
	}
	v := embed(t, a, strings.Repeat("Once upon a time there was a dog. ", 100), "", "A little cat.", "Once upon a time there was a dog.")
	if slices.ContainsFunc(v[1], func(x float32) bool { return x != 0 }) {
		t.Error("an empty text has a direction")
	}
	if alone := embed(t, a, "A little cat.")[0]; dot(alone, v[2]) < 1-1e-6 {
		t.Error("a text among others has another vector than alone")
	}
	if near, far := dot(v[0], v[3]), dot(v[0], v[2]); near <= far {
		t.Errorf("a sentence repeated is %g from itself and %g from another", near, far)
	}
	for _, i := range []int{0, 2, 3} {
		if d := dot(v[i], v[i]); math.Abs(d-1) > 1e-6 {
			t.Errorf("vector %d has the square %g", i, d)
		}
	}
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
