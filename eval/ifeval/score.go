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

// KindScore counts the instructions of a kind that were followed.
type KindScore struct {
	Strict int `json:"strict"`
	Loose  int `json:"loose"`
	N      int `json:"n"`
}

// Total adds results up.
func Total(results []Result) Score {
	s := Score{ByInstruction: map[string]KindScore{}}
	var prompts, instructions [2]clusters
	for _, r := range results {
		for i, followed := range [][]bool{r.Strict, r.Loose} {
			n := 0
			for _, yes := range followed {
				if yes {
					n++
				}
			}
			whole := 0
			if n == len(followed) {
				whole = 1
			}
			prompts[i] = append(prompts[i], cluster{whole, 1})
			instructions[i] = append(instructions[i], cluster{n, len(followed)})
		}
		for i, in := range r.Prompt.Instructions {
			k := s.ByInstruction[in.Kind]
			k.N++
			if r.Strict[i] {
				k.Strict++
			}
			if r.Loose[i] {
				k.Loose++
			}
			s.ByInstruction[in.Kind] = k
		}
	}
	s.PromptStrict, s.PromptLoose = prompts[0].measure(), prompts[1].measure()
	s.InstStrict, s.InstLoose = instructions[0].measure(), instructions[1].measure()
	return s
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
