package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
)

// rows writes n rows of Alpaca's form that a tiny model can learn, and returns the file.
func rows(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"instruction":"say %d","input":"","output":"%s"}`+"\n", i, strings.Repeat("ab", i%5+1))
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func tinyRecipe(t *testing.T) Recipe {
	return Recipe{Base: modeltest.Tiny(t, 1), Data: Files(rows(t, 40)), Out: filepath.Join(t.TempDir(), "run"),
		BatchTokens: 700, LR: 3e-3, Rank: 4, EvalFraction: 0.1, Threads: 2}
}

func run(t *testing.T, r Recipe, o Options) Result {
	t.Helper()
	res, err := Run(context.Background(), r, o, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func read(t *testing.T, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openSession prepares a run without taking a step.
func openSession(t *testing.T, r Recipe) *session {
	t.Helper()
	r, err := r.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(context.Background(), r, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := s.allocate(context.Background(), s.microTokens()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTrainingLowersTheHeldOutLoss(t *testing.T) {
	for _, method := range []Method{LoRA, Full} {
		t.Run(string(method), func(t *testing.T) {
			r := tinyRecipe(t)
			r.Method, r.Epochs = method, 8
			if method == Full {
				r.Rank = 0
			}
			res := run(t, r, Options{})
			if *res.EvalAfter > *res.EvalBefore-1 {
				t.Errorf("held-out loss %.3f before and %.3f after", *res.EvalBefore, *res.EvalAfter)
			}
			for _, name := range []string{"recipe.yaml", "metrics.jsonl", "result.json", "loss.svg", "loss.png", "cria.json"} {
				if len(read(t, r.Out, name)) == 0 {
					t.Errorf("%s is empty", name)
				}
			}
			if _, err := os.Stat(filepath.Join(r.Out, checkpointFile)); err == nil {
				t.Error("the checkpoint of a finished run stays")
			}
		})
	}
}

// A fully tuned model is a folder that opens and has the loss that the run ended with.
func TestTheTunedModelIsWhatWasTrained(t *testing.T) {
	r := tinyRecipe(t)
	r.Method, r.Rank, r.Epochs = Full, 0, 4
	res := run(t, r, Options{})
	again := r
	again.Base, again.Out = res.Adapter, filepath.Join(t.TempDir(), "again")
	s := openSession(t, again)
	e, err := s.evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(e.Loss-*res.EvalAfter) > 1e-6 {
		t.Errorf("held-out loss %v after training, %v of the saved model", *res.EvalAfter, e.Loss)
	}
}

// A trained adapter of any kind, loaded onto its base, has the loss that the run ended with; its files say what it was made
// with.
func TestTheAdapterIsWhatWasTrained(t *testing.T) {
	for name, change := range map[string]func(r *Recipe){
		"LoRA": func(*Recipe) {}, "rsLoRA": func(r *Recipe) { r.RSLoRA = true }, "DoRA": func(r *Recipe) { r.DoRA = true },
		"LoRA+ of one block": func(r *Recipe) { r.LoRAPlus, r.Layers = 16, "last:1" },
		"PiSSA":              func(r *Recipe) { r.Init = pissa },
		"rsDoRA from PiSSA":  func(r *Recipe) { r.Init, r.RSLoRA, r.DoRA = pissa, true, true },
		"and embedding":      func(r *Recipe) { r.TrainEmbeddings = true },
		"and head":           func(r *Recipe) { r.TrainHead, r.Targets = true, []string{"*.mlp.*"} },
		"DoRA and both":      func(r *Recipe) { r.DoRA, r.TrainEmbeddings, r.TrainHead = true, true, true },
	} {
		t.Run(name, func(t *testing.T) {
			r := tinyRecipe(t)
			change(&r)
			res := run(t, r, Options{})
			a, err := adapter.Load(res.Adapter)
			if err != nil {
				t.Fatal(err)
			}
			if a.Config.RSLoRA != r.RSLoRA || a.Config.DoRA != r.DoRA {
				t.Errorf("configuration %+v is not of this recipe", a.Config)
			}
			s := openSession(t, r)
			if *res.EvalAfter >= *res.EvalBefore {
				t.Errorf("held-out loss %v before and %v after", *res.EvalBefore, *res.EvalAfter)
			}
			p := a.Provenance
			if p == nil || p.BaseHash != s.m.Hash() || p.TemplateHash != s.template.Hash() || p.DataHash != s.dataHash {
				t.Fatalf("provenance %+v is not of this base, template and data", p)
			}
			if r.TrainEmbeddings || r.TrainHead { // the session's own are made trainable
				r.TrainEmbeddings, r.TrainHead = false, false
				s = openSession(t, r)
			}
			if loss := lossWith(t, s, a); math.Abs(loss-*res.EvalAfter) > 1e-6 {
				t.Errorf("held-out loss %v after training, %v of the saved adapter", *res.EvalAfter, loss)
			}
		})
	}
}

// lossWith is the held-out loss of the session's base with the adapters alone.
func lossWith(t *testing.T, s *session, list ...*adapter.Adapter) float64 {
	t.Helper()
	var stack []map[string]model.Pair
	for _, a := range list {
		stack = append(stack, pairs(a))
		for module, m := range a.Whole {
			if err := s.m.Replace(module, m.Values); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.m.Detach()
	if err := s.m.Stack(stack...); err != nil {
		t.Fatal(err)
	}
	s.ws = s.m.NewWorkspace(s.micro, model.Training)
	e, err := s.evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return e.Loss
}

// Law 1: the end of turn is the last trained label of every example that is trained on, and the stop set that is
// written holds it.
func TestLaw01ItStops(t *testing.T) {
	r := tinyRecipe(t)
	s := openSession(t, r)
	for _, tok := range s.train {
		last := len(tok.IDs) - 1
		if tok.IDs[last] != modeltest.EOS || !tok.Train[last] {
			t.Fatalf("%s ends with token %d, trained %v", tok.Ref, tok.IDs[last], tok.Train[last])
		}
	}
	res := run(t, r, Options{})
	a, err := adapter.Load(res.Adapter)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Provenance.Stop) != 1 || a.Provenance.Stop[0] != modeltest.EOS {
		t.Errorf("stop set %v, want [%d]", a.Provenance.Stop, modeltest.EOS)
	}
}

// Law 1: a base whose vocabulary cannot end a turn is refused before anything is written.
func TestLaw01RefusesABaseThatCannotStop(t *testing.T) {
	r := tinyRecipe(t)
	for _, name := range []string{"tokenizer_config.json", "config.json"} {
		text := read(t, r.Base, name)
		text = bytes.ReplaceAll(text, []byte(`"eos_token": "\u003c/s\u003e"`), []byte(`"eos_token": null`))
		text = bytes.ReplaceAll(text, []byte(`"eos_token_id": 257,`), nil)
		if err := os.WriteFile(filepath.Join(r.Base, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Run(context.Background(), r, Options{}, Silent{})
	if err == nil || !strings.Contains(err.Error(), "end") {
		t.Errorf("error is %v, want one about the missing end token", err)
	}
	if _, err := os.Stat(r.Out); err == nil {
		t.Error("the run's folder was made")
	}
}

// Law 3: what a model is asked with is, token for token, the beginning of what it was trained on.
func TestLaw03OneTemplateForTrainingAndServing(t *testing.T) {
	s := openSession(t, tinyRecipe(t))
	for i, e := range s.set.Examples[:5] {
		whole, err := s.template.Render(s.tok, e.Messages)
		if err != nil {
			t.Fatal(err)
		}
		ask := e.Messages[:len(e.Messages)-1]
		serving, err := chat.Named(s.r.Template)
		if err != nil {
			t.Fatal(err)
		}
		prompt, err := serving.Prompt(s.tok, ask)
		if err != nil {
			t.Fatal(err)
		}
		for k, id := range prompt {
			if whole.IDs[k] != id || whole.Train[k] {
				t.Fatalf("example %d, token %d: asked %d, trained %d (label %v)", i, k, id, whole.IDs[k], whole.Train[k])
			}
		}
		if !whole.Train[len(prompt)] {
			t.Fatalf("example %d: the first token after the prompt is no label", i)
		}
	}
}

// Law 5: the gradient of a step does not depend on how many tokens are computed at once.
func TestLaw05AccumulationIsExact(t *testing.T) {
	r := tinyRecipe(t)
	grads := func(micro int) (stepStats, []float32) {
		r.MicroTokens = micro
		s := openSession(t, r)
		// B starts at zero, where A has no gradient: move it first.
		for _, p := range s.m.Params() {
			x := make([]float32, p.Value.Len())
			for i := range x {
				x[i] = float32(math.Sin(float64(i+1))) * 0.05
			}
			s.be.Write(p.Value, x)
		}
		st, err := s.gradients(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		var all []float32
		for _, p := range s.m.Params() {
			x := make([]float32, p.Grad.Len())
			s.be.Read(x, p.Grad)
			all = append(all, x...)
		}
		return st, all
	}
	whole, g := grads(700)
	parts, h := grads(1) // every example alone
	if math.Abs(whole.loss-parts.loss) > 1e-6*whole.loss {
		t.Errorf("loss %v at once, %v in parts", whole.loss, parts.loss)
	}
	var diff, size float64
	for i := range g {
		diff += math.Pow(float64(g[i]-h[i]), 2)
		size += math.Pow(float64(g[i]), 2)
	}
	if size == 0 || math.Sqrt(diff/size) > 1e-5 {
		t.Errorf("gradients differ by %.2g of their norm", math.Sqrt(diff/size))
	}
}

// stopAfter ends the context once so many steps were taken.
type stopAfter struct {
	Silent
	step   int
	cancel context.CancelFunc
}

func (s stopAfter) Stepped(e Step) {
	if e.Step == s.step {
		s.cancel()
	}
}

// Law 6: a run that was interrupted and resumed ends in the bits of one that was not: dropout, noise, moments, uneven repeats and all.
func TestLaw06ResumeIsExact(t *testing.T) {
	r := tinyRecipe(t)
	r.Dropout, r.DoRA, r.Epochs, r.NEFTune, r.LabelSmoothing, r.ZLoss, r.Data[0].Repeat = 0.1, true, 3, 5, 0.1, 1e-3, 1.3
	straight := run(t, r, Options{})

	cut := r
	cut.Out = filepath.Join(t.TempDir(), "cut")
	for _, at := range []int{1, 4, 5} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(ctx, cut, Options{Resume: at > 1}, stopAfter{step: at, cancel: cancel})
		var stop *Interrupted
		if !errors.As(err, &stop) || stop.Step != at {
			t.Fatalf("stopped at step %d: error %v", at, err)
		}
	}
	resumed := run(t, cut, Options{Resume: true})
	if straight.Steps < 8 || resumed.Steps != straight.Steps || resumed.Tokens != straight.Tokens {
		t.Errorf("%d steps and %d tokens, resumed %d and %d", straight.Steps, straight.Tokens, resumed.Steps, resumed.Tokens)
	}
	if *resumed.EvalAfter != *straight.EvalAfter || *resumed.EvalBefore != *straight.EvalBefore {
		t.Error("the held-out losses differ")
	}
	const weights = "adapter_model.safetensors"
	if !bytes.Equal(read(t, r.Out, weights), read(t, cut.Out, weights)) {
		t.Errorf("%s differs", weights)
	}
	a, _ := ReadMetrics(filepath.Join(r.Out, metricsFile))
	b, _ := ReadMetrics(filepath.Join(cut.Out, metricsFile))
	if len(a) != len(b) {
		t.Fatalf("%d lines of metrics, resumed %d", len(a), len(b))
	}
	for i := range a {
		same := func(x, y *float64) bool { return x == nil && y == nil || x != nil && y != nil && *x == *y }
		if a[i].Step != b[i].Step || !same(a[i].Loss, b[i].Loss) || !same(a[i].EvalLoss, b[i].EvalLoss) {
			t.Errorf("line %d of the metrics differs", i+1)
		}
	}
	if again := run(t, cut, Options{Resume: true}); again != resumed && *again.EvalAfter != *resumed.EvalAfter {
		t.Error("resuming a finished run gives another result")
	}
}

// A checkpoint is taken up only by the run that it is of.
func TestLaw06ResumeRefusesAnotherRun(t *testing.T) {
	r := tinyRecipe(t)
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Run(ctx, r, Options{}, stopAfter{step: 1, cancel: cancel}); err == nil {
		t.Fatal("the run was not stopped")
	}
	for what, change := range map[string]func(*Recipe){
		"learning rate": func(r *Recipe) { r.LR = 1e-4 },
		"base":          func(r *Recipe) { r.Base = modeltest.Tiny(t, 2) },
		"data":          func(r *Recipe) { r.Data = Files(rows(t, 41)) },
		"mixture":       func(r *Recipe) { r.Data = []Source{{Path: r.Data[0].Path, Repeat: 1.5}} },
	} {
		other := r
		change(&other)
		if _, err := Run(context.Background(), other, Options{Resume: true}, Silent{}); err == nil || !strings.Contains(err.Error(), "another") {
			t.Errorf("another %s: error is %v", what, err)
		}
	}
	if _, err := Run(context.Background(), r, Options{}, Silent{}); err == nil || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("started over an unfinished run: error is %v", err)
	}
	run(t, r, Options{Resume: true})
}

// Law 10: examples that are too long are counted and named, never cut.
func TestLaw10NothingIsTruncatedSilently(t *testing.T) {
	r := tinyRecipe(t)
	path := filepath.Join(t.TempDir(), "long.jsonl")
	text := `{"instruction":"short","output":"yes"}` + "\n" + `{"instruction":"long","output":"` + strings.Repeat("no ", 200) + `"}` + "\n" +
		`{"instruction":"short too","output":"yes"}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Data, r.EvalFraction, r.Steps = Files(path), -1, 1
	var info dataNote
	if _, err := Run(context.Background(), r, Options{}, &info); err != nil {
		t.Fatal(err)
	}
	if info.Train != 2 || !strings.Contains(info.Report, "long.jsonl:2") {
		t.Errorf("%d sequences are trained on; the report does not name line 2: %s", info.Train, info.Report)
	}
}

