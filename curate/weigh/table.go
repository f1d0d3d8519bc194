package weigh

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cria-llm/cria/curate"
)

// column is the score of that name.
func (t *Table) column(name string) (Column, error) {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Score.Name == name })
	if i < 0 {
		return Column{}, fmt.Errorf("score %s was not measured", name)
	}
	return t.Columns[i], nil
}

func (t *Table) vectorsOf(rows []int) [][]float32 {
	out := make([][]float32, len(rows))
	for k, i := range rows {
		out[k] = t.Vectors[i]
	}
	return out
}

// groups names the group of each row: its cluster, the first of its categories, or what it has in a field.
func (t *Table) groups(rows []*curate.Row, per string) ([]string, error) {
	out := make([]string, len(rows))
	for i, r := range rows {
		switch {
		case per == "cluster" && t.Cluster != nil:
			g := t.Cluster[i]
			out[i] = fmt.Sprintf("%d %s", g, t.ClusterNames[g])
		case per == "category" && t.Categories != nil:
			out[i] = "(none)"
			if list := t.Categories[i]; len(list) > 0 {
				out[i] = t.names[list[0]]
			}
		case groupField(per) != "":
			out[i] = labelOf(r, groupField(per))
		default:
			return nil, errors.New("no groups by " + per + " were measured")
		}
	}
	return out, nil
}
