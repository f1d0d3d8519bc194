package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/infer/infertest"
	"github.com/cria-llm/cria/model"
)

const adapterWeights = "adapter_model.safetensors"

// worsening is a run whose held-out loss falls at first and then does so no more: the answers of its rows are random, so
// that what is learned of them is wrong for others.
func worsening(t *testing.T) Recipe {
	t.Helper()
	r := tinyRecipe(t)
	var b bytes.Buffer
	for i := range 30 {
		fmt.Fprintf(&b, `{"instruction":"say %d","output":"%c%c%c"}`+"\n", i, 'a'+i*7%26, 'a'+i*11%26, 'a'+i*i*5%26)
	}
	if err := os.WriteFile(r.Data[0].Path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Steps, r.LR, r.EvalFraction, r.EvalEvery, r.EarlyStop, r.Dropout, r.Probe, r.Schedule = 60, 2e-2, 0.3, 2, 3, 0.1, -1, Constant
	return r
}

// valuesAt gives the trained values of a checkpoint or of what an evaluation kept, by name.
func valuesAt(t *testing.T, path, prefix string) map[string][]byte {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	values := map[string][]byte{}
	for _, name := range f.Names() {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			x, _ := f.Tensor(name)
			values[short] = bytes.Clone(x.Data)
		}
	}
	return values
}

