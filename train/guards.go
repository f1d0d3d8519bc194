package train

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/cria-llm/cria/internal/energy"
)

// The guards that end a run before its last step, as [Result.Stopped] names them: the keys of the recipe.
const (
	StoppedEarly     = "early_stop"
	StoppedBySeconds = "max_seconds"
	StoppedByEnergy  = "max_energy_wh"
	StoppedByCost    = "max_cost"
)

// limits are the guards of what a run spends. Nothing that is learned depends on them but when it ends.
type limits struct {
	MaxSeconds   float64 `yaml:"max_seconds"`
	MaxEnergyWh  float64 `yaml:"max_energy_wh"`
	MaxCost      float64 `yaml:"max_cost"`
	PricePerHour float64 `yaml:"price_per_hour"`
	PricePerKWh  float64 `yaml:"price_per_kwh"`
	Watts        float64 `yaml:"watts"`
}

func (r Recipe) limits() limits {
	return limits{r.MaxSeconds, r.MaxEnergyWh, r.MaxCost, r.PricePerHour, r.PricePerKWh, r.Watts}
}

// checkGuards is [Recipe.check] of the guards.
func (r Recipe) checkGuards() error {
	for _, x := range []struct {
		field string
		value float64
	}{
		{"max_seconds", r.MaxSeconds}, {"max_energy_wh", r.MaxEnergyWh}, {"max_cost", r.MaxCost}, {"price_per_hour", r.PricePerHour},
		{"price_per_kwh", r.PricePerKWh}, {"watts", r.Watts},
	} {
		if !(x.value >= 0) || math.IsInf(x.value, 0) {
			return fmt.Errorf("%s is %g: a positive number, or 0 for none", x.field, x.value)
		}
	}
	switch {
	case r.MaxCost > 0 && r.PricePerHour == 0 && r.PricePerKWh == 0:
		return fmt.Errorf("max_cost is %g: price_per_hour or price_per_kwh says what is paid for", r.MaxCost)
	case r.EarlyStop < 0:
		return fmt.Errorf("early_stop is %d: evaluations without a better one, 1 or more, or 0 for none", r.EarlyStop)
	case r.EarlyStop > 0 && (r.EvalFraction == -1 || r.EvalEvery == -1):
		return errors.New("early_stop needs evaluations while the run goes on: give eval_fraction and eval_every")
	case r.Probe < -1:
		return fmt.Errorf("probe is %d: prompts, 1 or more, 0 for the default, or -1 for none", r.Probe)
	}
	return nil
}

// withoutGuards is the recipe as far as the run's numbers follow from it.
func (r Recipe) withoutGuards() Recipe {
	r.EarlyStop, r.MaxSeconds, r.MaxEnergyWh, r.MaxCost, r.PricePerHour, r.PricePerKWh, r.Watts = 0, 0, 0, 0, 0, 0, 0
	r.ForgetText, r.Probe = "", 0
	return r
}

// withoutGuards is [Recipe.withoutGuards] of a pretraining.
func (r PretrainRecipe) withoutGuards() PretrainRecipe {
	r.EarlyStop, r.MaxSeconds, r.MaxEnergyWh, r.MaxCost, r.PricePerHour, r.PricePerKWh, r.Watts = 0, 0, 0, 0, 0, 0, 0
	return r
}

// spentLimits says whether a result was ended by one of the limits, so that a run with higher ones may go on.
func spentLimits(res *Result) bool {
	return res.Stopped == StoppedBySeconds || res.Stopped == StoppedByEnergy || res.Stopped == StoppedByCost
}

// mayGoOn says whether the finished run in a folder was ended by limits that are others now, and can be taken up again.
func mayGoOn(dir string, res *Result, now limits) (bool, error) {
	if !spentLimits(res) {
		return false, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, recipeFile))
	if err != nil {
		return false, fmt.Errorf("resume %s: %w", dir, err)
	}
	var before limits
	if err := yaml.Unmarshal(text, &before); err != nil {
		return false, fmt.Errorf("resume %s: %s: %w", dir, recipeFile, err)
	}
	if before == now {
		return false, nil
	}
	if _, err := os.Stat(filepath.Join(dir, checkpointFile)); errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("resume %s: it was ended by %s and has no %s to go on from", dir, res.Stopped, checkpointFile)
	}
	return true, nil
}

// finished says that there is nothing to resume.
func finished(dir string, res *Result) string {
	if spentLimits(res) {
		return fmt.Sprintf("the run in %s was ended by %s: raise it to go on", dir, res.Stopped)
	}
	return "the run in " + dir + " is finished: nothing is left to do"
}

