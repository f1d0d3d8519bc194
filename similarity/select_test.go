package similarity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// unit are n random unit vectors around a few directions.
func unit(n, dim, directions int, seed uint64) [][]float32 {
	random := rand.New(rand.NewPCG(seed, 1))
	centres := make([][]float64, directions)
	for c := range centres {
		centres[c] = make([]float64, dim)
		for j := range centres[c] {
			centres[c][j] = random.NormFloat64()
		}
	}
	out := make([][]float32, n)
	for i := range out {
		v, length := make([]float64, dim), 0.0
		for j := range v {
			v[j] = centres[i%directions][j] + 0.4*random.NormFloat64()
			length += v[j] * v[j]
		}
		out[i] = make([]float32, dim)
		for j, x := range v {
			out[i][j] = float32(x / math.Sqrt(length))
		}
	}
	return out
}

func inner(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// cover is what FacilityLocation makes large, in float64.
func cover(vectors [][]float32, picked []int) float64 {
	sum := 0.0
	for _, v := range vectors {
		best := math.Inf(-1)
		for _, p := range picked {
			best = max(best, inner(v, vectors[p]))
		}
		sum += best
	}
	return sum
}

func TestFacilityLocationIsThePlainGreedyChoice(t *testing.T) {
	for _, n := range []int{1, 2, 5, 61, 130} {
		vectors := unit(n, 7, 5, uint64(n))
		var want []int
		for len(want) < min(n, 20) {
			best, size := -1, 0.0
			for i := range vectors {
				if slices.Contains(want, i) {
					continue
				}
				if s := cover(vectors, append(slices.Clone(want), i)); best < 0 || s > size+1e-9 {
					best, size = i, s
				}
			}
			want = append(want, best)
		}
		got := FacilityLocation(vectors, 20)
		if a, b := cover(vectors, got), cover(vectors, want); len(got) != len(want) || math.Abs(a-b) > 1e-4*b {
			t.Errorf("of %d: picked %v (%g), want %v (%g)", n, got, a, want, b)
		}
		seen := slices.Clone(got)
		slices.Sort(seen)
		if len(slices.Compact(seen)) != len(got) {
			t.Errorf("of %d: picked one twice: %v", n, got)
		}
	}
}

func TestKCenterTakesTheFarthest(t *testing.T) {
	vectors := unit(200, 9, 6, 3)
	got := KCenter(vectors, 12)
	for k := 1; k < len(got); k++ {
		nearest := func(i int) float64 {
			best := math.Inf(-1)
			for _, p := range got[:k] {
				best = max(best, inner(vectors[i], vectors[p]))
			}
			return best
		}
		for i := range vectors {
			if nearest(i) < nearest(got[k])-1e-6 {
				t.Fatalf("pick %d is %d, whose likest before it is %g like it; that of %d is %g", k, got[k], nearest(got[k]), i, nearest(i))
			}
		}
	}
	if all := KCenter(vectors[:4], 9); len(all) != 4 {
		t.Errorf("of 4 vectors %v are picked", all)
	}
	same := [][]float32{{1, 0}, {1, 0}, {1, 0}}
	if got := KCenter(same, 3); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("of equal vectors %v are picked", got)
	}
}

func TestKMeansFindsTheDirections(t *testing.T) {
	vectors := unit(3000, 32, 6, 5)
	got := KMeans(vectors, 6, 1)
	for i := range vectors {
		if got[i] != got[i%6] {
			t.Fatalf("vector %d is in group %d, others around its direction are in %d", i, got[i], got[i%6])
		}
	}
	old := runtime.GOMAXPROCS(1)
	alone := KMeans(vectors, 9, 7)
	runtime.GOMAXPROCS(old)
	if !slices.Equal(alone, KMeans(vectors, 9, 7)) {
		t.Error("one processor gives other groups than all of them")
	}
}

func TestKMeansOfLittle(t *testing.T) {
	if got := KMeans(nil, 3, 1); len(got) != 0 {
		t.Errorf("no vectors: %v", got)
	}
	if got := KMeans(unit(2, 3, 1, 1), 3, 1); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("two vectors in three groups: %v", got)
	}
	same := [][]float32{{1, 0}, {1, 0}, {1, 0}, {1, 0}}
	for _, g := range KMeans(same, 2, 1) {
		if g < 0 || g > 1 {
			t.Errorf("equal vectors: group %d", g)
		}
	}
}

func TestDot(t *testing.T) {
	for n := range 13 {
		a, b := unit(1, n+1, 1, uint64(n))[0], unit(1, n+1, 1, uint64(n+50))[0]
		p, q, _, s := dot4(a, b, a, b, b)
		for name, got := range map[string]float32{"dot": dot(a, b), "first of dot4": p, "last of dot4": s} {
			if math.Abs(float64(got)-inner(a, b)) > 1e-6 {
				t.Errorf("%s of %d numbers = %g, want %g", name, n+1, got, inner(a, b))
			}
		}
		if math.Abs(float64(q)-1) > 1e-6 {
			t.Errorf("a unit vector times itself = %g", q)
		}
	}
}

func BenchmarkFacilityLocation(b *testing.B) {
	for _, n := range []int{4000, 28000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			vectors := unit(n, 256, 200, 1)
			for b.Loop() {
				FacilityLocation(vectors, 1000)
			}
		})
	}
}

func BenchmarkKMeans(b *testing.B) {
	vectors := unit(28000, 256, 200, 1)
	for b.Loop() {
		KMeans(vectors, 100, 1)
	}
}

func TestAlikeIsEveryPair(t *testing.T) {
	for _, n := range []int{0, 1, 2, 700} {
		vectors := unit(n, 24, 90, 8)
		want := newUnion(n)
		for i, v := range vectors {
			for j, w := range vectors[:i] {
				if inner(v, w) >= 0.95 {
					want.join(i, j)
				}
			}
		}
		if d := cmp.Diff(want.groups(), Alike(vectors, 0.95), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("of %d (-every pair +found):\n%s", n, d)
		}
	}
}

// In a cone all vectors are alike; what was around it is found again.
func TestIsotropicOpensACone(t *testing.T) {
	around := unit(900, 24, 30, 4)
	cone := make([][]float32, len(around))
	for i, v := range around {
		cone[i] = slices.Clone(v)
		cone[i][3] += 5
		cone[i][7] -= 4
		cone[i][11] += 3 * float32(i%3)
	}
	if c := Cosine(cone[0], cone[1]); c < 0.8 {
		t.Fatalf("no cone: %g", c)
	}
	open := Isotropic(cone)
	same, other := 0.0, 0.0
	for i := range 30 {
		same += Cosine(open[i], open[i+30]) / 30
		other += Cosine(open[i], open[i+1]) / 30
	}
	if same < 0.7 || math.Abs(other) > 0.2 {
		t.Errorf("vectors around one direction have a cosine of %.2f on average, others %.2f", same, other)
	}
	if got := Isotropic([][]float32{{1, 2}, {1, 2}}); got[0][0] != 0 || len(Isotropic(nil)) != 0 {
		t.Errorf("equal vectors become %v", got)
	}
}
