package adapter

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Method is how adapters are merged. τ is what an adapter adds to a layer, s·B·A, and w its weight.
type Method string

const (
	// Linear is the average: Σ w·τ, where w is 1/n unless given.
	Linear Method = "linear"
	// TaskArithmetic is the sum: Σ w·τ, where w is 1 unless given (Ilharco et al. 2023).
	TaskArithmetic Method = "task-arithmetic"
	// SVD is the sum cut down to the rank of the largest of the adapters, unless another is given.
	SVD Method = "svd"
	// TIES keeps the values of each τ that are largest in magnitude, lets the weighted sum choose a sign for each place,
	// and averages those that have it (Yadav et al. 2023). Trimming is a layer's own.
	TIES Method = "ties"
	// DARE drops values of each τ at random and scales the others up to make good for them, then sums (Yu et al. 2024).
	DARE Method = "dare"
	// DARETIES drops as DARE does where TIES trims.
	DARETIES Method = "dare-ties"
)

// Methods lists them.
func Methods() []Method { return []Method{Linear, TaskArithmetic, SVD, TIES, DARE, DARETIES} }

// MergeOptions are the settings of a merge. Zero values stand for the defaults.
type MergeOptions struct {
	Method  Method  // Linear
	Rank    int     // of the result; the sum of the ranks, which loses nothing of Linear and TaskArithmetic
	Scale   float64 // multiplies the result: the λ of task arithmetic and TIES; 1
	Density float64 // share of values kept by TIES (0.2), DARE and DARETIES (0.5)
	Seed    uint64  // of what DARE and DARETIES drop
}

// MergeReport says what a merge kept.
type MergeReport struct {
	Rank int     // the highest of the result
	Kept float64 // share of the merged change's squared norm that is within the rank
}

func (o MergeOptions) resolve() (MergeOptions, error) {
	o.Method = cmp.Or(o.Method, Linear)
	o.Scale = cmp.Or(o.Scale, 1)
	switch {
	case !slices.Contains(Methods(), o.Method):
		return o, fmt.Errorf("method is %q: one of %s", o.Method, MethodNames())
	case o.Rank < 0 || o.Rank > maxRank:
		return o, fmt.Errorf("rank is %d: 1 to %d", o.Rank, maxRank)
	case !(math.Abs(o.Scale) <= maxWeight):
		return o, fmt.Errorf("scale is %g: a number up to %g", o.Scale, maxWeight)
	case !o.Method.sparse() && o.Density != 0:
		return o, fmt.Errorf("density is %g: method %s keeps every value; it belongs to %s, %s and %s", o.Density, o.Method, TIES, DARE, DARETIES)
	case o.Method == TIES:
		o.Density = cmp.Or(o.Density, 0.2) // the paper's, section 4
	case o.Method.sparse():
		o.Density = cmp.Or(o.Density, 0.5)
	}
	if o.Method.sparse() && !(o.Density > 0 && o.Density <= 1) {
		return o, fmt.Errorf("density is %g: above 0 to 1", o.Density)
	}
	return o, nil
}

// sparse says whether single values are chosen, for which a layer's whole change has to be looked at.
func (m Method) sparse() bool { return m == TIES || m == DARE || m == DARETIES }

// MethodNames lists the methods for people.
func MethodNames() string {
	var names []string
	for _, m := range Methods() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// String is the method with the settings that it was used with, for the lineage.
func (o MergeOptions) String() string {
	s := string(o.Method)
	if o.Rank > 0 {
		s += fmt.Sprintf(" rank %d", o.Rank)
	}
	if o.Scale != 1 {
		s += fmt.Sprintf(" scale %g", o.Scale)
	}
	if o.Method.sparse() {
		s += fmt.Sprintf(" density %g", o.Density)
	}
	if o.Method == DARE || o.Method == DARETIES {
		s += fmt.Sprintf(" seed %d", o.Seed)
	}
	return s
}

const maxWeight = 1e6

// Merge makes one adapter of several. Where the ranks add up it never forms more than their factors; the sparse methods
// form the change of one layer at a time. Sums and decompositions are in float64. The same inputs give the same bits.
func Merge(ctx context.Context, list []Weighted, o MergeOptions) (*Adapter, MergeReport, error) {
	a, report, err := merge(ctx, list, o)
	if err != nil {
		return nil, MergeReport{}, fmt.Errorf("merge: %w", err)
	}
	return a, report, nil
}

func merge(ctx context.Context, list []Weighted, o MergeOptions) (*Adapter, MergeReport, error) {
	o, err := o.resolve()
	if err != nil {
		return nil, MergeReport{}, err
	}
	absent := 1.0
	if o.Method == Linear {
		absent /= float64(len(list))
	}
	list = weigh(list, absent)
	p, base, err := together(list, Merged, o.String())
	if err != nil {
		return nil, MergeReport{}, err
	}
	factor := o.Scale
	if o.Method == TIES || o.Method == DARETIES {
		factor = 1 // the average is scaled instead
	}
	pairs, err := gather(list, factor)
	if err != nil {
		return nil, MergeReport{}, err
	}
	modules := make(map[string]Pair, len(pairs))
	var report MergeReport
	var kept, all float64
	for _, name := range sortedKeys(pairs) {
		if err := ctx.Err(); err != nil {
			return nil, MergeReport{}, err
		}
		pair, k, n, err := o.module(name, pairs[name], list)
		if err != nil {
			return nil, MergeReport{}, fmt.Errorf("adapter module %q: %w", name, err)
		}
		modules[name] = pair
		kept, all, report.Rank = kept+k, all+n, max(report.Rank, pair.R)
	}
	if report.Kept = 1; all > 0 {
		report.Kept = kept / all
	}
	a, err := assemble(modules, p, Options{FanInFanOut: fanInFanOut(list)}, base)
	return a, report, err
}

// module merges the pairs of one layer. kept and all are squared norms: of the result, and of what it is cut from.
func (o MergeOptions) module(name string, ps []Pair, list []Weighted) (p Pair, kept, all float64, err error) {
	rank, largest := 0, 0
	for _, p := range ps {
		rank, largest = rank+p.R, max(largest, p.R)
	}
	if o.Method == SVD {
		rank = largest
	}
	if o.Rank > 0 {
		rank = o.Rank
	}
	if !o.Method.sparse() {
		b, a := factors(ps)
		p, s, err := cut(b, a, rank)
		if err != nil {
			return p, 0, 0, err
		}
		return p, squares(s[:p.R]), squares(s), nil
	}
	sum := o.sparse(name, ps, list)
	return sum.cut(rank, ps)
}

func squares(s []float64) float64 { return dot(s, s) }

// factors are the pairs side by side, by columns: b [out, k] with the scales in it, and a [in, k].
func factors(ps []Pair) (b, a vectors) {
	for _, p := range ps {
		for k := range p.R {
			col, row := make([]float64, p.Out), make([]float64, p.In)
			for o := range col {
				col[o] = float64(p.B[o*p.R+k]) * float64(p.Scale)
			}
			for i := range row {
				row[i] = float64(p.A[k*p.In+i])
			}
			b, a = append(b, col), append(a, row)
		}
	}
	return b, a
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
