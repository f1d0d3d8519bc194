package train

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/model"
)

// float64Twin is an optimiser in float64, written from its paper. It moves one parameter of rows×cols.
type float64Twin struct {
	kind       Optimizer
	rows, cols int
	matrix     bool
	p, m, v    []float64
	r, c       []float64
}

func newFloat64Twin(kind Optimizer, p model.Param, values []float32) *float64Twin {
	n := len(values)
	w := &float64Twin{kind: kind, rows: 1, cols: n, matrix: len(p.Shape) == 2, m: make([]float64, n), v: make([]float64, n)}
	if w.matrix {
		w.rows, w.cols = p.Shape[0], p.Shape[1]
	}
	w.r, w.c = make([]float64, w.rows), make([]float64, w.cols)
	for _, x := range values {
		w.p = append(w.p, float64(x))
	}
	return w
}

// step moves by the gradient g, already clipped.
func (w *float64Twin) step(r *Recipe, rate float64, g []float64, t int) {
	decay := 0.0
	if w.matrix {
		decay = r.WeightDecay
	}
	before := slices.Clone(w.p)
	switch w.kind {
	case AdamW, AdamW8:
		for i, x := range g {
			w.m[i] = r.Beta1*w.m[i] + (1-r.Beta1)*x
			w.v[i] = r.Beta2*w.v[i] + (1-r.Beta2)*x*x
			mean, square := w.m[i]/(1-math.Pow(r.Beta1, float64(t))), w.v[i]/(1-math.Pow(r.Beta2, float64(t)))
			w.p[i] -= rate * mean / (math.Sqrt(square) + r.Eps)
		}
		if w.kind == AdamW8 {
			rest8(w.m, true)
			rest8(w.v, false)
		}
	case Lion:
		for i, x := range g {
			if c := r.Beta1*w.m[i] + (1-r.Beta1)*x; c != 0 {
				w.p[i] -= rate * math.Copysign(1, c)
			}
			w.m[i] = r.Beta2*w.m[i] + (1-r.Beta2)*x
		}
	case Adafactor:
		keep := 1 - math.Pow(float64(t), -0.8)
		rows, cols := make([]float64, w.rows), make([]float64, w.cols)
		for i, x := range g {
			rows[i/w.cols] += x * x / float64(w.cols)
			cols[i%w.cols] += x * x / float64(w.rows)
		}
		mean := 0.0
		for i, x := range rows {
			w.r[i] = keep*w.r[i] + (1-keep)*x
			mean += w.r[i] / float64(w.rows)
		}
		for i, x := range cols {
			w.c[i] = keep*w.c[i] + (1-keep)*x
		}
		u, size := make([]float64, len(g)), 0.0
		for i, x := range g {
			u[i] = x / math.Sqrt(w.r[i/w.cols]*w.c[i%w.cols]/mean)
			size += u[i] * u[i] / float64(len(g))
		}
		for i := range u {
			w.p[i] -= rate * u[i] / math.Max(1, math.Sqrt(size))
		}
	case Muon:
		u := make([]float64, len(g))
		for i, x := range g {
			w.m[i] = 0.95*w.m[i] + x
			u[i] = x + 0.95*w.m[i]
		}
		u = newtonSchulz(u, w.rows, w.cols)
		for i := range u {
			w.p[i] -= rate * 0.2 * math.Sqrt(float64(max(w.rows, w.cols))) * u[i]
		}
	}
	for i := range w.p {
		w.p[i] -= rate * decay * before[i]
	}
}

