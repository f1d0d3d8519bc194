package model

import (
	"fmt"
	"io"
	"math"

	"github.com/cria-llm/cria/compute"
)

// RopeScaling stretches rotary frequencies, as transformers' modeling_rope_utils does. By Kind:
//
//   - "" leaves them alone.
//   - "linear" divides each by Factor.
//   - "llama3" divides the slow ones by Factor, leaves the fast ones, and blends between (Llama 3.1).
//   - "yarn" does so along a ramp from BetaFast to BetaSlow turns within OriginalMaxPos (Peng et al. 2023).
//   - "divisors" divides frequency j by Divisors[j], which is how GGUF files carry llama3's.
//   - "longrope" divides by Divisors in sequences of up to OriginalMaxPos positions and by Long in longer ones (Ding et al.
//     2024), each sequence by itself. A [Cache] made for more positions than that divides by Long from the first.
type RopeScaling struct {
	Kind           string
	Factor         float64
	LowFreqFactor  float64
	HighFreqFactor float64
	OriginalMaxPos int
	Divisors, Long []float32 // one for each pair of a head that turns

	BetaFast, BetaSlow float64 // 0 for 32 and 1
	Untruncated        bool    // the ramp's ends are not whole numbers
	AttnFactor         float64 // multiplies what turned, of yarn and longrope; 0 for 1
}

func (s RopeScaling) check(pairs int) error {
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	divisors := func(list []float32) error {
		if len(list) != pairs {
			return fmt.Errorf("%d rotary divisors for %d frequencies", len(list), pairs)
		}
		for j, d := range list {
			if !positive(float64(d)) {
				return fmt.Errorf("rotary divisor %d is %g, not a positive number", j, d)
			}
		}
		return nil
	}
	if s.AttnFactor < 0 || s.AttnFactor != 0 && !positive(s.AttnFactor) {
		return fmt.Errorf("rope scaling has attention factor %g, not a positive number", s.AttnFactor)
	}
	switch s.Kind {
	case "":
	case "linear":
		if !positive(s.Factor) {
			return fmt.Errorf("rope scaling factor is %g, not a positive number", s.Factor)
		}
	case "llama3":
		if !positive(s.Factor) || !positive(s.LowFreqFactor) || !positive(s.HighFreqFactor) || s.OriginalMaxPos < 1 {
			return fmt.Errorf("llama3 rope scaling needs positive factor, low_freq_factor, high_freq_factor and original_max_position_embeddings, found %g, %g, %g, %d",
				s.Factor, s.LowFreqFactor, s.HighFreqFactor, s.OriginalMaxPos)
		}
		if s.HighFreqFactor <= s.LowFreqFactor {
			return fmt.Errorf("llama3 rope scaling has high_freq_factor %g, not above low_freq_factor %g", s.HighFreqFactor, s.LowFreqFactor)
		}
	case "yarn":
		if !positive(s.Factor) || s.OriginalMaxPos < 1 || s.BetaFast < 0 || s.BetaSlow < 0 || math.IsInf(s.BetaFast+s.BetaSlow, 0) {
			return fmt.Errorf("yarn rope scaling needs positive factor and original_max_position_embeddings, and beta_fast and beta_slow not below 0, found %g, %d, %g, %g",
				s.Factor, s.OriginalMaxPos, s.BetaFast, s.BetaSlow)
		}
	case "divisors":
		return divisors(s.Divisors)
	case "longrope":
		if s.OriginalMaxPos < 1 {
			return fmt.Errorf("longrope scaling needs a positive original_max_position_embeddings, found %d", s.OriginalMaxPos)
		}
		if err := divisors(s.Divisors); err != nil {
			return fmt.Errorf("short_factor: %w", err)
		}
		if err := divisors(s.Long); err != nil {
			return fmt.Errorf("long_factor: %w", err)
		}
	default:
		return fmt.Errorf("rope scaling %q is not supported (supported: none, linear, llama3, yarn, longrope)", s.Kind)
	}
	return nil
}

// frequencies is the angle by which each pair of a head turns per position, in float64; long is of the longer sequences of
// longrope.
func (c Config) frequencies(long bool) []float64 {
	dim := c.turned()
	f := plainFrequencies(c.RopeTheta, dim)
	s := c.RopeScaling
	for j := range f {
		switch s.Kind {
		case "linear":
			f[j] /= s.Factor
		case "llama3":
			f[j] = s.llama3(f[j])
		case "yarn":
			f[j] = s.yarn(f[j], j, c.RopeTheta, dim)
		case "divisors":
			f[j] /= float64(s.Divisors[j])
		case "longrope":
			if long {
				f[j] /= float64(s.Long[j])
			} else {
				f[j] /= float64(s.Divisors[j])
			}
		}
	}
	return f
}

func plainFrequencies(theta float64, dim int) []float64 {
	f := make([]float64, dim/2)
	for j := range f {
		f[j] = math.Pow(theta, -2*float64(j)/float64(dim))
	}
	return f
}

