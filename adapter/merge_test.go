package adapter

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var twoModules = []ModuleShape{{"model.layers.0.self_attn.q_proj", 11, 7}, {"model.layers.1.mlp.up_proj", 9, 13}}

// random is an adapter whose A and B are both drawn.
func random(t *testing.T, shapes []ModuleShape, r int, alpha float64, seed uint64) *Adapter {
	t.Helper()
	a, err := New(shapes, Options{Rank: r, Alpha: alpha, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 99))
	for _, name := range a.Names() {
		for i := range a.Modules[name].B {
			a.Modules[name].B[i] = float32(rng.NormFloat64())
		}
	}
	return a
}

// product is Scale·B·A, [Out][In].
func product(p Pair) [][]float64 {
	m := make([][]float64, p.Out)
	for o := range m {
		m[o] = make([]float64, p.In)
		for i := range m[o] {
			for k := range p.R {
				m[o][i] += float64(p.Scale) * float64(p.B[o*p.R+k]) * float64(p.A[k*p.In+i])
			}
		}
	}
	return m
}

// apart is the largest difference between two matrices.
func apart(x, y [][]float64) float64 {
	d := 0.0
	for o := range x {
		for i := range x[o] {
			d = max(d, math.Abs(x[o][i]-y[o][i]))
		}
	}
	return d
}

func norm2(m [][]float64) float64 {
	s := 0.0
	for _, row := range m {
		for _, v := range row {
			s += v * v
		}
	}
	return s
}

// spectrum is the squared singular values, falling: the eigenvalues of m·mᵀ by classical two-sided Jacobi rotations.
func spectrum(m [][]float64) []float64 {
	n := len(m)
	g := make([][]float64, n)
	for i := range g {
		g[i] = make([]float64, n)
		for j := range g[i] {
			for k := range m[i] {
				g[i][j] += m[i][k] * m[j][k]
			}
		}
	}
	for range 60 {
		for p := range n {
			for q := p + 1; q < n; q++ {
				angle := math.Atan2(2*g[p][q], g[q][q]-g[p][p]) / 2
				c, s := math.Cos(angle), math.Sin(angle)
				for k := range n {
					g[p][k], g[q][k] = c*g[p][k]-s*g[q][k], s*g[p][k]+c*g[q][k]
				}
				for k := range n {
					g[k][p], g[k][q] = c*g[k][p]-s*g[k][q], s*g[k][p]+c*g[k][q]
				}
			}
		}
	}
	var values []float64
	for i := range n {
		values = append(values, g[i][i])
	}
	slices.SortFunc(values, func(x, y float64) int { return cmp.Compare(y, x) })
	return values
}

// checkCut holds p to be the best approximation of m at the rank: no other leaves less (Eckart & Young).
func checkCut(t *testing.T, what string, p Pair, m [][]float64, rank int, tolerance float64) {
	t.Helper()
	left := product(p)
	for o := range left {
		for i := range left[o] {
			left[o][i] = m[o][i] - left[o][i]
		}
	}
	var best float64
	for _, v := range spectrum(m)[min(rank, len(m)):] {
		best += max(0, v)
	}
	if got, all := norm2(left), norm2(m); !(math.Abs(got-best) <= tolerance*all) {
		t.Errorf("%s at rank %d leaves %g of %g, the best leaves %g", what, rank, got, all, best)
	}
}

func merged(t *testing.T, list []Weighted, o MergeOptions) (*Adapter, MergeReport) {
	t.Helper()
	a, report, err := Merge(t.Context(), list, o)
	if err != nil {
		t.Fatal(err)
	}
	return a, report
}

func TestStackIsTheWeightedSum(t *testing.T) {
	x, y := random(t, twoModules, 3, 6, 1), random(t, twoModules[1:], 2, 3, 2)
	a, err := Stack([]Weighted{{"x", x, 0.5}, {"y", y, -2}})
	if err != nil {
		t.Fatal(err)
	}
	a = saved(t, a)
	for _, m := range twoModules {
		want := product(x.Modules[m.Name])
		for o := range want {
			for i := range want[o] {
				want[o][i] *= 0.5
				if p, ok := y.Modules[m.Name]; ok {
					want[o][i] -= 2 * product(p)[o][i]
				}
			}
		}
		if d := apart(product(a.Modules[m.Name]), want); d > 1e-5 {
			t.Errorf("%s is %g off the sum", m.Name, d)
		}
	}
	if r := a.Modules[twoModules[1].Name].R; r != 5 {
		t.Errorf("rank %d, want 3 + 2", r)
	}
	if p := a.Provenance.Parents; len(p) != 2 || p[1].Name != "y" || p[1].Weight != -2 || p[1].Relation != Stacked || p[1].Hash != hashOf(t, y) {
		t.Errorf("parents %+v", p)
	}
}

