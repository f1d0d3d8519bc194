package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/internal/shared"
	"github.com/cria-llm/cria/model"
)

// pairRows are n rows of a prompt and two answers, with weights.
func pairRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"prompt":"say %d","chosen":"%s","rejected":"%s","weight":%g}`+"\n", i,
			strings.Repeat("ab", i%4+1), strings.Repeat("ba", i%3+1)+"!", 0.5+float64(i%3))
	}
	return b.String()
}

// judgedRows are n rows of an answer and a verdict, with weights.
func judgedRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"prompt":"say %d","completion":"%s","label":%t,"weight":%g}`+"\n", i,
			strings.Repeat("ab", i%4+1), i%3 > 0, 0.5+float64(i%3))
	}
	return b.String()
}

// preferring is a recipe for an objective on a tiny model.
func preferring(t *testing.T, o Objective) Recipe {
	r := tinyRecipe(t)
	text := pairRows(30)
	if o == KTO {
		text = judgedRows(40)
	}
	r.Objective, r.Data, r.EvalFraction = o, Files(put(t, "rows.jsonl", text)), 0.2
	return r
}

func preferences() []Objective { return []Objective{DPO, IPO, ORPO, KTO, SimPO} }

// Values computed apart from this program, in float64, from the formulas of the papers: log-probabilities of -3.25 over
// five tokens, the base's -4, and of -6.5 over eight, the base's -5.75.
func TestLossesAreThoseOfThePapers(t *testing.T) {
	chosen, rejected := answer{logp: -3.25, ref: -4, n: 5}, answer{logp: -6.5, ref: -5.75, n: 8}
	smooth := Recipe{Beta: 0.1, DPOLabelSmoothing: 0.2}
	for _, c := range []struct {
		name string
		loss pairLoss
		r    Recipe
		want float64
	}{
		{"dpo", dpo, Recipe{Beta: 0.1}, 0.620957047789532},
		{"dpo, smoothed", dpo, smooth, 0.6509570477895321},
		{"ipo", ipo, Recipe{Beta: 0.1}, 22.621914062499997},
		{"orpo", orpo, Recipe{Beta: 0.1}, 0.7048333703194308},
		{"simpo", simpo, Recipe{Beta: 2, Gamma: 0.5}, 0.7844704306630467},
	} {
		if got, _, _ := c.loss(&c.r, chosen, rejected); math.Abs(got-c.want) > 1e-14*c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	r := Recipe{Beta: 0.1, DesirableWeight: 1.5, UndesirableWeight: 0.75}
	for _, c := range []struct {
		a         answer
		desirable bool
		want      float64
	}{{chosen, true, 0.7368763396796395}, {rejected, false, 0.35346123228642023}} {
		if got, _ := ktoLoss(&r, c.a, 0.4, c.desirable); math.Abs(got-c.want) > 1e-14 {
			t.Errorf("kto: %v, want %v", got, c.want)
		}
	}
}

// The derivatives by the log-probabilities are the slopes of the losses, also where a sigmoid saturates.
func TestDerivativesAreSlopes(t *testing.T) {
	const step = 1e-5
	r := Recipe{Beta: 0.3, Gamma: 0.5, DPOLabelSmoothing: 0.1, DesirableWeight: 1.5, UndesirableWeight: 0.75}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
			t.Errorf("%s: derivative %v, slope %v", name, got, want)
		}
	}
	for _, at := range [][2]float64{{-3, -7}, {-9, -2}, {-0.01, -40}, {-80, -0.02}} {
		chosen, rejected := answer{logp: at[0], ref: -4, n: 5}, answer{logp: at[1], ref: -6, n: 8}
		for name, loss := range map[string]pairLoss{"dpo": dpo, "ipo": ipo, "orpo": orpo, "simpo": simpo} {
			slope := func(move func(c, j *answer, by float64)) float64 {
				up, down := [2]answer{chosen, rejected}, [2]answer{chosen, rejected}
				move(&up[0], &up[1], step)
				move(&down[0], &down[1], -step)
				a, _, _ := loss(&r, up[0], up[1])
				b, _, _ := loss(&r, down[0], down[1])
				return (a - b) / (2 * step)
			}
			_, byChosen, byRejected := loss(&r, chosen, rejected)
			near(name+" of chosen", byChosen, slope(func(c, _ *answer, by float64) { c.logp += by }))
			near(name+" of rejected", byRejected, slope(func(_, j *answer, by float64) { j.logp += by }))
		}
		for _, desirable := range []bool{true, false} {
			_, by := ktoLoss(&r, chosen, 0.7, desirable)
			up, down := chosen, chosen
			up.logp += step
			down.logp -= step
			a, _ := ktoLoss(&r, up, 0.7, desirable)
			b, _ := ktoLoss(&r, down, 0.7, desirable)
			near("kto", by, (a-b)/(2*step))
		}
	}
	// Answers that are certain have a large odds ratio, and no infinite one.
	if loss, a, b := orpo(&r, answer{n: 3}, answer{n: 3}); !finite(loss) || !finite(a) || !finite(b) {
		t.Errorf("orpo of certain answers: %v, %v, %v", loss, a, b)
	}
}