// llama3 scales one frequency: wavelengths up to OriginalMaxPos/HighFreqFactor stay, those past
// OriginalMaxPos/LowFreqFactor are divided by Factor, and between them the two are blended.
func (s RopeScaling) llama3(f float64) float64 {
	turns := float64(s.OriginalMaxPos) * f / (2 * math.Pi)
	switch {
	case turns > s.HighFreqFactor:
		return f
	case turns < s.LowFreqFactor:
		return f / s.Factor
	}
	smooth := (turns - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
	return (1-smooth)*f/s.Factor + smooth*f
}

// yarn scales frequency j: those that turn more than BetaFast times within OriginalMaxPos stay, those that turn less than
// BetaSlow times are divided by Factor, and between them, counted in pairs, the two are blended.
func (s RopeScaling) yarn(f float64, j int, theta float64, dim int) float64 {
	pair := func(turns float64) float64 {
		return float64(dim) * math.Log(float64(s.OriginalMaxPos)/(turns*2*math.Pi)) / (2 * math.Log(theta))
	}
	fast, slow := s.BetaFast, s.BetaSlow
	if fast == 0 {
		fast = 32
	}
	if slow == 0 {
		slow = 1
	}
	low, high := pair(fast), pair(slow)
	if !s.Untruncated {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(dim-1))
	if low == high {
		high += 0.001
	}
	ramp := max(0, min((float64(j)-low)/(high-low), 1))
	return f/s.Factor*ramp + f*(1-ramp)
}

// factor multiplies what turned.
func (s RopeScaling) factor() float64 {
	if s.AttnFactor == 0 {
		return 1
	}
	return s.AttnFactor
}

// describe writes what the scaling does to each frequency, to three digits, in which the ways that formats have to say the
// same agree. Nothing is written where it does nothing.
func (c Config) describeRope(w io.Writer) {
	s := c.RopeScaling
	if s.Kind == "" || c.LearnedPositions {
		return
	}
	plain := plainFrequencies(c.RopeTheta, c.turned())
	list := func(long bool) {
		for j, f := range c.frequencies(long) {
			fmt.Fprintf(w, "%.3g ", plain[j]/f)
		}
	}
	fmt.Fprintf(w, "rope %.3g: ", s.factor())
	list(false)
	if s.Kind == "longrope" {
		fmt.Fprintf(w, "from %d: ", s.OriginalMaxPos)
		list(true)
	}
	fmt.Fprintln(w)
}

// growRope makes the rotary tables reach the last of the positions. They grow by doubling up to MaxPos, so that a model
// made for long contexts does not carry their tables through short ones.
func (m *Model) growRope(pos []int32) {
	top := int32(0)
	for _, p := range pos {
		top = max(top, p)
	}
	if int(top) < m.ropeLen || m.cfg.LearnedPositions {
		return
	}
	rows := 256
	for rows <= int(top) {
		rows *= 2
	}
	rows = max(min(rows, m.cfg.MaxPos), int(top)+1)
	scaling := m.cfg.RopeScaling
	freqs := [][]float64{m.cfg.frequencies(false)}
	if scaling.Kind == "longrope" {
		freqs = append(freqs, m.cfg.frequencies(true))
	}
	m.rope, m.ropeLen = m.ropeTable(rows, scaling.factor(), freqs...), rows
	if m.cfg.LocalTheta > 0 {
		m.localRope = m.ropeTable(rows, 1, plainFrequencies(m.cfg.LocalTheta, m.cfg.turned()))
	}
}

// ropeTable is the angles of rows positions, once for each list of frequencies, one after the other.
func (m *Model) ropeTable(rows int, factor float64, freqs ...[]float64) compute.RopeTable {
	pairs := len(freqs[0])
	n := rows * pairs
	cos, sin := make([]float32, n*len(freqs)), make([]float32, n*len(freqs))
	for k, freq := range freqs {
		for i := range rows {
			for j, f := range freq {
				s, c := math.Sincos(float64(i) * f)
				cos[k*n+i*pairs+j], sin[k*n+i*pairs+j] = float32(c*factor), float32(s*factor)
			}
		}
	}
	t := compute.RopeTable{Cos: m.be.Alloc(len(cos)), Sin: m.be.Alloc(len(sin)), Dim: 2 * pairs}
	m.be.Write(t.Cos, cos)
	m.be.Write(t.Sin, sin)
	return t
}

// turn rotates the heads of x by their positions, where layer l turns.
func (m *Model) turn(x compute.Buffer, p *pass, l, heads int, inverse bool) {
	if !m.cfg.turns(l) {
		return
	}
	table := m.rope
	if m.localRope.Dim > 0 && m.cfg.window(l) > 0 {
		table = m.localRope
	}
	m.be.Rope(x, p.pos, heads, m.cfg.HeadDim, table, inverse)
}

// longRows are the rows of the rotary table for a pass of a longrope model: the second half is of longer sequences. What
// several sequences share turns as in the longest of them.
func (m *Model) longRows(ws *Workspace, p pass) []int32 {
	original := m.cfg.RopeScaling.OriginalMaxPos
	ws.turns = append(ws.turns[:0], p.pos...)
	ws.long = ws.long[:0]
	for _, s := range p.seqs {
		length := s.Before() + s.KLen
		if p.cache != nil {
			length = p.cache.length
		}
		ws.long = append(ws.long, length > original)
	}
	// Of a sequence and those that begin as it does, in two rounds: up to it, and down to them.
	for range 2 {
		for i, s := range p.seqs {
			for j, t := range p.seqs[:i] {
				if len(s.Prefix) > 0 && t.Q == s.Prefix[0].At {
					both := ws.long[i] || ws.long[j]
					ws.long[i], ws.long[j] = both, both
				}
			}
		}
	}
	for i, s := range p.seqs {
		if ws.long[i] {
			for row := s.Q; row < s.Q+s.QLen; row++ {
				ws.turns[row] += int32(m.ropeLen)
			}
		}
	}
	return ws.turns
}