// newtonSchulz is Jordan's iteration on x[rows,cols], always from the left.
func newtonSchulz(x []float64, rows, cols int) []float64 {
	norm := 0.0
	for _, v := range x {
		norm += v * v
	}
	y := make([]float64, len(x))
	for i := range x {
		y[i] = x[i] / math.Sqrt(norm)
	}
	times := func(a, b []float64, n, k, m int, transposed bool) []float64 { // a[n,k]·b[k,m], or ·b[m,k]ᵀ
		c := make([]float64, n*m)
		for i := range n {
			for j := range m {
				for l := range k {
					if transposed {
						c[i*m+j] += a[i*k+l] * b[j*k+l]
					} else {
						c[i*m+j] += a[i*k+l] * b[l*m+j]
					}
				}
			}
		}
		return c
	}
	for range 5 {
		gram := times(y, y, rows, cols, rows, true)
		sum := times(gram, gram, rows, rows, rows, false)
		for i := range sum {
			sum[i] = -4.7750*gram[i] + 2.0315*sum[i]
		}
		next := times(sum, y, rows, rows, cols, false)
		for i := range next {
			next[i] += 3.4445 * y[i]
		}
		y = next
	}
	return y
}

// rest8 rounds a moment to what its 8 bits can say.
func rest8(x []float64, signed bool) {
	code := compute.MomentCode(signed)
	for lo := 0; lo < len(x); lo += 256 {
		block := x[lo:min(lo+256, len(x))]
		most := 0.0
		for _, v := range block {
			most = math.Max(most, math.Abs(v))
		}
		for i, v := range block {
			best := math.Inf(1)
			for place := range 256 {
				c := float64(code.Value(byte(place)))
				if off := math.Abs(c*most - v); off < best && (signed || c > 0 || v == 0) {
					block[i], best = c*most, off
				}
			}
		}
	}
}

// Twenty clipped steps of each optimiser are those of its twin in float64. Moments in 8 bits now and then fall on either
// side of a middle, which moves a value by a part of the rate; Lion's sign may be either where it is about 0.
func TestOptimisersMatchTheirTwins(t *testing.T) {
	be, err := cpu.New(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	for _, kind := range Optimizers() {
		r := Recipe{Base: "-", Data: []Source{{Path: "-"}}, Out: "-", Method: Full, Optimizer: kind, LR: 1e-2, WeightDecay: 0.1}
		if r, err = r.Resolve(); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		draw := func(n int, size float64) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64() * size)
			}
			return x
		}
		var params []model.Param
		var twins []*float64Twin
		for _, s := range []shaped{
			{"model.embed_tokens.weight", []int{70, 64}}, {"model.layers.0.mlp.up_proj.weight", []int{24, 40}},
			{"model.layers.0.mlp.down_proj.weight", []int{40, 16}}, {"model.norm.weight", []int{64}},
		} {
			n := s.values()
			p := model.Param{Name: s.name, Shape: s.shape, Value: be.Alloc(n), Grad: be.Alloc(n)}
			values := draw(n, 1)
			be.Write(p.Value, values)
			params = append(params, p)
			twins = append(twins, newFloat64Twin(ruleFor(kind, s), p, values))
		}
		o := newOptimizer(be, kind, params)
		for step := 1; step <= 20; step++ {
			rate, norm := r.rate(step-1, 20), 0.0
			var grads [][]float64
			for i, p := range params {
				g := draw(p.Value.Len(), 0.01*float64(i+1))
				be.Write(p.Grad, g)
				var wide []float64
				for _, x := range g {
					wide, norm = append(wide, float64(x)), norm+float64(x)*float64(x)
				}
				grads = append(grads, wide)
			}
			for i, w := range twins {
				for k := range grads[i] {
					grads[i][k] *= min(1, r.Clip/math.Sqrt(norm))
				}
				w.step(&r, rate, grads[i], step)
			}
			o.step(&r, rate, o.norm())
		}
		for i, p := range params {
			got := make([]float32, p.Value.Len())
			be.Read(got, p.Value)
			var sum, most float64
			for k, x := range got {
				off := math.Abs(float64(x) - twins[i].p[k])
				sum, most = sum+off, math.Max(most, off)
			}
			mean := sum / float64(len(got))
			limit, peak := 3e-5*r.LR, 3e-4*r.LR
			switch twins[i].kind {
			case AdamW8:
				limit, peak = 1e-3*r.LR, r.LR
			case Lion:
				limit, peak = 1e-3*r.LR, 2.1*r.LR
			}
			if !(mean <= limit && most <= peak) {
				t.Errorf("%s: %s is %.2g of the rate off on average, %.2g at most", kind, p.Name, mean/r.LR, most/r.LR)
			}
		}
	}
}