// alone is an answer's log-probability and length by the definition: its sequence alone in a batch, made here without Pack.
func alone(t *testing.T, s *session, x dataset.Tokens) (logp float64, n int) {
	t.Helper()
	b := model.Batch{IDs: x.IDs, Starts: []int{0}}
	for i := range x.IDs {
		b.Pos = append(b.Pos, int32(i))
		if x.Train[i] {
			b.Rows, b.Targets = append(b.Rows, int32(i-1)), append(b.Targets, x.IDs[i])
		}
	}
	nll, err := s.m.Loss(s.ws, b, make([]float32, len(b.Rows)), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range nll {
		logp -= float64(v)
	}
	return logp, len(nll)
}

// twin is the loss of some rows by the definition, with formulas written out again.
func twin(t *testing.T, s *session, list, mismatched []dataset.Tokens, which []int) float64 {
	t.Helper()
	r := s.r
	policy := func(x dataset.Tokens) (logp, mean float64) {
		p, n := alone(t, s, x)
		return p, p / float64(n)
	}
	deltas := map[string]*model.Delta{}
	for _, l := range s.m.Linears() {
		if l.Delta != nil {
			deltas[l.Name] = l.Delta
		}
	}
	base := func(x dataset.Tokens) (logp, mean float64) {
		s.m.Detach()
		defer func() {
			if err := s.m.Attach(deltas); err != nil {
				t.Fatal(err)
			}
		}()
		return policy(x)
	}
	ls := func(x float64) float64 { return -math.Log(1 + math.Exp(-x)) }
	var sum, weight float64
	if r.Objective == KTO {
		var kl, of float64
		for _, i := range which {
			if x := mismatched[i]; len(x.IDs) > 0 {
				p, _ := policy(x)
				q, _ := base(x)
				kl += float64(x.Weight) * (p - q)
				of += float64(x.Weight)
			}
		}
		kl = math.Max(0, kl/of)
		for _, i := range which {
			x := list[i]
			p, _ := policy(x)
			q, _ := base(x)
			v := r.DesirableWeight * (1 - math.Exp(ls(r.Beta*(p-q-kl))))
			if x.Verdict == dataset.Undesirable {
				v = r.UndesirableWeight * (1 - math.Exp(ls(r.Beta*(kl-p+q))))
			}
			sum += float64(x.Weight) * v
			weight += float64(x.Weight)
		}
		return sum / weight
	}
	for k := 0; k < len(which); k += 2 {
		c, j := list[which[k]], list[which[k+1]]
		pc, mc := policy(c)
		pj, mj := policy(j)
		qc, nc := base(c)
		qj, nj := base(j)
		odds := func(m float64) float64 { return math.Log(math.Exp(m) / (1 - math.Exp(m))) }
		var loss float64
		switch r.Objective {
		case DPO:
			loss = -ls(r.Beta * ((pc - qc) - (pj - qj)))
		case IPO:
			x := (mc - nc) - (mj - nj) - 1/(2*r.Beta)
			loss = x * x
		case ORPO:
			loss = -mc - r.Beta*ls(odds(mc)-odds(mj))
		case SimPO:
			loss = -ls(r.Beta*(mc-mj) - r.Gamma)
		}
		sum += float64(c.Weight) * loss
		weight += float64(c.Weight)
	}
	return sum / weight
}

// A step's loss is the definition's, and its gradient the slope of that, through the whole model: along the gradient it
// rises by the gradient's norm. It does not matter how the step is cut (law 5).
func TestLaw05AStepIsThePreferencesOfItsRows(t *testing.T) {
	for _, o := range preferences() {
		var cut [2][]float32
		for i, micro := range []int{2000, 1} {
			r := preferring(t, o)
			r.MicroTokens, r.BatchTokens = micro, 1500
			s := openSession(t, r)
			if err := s.objective.ready(context.Background()); err != nil {
				t.Fatal(err)
			}
			moveParams(s)
			st, err := s.gradients(context.Background(), 1)
			if err == nil {
				st, err = s.gradients(context.Background(), 0)
			}
			if err != nil {
				t.Fatal(err)
			}
			cut[i] = s.allGrads()
			which := s.schedule.Step(0)
			var mismatched [2][]dataset.Tokens
			if k, ok := s.objective.(*kto); ok {
				mismatched = k.mismatched
				if k.kl <= 0 {
					t.Errorf("the divergence is %v: it is not tested", k.kl)
				}
			}
			want := twin(t, s, s.train, mismatched[0], which)
			if len(which) < 8 || math.Abs(st.loss-want) > 2e-5*(1+math.Abs(want)) {
				t.Errorf("%s, %d tokens at once: loss %v of %d sequences, by the definition %v", o, micro, st.loss, len(which), want)
			}
			e, err := s.evaluate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if want := twin(t, s, s.held, mismatched[1], all(s.held)); len(s.held) < 4 || math.Abs(e.Loss-want) > 2e-5*(1+math.Abs(want)) {
				t.Errorf("%s, %d tokens at once: held-out loss %v, by the definition %v", o, micro, e.Loss, want)
			}
			if i > 0 {
				continue
			}
			// KTO's divergence has no gradient: its slope is that of the loss with the divergence held.
			if k, ok := s.objective.(*kto); ok {
				kl := k.kl
				slope := slopeAlong(t, s, cut[i], func() float64 {
					sum, weight := 0.0, 0.0
					for _, n := range which {
						p, _ := alone(t, s, s.train[n])
						loss, _ := ktoLoss(&s.r, answer{logp: p, ref: k.refs[0][n], n: 1}, kl, s.train[n].Verdict == dataset.Desirable)
						sum += float64(s.train[n].Weight) * loss
						weight += float64(s.train[n].Weight)
					}
					return sum / weight
				})
				if math.Abs(slope-st.norm) > 0.01*st.norm {
					t.Errorf("%s: along the gradient the loss rises by %v, its norm is %v", o, slope, st.norm)
				}
				continue
			}
			slope := slopeAlong(t, s, cut[i], func() float64 { return twin(t, s, s.train, nil, which) })
			if math.Abs(slope-st.norm) > 0.01*st.norm {
				t.Errorf("%s: along the gradient the loss rises by %v, its norm is %v", o, slope, st.norm)
			}
		}
		if d := apart(cut[1], cut[0]); !(d < 2e-5) {
			t.Errorf("%s: at once and in parts the gradients differ by %.2g of their norm", o, d)
		}
	}
}

// slopeAlong is how much a function of the parameters changes along a direction, for each unit of its length.
func slopeAlong(t *testing.T, s *session, direction []float32, f func() float64) float64 {
	t.Helper()
	var norm float64
	for _, v := range direction {
		norm += float64(v) * float64(v)
	}
	norm = math.Sqrt(norm)
	const step = 2e-3
	at := func(by float64) float64 {
		k := 0
		for _, p := range s.m.Params() {
			x := make([]float32, p.Value.Len())
			s.be.Read(x, p.Value)
			for i := range x {
				x[i] += float32(by * float64(direction[k]) / norm)
				k++
			}
			s.be.Write(p.Value, x)
		}
		return f()
	}
	up := at(step)
	down := at(-2 * step)
	at(step)
	return (up - down) / (2 * step)
}

// Before training the adapter does nothing, so that no answer has a reward: the base is the model with its adapter off.
func TestTheReferenceIsTheModelWithoutItsAdapter(t *testing.T) {
	for _, o := range []Objective{DPO, IPO, KTO} {
		s := openSession(t, preferring(t, o))
		moveParams(s) // what is trained must not matter
		before := s.allValues()
		if err := s.objective.ready(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before, s.allValues()) {
			t.Errorf("%s: the adapter is not what it was", o)
		}
		for _, p := range s.m.Params() {
			if strings.Contains(p.Name, "lora_B") {
				s.be.Zero(p.Value)
			}
		}
		e, err := s.evaluate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if w := e.Rewards; w == nil || math.Abs(*w.Chosen) > 1e-6 || math.Abs(*w.Rejected) > 1e-6 {
			t.Errorf("%s: rewards %+v before training, want none", o, w)
		}
	}
}

// An adapter that is tuned on top of another is measured against both the model and that one.
func TestTheReferenceKeepsTheAdaptersBeneath(t *testing.T) {
	first := tinyRecipe(t)
	first.Steps, first.EvalFraction = 3, -1
	run(t, first, Options{})
	var refs [2][]float64
	for i, base := range []string{first.Base, first.Base + "+" + first.Out} {
		r := preferring(t, DPO)
		r.Base = base
		s := openSession(t, r)
		if err := s.objective.ready(context.Background()); err != nil {
			t.Fatal(err)
		}
		e, err := s.evaluate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(*e.Rewards.Chosen) > 1e-6 {
			t.Errorf("base %s: a reward of %v before training", base, *e.Rewards.Chosen)
		}
		refs[i] = s.objective.(*pairwise).refs[0]
	}
	if math.Abs(refs[0][0]-refs[1][0]) < 0.1 {
		t.Errorf("log-probability %v of the model and %v with its adapter", refs[0][0], refs[1][0])
	}
}

func (s *session) allValues() []float32 {
	var list []float32
	for _, p := range s.m.Params() {
		x := make([]float32, p.Value.Len())
		s.be.Read(x, p.Value)
		list = append(list, x...)
	}
	return list
}

// A weight of two and standing twice have the same gradient.
func TestAPairsWeightIsHowOftenItStands(t *testing.T) {
	for _, o := range preferences() {
		var grads [2][]float32
		for i, field := range []string{`"weight":2`, `"repeat":2`} {
			rows := strings.Split(pairRows(3), "\n")
			if o == KTO {
				rows = strings.Split(judgedRows(4), "\n")
			}
			text := ""
			for k, row := range rows[:len(rows)-1] {
				row, _, _ = strings.Cut(row, `,"weight"`)
				if k == 1 {
					row += "," + field
				}
				text += row + "}\n"
			}
			r := preferring(t, o)
			r.Data, r.EvalFraction, r.BatchTokens = Files(put(t, "rows.jsonl", text)), -1, 1<<20
			s := openSession(t, r)
			if err := s.objective.ready(context.Background()); err != nil {
				t.Fatal(err)
			}
			moveParams(s)
			if _, err := s.gradients(context.Background(), 0); err != nil {
				t.Fatal(err)
			}
			grads[i] = s.allGrads()
		}
		if d := apart(grads[1], grads[0]); !(d < 2e-5) {
			t.Errorf("%s: gradients differ by %.2g of their norm", o, d)
		}
	}
}

// A run that was interrupted and resumed ends in the bits of one that was not: the reference is computed again, of the base
// as it was, also where all weights are trained.
func TestLaw06ResumedPreferencesAreExact(t *testing.T) {
	for _, c := range []struct {
		o      Objective
		method Method
	}{{DPO, LoRA}, {KTO, LoRA}, {DPO, Full}} {
		r := preferring(t, c.o)
		r.Method, r.Dropout, r.Steps, r.EvalEvery = c.method, 0.1, 5, 2
		weights := "adapter_model.safetensors"
		if c.method == Full {
			r.Rank, r.Dropout, weights = 0, 0, "model.safetensors"
		}
		straight := run(t, r, Options{})
		cut := r
		cut.Out = filepath.Join(t.TempDir(), "cut")
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(ctx, cut, Options{}, stopAfter{step: 3, cancel: cancel})
		var stop *Interrupted
		if !errors.As(err, &stop) || stop.Step != 3 {
			t.Fatalf("%s: %v", c.o, err)
		}
		resumed := run(t, cut, Options{Resume: true})
		if !bytes.Equal(read(t, r.Out, weights), read(t, cut.Out, weights)) {
			t.Errorf("%s, %s: %s differs", c.o, c.method, weights)
		}
		if *straight.EvalAfter != *resumed.EvalAfter || *straight.RewardsAfter.Margin != *resumed.RewardsAfter.Margin ||
			straight.RewardsBefore.Accuracy != resumed.RewardsBefore.Accuracy {
			t.Errorf("%s, %s: results differ", c.o, c.method)
		}
		points, err := ReadMetrics(filepath.Join(r.Out, metricsFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			if p.Rewards == nil {
				t.Errorf("%s: step %d has no rewards in %s", c.o, p.Step, metricsFile)
			}
		}
	}
}

func TestAWarmPreferenceStepAllocatesNothing(t *testing.T) {
	for _, o := range []Objective{DPO, KTO} {
		s := openSession(t, preferring(t, o))
		step := func() {
			if _, err := s.gradients(context.Background(), 0); err != nil {
				t.Fatal(err)
			}
		}
		least := testing.AllocsPerRun(10, step)
		for range 4 {
			least = min(least, testing.AllocsPerRun(10, step))
		}
		if least != 0 {
			t.Errorf("%s: %g allocations a step", o, least)
		}
	}
}

// Law 13: a log-probability that is not a number stops the run and names its rows, though the loss is bounded.
func TestLaw13PreferencesThatAreNotFiniteAreNamed(t *testing.T) {
	s := openSession(t, preferring(t, KTO))
	if err := s.objective.ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	p := s.m.Params()[0]
	x := make([]float32, p.Value.Len())
	x[0] = float32(math.NaN())
	s.be.Write(p.Value, x)
	moveB(s)
	_, err := s.gradients(context.Background(), 0)
	var e *NotFinite
	if !errors.As(err, &e) || len(e.Rows) == 0 || e.Where == "" {
		t.Errorf("error %v, want the rows that are not finite", err)
	}
}

// moveB moves every B from zero, so that A acts.
func moveB(s *session) {
	for _, p := range s.m.Params() {
		if strings.Contains(p.Name, "lora_B") {
			x := make([]float32, p.Value.Len())
			for i := range x {
				x[i] = 0.05
			}
			s.be.Write(p.Value, x)
		}
	}
}

func TestRecipesOfPreferences(t *testing.T) {
	plain := tinyRecipe(t)
	for _, c := range []struct {
		edit func(r *Recipe)
		want string
	}{
		{func(r *Recipe) { r.Objective = "ppo" }, `objective is "ppo": sft, dpo, ipo, orpo, kto or simpo`},
		{func(r *Recipe) { r.Beta = 1 }, "beta belongs to objective dpo, ipo, orpo, kto or simpo"},
		{func(r *Recipe) { r.Objective, r.Gamma = DPO, 1 }, "gamma belongs to objective simpo"},
		{func(r *Recipe) { r.Objective, r.DPOLabelSmoothing = IPO, 0.1 }, "dpo_label_smoothing belongs to objective dpo"},
		{func(r *Recipe) { r.Objective, r.DPOLabelSmoothing = DPO, 0.5 }, "dpo_label_smoothing is 0.5: 0 or more and below 0.5"},
		{func(r *Recipe) { r.Objective, r.DesirableWeight = DPO, 2 }, "desirable_weight belongs to objective kto"},
		{func(r *Recipe) { r.Objective, r.UndesirableWeight = KTO, -2 }, "undesirable_weight is -2: a positive number"},
		{func(r *Recipe) { r.Objective, r.Beta = DPO, math.Inf(1) }, "beta is +Inf: a positive number"},
		{func(r *Recipe) { r.Objective, r.Long = DPO, "split" }, `long is "split": objective dpo rates answers whole`},
		{func(r *Recipe) { r.Objective, r.Int8Forward = DPO, true }, "int8_forward belongs to objective sft"},
	} {
		r := plain
		c.edit(&r)
		if _, err := r.Resolve(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	// A recipe that names the default is one that does not, and neither has a key that it does not use.
	r := plain
	r.Objective = SFT
	a, _ := r.Resolve()
	b, _ := plain.Resolve()
	if text := string(a.YAML()); text != string(b.YAML()) || strings.Contains(text, "objective") || strings.Contains(text, "beta:") {
		t.Errorf("recipe of sft:\n%s", text)
	}
	r.Objective, r.LR = SimPO, 0
	if a, err := r.Resolve(); err != nil || a.Beta != 2 || a.Gamma != 0.5 || a.LR != 5e-5 {
		t.Errorf("simpo has beta %v, gamma %v and rate %v (%v)", a.Beta, a.Gamma, a.LR, err)
	}
}

// On a real model, which finds purple cats unlikely, the chosen answers of the training pairs come to have the higher
// reward.
func TestPreferencesAreLearnedOnStories(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds, and has nothing of its own for the race detector")
	}
	base := shared.Path(t, "data", "models", "stories3M")
	var pairs, judged strings.Builder
	for i, animal := range []string{"cat", "dog", "bird", "fish", "frog", "bear", "fox", "mouse", "horse", "duck", "hen", "pig"} {
		prompt := fmt.Sprintf("Tell a story about a %s.", animal)
		answers := []string{fmt.Sprintf("The %s was happy. It found a ball. The end.", animal), fmt.Sprintf("The %s was purple. It ate a ball. The end.", animal)}
		fmt.Fprintf(&pairs, `{"prompt":%q,"chosen":%q,"rejected":%q}`+"\n", prompt, answers[1], answers[0])
		fmt.Fprintf(&judged, `{"prompt":%q,"completion":%q,"label":%t}`+"\n", prompt, answers[i%2], i%2 == 1)
	}
	for _, o := range []Objective{DPO, ORPO, KTO} {
		text := pairs.String()
		if o == KTO {
			text = judged.String()
		}
		r := Recipe{Base: base, Data: Files(put(t, "rows.jsonl", text)), Out: filepath.Join(t.TempDir(), "run"), Objective: o,
			LR: 2e-3, Rank: 8, Steps: 6, BatchTokens: 700, EvalFraction: -1, Threads: 2}
		run(t, r, Options{})
		points, err := ReadMetrics(filepath.Join(r.Out, metricsFile))
		if err != nil {
			t.Fatal(err)
		}
		first, last := points[0], points[len(points)-1]
		if last.Rewards.Accuracy < 0.99 || first.Rewards.Accuracy > 0.6 || *last.Rewards.Margin <= *first.Rewards.Margin || *last.Loss >= *first.Loss {
			t.Errorf("%s: from loss %.3f, accuracy %.2f and margin %.3f to %.3f, %.2f and %.3f", o,
				*first.Loss, first.Rewards.Accuracy, *first.Rewards.Margin, *last.Loss, last.Rewards.Accuracy, *last.Rewards.Margin)
		}
	}
}
