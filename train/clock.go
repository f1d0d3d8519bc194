package train

import "time"

// clock keeps the time of the steps that this process took.
type clock struct {
	start  time.Time
	peak   float64
	tokens int
	busy   time.Duration // in steps
	taken  int
	recent [8]sample
}

type sample struct {
	tokens int
	flops  float64
	took   time.Duration
}

func newClock(peak float64) *clock { return &clock{start: time.Now(), peak: peak} }

func (c *clock) step(tokens int, flops float64, took time.Duration) {
	c.recent[c.taken%len(c.recent)] = sample{tokens, flops, took}
	c.taken++
	c.tokens += tokens
	c.busy += took
}

func (c *clock) elapsed() time.Duration { return time.Since(c.start) }
func (c *clock) seconds() float64       { return c.elapsed().Seconds() }

// sum adds up the last steps.
func (c *clock) sum() (s sample) {
	for _, r := range c.recent {
		s.tokens += r.tokens
		s.flops += r.flops
		s.took += r.took
	}
	return s
}

func (c *clock) rate() float64 { s := c.sum(); return perSecond(float64(s.tokens), s.took) }

func (c *clock) share() float64 { s := c.sum(); return perSecond(s.flops, s.took) / c.peak }

func (c *clock) left(steps int) time.Duration {
	return time.Duration(float64(c.busy) / float64(c.taken) * float64(steps))
}

// perSecond is 0 where a coarse clock saw no time pass: what a division would give is no number in JSON.
func perSecond(x float64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return x / took.Seconds()
}