// watts is what the machine takes while the run goes on, where that is not measured.
func (s *session) watts() float64 {
	if s.r.Watts > 0 {
		return s.r.Watts
	}
	return energy.WattsPerThread * float64(s.be.Threads())
}

// cost is what time and energy are worth; nil where the recipe has no prices.
func (l limits) cost(seconds, joules float64) *float64 {
	if l.PricePerHour == 0 && l.PricePerKWh == 0 {
		return nil
	}
	const hour, kilowattHour = 3600, 3.6e6
	x := seconds/hour*l.PricePerHour + joules/kilowattHour*l.PricePerKWh
	return &x
}

// passed names the limit that would be passed, "" for none.
func (l limits) passed(seconds, joules float64) string {
	cost := l.cost(seconds, joules)
	switch {
	case l.MaxSeconds > 0 && seconds > l.MaxSeconds:
		return StoppedBySeconds
	case l.MaxEnergyWh > 0 && joules/3600 > l.MaxEnergyWh:
		return StoppedByEnergy
	case l.MaxCost > 0 && *cost > l.MaxCost: // the recipe has prices, or it was refused
		return StoppedByCost
	}
	return ""
}

// enough names the guard that ends the run here, "" for none. A limit ends it before the step that would pass it, with
// what follows the last step counted in. One step is always taken.
func (s *session) enough(st *state) string {
	switch {
	case s.r.EarlyStop > 0 && st.Waited >= s.r.EarlyStop:
		return StoppedEarly
	case st.Step == 0:
		return ""
	}
	more := st.Busy/float64(st.Step) + st.Look
	joules := st.Joules
	if st.Seconds > 0 {
		joules *= 1 + more/st.Seconds
	}
	return s.r.limits().passed(st.Seconds+more, joules)
}

// forecast adds to the plan what its time takes, and where a limit ends the run.
func (s *session) forecast(p *Plan) {
	if p.Seconds == 0 {
		return
	}
	joules := s.watts() * p.Seconds
	p.WattHours, p.Watts = joules/3600, s.watts()
	l := s.r.limits()
	p.Cost = l.cost(p.Seconds, joules)
	share := func(name string, limit, whole float64) {
		if limit > 0 && limit < whole {
			p.Notes = append(p.Notes, fmt.Sprintf("%s %g ends the run after about %.0f %% of its steps", name, limit, 100*limit/whole))
		}
	}
	share(StoppedBySeconds, l.MaxSeconds, p.Seconds)
	share(StoppedByEnergy, l.MaxEnergyWh, p.WattHours)
	if p.Cost != nil {
		share(StoppedByCost, l.MaxCost, *p.Cost)
	}
}

// books are what this process adds to what the run has spent.
type books struct {
	s       *session
	st      *state
	clock   *clock
	meter   *energy.Meter // nil where nothing can be measured
	seconds float64       // of this process, as far as they are entered
	joules  float64       // of the meter, likewise
}

func newBooks(s *session, st *state) *books {
	b := &books{s: s, st: st, clock: newClock(s.peak)}
	var err error
	if b.meter, err = energy.Open(); errors.Is(err, fs.ErrPermission) {
		s.obs.Noted(err.Error() + "; the energy is estimated")
	}
	return b
}

// enter brings the state's time and energy up to now.
func (b *books) enter() {
	now := b.clock.seconds()
	took := now - b.seconds
	b.seconds = now
	b.st.Seconds += took
	if b.meter != nil {
		j, err := b.meter.Joules()
		if err == nil {
			b.st.Joules += j - b.joules
			b.joules = j
			return
		}
		b.meter = nil
		b.s.obs.Noted(err.Error() + "; the energy is estimated from here on")
	}
	b.st.Joules += b.s.watts() * took
	b.st.Estimated = true
}

// Spent is what a run has taken so far, all its parts together.
type Spent struct {
	Seconds   float64 // training and evaluation
	WattHours float64
	Energy    string   // where these come from: measured, estimated
	Cost      *float64 // nil where the recipe has no prices
}

func (s *session) spent(st *state) Spent {
	x := Spent{Seconds: st.Seconds, WattHours: st.Joules / 3600, Energy: energy.Measured, Cost: s.r.limits().cost(st.Seconds, st.Joules)}
	if st.Estimated {
		x.Energy = energy.Estimated
	}
	return x
}
