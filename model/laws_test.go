package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

// tiny is a shape in which heads, widths and ranks all differ.
var tiny = Config{Family: "llama", Hidden: 24, Layers: 3, Heads: 4, KVHeads: 2, HeadDim: 8, FFN: 40, Vocab: 50, MaxPos: 64,
	NormEps: 1e-5, RopeTheta: 10000, Tied: true}

// encode is one row at rest.
func encode(t testing.TB, typ compute.Type, row []float32) []byte {
	t.Helper()
	data := make([]byte, typ.Size(len(row)))
	if err := compute.Encode(data, typ, row); err != nil {
		t.Fatal(err)
	}
	return data
}

func random(t testing.TB, be compute.Backend, c Config) *Model {
	t.Helper()
	m, err := Random(be, c, compute.F32, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Weights of 0.02 make a model this narrow nearly linear: scale them up so that every part matters.
	for i := range m.tensors {
		x := m.tensors[i].Floats()
		rng := rand.New(rand.NewPCG(2, uint64(i)))
		for j := range x {
			if len(m.tensors[i].Shape) == 1 {
				x[j] = 1 + 0.2*float32(rng.NormFloat64())
			} else {
				x[j] *= 10
			}
		}
		m.tensors[i].Data = encode(t, compute.F32, x)
	}
	fresh, err := build(be, c, heldTensors(m.tensors))
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

type heldTensors []tensorAt

func (h heldTensors) tensor(spec tensorSpec) (rawTensor, error) {
	name := spec.name
	for _, t := range h {
		if t.Name == name {
			return rawTensor{typ: t.Type, shape: t.Shape, data: t.Data}, nil
		}
	}
	panic("no tensor " + name)
}

// attach puts trainable deltas of rank 3 with B away from zero on the layers whose name has the given part.
func attach(t testing.TB, m *Model, part string, dropout float32) {
	t.Helper()
	deltas := map[string]*Delta{}
	for i, l := range m.Linears() {
		if !strings.Contains(l.Name, part) {
			continue
		}
		rng := rand.New(rand.NewPCG(3, uint64(i)))
		a, b := make([]float32, 3*l.In()), make([]float32, l.Out()*3)
		for i := range a {
			a[i] = float32(rng.NormFloat64() * 0.3)
		}
		for i := range b {
			b[i] = float32(rng.NormFloat64() * 0.3)
		}
		deltas[l.Name] = m.NewDelta(a, b, 3, 1.5, dropout, true)
	}
	if err := m.Attach(deltas); err != nil {
		t.Fatal(err)
	}
}

func sequences(c Config, lengths ...int) [][]int32 {
	rng := rand.New(rand.NewPCG(4, 4))
	var all [][]int32
	for _, n := range lengths {
		s := make([]int32, n)
		for i := range s {
			s[i] = int32(rng.IntN(c.Vocab))
		}
		all = append(all, s)
	}
	return all
}

// scales gives the i-th target of a step a weight that depends on its token, over the step's total.
func scales(batches ...Batch) [][]float32 {
	var total float64
	for _, b := range batches {
		for _, id := range b.Targets {
			total += 1 + float64(id%3)
		}
	}
	var all [][]float32
	for _, b := range batches {
		var s []float32
		for _, id := range b.Targets {
			s = append(s, float32((1+float64(id%3))/total))
		}
		all = append(all, s)
	}
	return all
}

// step adds up the batches' gradients from zero and returns all nll and all gradients.
func step(t testing.TB, m *Model, ws *Workspace, batches ...Batch) (nll []float32, grads map[string][]float32) {
	t.Helper()
	m.ZeroGrads()
	scale := scales(batches...)
	for i, b := range batches {
		got, err := m.Loss(ws, b, scale[i], true)
		if err != nil {
			t.Fatal(err)
		}
		nll = append(nll, got...)
	}
	return nll, gradients(m)
}

func gradients(m *Model) map[string][]float32 {
	grads := map[string][]float32{}
	for _, p := range m.Params() {
		x := make([]float32, p.Grad.Len())
		m.be.Read(x, p.Grad)
		grads[p.Name] = x
	}
	return grads
}

// apart is the largest difference over the largest value.
func apart(a, b []float32) float64 {
	var top float64
	for _, x := range b {
		top = max(top, math.Abs(float64(x)))
	}
	if top == 0 {
		return furthest(a, b)
	}
	return furthest(a, b) / top
}

// trainings runs a test on a model that is trained whole and on one that is trained by adapters.
func trainings(t *testing.T, be compute.Backend, test func(t *testing.T, m *Model)) {
	t.Run("full", func(t *testing.T) {
		m := random(t, be, tiny)
		if err := m.MakeTrainable(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, m)
	})
	t.Run("adapter", func(t *testing.T) {
		m := random(t, be, tiny)
		attach(t, m, "", 0)
		test(t, m)
	})
	t.Run("DoRA on a stack", func(t *testing.T) {
		m := random(t, be, tiny)
		if err := m.Stack(pairsFor(m, "", 2, true, 1), pairsFor(m, "", 1, false, 2)); err != nil {
			t.Fatal(err)
		}
		attachPair(t, m, pairsFor(m, "", 3, true, 3))
		test(t, m)
	})
}

func TestLaw04PackingNeverLeaks(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		trainings(t, be, func(t *testing.T, m *Model) {
			seqs := sequences(m.cfg, 9, 1, 17, 5)
			ws := m.NewWorkspace(64, Training)
			var alone []Batch
			for _, s := range seqs {
				alone = append(alone, packed(s))
			}
			nll, grads := step(t, m, ws, packed(seqs...))
			wantNLL, wantGrads := step(t, m, ws, alone...)
			if d := apart(nll, wantNLL); d > 1e-6 {
				t.Errorf("losses differ by %.3g", d)
			}
			for name, want := range wantGrads {
				if d := apart(grads[name], want); d > 1e-5 {
					t.Errorf("gradient of %s differs by %.3g", name, d)
				}
			}
			// What stands beside a sequence does not change one bit of its loss.
			seqs[2] = sequences(m.cfg, 1, 30)[1]
			other, _ := step(t, m, ws, packed(seqs...))
			for i := range 8 {
				if other[i] != nll[i] {
					t.Errorf("loss of target %d is %g beside other neighbours, was %g", i, other[i], nll[i])
				}
			}
		})
	})
}

