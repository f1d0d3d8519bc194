package adapter

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Weighted is an adapter, what people call it, and what multiplies it. A weight of 0 stands for the default of what is
// done with it: 1, or 1/n where n adapters are averaged. A negative one takes away what was learned.
type Weighted struct {
	Name    string
	Adapter *Adapter
	Weight  float64
}

// Stack is the weighted sum of adapters as one, exactly: the ranks stand side by side, A over A and B beside B, with each
// scale and weight multiplied into its B.
func Stack(list []Weighted) (*Adapter, error) {
	list = weigh(list, 1)
	p, base, err := together(list, Stacked, "")
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	pairs, err := gather(list, 1)
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	modules := make(map[string]Pair, len(pairs))
	for name, ps := range pairs {
		modules[name] = sum(ps)
	}
	return assemble(modules, p, Options{FanInFanOut: fanInFanOut(list)}, base)
}

// sum is the pair whose product is the sum of the pairs' scaled products. All have the same widths.
func sum(ps []Pair) Pair {
	total := Pair{In: ps[0].In, Out: ps[0].Out, Scale: 1}
	for _, p := range ps {
		total.A = append(total.A, p.A...)
		total.R += p.R
	}
	total.B = make([]float32, 0, total.Out*total.R)
	for row := range total.Out {
		for _, p := range ps {
			for _, b := range p.B[row*p.R : (row+1)*p.R] {
				total.B = append(total.B, b*p.Scale)
			}
		}
	}
	return total
}

// weigh fills in the weights that nobody gave.
func weigh(list []Weighted, absent float64) []Weighted {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Weight == 0 {
			list[i].Weight = absent
		}
	}
	return list
}

// gather is the pairs of each module, with the weights and a factor for all in their scales, in the order of the list.
func gather(list []Weighted, factor float64) (map[string][]Pair, error) {
	pairs, first := map[string][]Pair{}, map[string]string{}
	for _, w := range list {
		for name, p := range w.Adapter.Modules {
			if have := pairs[name]; len(have) > 0 && (have[0].In != p.In || have[0].Out != p.Out) {
				return nil, fmt.Errorf("adapter module %q is %d×%d in %s and %d×%d in %s", name, have[0].Out, have[0].In, first[name], p.Out, p.In, w.Name)
			}
			if len(pairs[name]) == 0 {
				first[name] = w.Name
			}
			p.Scale = float32(float64(p.Scale) * w.Weight * factor)
			pairs[name] = append(pairs[name], p)
		}
	}
	return pairs, nil
}

// together is the provenance of what is made from the adapters, and the base that they name. It fails where they were
// trained on different bases or with different templates, or where one of them was trained on top of another that is
// missing. An adapter that does not say passes.
func together(list []Weighted, relation, method string) (*Provenance, string, error) {
	if len(list) == 0 {
		return nil, "", fmt.Errorf("no adapters")
	}
	p, base := &Provenance{Method: method, Created: time.Now().UTC().Truncate(time.Second)}, ""
	var baseOf, templateOf string // the adapters that said so first
	for i, w := range list {
		if !(math.Abs(w.Weight) <= maxWeight) {
			return nil, "", fmt.Errorf("the weight of %s is %g: a number up to %g", w.Name, w.Weight, maxWeight)
		}
		if w.Adapter.Config.DoRA {
			return nil, "", fmt.Errorf("%s is DoRA, whose lengths of rows do not add up: name it after the model, MODEL+%s", w.Name, w.Name)
		}
		if len(w.Adapter.Whole) > 0 {
			return nil, "", fmt.Errorf("%s carries a whole embedding or head, which do not add up: name it after the model, MODEL+%s", w.Name, w.Name)
		}
		parent, err := w.Adapter.Parent(w.Name, w.Weight, relation)
		if err != nil {
			return nil, "", err
		}
		p.Parents = append(p.Parents, parent)
		base = cmp.Or(base, w.Adapter.Config.Base)
		q := w.Adapter.Provenance
		if q == nil {
			continue
		}
		switch {
		case q.BaseHash == "":
		case p.BaseHash == "":
			p.Base, p.BaseHash, p.Quantized, baseOf = q.Base, q.BaseHash, q.Quantized, w.Name
		case q.BaseHash != p.BaseHash:
			return nil, "", fmt.Errorf("%s was trained on base %q (hash %s), and %s on %q (hash %s): adapters add up on one base",
				baseOf, p.Base, short(p.BaseHash), w.Name, q.Base, short(q.BaseHash))
		case q.Quantized != p.Quantized:
			p.Quantized = "" // of more than one type, and of none
		}
		switch {
		case q.TemplateHash == "":
		case p.TemplateHash == "":
			p.Template, p.TemplateHash, p.TemplateText, templateOf = q.Template, q.TemplateHash, q.TemplateText, w.Name
		case q.TemplateHash != p.TemplateHash:
			return nil, "", fmt.Errorf("%s was trained with template %q (hash %s), and %s with %q (hash %s): adapters add up where they share a template",
				templateOf, p.Template, short(p.TemplateHash), w.Name, q.Template, short(q.TemplateHash))
		}
		for _, id := range q.Stop {
			if !slices.Contains(p.Stop, id) {
				p.Stop = append(p.Stop, id)
			}
		}
		if err := below(list, i); err != nil {
			return nil, "", err
		}
	}
	return p, base, nil
}

// below is an error where adapter i of the list was trained on top of one that is not in the list.
func below(list []Weighted, i int) error {
	for _, under := range list[i].Adapter.trainedOn() {
		found := slices.ContainsFunc(list, func(w Weighted) bool {
			hash, err := w.Adapter.Hash()
			return err == nil && hash == under.Hash
		})
		if !found {
			return fmt.Errorf("%s was trained on top of %s (hash %s), which is not among the adapters: name it too", list[i].Name, under.Name, short(under.Hash))
		}
	}
	return nil
}

// fanInFanOut says whether one of the adapters is for a base whose files hold matrices as [in, out].
func fanInFanOut(list []Weighted) bool {
	return slices.ContainsFunc(list, func(w Weighted) bool { return string(w.Adapter.Config.rest["fan_in_fan_out"]) == "true" })
}

// assemble is an adapter of pairs whose scale is 1, α = r. The most common rank is the configuration's, the others
// become patterns.
func assemble(modules map[string]Pair, p *Provenance, o Options, base string) (*Adapter, error) {
	a := &Adapter{Modules: modules, Provenance: p}
	seen := map[int]int{}
	r := 0
	for _, name := range a.Names() {
		n := modules[name].R
		if seen[n]++; seen[n] > seen[r] || seen[n] == seen[r] && n < r {
			r = n
		}
	}
	o.Rank, o.Alpha = r, float64(r)
	a.Config = newConfig(o)
	a.Config.Base = base
	for _, name := range a.Names() {
		if n := modules[name].R; n != r {
			a.Config.Ranks = append(a.Config.Ranks, Pattern{name, float64(n)})
			a.Config.Alphas = append(a.Config.Alphas, Pattern{name, float64(n)})
		}
		if leaf := name[strings.LastIndexByte(name, '.')+1:]; !slices.Contains(a.Config.TargetModules, leaf) {
			a.Config.TargetModules = append(a.Config.TargetModules, leaf)
		}
	}
	slices.Sort(a.Config.TargetModules)
	return a, a.Config.check()
}