type dataNote struct {
	Silent
	DataInfo
}

func (d *dataNote) Data(i DataInfo) { d.DataInfo = i }

// Law 12: what does not fit is refused before anything is written, with settings that would.
func TestLaw12RefusesWhatDoesNotFit(t *testing.T) {
	r := tinyRecipe(t)
	r.Method, r.Rank = Full, 0
	r, err := r.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(context.Background(), r, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	roomy, err := s.plan(1 << 40)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, item := range roomy.Memory {
		sum += item.Bytes
	}
	if sum != roomy.Total || roomy.Trainable != s.m.Config().Params() || roomy.Tokens == 0 {
		t.Errorf("plan does not add up: %+v", roomy)
	}
	full := s.sizes()
	full.micro = s.longest()
	again := full
	again.again = true
	// Where fewer tokens at once do not do, layers are computed again; where that does not do, the run is refused.
	if p, err := s.plan(full.total() - 1000); err != nil || !p.Checkpointing || p.Total > full.total()-1000 || len(p.Notes) != 1 {
		t.Errorf("with less memory than without checkpointing: %+v, %v", p, err)
	}
	s.r.Checkpointing = "off"
	if _, err = s.plan(full.total() - 1000); err == nil || !strings.Contains(err.Error(), "--checkpointing auto") {
		t.Errorf("with checkpointing off: %v", err)
	}
	s.r.Checkpointing = ""
	_, err = s.plan(again.total() - 1000)
	var refused *DoesNotFit
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "--method lora") {
		t.Fatalf("error is %v, want a refusal that offers --method lora", err)
	}
	if p, err := s.plan(full.total()); err != nil || p.MicroTokens >= roomy.MicroTokens || p.Checkpointing {
		t.Errorf("with less memory: %d tokens at once instead of %d, error %v", p.MicroTokens, roomy.MicroTokens, err)
	}
}