// What an update of Muon is: a matrix whose singular values are all about 1, in the directions of its argument.
func TestMuonUpdatesAreNearlyOrthogonal(t *testing.T) {
	be, err := cpu.New(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	for _, shape := range [][]int{{8, 24}, {24, 8}} {
		rows, cols := shape[0], shape[1]
		room := newMuonRoom(be, []shaped{{"model.layers.0.x", shape}})
		x := be.Alloc(rows * cols)
		values := make([]float32, rows*cols)
		rng := rand.New(rand.NewPCG(3, 4))
		for i := range values {
			values[i] = float32(rng.NormFloat64())
		}
		be.Write(x, values)
		m := &muon{muonRoom: room}
		u := m.orthogonal(x, room.y, rows, cols)
		short := min(rows, cols)
		gram := be.Alloc(short * short)
		if rows < cols {
			be.MatMul(gram, u, compute.F32Weight(u, rows, cols), rows, 1, false)
		} else {
			be.MatMulBackWeight(gram, u, u, rows, cols, cols, 1, false)
		}
		g := make([]float32, short*short)
		be.Read(g, gram)
		for i := range short {
			for j := range short {
				want, off := 0.0, math.Abs(float64(g[i*short+j]))
				if i == j {
					want, off = 1, math.Abs(float64(g[i*short+j])-1)
				}
				if off > 0.5 {
					t.Errorf("%v: the product of rows %d and %d is %.2f, want about %.0f", shape, i, j, g[i*short+j], want)
				}
			}
		}
	}
}

// Every optimiser goes on from a checkpoint with the same bits, remembers what the plan says, and allocates nothing warm.
func TestEveryOptimiserResumesAndIsPlanned(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds, and has nothing of its own for the race detector")
	}
	for _, kind := range Optimizers() {
		r := tinyPretrainRecipe(t)
		r.Optimizer, r.Steps, r.Hidden, r.FFN = kind, 8, 48, 96 // matrices of more than 4096 values
		whole := r
		whole.Out += "-whole"
		pretrain(t, whole)

		ctx, stop := context.WithCancel(context.Background())
		if _, err := Pretrain(ctx, r, Options{}, stopAfter{step: 5, cancel: stop}); err == nil {
			t.Fatal("the run was not stopped")
		}
		if _, err := Pretrain(context.Background(), r, Options{Resume: true}, Silent{}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(read(t, r.Out, "model.safetensors"), read(t, whole.Out, "model.safetensors")) {
			t.Errorf("%s: resumed, other weights", kind)
		}

		full, err := r.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		s, err := openPretraining(context.Background(), full, Silent{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		if err := s.allocate(context.Background(), 64); err != nil {
			t.Fatal(err)
		}
		var state int64
		for _, rule := range s.opt.rules {
			for _, m := range rule.state() {
				state += m.size()
			}
		}
		if z := s.sizes(); z.state != state {
			t.Errorf("%s: planned %d bytes of state, allocated %d", kind, z.state, state)
		}
		step := func() {
			g, err := s.gradients(context.Background(), 0)
			if err != nil {
				t.Fatal(err)
			}
			s.opt.step(&s.r, 1e-9, g.norm)
		}
		least := testing.AllocsPerRun(5, step)
		for range 4 {
			least = min(least, testing.AllocsPerRun(5, step))
		}
		if least > 0 {
			t.Errorf("%s: a warm step allocates %v times", kind, least)
		}
	}
}
