package ifeval

import "math"

// Measure is a share with its standard error.
type Measure struct {
	Value  float64 `json:"value"`
	Stderr float64 `json:"stderr"`
	N      int     `json:"n"` // of prompts or of instructions
}

// Score is what answers are worth. A prompt counts where every one of its instructions is followed.
type Score struct {
	PromptStrict Measure `json:"prompt_strict"`
	InstStrict   Measure `json:"inst_strict"`
	PromptLoose  Measure `json:"prompt_loose"`
	InstLoose    Measure `json:"inst_loose"`
	// ByInstruction has the kinds that were asked for.
	ByInstruction map[string]KindScore `json:"by_instruction"`
}

// KindScore is what answers are worth on the instructions of a kind.
type KindScore struct {
	Strict Measure `json:"strict"`
	Loose  Measure `json:"loose"`
}

// Total adds results up.
func Total(results []Result) Score {
	var prompts, instructions [2]clusters
	kinds := map[string]*[2]clusters{}
	for _, r := range results {
		for i, followed := range [][]bool{r.Strict, r.Loose} {
			all := count(followed)
			whole := cluster{n: 1}
			if all.yes == all.n {
				whole.yes = 1
			}
			prompts[i], instructions[i] = append(prompts[i], whole), append(instructions[i], all)
			of := map[string][]bool{}
			for j, in := range r.Prompt.Instructions {
				of[in.Kind] = append(of[in.Kind], followed[j])
			}
			for kind, followed := range of {
				if kinds[kind] == nil {
					kinds[kind] = &[2]clusters{}
				}
				kinds[kind][i] = append(kinds[kind][i], count(followed))
			}
		}
	}
	s := Score{
		PromptStrict: prompts[0].measure(), PromptLoose: prompts[1].measure(),
		InstStrict: instructions[0].measure(), InstLoose: instructions[1].measure(),
		ByInstruction: map[string]KindScore{},
	}
	for kind, c := range kinds {
		s.ByInstruction[kind] = KindScore{c[0].measure(), c[1].measure()}
	}
	return s
}

func count(followed []bool) cluster {
	c := cluster{n: len(followed)}
	for _, yes := range followed {
		if yes {
			c.yes++
		}
	}
	return c
}

// cluster counts what was followed in one prompt.
type cluster struct{ yes, n int }

type clusters []cluster

// measure is the share with the standard error of a ratio of sums over clusters: an answer that misses one instruction is likelier to
// miss the others too. With one each it is the sample's standard deviation over √n, as in lm-evaluation-harness.
func (c clusters) measure() Measure {
	var m Measure
	yes := 0
	for _, x := range c {
		yes, m.N = yes+x.yes, m.N+x.n
	}
	if m.N == 0 {
		return m
	}
	m.Value = float64(yes) / float64(m.N)
	if len(c) < 2 {
		return m
	}
	var sum float64
	for _, x := range c {
		d := float64(x.yes) - m.Value*float64(x.n)
		sum += d * d
	}
	k := float64(len(c))
	m.Stderr = math.Sqrt(sum*k/(k-1)) / float64(m.N)
	return m
}