func TestLaw05AccumulationIsExact(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		trainings(t, be, func(t *testing.T, m *Model) {
			seqs := sequences(m.cfg, 8, 3, 12, 6, 2, 9, 4, 7)
			var single []Batch
			for _, s := range seqs {
				single = append(single, packed(s))
			}
			ws := m.NewWorkspace(64, Training)
			_, one := step(t, m, ws, packed(seqs...))
			_, eight := step(t, m, ws, single...)
			_, two := step(t, m, ws, packed(seqs[:4]...), packed(seqs[4:]...))
			for name := range one {
				if d := max(apart(eight[name], one[name]), apart(two[name], one[name])); d > 1e-5 {
					t.Errorf("gradient of %s differs by %.3g between 1×8, 2×4 and 8×1", name, d)
				}
			}
		})
	})
}

func TestSameInputsGiveTheSameBitsOnAnyThreads(t *testing.T) {
	var want map[string][]float32
	for _, threads := range []int{1, 2, 3} {
		be := fast(t, threads)
		defer be.Close()
		m := random(t, be, tiny)
		attach(t, m, "", 0.2)
		b := packed(sequences(m.cfg, 20, 13)...)
		b.Seed = 5
		_, grads := step(t, m, m.NewWorkspace(64, Training), b)
		if want == nil {
			want = grads
		}
		for name := range want {
			for i := range want[name] {
				if grads[name][i] != want[name][i] {
					t.Fatalf("%s[%d] is %g on %d threads, %g on 1", name, i, grads[name][i], threads, want[name][i])
				}
			}
		}
	}
}

// Training part of a model gives the gradients that training all of it gives, although the backward stops early.
func TestBackwardStopsWithoutChangingAGradient(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) {
		m := random(t, be, tiny)
		attach(t, m, "", 0)
		all := map[string]*Delta{}
		for _, l := range m.Linears() {
			all[l.Name] = l.Delta
		}
		b := packed(sequences(m.cfg, 11, 6)...)
		_, want := step(t, m, m.NewWorkspace(32, Training), b)
		for _, part := range []string{"layers.2", "layers.1", "q_proj", "layers.1.self_attn.k_proj", "layers.2.self_attn.v_proj",
			"layers.1.self_attn.o_proj", "layers.1.mlp.gate_proj", "layers.0.mlp.up_proj", "layers.2.mlp.down_proj", "mlp"} {
			some := map[string]*Delta{}
			for name, d := range all {
				d := *d
				if !strings.Contains(name, part) {
					d.GradA, d.GradB = compute.Buffer{}, compute.Buffer{}
				}
				some[name] = &d
			}
			if err := m.Attach(some); err != nil {
				t.Fatal(err)
			}
			_, grads := step(t, m, m.NewWorkspace(32, Training), b)
			if len(grads) == 0 {
				t.Fatalf("nothing trained for %q", part)
			}
			for name := range grads {
				if d := furthest(grads[name], want[name]); d != 0 {
					t.Errorf("training %s: gradient of %s differs by %.3g", part, name, d)
				}
			}
		}
	})
}