func TestLinearMergeAtFullRankIsTheStack(t *testing.T) {
	x, y := random(t, twoModules, 3, 6, 1), random(t, twoModules, 2, 3, 2)
	list := []Weighted{{"x", x, 0.7}, {"y", y, 0.4}}
	stacked, err := Stack(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []Method{Linear, TaskArithmetic} {
		a, report := merged(t, list, MergeOptions{Method: method})
		if report.Rank != 5 || math.Abs(report.Kept-1) > 1e-12 {
			t.Errorf("%s: %+v, want all of rank 5", method, report)
		}
		for name, p := range saved(t, a).Modules {
			if d := apart(product(p), product(stacked.Modules[name])); d > 1e-5 {
				t.Errorf("%s: %s is %g off the stack", method, name, d)
			}
		}
	}
	// Without weights one averages and the other sums.
	for i := range list {
		list[i].Weight = 0
	}
	mean, _ := merged(t, list, MergeOptions{})
	sum, _ := merged(t, list, MergeOptions{Method: TaskArithmetic, Scale: 0.5})
	for name, p := range mean.Modules {
		if d := apart(product(p), product(sum.Modules[name])); d > 1e-5 {
			t.Errorf("%s: the average is %g off half the sum", name, d)
		}
	}
}

func TestRankIsCutWithTheLeastLoss(t *testing.T) {
	list := []Weighted{{"x", random(t, twoModules, 3, 6, 1), 1}, {"y", random(t, twoModules, 4, 3, 2), 1}}
	stacked, err := Stack(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []MergeOptions{{Method: SVD}, {Method: TaskArithmetic, Rank: 1}, {Method: TaskArithmetic, Rank: 6}, {Method: TaskArithmetic, Rank: 50}} {
		a, report := merged(t, list, o)
		rank := cmp.Or(o.Rank, 4)
		var kept, all float64
		for name, p := range a.Modules {
			m := product(stacked.Modules[name])
			checkCut(t, fmt.Sprint(o, " of ", name), p, m, rank, 1e-6)
			kept, all = kept+norm2(product(p)), all+norm2(m)
		}
		if math.Abs(report.Kept-kept/all) > 1e-6 {
			t.Errorf("%s: kept %g, want %g", o, report.Kept, kept/all)
		}
	}
}

// The same adapter twice, one that changes nothing, and opposites: the factors have less rank than columns.
func TestFactorsWithoutFullRankAreCutToo(t *testing.T) {
	x := random(t, twoModules, 3, 6, 1)
	zero, err := New(twoModules, Options{Rank: 2, Alpha: 4, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		list []Weighted
		want float64 // times x
	}{
		"twice":     {[]Weighted{{"x", x, 1}, {"x", x, 1}}, 2},
		"nothing":   {[]Weighted{{"x", x, 1}, {"zero", zero, 1}}, 1},
		"opposites": {[]Weighted{{"x", x, 1}, {"x", x, -1}}, 0},
		"zero":      {[]Weighted{{"zero", zero, 1}}, 0},
	} {
		for _, o := range []MergeOptions{{Method: TaskArithmetic}, {Method: TaskArithmetic, Rank: 3}, {Method: TIES, Density: 1}} {
			a, _ := merged(t, c.list, o)
			want := c.want
			if o.Method == TIES && want == 2 {
				want = 1 // an average
			}
			for name, p := range saved(t, a).Modules {
				m := product(x.Modules[name])
				for i := range m {
					for j := range m[i] {
						m[i][j] *= want
					}
				}
				if d := apart(product(p), m); d > 1e-5 {
					t.Errorf("%s, %s: %s is %g off", what, o, name, d)
				}
			}
		}
	}
}

// tiesTwin is TIES on whole matrices as the paper writes it: trim, elect, disjoint mean, scale.
func tiesTwin(taus [][][]float64, weights []float64, density, scale float64) [][]float64 {
	out := make([][]float64, len(taus[0]))
	in := len(taus[0][0])
	for _, tau := range taus {
		var all []float64
		for _, row := range tau {
			for _, v := range row {
				all = append(all, math.Abs(v))
			}
		}
		slices.Sort(all)
		keep := int(math.Round(density * float64(len(all))))
		threshold := all[len(all)-keep]
		for _, row := range tau {
			for i, v := range row {
				if math.Abs(v) < threshold {
					row[i] = 0
				}
			}
		}
	}
	for o := range out {
		out[o] = make([]float64, in)
		for i := range in {
			var elect, sum, weight float64
			for k, tau := range taus {
				elect += weights[k] * tau[o][i]
			}
			for k, tau := range taus {
				if weights[k]*tau[o][i]*elect > 0 {
					sum += weights[k] * tau[o][i]
					weight += math.Abs(weights[k])
				}
			}
			if weight > 0 {
				out[o][i] = scale * sum / weight
			}
		}
	}
	return out
}

func TestTIESIsThatOfThePlainTwin(t *testing.T) {
	adapters := []*Adapter{random(t, twoModules, 3, 6, 1), random(t, twoModules, 2, 3, 2), random(t, twoModules, 4, 4, 3)}
	weights := []float64{1, 0.5, -0.8}
	for _, density := range []float64{0.2, 0.5, 1} {
		var list []Weighted
		for i, a := range adapters {
			list = append(list, Weighted{fmt.Sprint(i), a, weights[i]})
		}
		for _, rank := range []int{3, 13} { // 13 is that of the widest layer: nothing is cut
			a, _ := merged(t, list, MergeOptions{Method: TIES, Density: density, Scale: 1.5, Rank: rank})
			for name, p := range a.Modules {
				var taus [][][]float64
				for _, x := range adapters {
					taus = append(taus, product(x.Modules[name]))
				}
				checkCut(t, fmt.Sprintf("ties %g of %s", density, name), p, tiesTwin(taus, weights, density, 1.5), rank, 1e-6)
			}
		}
	}
}

func TestTrimKeepsTheLargestAndTheFirstAmongEquals(t *testing.T) {
	x := []float32{1, -3, 0.5, 3, 3, 0, -3, 2}
	trim(x, 0.375)
	if want := []float32{0, -3, 0, 3, 3, 0, 0, 0}; !slices.Equal(x, want) {
		t.Errorf("%v, want %v", x, want)
	}
	trim(x, 1)
	if want := []float32{0, -3, 0, 3, 3, 0, 0, 0}; !slices.Equal(x, want) {
		t.Errorf("%v, want %v", x, want)
	}
}

// What is dropped is made good for: each value is 0 or 1/density times itself, and the mean over many seeds is itself.
func TestDAREKeepsTheExpectation(t *testing.T) {
	shapes := []ModuleShape{{"model.layers.0.self_attn.q_proj", 6, 5}}
	x, y := random(t, shapes, 2, 4, 1), random(t, shapes, 2, 4, 2)
	tx, ty := product(x.Modules[shapes[0].Name]), product(y.Modules[shapes[0].Name])
	mean := make([][]float64, 5)
	for o := range mean {
		mean[o] = make([]float64, 6)
	}
	const seeds, density = 2000, 0.4
	for seed := range uint64(seeds) {
		a, _ := merged(t, []Weighted{{"x", x, 1}, {"y", y, 1}}, MergeOptions{Method: DARE, Density: density, Seed: seed, Rank: 5})
		got := product(a.Modules[shapes[0].Name])
		for o := range got {
			for i, v := range got[o] {
				mean[o][i] += v / seeds
				near := math.Inf(1)
				for _, possible := range []float64{0, tx[o][i] / density, ty[o][i] / density, (tx[o][i] + ty[o][i]) / density} {
					near = min(near, math.Abs(v-possible))
				}
				if near > 1e-4 {
					t.Fatalf("seed %d: %g is no sum of %g and %g, each dropped or over the density", seed, v, tx[o][i], ty[o][i])
				}
			}
		}
	}
	for o := range mean {
		for i := range mean[o] {
			want := tx[o][i] + ty[o][i]
			deviation := math.Sqrt((tx[o][i]*tx[o][i] + ty[o][i]*ty[o][i]) * (1/density - 1) / seeds)
			if d := math.Abs(mean[o][i] - want); d > 5*deviation {
				t.Errorf("mean %g, want %g", mean[o][i], want)
			}
		}
	}
}

func TestTheSameSeedGivesTheSameBits(t *testing.T) {
	list := []Weighted{{"x", random(t, twoModules, 3, 6, 1), 1}, {"y", random(t, twoModules, 2, 3, 2), 1}}
	for _, method := range []Method{DARE, DARETIES} {
		hash := func(seed uint64) string {
			a, _ := merged(t, list, MergeOptions{Method: method, Seed: seed, Rank: 4})
			return hashOf(t, a)
		}
		if first, again := hash(1), hash(1); first != again || first == hash(2) {
			t.Errorf("%s: the seed does not decide", method)
		}
	}
}

// The change of a layer that is wide beside the rank is not decomposed whole: within a thousandth of its squared norm.
func TestWideLayersAreCutAsTheTwinDoes(t *testing.T) {
	shapes := []ModuleShape{{"model.layers.0.mlp.up_proj", 70, 50}, {"model.layers.0.mlp.down_proj", 50, 70}}
	x, y := random(t, shapes, 4, 8, 1), random(t, shapes, 4, 8, 2)
	a, report := merged(t, []Weighted{{"x", x, 1}, {"y", y, 1}}, MergeOptions{Method: TIES, Density: 0.3, Rank: 6})
	for name, p := range a.Modules {
		twin := tiesTwin([][][]float64{product(x.Modules[name]), product(y.Modules[name])}, []float64{1, 1}, 0.3, 1)
		checkCut(t, name, p, twin, 6, 1e-3)
	}
	if report.Rank != 6 || !(report.Kept > 0.3 && report.Kept < 1) {
		t.Errorf("%+v", report)
	}
}

func TestLaw03WhatDoesNotBelongTogetherIsNamed(t *testing.T) {
	with := func(p *Provenance, shapes []ModuleShape) *Adapter {
		a := random(t, shapes, 2, 4, 1)
		a.Provenance = p
		return a
	}
	x := with(&Provenance{Base: "alpha", BaseHash: "aaaa", Template: "chatml", TemplateHash: "cccc"}, twoModules)
	under, err := random(t, twoModules, 1, 1, 8).Parent("first", 1, TrainedOn)
	if err != nil {
		t.Fatal(err)
	}
	lengths := with(nil, twoModules)
	lengths.Config.DoRA = true
	for want, y := range map[string]*Adapter{
		`y is DoRA, whose lengths of rows do not add up`:                                       lengths,
		`x was trained on base "alpha" (hash aaaa), and y on "beta" (hash bbbb)`:               with(&Provenance{Base: "beta", BaseHash: "bbbb"}, twoModules),
		`x was trained with template "chatml" (hash cccc), and y with "plain" (hash dddd)`:     with(&Provenance{BaseHash: "aaaa", Template: "plain", TemplateHash: "dddd"}, twoModules),
		`"model.layers.0.self_attn.q_proj" is 7×11 in x and 7×12 in y`:                         with(nil, []ModuleShape{{twoModules[0].Name, 12, 7}}),
		`y was trained on top of first (hash ` + under.Hash[:12] + `), which is not among the`: with(&Provenance{BaseHash: "aaaa", Parents: []Parent{under}}, twoModules),
	} {
		list := []Weighted{{"x", x, 1}, {"y", y, 1}}
		_, err := Stack(list)
		_, _, err2 := Merge(t.Context(), list, MergeOptions{})
		for _, err := range []error{err, err2} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
	if _, err := Stack([]Weighted{{"first", random(t, twoModules, 1, 1, 8), 1}, {"y", with(&Provenance{Parents: []Parent{under}}, twoModules), 1}}); err != nil {
		t.Errorf("on top of one that is there: %v", err)
	}
	for _, o := range []MergeOptions{{Method: "mean"}, {Density: 0.5}, {Method: TIES, Density: 2}, {Method: DARE, Density: -1}, {Rank: -1}, {Scale: math.NaN()}} {
		if _, _, err := Merge(t.Context(), []Weighted{{"x", x, 1}}, o); err == nil {
			t.Errorf("%+v passes", o)
		}
	}
}
