package train

import "math"

// Schedule is how the learning rate falls once it has risen.
type Schedule string

// The schedules. All end at MinLR of the rate except Constant, which does not fall.
const (
	Cosine   Schedule = "cosine"   // half a cosine (Loshchilov & Hutter 2017)
	Linear   Schedule = "linear"   // a straight line
	Constant Schedule = "constant" // no fall
	WSD      Schedule = "wsd"      // none, then a straight line over the last fifth: warm-up, stable, decay (Hu et al. 2024)
)

// Schedules lists them.
func Schedules() []Schedule { return []Schedule{Cosine, Linear, Constant, WSD} }

// wsdDecay is the share of the steps over which WSD falls.
const wsdDecay = 0.2

// rate is the learning rate of step i of n, from 0: a linear rise over Warmup of the steps, then the schedule.
func (r Recipe) rate(i, n int) float64 {
	warm := int(math.Ceil(max(0, r.Warmup) * float64(n)))
	if i < warm {
		return r.LR * float64(i+1) / float64(warm)
	}
	x := 1.0 // of the way from the warm-up's end to the last step's
	if n > warm {
		x = float64(i-warm) / float64(n-warm)
	}
	var left float64 // of the fall
	switch r.Schedule {
	case Linear:
		left = 1 - x
	case Constant:
		return r.LR
	case WSD:
		left = min(1, (1-float64(i)/float64(n))/wsdDecay)
	default:
		left = (1 + math.Cos(math.Pi*x)) / 2
	}
	return r.LR * (r.MinLR + (1-r.MinLR)*left)
}
