package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// drawing is an SVG that is being written. Numbers and words of ours go in as they are; the words of rows through text.
type drawing struct{ strings.Builder }

// draw begins a picture of a width and a height, which is told in words to who cannot see it.
func draw(width, height int, told string) *drawing {
	var d drawing
	fmt.Fprintf(&d, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, html.EscapeString(told))
	return &d
}

func (d *drawing) text(class string, x, y float64, anchor, text string) {
	fmt.Fprintf(d, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, class, x, y, anchor, html.EscapeString(text))
}

// bar is a rectangle that says what it stands for when pointed at.
func (d *drawing) bar(class string, x, y, width, height float64, told string) {
	fmt.Fprintf(d, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`,
		class, x, y, width, height, html.EscapeString(told))
}

func (d *drawing) end() template.HTML {
	d.WriteString("</svg>")
	return template.HTML(d.String()) // every text in it went through EscapeString
}

// histogram draws a distribution of lengths, and beside it what it became, if anything did.
func histogram(name string, before Lengths, after *Lengths) template.HTML {
	const width, height, left, floor = 720, 210, 44.0, 170.0
	d := draw(width, height, fmt.Sprintf("%s: words of %d texts, half of them %d or fewer, 95 in 100 %d or fewer", name, before.Texts, before.Median, before.P95))
	buckets := before.Buckets
	top := 0.0
	share := func(l Lengths, i int) float64 {
		if l.Texts == 0 || i >= len(l.Buckets) {
			return 0
		}
		return float64(l.Buckets[i].Texts) / float64(l.Texts)
	}
	last := 0
	for i := range buckets {
		top = max(top, share(before, i))
		if share(before, i) > 0 {
			last = i
		}
		if after != nil {
			top = max(top, share(*after, i))
			if share(*after, i) > 0 {
				last = max(last, i)
			}
		}
	}
	step := (width - left - 8) / float64(last+1)
	for _, at := range []float64{0.5, 1} {
		y := floor - 150*at
		fmt.Fprintf(d, `<path class="grid" d="M%.1f %.1fH%d"/>`, left, y, width-8)
		d.text("small", left-6, y+4, "end", fmt.Sprintf("%.0f %%", 100*top*at))
	}
	for i := range buckets[:min(last+1, len(buckets))] {
		b := buckets[i]
		span := fmt.Sprintf("%d to %d words", b.From, b.To)
		if b.From == b.To {
			span = fmt.Sprintf("%d words", b.From)
		}
		x, h := left+step*float64(i), 150*share(before, i)/max(top, 1e-9)
		w := step - 3
		if after != nil {
			w = step/2 - 2
			g := 150 * share(*after, i) / max(top, 1e-9)
			d.bar("after", x+step/2, floor-g, w, g, fmt.Sprintf("after: %s, %.1f %%", span, 100*share(*after, i)))
		}
		d.bar("bar", x, floor-h, w, h, fmt.Sprintf("%s: %d texts, %.1f %%", span, b.Texts, 100*share(before, i)))
		d.text("small", x+step/2, floor+16, "middle", fmt.Sprint(b.From))
	}
	d.text("small", left, floor+34, "start", "words, from")
	return d.end()
}

// verbs draws the most frequent verbs with their most frequent objects, each as long as it is frequent.
func verbs(all []Verb) template.HTML {
	const width, row, left, most = 720, 24.0, 120.0, 20
	all = all[:min(most, len(all))]
	if len(all) == 0 {
		return ""
	}
	d := draw(width, int(row*float64(len(all)))+6, fmt.Sprintf("The %d most frequent verbs with their objects; the most frequent is %s, in %d rows", len(all), all[0].Verb, all[0].Rows))
	scale := (width - left - 70) / float64(all[0].Rows)
	for i, v := range all {
		y, x := row*float64(i)+3, left
		d.text("label", left-8, y+15, "end", v.Verb)
		rest := v.Rows
		for k, o := range v.Objects[:min(5, len(v.Objects))] {
			w := scale * float64(o.Rows)
			d.bar(fmt.Sprintf("seg s%d", k), x, y, max(w-1, 0.5), row-4, fmt.Sprintf("%s %s: %d rows", v.Verb, o.Name, o.Rows))
			if w > 9*float64(len([]rune(o.Name)))+4 {
				d.text("inside", x+w/2, y+14, "middle", o.Name)
			}
			x += w
			rest -= o.Rows
		}
		d.bar("seg rest", x, y, scale*float64(rest), row-4, fmt.Sprintf("%s, other objects: %d rows", v.Verb, rest))
		d.text("small", x+scale*float64(rest)+6, y+14, "start", fmt.Sprint(v.Rows))
	}
	return d.end()
}

// mostSpots is how many rows the map shows.
const mostSpots = 6000

// chart draws the coverage map: every row a dot, each cluster in a colour, with its number in its middle.
func (p *Page) chart() template.HTML {
	const width, height, edge = 720, 520, 16.0
	if len(p.spots) == 0 {
		return ""
	}
	clusters := p.Stats.Clusters
	d := draw(width, height, fmt.Sprintf("A map of %d rows in %d clusters; what each holds is in the table below", len(p.Rows), len(clusters)))
	low, high := p.spots[0], p.spots[0]
	for _, s := range p.spots {
		for a := range s {
			low[a], high[a] = min(low[a], s[a]), max(high[a], s[a])
		}
	}
	scale := min((width-2*edge)/max(1e-9, float64(high[0]-low[0])), (height-2*edge)/max(1e-9, float64(high[1]-low[1])))
	place := func(s [2]float32) (x, y float64) {
		at := func(a int, length float64) float64 { return length/2 + scale*float64(s[a]-(low[a]+high[a])/2) }
		return at(0, width), at(1, height)
	}
	paths := make([]strings.Builder, len(clusters))
	middle := make([][3]float64, len(clusters))
	step := float64(max(1, len(p.spots))) / float64(min(mostSpots, len(p.spots)))
	for k := 0.0; int(k) < len(p.spots); k += step {
		i := int(k)
		x, y := place(p.spots[i])
		c := p.group[i]
		fmt.Fprintf(&paths[c], "M%.0f %.0fh0", x, y)
		middle[c][0], middle[c][1], middle[c][2] = middle[c][0]+x, middle[c][1]+y, middle[c][2]+1
	}
	for c := range clusters {
		if middle[c][2] == 0 {
			continue
		}
		fmt.Fprintf(d, `<path class="dots" style="--h:%d" d="%s"><title>%s</title></path>`, hue(c), paths[c].String(),
			html.EscapeString(fmt.Sprintf("%d: %s (%d rows)", c+1, strings.Join(clusters[c].Words, ", "), clusters[c].Rows)))
	}
	for c := range clusters {
		if n := middle[c][2]; n > 0 {
			d.text("tag", middle[c][0]/n, middle[c][1]/n+5, "middle", fmt.Sprint(c+1))
		}
	}
	return d.end()
}

// hue is the colour of a cluster, far from that of the one before.
func hue(cluster int) int { return int(math.Mod(float64(cluster)*137.5, 360)) }
