package weigh

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

// pick gives the rows of those that are left which a step takes, in order.
func (s Step) pick(ctx context.Context, rows []*curate.Row, t *Table, left []int) ([]int, error) {
	all := make([]int, len(rows))
	for i := range all {
		all[i] = i
	}
	of := all
	if s.Remaining {
		of = left
	}
	total := s.Count
	if s.Share > 0 {
		total = max(1, int(math.Floor(s.Share*float64(len(of))+1e-9)))
	}
	if s.Per == "" {
		return s.pickFrom(ctx, t, left, total)
	}
	groups, err := t.groups(rows, s.Per)
	if err != nil {
		return nil, err
	}
	// A share is shared out by what the groups had, a count by what is left of them.
	base := left
	if s.Share > 0 {
		base = of
	}
	sizes, members := map[string]int{}, map[string][]int{}
	for _, i := range base {
		sizes[groups[i]]++
	}
	for _, i := range left {
		members[groups[i]] = append(members[groups[i]], i)
	}
	var picked []int
	for name, n := range quotas(sizes, total) {
		list, err := s.pickFrom(ctx, t, members[name], n)
		if err != nil {
			return nil, err
		}
		picked = append(picked, list...)
	}
	slices.Sort(picked)
	return picked, nil
}

// quotas share a total out among groups by their sizes, whole numbers by the largest remainders.
func quotas(sizes map[string]int, total int) map[string]int {
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	out := map[string]int{}
	names := sortedKeys(sizes)
	rest := map[string]float64{}
	given := 0
	for _, name := range names {
		exact := float64(total) * float64(sizes[name]) / float64(sum)
		out[name] = int(exact)
		rest[name] = exact - float64(out[name])
		given += out[name]
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rest[b], rest[a]) })
	for _, name := range names[:min(max(0, total-given), len(names))] {
		out[name]++
	}
	return out
}

func (s Step) pickFrom(ctx context.Context, t *Table, left []int, n int) ([]int, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var picked []int
	at := func(list []int) {
		for _, k := range list {
			picked = append(picked, left[k])
		}
	}
	n = min(n, len(left))
	switch s.Kind {
	case "top", "bottom", "apart":
		c, err := t.column(s.By)
		if err != nil {
			return nil, err
		}
		list := byScore(c, left, s.Kind == "bottom")
		if s.Kind == "apart" {
			ordered := list
			if list, err = unless(ctx, func() []int { return apart(t.Vectors, ordered, n, s.Similarity) }); err != nil {
				return nil, err
			}
		}
		picked = slices.Clone(list[:min(n, len(list))])
	case "facility-location":
		list, err := unless(ctx, func() []int { return similarity.FacilityLocation(t.vectorsOf(left), n) })
		if err != nil {
			return nil, err
		}
		at(list)
	case "k-center":
		list, err := unless(ctx, func() []int { return similarity.KCenter(t.vectorsOf(left), n) })
		if err != nil {
			return nil, err
		}
		at(list)
	case "random":
		at(rand.New(rand.NewPCG(s.Seed, 0x77656967)).Perm(len(left))[:n])
	default:
		return nil, fmt.Errorf("there is no step %q", s.Kind)
	}
	slices.Sort(picked)
	return picked, nil
}

// unless gives what work gives, or the error of a context that ends before; the work then goes on to its end, unseen.
func unless(ctx context.Context, work func() []int) ([]int, error) {
	done := make(chan []int, 1)
	go func() { done <- work() }()
	select {
	case list := <-done:
		return list, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// apart takes rows in order, up to n, each of which is less like all that were taken than most.
func apart(vectors [][]float32, list []int, n int, most float64) []int {
	var taken []int
	for _, i := range list {
		if len(taken) == n {
			break
		}
		if !slices.ContainsFunc(taken, func(j int) bool { return similarity.Cosine(vectors[i], vectors[j]) >= most }) {
			taken = append(taken, i)
		}
	}
	return taken
}