// The plan's memory is what the run then takes: the workspace is not larger than planned.
func TestLaw12ThePlanIsWhatIsAllocated(t *testing.T) {
	r := tinyRecipe(t)
	r.DoRA = true
	on := r
	on.Checkpointing = "on"
	for _, r := range []Recipe{r, on} {
		s := openSession(t, r)
		thePlanIsWhatIsAllocated(t, s)
		if again := s.ws.Plan().Recompute; again != (r.Checkpointing == "on") {
			t.Errorf("checkpointing %q: layers are computed again: %t", r.Checkpointing, again)
		}
	}
}

func thePlanIsWhatIsAllocated(t *testing.T, s *session) {
	t.Helper()
	z := s.sizes()
	for _, item := range z.memory() {
		if strings.HasPrefix(item.Kind, "activations") && item.Bytes != int64(model.WorkspaceBytes(s.m.Config(), s.ws.Plan())) {
			t.Errorf("planned %d bytes of activations, the workspace has %d", item.Bytes, model.WorkspaceBytes(s.m.Config(), s.ws.Plan()))
		}
	}
	n := 0
	for _, p := range s.opt.params {
		n += p.Value.Len()
	}
	if n != z.trainable {
		t.Errorf("planned %d trained values, there are %d", z.trainable, n)
	}
}

