package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
)

// pairsFor makes up an adapter's pairs for the layers whose name has the given part.
func pairsFor(m *Model, part string, r int, dora bool, seed uint64) map[string]Pair {
	all := map[string]Pair{}
	for i, l := range m.Linears() {
		if !strings.Contains(l.Name, part) {
			continue
		}
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		draw := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64() * 0.3)
			}
			return x
		}
		p := Pair{A: draw(r * l.In()), B: draw(l.Out() * r), R: r, In: l.In(), Out: l.Out(), Scale: 1.5}
		if dora {
			p.Magnitude = draw(l.Out())
			for i := range p.Magnitude {
				p.Magnitude[i] += 1
			}
		}
		all[l.Name] = p
	}
	return all
}

// attachPair is attach for given pairs.
func attachPair(t testing.TB, m *Model, pairs map[string]Pair) {
	t.Helper()
	deltas := map[string]*Delta{}
	for name, p := range pairs {
		d := m.NewDelta(p.A, p.B, p.R, p.Scale, 0, true)
		if len(p.Magnitude) > 0 {
			m.WithMagnitude(d, p.Magnitude)
		}
		deltas[name] = d
	}
	if err := m.Attach(deltas); err != nil {
		t.Fatal(err)
	}
}

// apply is the weights of a layer with a pair applied, in float64: W + Scale·B·A, and its rows then of the magnitude's
// lengths.
func apply(w []float64, p Pair) {
	for row := range p.Out {
		var square float64
		for j := range p.In {
			x := &w[row*p.In+j]
			for k := range p.R {
				*x += float64(p.Scale) * float64(p.B[row*p.R+k]) * float64(p.A[k*p.In+j])
			}
			square += *x * *x
		}
		if len(p.Magnitude) > 0 {
			for j := range p.In {
				w[row*p.In+j] *= float64(p.Magnitude[row]) / math.Sqrt(square)
			}
		}
	}
}

