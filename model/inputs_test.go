package model

import (
	"math"
	"testing"
)

// The sums against products: an input's column reaches the output of a layer whose row is 1 there and 0 elsewhere.
func TestInputSquaresAreThoseOfTheInputs(t *testing.T) {
	be := fast(t, 1)
	defer be.Close()
	m := random(t, be, tiny)
	ids := []int32{4, 9, 1, 30, 2, 7, 7}
	b := Batch{IDs: ids, Pos: []int32{0, 1, 2, 3, 0, 1, 2}, Starts: []int{0, 4}}
	ws := m.NewWorkspace(len(ids), Inference)
	sums := map[string][]float64{}
	for range 2 { // they add up
		if err := m.InputSquares(ws, b, sums); err != nil {
			t.Fatal(err)
		}
	}
	if len(sums) != len(m.Linears()) {
		t.Fatalf("%d layers of %d", len(sums), len(m.Linears()))
	}
	// The first layer's q, k and v read the normed embedding.
	x := m.tensors[0].Floats()
	w := m.tensors[1].Floats()
	want := make([]float64, tiny.Hidden)
	for _, id := range ids {
		row := x[int(id)*tiny.Hidden : (int(id)+1)*tiny.Hidden]
		mean := 0.0
		for _, v := range row {
			mean += float64(v) * float64(v) / float64(len(row))
		}
		for i, v := range row {
			y := float64(v) * float64(w[i])
			want[i] += 2 * y * y / (mean + float64(tiny.NormEps))
		}
	}
	for _, name := range []string{"q_proj", "k_proj", "v_proj"} {
		got := sums["model.layers.0.self_attn."+name]
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-4*want[i] {
				t.Fatalf("%s, column %d: %g, want %g", name, i, got[i], want[i])
			}
		}
	}
	for _, l := range m.Linears() {
		if len(sums[l.Name]) != l.In() {
			t.Errorf("%s: %d sums for %d columns", l.Name, len(sums[l.Name]), l.In())
		}
	}
	// Without, a pass is as it was.
	if ws.squares != nil {
		t.Error("the workspace still adds up")
	}
}
