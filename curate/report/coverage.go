package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/cria-llm/cria/similarity"
)

// clusters describes the k groups of rows of the coverage map.
func (p *Page) clusters(k int) []Cluster {
	out := make([]Cluster, k)
	having := make([]map[string]int, k) // rows of a cluster that have a word
	all := map[string]int{}
	middle := make([][]float64, k)
	for c := range out {
		having[c], middle[c] = map[string]int{}, make([]float64, len(p.Vectors[0]))
	}
	for i, r := range p.Rows {
		c := p.group[i]
		out[c].Rows++
		for j, x := range p.Vectors[i] {
			middle[c][j] += float64(x)
		}
		once := map[string]bool{}
		for _, w := range similarity.Words(asks(r)) {
			if !once[w] {
				once[w] = true
				having[c][w]++
				all[w]++
			}
		}
	}
	best := make([]float64, k)
	for i, v := range p.Vectors {
		c, near := p.group[i], 0.0
		for j, x := range v {
			near += float64(x) * middle[c][j]
		}
		if out[c].Example == 0 && best[c] == 0 || near > best[c] {
			out[c].Example, best[c] = i, near
		}
	}
	for c := range out {
		out[c].Words = telling(having[c], out[c].Rows, all, len(p.Rows))
	}
	return out
}

// telling are the words that tell a group from all rows: in more of its rows, and in more than elsewhere.
func telling(having map[string]int, rows int, all map[string]int, total int) []string {
	type word struct {
		text  string
		score float64
	}
	var words []word
	for w, n := range having {
		in, out := float64(n)/float64(rows), float64(all[w])/float64(total)
		if (n > 1 || rows == 1) && (out < 0.15 || total < 100) { // what is everywhere tells nothing
			words = append(words, word{w, in * math.Log(in/out)})
		}
	}
	slices.SortFunc(words, func(a, b word) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.text, b.text)) })
	var out []string
	for _, w := range words[:min(4, len(words))] {
		out = append(out, w.text)
	}
	return out
}

// discs gives each cluster of vectors on a plane a disc for itself, as large as it has rows, near those whose middles are near
// it. In its disc a row keeps the direction in which it lies from the cluster's middle, and the order of distances.
func discs(flat [][2]float32, group []int, k int) [][2]float32 {
	middle, count := make([][2]float64, k), make([]float64, k)
	for i, s := range flat {
		c := group[i]
		count[c]++
		middle[c][0] += float64(s[0])
		middle[c][1] += float64(s[1])
	}
	centre, radius, total := make([][2]float64, k), make([]float64, k), 0.0
	for c := range middle {
		middle[c][0] /= max(1, count[c])
		middle[c][1] /= max(1, count[c])
		radius[c] = math.Sqrt(count[c])
		total += radius[c]
	}
	// The order of the middles along each axis, as wide as the discs are together.
	for axis := range 2 {
		order := make([]int, k)
		for c := range order {
			order[c] = c
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(middle[a][axis], middle[b][axis]), cmp.Compare(a, b)) })
		for at, c := range order {
			centre[c][axis] = (float64(at) + 0.5 - float64(k)/2) / float64(k) * total / math.Sqrt(float64(k)) * 1.4
		}
	}
	apart(centre, radius)
	out := make([][2]float32, len(flat))
	members := make([][]int, k)
	for i, c := range group {
		members[c] = append(members[c], i)
	}
	for c, rows := range members {
		off := func(i int) (x, y float64) {
			return float64(flat[i][0]) - middle[c][0], float64(flat[i][1]) - middle[c][1]
		}
		slices.SortFunc(rows, func(a, b int) int {
			ax, ay := off(a)
			bx, by := off(b)
			return cmp.Or(cmp.Compare(math.Hypot(ax, ay), math.Hypot(bx, by)), a-b)
		})
		for rank, i := range rows {
			x, y := off(i)
			r, angle := 0.94*radius[c]*math.Sqrt((float64(rank)+0.5)/count[c]), math.Atan2(y, x)
			out[i] = [2]float32{float32(centre[c][0] + r*math.Cos(angle)), float32(centre[c][1] + r*math.Sin(angle))}
		}
	}
	return out
}

// apart moves circles until none overlaps another, and together where there is room.
func apart(centre [][2]float64, radius []float64) {
	for range 300 {
		for i := range centre {
			centre[i][0] *= 0.99
			centre[i][1] *= 0.985 // a picture is wider than high
		}
		for i := range centre {
			for j := range i {
				dx, dy := centre[i][0]-centre[j][0], centre[i][1]-centre[j][1]
				far, want := math.Hypot(dx, dy), 1.03*(radius[i]+radius[j])
				if far >= want {
					continue
				}
				if far == 0 {
					dx, far = 1, 1
				}
				push := (want - far) / far / 2
				centre[i][0] += dx * push
				centre[i][1] += dy * push
				centre[j][0] -= dx * push
				centre[j][1] -= dy * push
			}
		}
	}
}