// dense is the model whose weights are what the stack makes of m's.
func dense(t testing.TB, m *Model, stack ...map[string]Pair) *Model {
	t.Helper()
	var held heldTensors
	for _, x := range m.tensors {
		values := x.Floats()
		w := make([]float64, len(values))
		for i, v := range values {
			w[i] = float64(v)
		}
		for _, adapter := range stack {
			if p, ok := adapter[strings.TrimSuffix(x.Name, ".weight")]; ok {
				apply(w, p)
			}
		}
		for i, v := range w {
			values[i] = float32(v)
		}
		x.Data = encode(t, compute.F32, values)
		held = append(held, x)
	}
	d, err := build(m.be, m.cfg, held)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Frozen adapters beneath a trained one are the weights that they make of the base's: losses and gradients of what is
// trained on top are the same.
func TestAStackIsItsDenseWeights(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		for _, c := range []struct{ below, on string }{
			{"lora", "lora"}, {"lora", "dora"}, {"dora", "lora"}, {"lora dora lora", "dora"}, {"dora dora", "lora"}, {"", "dora"},
		} {
			t.Run(fmt.Sprintf("%s on %s", c.on, c.below), func(t *testing.T) {
				m := random(t, be, tiny)
				var list []map[string]Pair
				for i, kind := range strings.Fields(c.below) {
					// The second covers part of the layers alone.
					list = append(list, pairsFor(m, []string{"", "mlp", ""}[i], 2+i, kind == "dora", uint64(10+i)))
				}
				if err := m.Stack(list...); err != nil {
					t.Fatal(err)
				}
				merged := dense(t, m, list...)
				b := packed(sequences(m.cfg, 11, 17)...)
				top := pairsFor(m, "", 3, c.on == "dora", 5)
				for _, x := range []*Model{m, merged} {
					attachPair(t, x, top)
				}
				nll, grads := step(t, m, m.NewWorkspace(32, Training), b)
				wantNLL, want := step(t, merged, merged.NewWorkspace(32, Training), b)
				if d := apart(nll, wantNLL); d > 1e-5 {
					t.Errorf("losses differ by %.2g", d)
				}
				for name := range want {
					if d := apart(grads[name], want[name]); d > 1e-4 {
						t.Errorf("%s: gradients differ by %.2g", name, d)
					}
				}
				if err := m.Without(func() error {
					bare := dense(t, m, list...)
					got, want := logitsOf(t, m, b), logitsOf(t, bare, b)
					for i := range got {
						if d := apart(got[i], want[i]); d > 1e-5 {
							return fmt.Errorf("row %d: logits without the trained adapter differ by %.2g", i, d)
						}
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
				if again, _ := step(t, m, m.NewWorkspace(32, Training), b); furthest(again, nll) != 0 {
					t.Error("the losses after Without are others")
				}
			})
		}
	})
}

// What Attach puts on is the stack's last adapter, frozen or not.
func TestAnAttachedAdapterIsAStackedOne(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	m := random(t, be, tiny)
	b := packed(sequences(m.cfg, 11, 17)...)
	below, top := pairsFor(m, "", 2, true, 1), pairsFor(m, "attn", 3, true, 2)
	if err := m.Stack(below); err != nil {
		t.Fatal(err)
	}
	attachPair(t, m, top)
	got := logitsOf(t, m, b)
	m.Detach()
	if err := m.Stack(below, top); err != nil {
		t.Fatal(err)
	}
	want := logitsOf(t, m, b)
	for i := range got {
		if d := apart(got[i], want[i]); d > 1e-5 {
			t.Fatalf("row %d: logits differ by %.2g", i, d)
		}
	}
}

func TestStackNamesTheModuleThatDoesNotFit(t *testing.T) {
	m := random(t, fast(t, 1), tiny)
	fits := pairsFor(m, "q_proj", 2, false, 1)
	for want, edit := range map[string]func(p *Pair, name *string){
		"no such linear layer":              func(_ *Pair, name *string) { *name = "model.layers.9.mlp.up_proj" },
		"it is 32×25, the layer is 32×24":   func(p *Pair, _ *string) { p.In = 25 },
		"A holds 48 and B 3 values":         func(p *Pair, _ *string) { p.B = p.B[:3] },
		"the magnitude holds 2 values, the": func(p *Pair, _ *string) { p.Magnitude = make([]float32, 2) },
	} {
		name := "model.layers.0.self_attn.q_proj"
		p := fits[name]
		edit(&p, &name)
		err := m.Stack(map[string]Pair{name: p})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one about %q of %s", err, want, name)
		}
	}
}

// An adapter that begins as a part of what lies beneath leaves the model where it was, moves it from there, and is off with
// its offset in the reference. What it adds beyond its start is a stacked adapter of the difference.
func TestAnOffsetIsAPartOfTheBase(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		m := random(t, be, tiny)
		b := packed(sequences(m.cfg, 11, 17)...)
		if err := m.Stack(pairsFor(m, "", 2, true, 1)); err != nil {
			t.Fatal(err)
		}
		base := logitsOf(t, m, b)
		start := pairsFor(m, "mlp", 3, false, 2)
		if err := m.Offset(start); err != nil {
			t.Fatal(err)
		}
		attachPair(t, m, start)
		for i, got := range logitsOf(t, m, b) {
			if d := apart(got, base[i]); d > 1e-5 {
				t.Fatalf("row %d: logits at the start differ by %.2g", i, d)
			}
		}
		moved := pairsFor(m, "mlp", 3, false, 3)
		attachPair(t, m, moved)
		got := logitsOf(t, m, b)
		if err := m.Without(func() error {
			for i, got := range logitsOf(t, m, b) {
				if furthest(got, base[i]) != 0 {
					return fmt.Errorf("row %d of the reference is not the base's", i)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		minus := map[string]Pair{}
		for name, p := range start {
			p.Scale = -p.Scale
			minus[name] = p
		}
		m.Detach()
		if err := m.Stack(pairsFor(m, "", 2, true, 1), moved, minus); err != nil {
			t.Fatal(err)
		}
		for i, want := range logitsOf(t, m, b) {
			if d := apart(got[i], want); d > 1e-5 {
				t.Fatalf("row %d: logits differ by %.2g", i, d)
			}
		}
	})
}

// The weights that a program reads are those of the layer with the stack beneath.
func TestWeightsAreThoseOfTheStack(t *testing.T) {
	m := random(t, fast(t, 2), tiny)
	list := []map[string]Pair{pairsFor(m, "", 2, false, 1), pairsFor(m, "", 3, true, 2)}
	if err := m.Stack(list...); err != nil {
		t.Fatal(err)
	}
	merged := dense(t, m, list...)
	for i, l := range m.Linears() {
		if d := apart(m.Weights(l.Name), merged.Weights(merged.Linears()[i].Name)); d > 1e-5 {
			t.Errorf("%s differs by %.2g", l.Name, d)
		}
	}
}
