package weigh

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/similarity"
)

var rarity = Score{
	Name: "rarity", version: 1,
	About:  "how few rows are in its cluster: -ln of the cluster's share of the rows",
	Source: "clusters by k-means, as Cherry's first step has them",
}

// rarityOf is the score of the rows, by the groups they are in.
func rarityOf(group []int) []float64 {
	sizes := map[int]int{}
	for _, g := range group {
		sizes[g]++
	}
	out := make([]float64, len(group))
	for i, g := range group {
		out[i] = -math.Log(float64(sizes[g]) / float64(len(group)))
	}
	return out
}

// clusterNames names each cluster by three words that are in more of its rows than of the others, and not in a quarter of all.
func clusterNames(rows []*curate.Row, group []int, text func(*curate.Row) string) []string {
	n := 0
	for _, g := range group {
		n = max(n, g+1)
	}
	inside := make([]map[string]int, n)
	size := make([]int, n)
	for g := range inside {
		inside[g] = map[string]int{}
	}
	all := map[string]int{}
	for i, r := range rows {
		words := similarity.Words(text(r))
		slices.Sort(words)
		for _, w := range slices.Compact(words) {
			inside[group[i]][w]++
			all[w]++
		}
		size[group[i]]++
	}
	names := make([]string, n)
	for g, words := range inside {
		value := func(w string) float64 {
			here, there := float64(words[w]), float64(all[w]-words[w])
			return here * math.Log((here+0.1)/float64(size[g])*(float64(len(rows)-size[g])+1)/(there+0.1))
		}
		list := sortedKeys(words)
		list = slices.DeleteFunc(list, func(w string) bool {
			return len(w) < 3 || 4*all[w] > len(rows) && size[g] < len(rows)/4
		})
		slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(value(b), value(a)) })
		names[g] = strings.Join(list[:min(3, len(list))], " ")
	}
	return names
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