// The gradient with dropout agrees with finite differences: the backward draws what the forward drew.
func TestDropoutGradientIsThatOfTheLossWithTheSameMask(t *testing.T) {
	be := computetest.Plain()
	m := random(t, be, tiny)
	attach(t, m, "", 0.3)
	ws := m.NewWorkspace(32, Training)
	b := packed(sequences(m.cfg, 11, 6)...)
	b.Seed = 9
	scale := scales(b)[0]
	_, grads := step(t, m, ws, b)
	alongGradients(t, m, grads, func() float64 { return lossOf(t, m, ws, b, scale, true) })
}

func TestWarmStepAllocatesNothing(t *testing.T) {
	be := fast(t, 2)
	defer be.Close()
	trainings(t, be, checkAllocations)
}

func checkAllocations(t *testing.T, m *Model) {
	b := packed(sequences(m.cfg, 20, 13)...)
	scale := scales(b)[0]
	b.Regularise = Regularisers{Noise: 1, Smoothing: 0.1, ZLoss: 1e-4}
	var allocs float64
	for _, again := range []bool{false, true} {
		plan := m.Plan(64, Training)
		plan.Recompute = again
		ws := m.NewWorkspaceFor(plan)
		allocs = allocations(func() {
			m.ZeroGrads()
			if _, err := m.Loss(ws, b, scale, true); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("a warm step makes %g allocations (recomputing: %t)", allocs, again)
		}
	}
	cache, err := m.NewCache(2, 32)
	if err != nil {
		t.Fatal(err)
	}
	wi := m.NewWorkspace(8, Inference)
	d := DecodeBatch{IDs: []int32{1, 2}, Spans: []Span{{Slot: 0, Len: 1}, {Slot: 1, Len: 1}}}
	if _, err := m.Decode(wi, cache, d); err != nil {
		t.Fatal(err)
	}
	allocs = allocations(func() {
		d.Spans[0].Pos, d.Spans[1].Pos = 1, 1
		if _, err := m.Decode(wi, cache, d); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("a warm decoding step makes %g allocations", allocs)
	}
}

// Law 4: what sequences share is computed once, and gives the loss and the gradients of each computed alone.
func TestLaw04ASharedPrefixChangesNothing(t *testing.T) {
	whole, shared := prefixed(t, tiny)
	for _, full := range []bool{false, true} {
		backends(t, func(t *testing.T, be compute.Backend) {
			m := random(t, be, tiny)
			if full {
				if err := m.MakeTrainable(t.Context()); err != nil {
					t.Fatal(err)
				}
			} else {
				attach(t, m, "", 0)
			}
			checkShared(t, m, whole, shared)
		})
	}
}

// prefixed is sequences of which some begin alike, one of them as far as a part of another that has a prefix itself, each whole
// and with what they share once.
func prefixed(t testing.TB, c Config) (whole, shared Batch) {
	alone := sequences(c, 9, 7, 12, 11)
	const head, more = 5, 3
	copy(alone[0], []int32{3, 1, 4, 1, 5})
	copy(alone[2], alone[0][:head])
	copy(alone[3], alone[2][:head+more])
	whole, shared = packed(), Batch{}
	// The first token that is scored is the second behind what is shared.
	add := func(b *Batch, ids []int32, from, scored int, prefix, part int32) {
		b.Starts, b.Prefix, b.Shared = append(b.Starts, len(b.IDs)), append(b.Prefix, prefix), append(b.Shared, part)
		for i, id := range ids[from:] {
			if from+i > scored {
				b.Rows, b.Targets = append(b.Rows, int32(len(b.IDs)-1)), append(b.Targets, id)
			}
			b.IDs, b.Pos = append(b.IDs, id), append(b.Pos, int32(from+i))
		}
	}
	for i, from := range []int{head, 0, head, head + more} {
		add(&whole, alone[i], 0, from, -1, 0)
	}
	add(&shared, alone[0][:head], 0, head, -1, 0)
	add(&shared, alone[0], head, head, 0, head)
	add(&shared, alone[1], 0, 0, -1, 0)
	add(&shared, alone[2], head, head, 0, head)
	add(&shared, alone[3], head+more, head+more, 3, more)
	if len(whole.Rows) != len(shared.Rows) || len(shared.IDs) != len(whole.IDs)-2*head-more {
		t.Fatalf("%d and %d rows of %d and %d tokens", len(whole.Rows), len(shared.Rows), len(whole.IDs), len(shared.IDs))
	}
	return whole, shared
}

// Law 4: what is scored of sequences that share is what each alone has, also where little of the last layer is computed for it, and
// where a row is looked at for several tokens.
func TestLaw04OfWhatIsSharedAnyRowIsScored(t *testing.T) {
	backends(t, func(t *testing.T, be compute.Backend) { checkAnyRow(t, random(t, be, tiny)) })
}

// checkAnyRow holds the losses and logits of some and of few rows, of sequences that are whole and that share, to those of all.
func checkAnyRow(t *testing.T, m *Model) {
	vocab := m.cfg.Vocab
	whole, shared := prefixed(t, m.cfg)
	for _, b := range []*Batch{&whole, &shared} {
		b.Rows, b.Targets = append(b.Rows[2:9:9], b.Rows[4], b.Rows[4]), append(b.Targets[2:9:9], 7, 8)
	}
	few := func(b Batch) Batch {
		b.Rows, b.Targets = b.Rows[5:], b.Targets[5:]
		return b
	}
	many := func(b Batch) Batch {
		for len(b.Rows) <= len(b.IDs) {
			b.Rows, b.Targets = append(b.Rows, b.Rows...), append(b.Targets, b.Targets...)
		}
		return b
	}
	ws := m.NewWorkspace(3*len(whole.IDs), Inference)
	score := func(b Batch) (nll, logits []float32) {
		nll, err := m.Loss(ws, b, make([]float32, len(b.Rows)), false)
		if err != nil {
			t.Fatal(err)
		}
		nll = slices.Clone(nll)
		if err := m.Logits(ws, b, b.Rows, func(_ int, y compute.Buffer) { logits = append(logits, readBuffer(m, y)...) }); err != nil {
			t.Fatal(err)
		}
		return nll, logits
	}
	all, allLogits := score(many(whole))
	for name, b := range map[string]Batch{"some": whole, "few": few(whole), "shared": shared, "few shared": few(shared), "many shared": many(shared)} {
		nll, logits := score(b)
		want, wantLogits := all, allLogits
		if len(nll) == len(few(whole).Rows) {
			want, wantLogits = all[5:], allLogits[5*vocab:]
		}
		if d := max(furthest(nll, want[:len(nll)]), furthest(logits, wantLogits[:len(logits)])); d > 1e-4 {
			t.Errorf("%s: losses and logits differ by %.3g", name, d)
		}
	}
}

// checkShared holds the losses and gradients of one to those of the other.
func checkShared(t *testing.T, m *Model, whole, shared Batch) {
	ws := m.NewWorkspace(len(whole.IDs), Training)
	grads := func(b Batch) (nll []float32, all []float32) {
		m.ZeroGrads()
		out, err := m.Loss(ws, b, scales(b)[0], true)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Params() {
			x := make([]float32, p.Grad.Len())
			m.be.Read(x, p.Grad)
			all = append(all, x...)
		}
		return slices.Clone(out), all
	}
	wantLoss, want := grads(whole)
	gotLoss, got := grads(shared)
	for i, x := range wantLoss {
		if math.Abs(float64(gotLoss[i]-x)) > 1e-5 {
			t.Fatalf("loss %d is %v, of each alone %v", i, gotLoss[i], x)
		}
	}
	var off, size float64
	for i, x := range want {
		off, size = off+math.Pow(float64(got[i]-x), 2), size+math.Pow(float64(x), 2)
	}
	if !(off < 1e-10*size) {
		t.Errorf("gradients differ by %.2g of their norm", math.Sqrt(off/size))
	}
}

// allocations is what a call allocates once warm: the least of several tries, because a worker that happens to get its
// first task of a kind late takes its scratch memory then.
func allocations(f func()) float64 {
	least := testing.AllocsPerRun(10, f)
	for range 4 {
		least = min(least, testing.AllocsPerRun(10, f))
	}
	return least
}