// Law 13: the first value that is not finite stops the run and names the rows and the layer.
func TestLaw13NonFiniteStopsTheRun(t *testing.T) {
	s := openSession(t, tinyRecipe(t))
	p := s.m.Params()[3]
	s.be.Write(p.Value.Slice(0, 1), []float32{float32(math.NaN())})
	_, err := s.gradients(context.Background(), 0)
	var nf *NotFinite
	if !errors.As(err, &nf) {
		t.Fatalf("error is %v, want a NotFinite", err)
	}
	if nf.Step != 1 || len(nf.Rows) == 0 || !strings.Contains(nf.Where, p.Name) {
		t.Errorf("step %d, rows %v, where %q; want the parameter %s", nf.Step, nf.Rows, nf.Where, p.Name)
	}
	if !strings.Contains(err.Error(), "rows.jsonl:") {
		t.Errorf("error names no row: %v", err)
	}
}

// Law 13 on the gradient's side: a loss that is finite and a gradient that is not.
func TestLaw13NonFiniteGradient(t *testing.T) {
	s := openSession(t, tinyRecipe(t))
	batches := dataset.Pack(s.train, s.schedule.Step(0), 0)
	s.m.ZeroGrads()
	g := s.m.Params()[0].Grad
	s.be.Write(g.Slice(0, 1), []float32{float32(math.Inf(1))})
	if finite(s.opt.norm()) {
		t.Fatal("an infinite gradient has a finite norm")
	}
	err := s.notFinite(2, &batches[0], s.batch(&batches[0], 0), nil)
	var nf *NotFinite
	if !errors.As(err, &nf) || nf.Step != 3 || len(nf.Rows) != len(s.schedule.Step(0)) || !strings.Contains(nf.Where, "gradient") {
		t.Errorf("error is %v, want all rows of the batch and the gradient", err)
	}
}