func TestEarlyStopKeepsTheBest(t *testing.T) {
	r := worsening(t)
	res := run(t, r, Options{})
	points, err := ReadMetrics(filepath.Join(r.Out, metricsFile))
	if err != nil {
		t.Fatal(err)
	}
	best, bestStep, last := math.Inf(1), 0, 0
	for _, p := range points {
		if p.EvalLoss == nil || p.Step == 0 {
			continue
		}
		if last = p.Step; *p.EvalLoss < best {
			best, bestStep = *p.EvalLoss, p.Step
		}
	}
	if res.Stopped != StoppedEarly || res.Steps != bestStep+3*r.EvalEvery || last != res.Steps {
		t.Fatalf("ended by %q after step %d, the last look was after step %d, the best after %d: want early_stop three looks later", res.Stopped, res.Steps, last, bestStep)
	}
	if res.BestStep != bestStep || *res.EvalAfter != best {
		t.Errorf("kept is step %d with a loss of %v, the best is %d with %v", res.BestStep, *res.EvalAfter, bestStep, best)
	}
	// A run that is stopped at that step has the values in its checkpoint.
	cut := r
	cut.Out = filepath.Join(t.TempDir(), "cut")
	ctx, cancel := context.WithCancel(t.Context())
	var stop *Interrupted
	if _, err := Run(ctx, cut, Options{}, stopAfter{step: bestStep, cancel: cancel}); !errors.As(err, &stop) {
		t.Fatal(err)
	}
	want := valuesAt(t, filepath.Join(cut.Out, checkpointFile), "value/")
	got := valuesAt(t, filepath.Join(r.Out, adapterWeights), "base_model.model.")
	if len(want) == 0 || len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s is not that of the best evaluation", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(r.Out, "best-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Law 6 where the best is kept: stopped before the best step, after it, and while the run waits for a better one.
func TestLaw06EarlyStopResumesExactly(t *testing.T) {
	r := worsening(t)
	straight := run(t, r, Options{})
	cut := r
	cut.Out, cut.SaveEvery = filepath.Join(t.TempDir(), "cut"), 1
	for i, at := range []int{straight.BestStep - 1, straight.BestStep, straight.BestStep + 1, straight.BestStep + 2*r.EvalEvery, straight.Steps} {
		if at < 1 {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		k := &killedAfter{stopAfter: stopAfter{step: at, cancel: cancel}, checkpoint: filepath.Join(cut.Out, checkpointFile)}
		var stop *Interrupted
		if _, err := Run(ctx, cut, Options{Resume: i > 0}, k); !errors.As(err, &stop) {
			t.Fatalf("stopped at step %d: %v", at, err)
		}
		if len(k.was) > 0 { // every other part is killed, and leaves the checkpoint of the step before
			if err := os.WriteFile(k.checkpoint, k.was, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	resumed := run(t, cut, Options{Resume: true})
	if resumed.Stopped != straight.Stopped || resumed.Steps != straight.Steps || resumed.BestStep != straight.BestStep ||
		*resumed.EvalAfter != *straight.EvalAfter || *resumed.ForgetAfter != *straight.ForgetAfter {
		t.Errorf("straight %+v\nresumed %+v", straight, resumed)
	}
	if !bytes.Equal(read(t, r.Out, adapterWeights), read(t, cut.Out, adapterWeights)) {
		t.Error("the adapters differ")
	}
}

// A limit ends the run with an adapter that can be used; a higher one lets it go on, to the bits of a run without limits.
func TestALimitEndsTheRunAndAHigherOneGoesOn(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps, r.Probe = 6, -1
	free := run(t, r, Options{})
	for name, limit := range map[string]func(r *Recipe, x float64){
		StoppedBySeconds: func(r *Recipe, x float64) { r.MaxSeconds = x },
		StoppedByEnergy:  func(r *Recipe, x float64) { r.MaxEnergyWh = x },
		StoppedByCost:    func(r *Recipe, x float64) { r.MaxCost, r.PricePerHour = x, 2 },
	} {
		cut := r
		cut.Out = filepath.Join(t.TempDir(), "cut")
		limit(&cut, 1e-9)
		res := run(t, cut, Options{})
		if res.Stopped != name || res.Steps != 1 || res.EvalAfter == nil || res.WattHours <= 0 || res.Energy == "" {
			t.Errorf("%s: %+v, want one step", name, res)
		}
		if (name == StoppedByCost) != (res.Cost != nil) || res.Cost != nil && math.Abs(*res.Cost-2*res.Seconds/3600) > 1e-12 {
			t.Errorf("%s: it cost %v in %g s", name, res.Cost, res.Seconds)
		}
		if _, err := adapter.Load(cut.Out); err != nil {
			t.Error(err)
		}
		var seen notes
		if again, err := Run(t.Context(), cut, Options{Resume: true}, &seen); err != nil || again.Steps != 1 || !strings.Contains(strings.Join(seen.text, "\n"), "was ended by "+name+": raise it") {
			t.Errorf("%s, resumed with the same limit: %+v, %v, notes %q", name, again, err, seen.text)
		}
		limit(&cut, 1e9)
		if res = run(t, cut, Options{Resume: true}); res.Stopped != "" || res.Steps != free.Steps || *res.EvalAfter != *free.EvalAfter {
			t.Errorf("%s, raised: %+v, want %+v", name, res, free)
		}
		if !bytes.Equal(read(t, r.Out, adapterWeights), read(t, cut.Out, adapterWeights)) {
			t.Errorf("%s: the adapter is another than without limits", name)
		}
		if _, err := os.Stat(filepath.Join(cut.Out, checkpointFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the checkpoint is left behind: %v", name, err)
		}
	}
}

// What earlier parts of a run took counts against its limits.
func TestWhatWasSpentBeforeCounts(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps, r.Probe, r.Watts = 8, -1, 3600 // a watt-hour a second
	ctx, cancel := context.WithCancel(t.Context())
	var stop *Interrupted
	if _, err := Run(ctx, r, Options{}, stopAfter{step: 3, cancel: cancel}); !errors.As(err, &stop) {
		t.Fatal(err)
	}
	s := openSession(t, r)
	st, found, err := s.restore()
	if err != nil || !found || st.Seconds <= 0 || st.Joules <= 0 || st.Look <= 0 {
		t.Fatalf("%+v, %t, %v", st, found, err)
	}
	if st.Estimated && math.Abs(st.Joules-3600*st.Seconds) > 1e-6*st.Joules {
		t.Errorf("%g J estimated for %g s at 3600 W", st.Joules, st.Seconds)
	}
	r.MaxSeconds = st.Seconds
	res := run(t, r, Options{Resume: true})
	if res.Stopped != StoppedBySeconds || res.Steps != 3 || res.Seconds <= st.Seconds || res.WattHours <= st.Joules/3600 {
		t.Errorf("%+v, want no step after the third, and more than %g s", res, st.Seconds)
	}
}

func TestLimitsCountWhatIsStillToCome(t *testing.T) {
	l := limits{MaxSeconds: 100, MaxEnergyWh: 2, MaxCost: 1, PricePerHour: 36, PricePerKWh: 100}
	for _, c := range []struct {
		seconds, joules float64
		want            string
	}{
		{10, 3600, ""},
		{100.5, 0, StoppedBySeconds},
		{10, 7201, StoppedByEnergy},
		{99, 3600 * 0.5, StoppedByCost}, // 0.99 and 0.05
		{94, 3600 * 0.5, ""},
	} {
		if got := l.passed(c.seconds, c.joules); got != c.want {
			t.Errorf("%g s and %g J pass %q, want %q", c.seconds, c.joules, got, c.want)
		}
	}
	s := &session{r: Recipe{MaxSeconds: 60, EarlyStop: 2}}
	for _, c := range []struct {
		st   state
		want string
	}{
		{state{Step: 0, Seconds: 1000}, ""},                                 // one step is taken in any case
		{state{Step: 10, Busy: 40, Look: 5, Seconds: 50}, ""},               // a step of 4 s and a look of 5 s end at 59
		{state{Step: 10, Busy: 40, Look: 5, Seconds: 52}, StoppedBySeconds}, // at 61
		{state{Step: 10, Waited: 2}, StoppedEarly},
		{state{Step: 10, Waited: 1}, ""},
	} {
		if got := s.enough(&c.st); got != c.want {
			t.Errorf("%+v: ended by %q, want %q", c.st, got, c.want)
		}
	}
}

func TestGuardsThatCannotBeAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Recipe){
		"max_seconds is -1":            func(r *Recipe) { r.MaxSeconds = -1 },
		"watts is NaN":                 func(r *Recipe) { r.Watts = math.NaN() },
		"price_per_hour or":            func(r *Recipe) { r.MaxCost = 3 },
		"early_stop is -2":             func(r *Recipe) { r.EarlyStop = -2 },
		"early_stop needs evaluations": func(r *Recipe) { r.EarlyStop, r.EvalEvery = 1, -1 },
		"probe is -3":                  func(r *Recipe) { r.Probe = -3 },
		"forget_text: open":            func(r *Recipe) { r.ForgetText = "nowhere.txt" },
	} {
		r := tinyRecipe(t)
		change(&r)
		if _, err := Run(t.Context(), r, Options{}, Silent{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// The plan says what the time costs, and which limit comes before the end.
func TestThePlanTellsWhatItTakes(t *testing.T) {
	r := tinyRecipe(t)
	r.Watts, r.PricePerHour, r.MaxSeconds, r.MaxEnergyWh = 100, 36, 1e-6, 1e9
	p, err := PlanOnly(t.Context(), r, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	if want := p.Seconds * 100 / 3600; math.Abs(p.WattHours-want) > 1e-9*want {
		t.Errorf("%g Wh in %g s at 100 W", p.WattHours, p.Seconds)
	}
	if p.Cost == nil || math.Abs(*p.Cost-p.Seconds/100) > 1e-9 {
		t.Errorf("%v for %g s at 36 an hour", p.Cost, p.Seconds)
	}
	if text := strings.Join(p.Notes, "\n"); !strings.Contains(text, "max_seconds 1e-06 ends the run") || strings.Contains(text, "max_energy_wh") {
		t.Errorf("notes are %q", text)
	}
}

// The loss on a general text is that of the base before, and of what was saved after: as an engine of inference scores it.
func TestForgettingIsMeasuredAsTheModelIsUsed(t *testing.T) {
	text := filepath.Join(t.TempDir(), "general.txt")
	if err := os.WriteFile(text, []byte("\n  Курица снесла яйцо.\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	r := tinyRecipe(t)
	r.Method, r.Rank, r.Steps, r.LR, r.ForgetText, r.Probe = Full, 0, 8, 0.02, text, -1
	var seen notes
	res, err := Run(t.Context(), r, Options{}, &seen)
	if err != nil {
		t.Fatal(err)
	}
	for spec, got := range map[string]*float64{r.Base: res.ForgetBefore, r.Out: res.ForgetAfter} {
		a := infertest.Open(t, spec, infer.OpenOptions{Exact: true})
		ids, err := a.Encode("Курица снесла яйцо.")
		if err != nil {
			t.Fatal(err)
		}
		want, err := a.Score(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		if got == nil || math.Abs(*got-want.NLL) > 1e-4 {
			t.Errorf("%s: %v nats a token, scored %v", spec, *got, want.NLL)
		}
	}
	if *res.ForgetAfter-*res.ForgetBefore <= forgetMost {
		t.Fatalf("this run forgets nothing: %v → %v", *res.ForgetBefore, *res.ForgetAfter)
	}
	if !strings.Contains(strings.Join(seen.text, "\n"), "the model has forgotten") {
		t.Errorf("nothing is said of it: %q", seen.text)
	}
	r.ForgetText, r.Out = noText, filepath.Join(t.TempDir(), "none")
	if res := run(t, r, Options{}); res.ForgetBefore != nil || res.ForgetAfter != nil {
		t.Errorf("looked at, though it was turned off: %+v", res)
	}
}

func TestWindowsPredictEveryTokenOnce(t *testing.T) {
	ids := make([]int32, 23)
	for i := range ids {
		ids[i] = int32(i)
	}
	for _, most := range []int{2, 5, 22, 23, 50} {
		var learned []int32
		for _, w := range windows(ids, most) {
			if len(w.IDs) > most || w.Train[0] {
				t.Errorf("at most %d: a window of %d, its first token learned: %t", most, len(w.IDs), w.Train[0])
			}
			learned = append(learned, w.IDs[1:]...)
		}
		if !slices.Equal(learned, ids[1:]) {
			t.Errorf("at most %d: learned %v", most, learned)
		}
	}
}

// Law 1, at the end of a run: prompts of rows that were held out are answered by what was saved.
func TestLaw01AnswersAreProbed(t *testing.T) {
	r := tinyRecipe(t)
	r.Steps, r.Probe, r.EvalFraction = 1, 6, 0.3
	var asked [][]chat.Message
	ask := func(_ context.Context, m *model.Model, template *chat.Template, prompts [][]chat.Message, most int, room int64) ([]bool, error) {
		if m == nil || template.Name() != "alpaca" || most != probeLeast || room < 1e5 {
			t.Errorf("model %v, template %q, %d tokens, %d bytes", m, template.Name(), most, room)
		}
		if _, err := adapter.Load(r.Out); err != nil {
			t.Errorf("asked before the adapter was saved: %v", err)
		}
		asked = prompts
		ended := make([]bool, len(prompts))
		for i := range ended {
			ended[i] = i != 2
		}
		return ended, nil
	}
	var seen notes
	res, err := Run(t.Context(), r, Options{Probe: ask}, &seen)
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) != 6 {
		t.Fatalf("%d prompts", len(asked))
	}
	s := openSession(t, r)
	_, held := s.set.Split(r.EvalFraction, r.Seed)
	for i, e := range held[:6] {
		if want := e.Messages[0].Content; len(asked[i]) != 1 || asked[i][0].Content != want {
			t.Errorf("prompt %d is %v, want that of the held-out row %s", i, asked[i], e.Ref())
		}
	}
	if p := res.Probe; p == nil || p.Asked != 6 || p.Stopped != 5 || len(p.Open) != 1 || p.Open[0] != held[2].Ref().String() {
		t.Errorf("the result is %+v", res.Probe)
	}
	if text := strings.Join(seen.text, "\n"); !strings.Contains(text, "1 of 6 answers did not end") || !strings.Contains(text, held[2].Ref().String()+` ("say `) {
		t.Errorf("notes are %q", text)
	}

	// With the engine that speaks, a run that learned its answer stops after it.
	var same bytes.Buffer
	for i := range 40 {
		fmt.Fprintf(&same, `{"instruction":"say %d","output":"no"}`+"\n", i)
	}
	if err := os.WriteFile(r.Data[0].Path, same.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Out, r.Method, r.Rank, r.Steps, r.LR = filepath.Join(t.TempDir(), "real"), Full, 0, 30, 1e-2
	if res := run(t, r, Options{Probe: infer.Probe}); res.Probe == nil || res.Probe.Asked != 6 || res.Probe.Stopped < 5 {
		t.Errorf("after training: %+v", res.Probe)
	}
	// One that cannot be asked is a note, not a failure.
	r.Out, r.Steps = filepath.Join(t.TempDir(), "broken"), 1
	broken := func(context.Context, *model.Model, *chat.Template, [][]chat.Message, int, int64) ([]bool, error) {
		return nil, errors.New("no room")
	}
	seen = notes{}
	if res, err := Run(t.Context(), r, Options{Probe: broken}, &seen); err != nil || res.Probe != nil || !strings.Contains(strings.Join(seen.text, "\n"), "was not looked at: no room") {
		t.Errorf("%+v, %v, notes %q", res.Probe, err, seen.text)
	}
}