// The same seed gives the same bits, and another thread count does not change them.
func TestSameSeedSameBits(t *testing.T) {
	var first []byte
	for _, threads := range []int{1, 2, 3} {
		r := tinyRecipe(t)
		r.Threads, r.Dropout = threads, 0.1
		run(t, r, Options{})
		w := read(t, r.Out, "adapter_model.safetensors")
		if first == nil {
			first = w
		} else if !bytes.Equal(w, first) {
			t.Errorf("%d threads give other bits than 1", threads)
		}
	}
}

// A row's weight multiplies its gradient: a step on a row of weight 2 beside one of weight 1 has the gradient of a
// step in which the first row stands twice.
func TestWeightIsRepetition(t *testing.T) {
	grad := func(text string) []float32 {
		path := filepath.Join(t.TempDir(), "w.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		r := Recipe{Base: modeltest.Tiny(t, 1), Data: Files(path), Out: "-", Method: Full, EvalFraction: -1, Threads: 1}
		s := openSession(t, r)
		if _, err := s.gradients(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
		var all []float32
		for _, p := range s.m.Params() {
			x := make([]float32, p.Grad.Len())
			s.be.Read(x, p.Grad)
			all = append(all, x...)
		}
		return all
	}
	a, b := `{"instruction":"x","output":"apple"%s}`+"\n", `{"instruction":"y","output":"bee"}`+"\n"
	weighted := grad(fmt.Sprintf(a, `,"weight":2`) + b)
	for name, text := range map[string]string{"twice": fmt.Sprintf(a, "") + fmt.Sprintf(a, "") + b, "repeat": fmt.Sprintf(a, `,"repeat":2`) + b} {
		var diff, size float64
		for i, v := range grad(text) {
			diff += math.Pow(float64(v-weighted[i]), 2)
			size += math.Pow(float64(v), 2)
		}
		if math.Sqrt(diff/size) > 1e-5 {
			t.Errorf("%s: gradients differ by %.2g of their norm", name, math.Sqrt(diff/size))
		}
	}
}

// A training step allocates nothing once warm, so that no collection runs while there is work.
func TestAWarmStepAllocatesNothing(t *testing.T) {
	for name, change := range map[string]func(r *Recipe){
		"lora": func(*Recipe) {},
		"full": func(r *Recipe) { r.Method, r.Rank = Full, 0 },
		"dora": func(r *Recipe) { r.DoRA, r.TrainHead, r.LoRAPlus = true, true, 16 },
	} {
		r := tinyRecipe(t)
		change(&r)
		s := openSession(t, r)
		step := func() {
			g, err := s.gradients(context.Background(), 0)
			if err != nil {
				t.Fatal(err)
			}
			s.opt.step(&s.r, 1e-9, g.norm)
		}
		// The least of several tries: a worker that gets its first task of a kind late takes its scratch memory then.
		least := testing.AllocsPerRun(10, step)
		for range 4 {
			least = min(least, testing.AllocsPerRun(10, step))
		}
		if least != 0 {
			t.Errorf("%s: %g allocations a step", name, least)
		}
	}
}
