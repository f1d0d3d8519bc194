package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/format/safetensors"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
)

// put writes a file of rows.
func put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// edit replaces a text that must be in a file.
func edit(t *testing.T, path, old, with string) {
	t.Helper()
	text := read(t, path)
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s has no %s", path, old)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(with)), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A tuned model is written with its stop set wherever another program looks for it, whatever its base said.
func TestLaw01TheTunedModelSaysWhereItStops(t *testing.T) {
	r := tinyRecipe(t)
	r.Method, r.Rank, r.Steps = Full, 0, 1
	edit(t, filepath.Join(r.Base, "config.json"), `"eos_token_id": 257`, `"eos_token_id": 5`)
	run(t, r, Options{})
	for _, name := range []string{"config.json", "generation_config.json"} {
		var says struct {
			EOS int32 `json:"eos_token_id"`
		}
		if err := json.Unmarshal(read(t, r.Out, name), &says); err != nil || says.EOS != modeltest.EOS {
			t.Errorf("%s: eos_token_id %d, want %d (%v)", name, says.EOS, modeltest.EOS, err)
		}
	}
	p, err := adapter.ReadProvenance(r.Out)
	if err != nil || p == nil || !slices.Equal(p.Stop, []int32{modeltest.EOS}) {
		t.Errorf("provenance %+v, %v; want the stop set [%d]", p, err, modeltest.EOS)
	}
}

// Where the pad token is the end token, the end is learned all the same, and so is a text that spells it.
func TestLaw02PadEqualToEndMasksNothing(t *testing.T) {
	r := tinyRecipe(t)
	edit(t, filepath.Join(r.Base, "tokenizer_config.json"), `"eos_token"`, `"pad_token": "\u003c/s\u003e", "eos_token"`)
	answers := []string{"one", "</s>", "two </s> three"}
	text, want := "", 0
	for _, a := range answers {
		text += fmt.Sprintf(`{"instruction":"say it","output":%q}`+"\n", a)
		want += len(a) + 1
	}
	r.Data, r.EvalFraction = Files(put(t, "rows.jsonl", text)), -1
	s := openSession(t, r)
	st, err := s.gradients(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ends := 0
	for _, b := range dataset.Pack(s.train, s.schedule.Step(0), s.micro) {
		for _, id := range b.Targets {
			if id == modeltest.EOS {
				ends++
			}
		}
	}
	if st.labels != want || ends != len(answers) {
		t.Errorf("%d labels and %d ends are learned, want %d and %d", st.labels, ends, want, len(answers))
	}
}

// What is trained is stored with the hash of the template that it was trained with.
func TestLaw03TheTemplatesHashIsStored(t *testing.T) {
	for _, method := range []Method{LoRA, Full} {
		for _, name := range []string{"alpaca", "plain"} {
			r := tinyRecipe(t)
			r.Method, r.Template, r.Steps, r.EvalFraction = method, name, 1, -1
			if method == Full {
				r.Rank = 0
			}
			run(t, r, Options{})
			tmpl, err := chat.Named(name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := adapter.ReadProvenance(r.Out)
			if err != nil || p == nil || p.Template != name || p.TemplateHash != tmpl.Hash() {
				t.Errorf("%s with %s: provenance %+v, %v", method, name, p, err)
			}
		}
	}
}

// weighted is a session on rows of several weights, with its parameters moved from where B is zero and A has no gradient.
func weighted(t *testing.T, micro int) *session {
	t.Helper()
	text := ""
	for i := range 24 {
		text += fmt.Sprintf(`{"instruction":"say %d","output":"%s","weight":%g}`+"\n", i, strings.Repeat("ab", i%5+1), 0.5+float64(i%4))
	}
	r := tinyRecipe(t)
	r.Data, r.EvalFraction, r.BatchTokens, r.MicroTokens = Files(put(t, "rows.jsonl", text)), 0.3, 1000, micro
	s := openSession(t, r)
	moveParams(s)
	return s
}

// moveParams moves what is trained from where B is zero and A has no gradient.
func moveParams(s *session) {
	for _, p := range s.m.Params() {
		x := make([]float32, p.Value.Len())
		for i := range x {
			x[i] = float32(math.Sin(float64(i+1))) * 0.05
		}
		s.be.Write(p.Value, x)
	}
}

func (s *session) allGrads() []float32 {
	var all []float32
	for _, p := range s.m.Params() {
		x := make([]float32, p.Grad.Len())
		s.be.Read(x, p.Grad)
		all = append(all, x...)
	}
	return all
}

// oneByOne is the weighted mean loss of some sequences and its gradient by the definition: each alone in its batch,
// made here without Pack.
func oneByOne(t *testing.T, s *session, list []dataset.Tokens, which []int) (loss float64, grads []float32) {
	t.Helper()
	total := 0.0
	for _, k := range which {
		for _, train := range list[k].Train {
			if train {
				total += float64(list[k].Weight)
			}
		}
	}
	s.m.ZeroGrads()
	for _, k := range which {
		x := list[k]
		b, scale := model.Batch{IDs: x.IDs, Starts: []int{0}}, []float32(nil)
		for i := range x.IDs {
			b.Pos = append(b.Pos, int32(i))
			if x.Train[i] {
				b.Rows, b.Targets = append(b.Rows, int32(i-1)), append(b.Targets, x.IDs[i])
				scale = append(scale, float32(float64(x.Weight)/total))
			}
		}
		nll, err := s.m.Loss(s.ws, b, scale, true)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range nll {
			loss += float64(scale[i]) * float64(v)
		}
	}
	return loss, s.allGrads()
}

func apart(a, b []float32) float64 {
	var diff, size float64
	for i := range a {
		diff += math.Pow(float64(a[i]-b[i]), 2)
		size += math.Pow(float64(b[i]), 2)
	}
	return math.Sqrt(diff / size)
}

func all(list []dataset.Tokens) []int {
	which := make([]int, len(list))
	for i := range which {
		which[i] = i
	}
	return which
}

// Examples packed into a step give the loss and the gradient that they give alone.
func TestLaw04APackedStepIsItsExamplesAlone(t *testing.T) {
	s := weighted(t, 1000)
	st, err := s.gradients(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	got := s.allGrads()
	if b := dataset.Pack(s.train, s.schedule.Step(0), s.micro)[0]; len(b.IDs) >= b.Tokens {
		t.Errorf("%d tokens are computed of %d: the template is not shared", len(b.IDs), b.Tokens)
	}
	loss, grads := oneByOne(t, s, s.train, s.schedule.Step(0))
	if n := len(s.schedule.Step(0)); n < 3 || math.Abs(st.loss-loss) > 1e-5*loss {
		t.Errorf("loss %v of %d packed examples, %v of each alone", st.loss, n, loss)
	}
	if d := apart(got, grads); !(d < 1e-5) {
		t.Errorf("gradients differ by %.2g of their norm", d)
	}
	e, err := s.evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := oneByOne(t, s, s.held, all(s.held)); len(s.held) < 2 || math.Abs(e.Loss-want) > 1e-5*want {
		t.Errorf("held-out loss %v of %d packed examples, %v of each alone", e.Loss, len(s.held), want)
	}
}

// Loss and gradient are those of the weighted mean over the whole step, however it is cut, and nothing of the step
// before is left in them.
func TestLaw05AStepIsTheWeightedMeanOfItsLabels(t *testing.T) {
	for _, micro := range []int{1, 400, 1000} {
		s := weighted(t, micro)
		st, err := s.gradients(context.Background(), 1)
		if err == nil {
			st, err = s.gradients(context.Background(), 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		got := s.allGrads()
		loss, grads := oneByOne(t, s, s.train, s.schedule.Step(0))
		if d := apart(got, grads); !(d < 1e-5) || math.Abs(st.loss-loss) > 1e-5*loss {
			t.Errorf("%d tokens at once: loss %v, by the definition %v; gradients differ by %.2g of their norm", micro, st.loss, loss, d)
		}
		e, err := s.evaluate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if want, _ := oneByOne(t, s, s.held, all(s.held)); math.Abs(e.Loss-want) > 1e-5*want {
			t.Errorf("%d tokens at once: held-out loss %v, by the definition %v", micro, e.Loss, want)
		}
	}
}

// killedAfter leaves a folder as a run does that is killed after a step: the checkpoint is an older one.
type killedAfter struct {
	stopAfter
	checkpoint string
	was        []byte
}

func (k *killedAfter) Stepped(e Step) {
	if e.Step == k.step {
		k.was, _ = os.ReadFile(k.checkpoint)
	}
	k.stopAfter.Stepped(e)
}

// A run that was killed takes the steps since its last checkpoint again, and its metrics have each once.
func TestLaw06AKilledRunRepeatsItsSteps(t *testing.T) {
	for _, method := range []Method{LoRA, Full} {
		r := tinyRecipe(t)
		r.Method, r.Epochs, r.SaveEvery, r.EvalEvery = method, 3, 3, 2
		weights := "adapter_model.safetensors"
		if method == Full {
			r.Rank, weights = 0, "model.safetensors"
		} else {
			r.Dropout = 0.1
		}
		run(t, r, Options{})

		cut := r
		cut.Out = filepath.Join(t.TempDir(), "cut")
		ctx, cancel := context.WithCancel(context.Background())
		k := &killedAfter{stopAfter: stopAfter{step: 5, cancel: cancel}, checkpoint: filepath.Join(cut.Out, checkpointFile)}
		var stop *Interrupted
		if _, err := Run(ctx, cut, Options{}, k); !errors.As(err, &stop) || len(k.was) == 0 {
			t.Fatalf("error %v, and a checkpoint of %d bytes before", err, len(k.was))
		}
		if err := os.WriteFile(k.checkpoint, k.was, 0o666); err != nil {
			t.Fatal(err)
		}
		// Stopped again, where the held-out rows were about to be looked at.
		ctx, cancel = context.WithCancel(context.Background())
		if _, err := Run(ctx, cut, Options{Resume: true}, stopAfter{step: 6, cancel: cancel}); !errors.As(err, &stop) {
			t.Fatal(err)
		}
		run(t, cut, Options{Resume: true})
		if !bytes.Equal(read(t, r.Out, weights), read(t, cut.Out, weights)) {
			t.Errorf("%s: %s differs", method, weights)
		}
		lines := func(dir string) (list []string) {
			points, err := ReadMetrics(filepath.Join(dir, metricsFile))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range points {
				p.Seconds, p.TokensPerSec = 0, 0
				text, err := json.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, string(text))
			}
			return list
		}
		if want, got := lines(r.Out), lines(cut.Out); !slices.Equal(want, got) {
			t.Errorf("%s: metrics\n%s, killed and resumed\n%s", method, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	}
}

// A tensor that goes into a checkpoint in several pieces comes back whole.
func TestLaw06LargeTensorsAreKeptWhole(t *testing.T) {
	be, err := cpu.New(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	want := make([]float32, 300_000)
	for i := range want {
		want[i] = float32(i)
	}
	from, to := be.Alloc(len(want)), be.Alloc(len(want))
	be.Write(from, want)
	var file bytes.Buffer
	if err := compute.WriteValues(&file, be, from); err != nil {
		t.Fatal(err)
	}
	compute.ReadValues(be, to, file.Bytes())
	got := make([]float32, len(want))
	be.Read(got, to)
	if !slices.Equal(got, want) {
		t.Error("values differ")
	}
}

// The scale that is trained with is the recipe's α/r, and the one that the adapter's file says.
func TestLaw08TheTrainedScaleIsTheWrittenOne(t *testing.T) {
	r := tinyRecipe(t)
	r.Rank, r.Alpha, r.Steps, r.EvalFraction = 4, 6, 1, -1
	for _, l := range openSession(t, r).targets {
		if l.Delta.Scale != 1.5 {
			t.Fatalf("%s is trained with scale %g, want 6/4", l.Name, l.Delta.Scale)
		}
	}
	run(t, r, Options{})
	a, err := adapter.Load(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	if a.Config.R != 4 || a.Config.Alpha != 6 {
		t.Errorf("the file says r = %d and α = %g, want 4 and 6", a.Config.R, a.Config.Alpha)
	}
}

// Rows that are held out are counted and named like the others where they are too long.
func TestLaw10HeldOutRowsAreListedToo(t *testing.T) {
	text := ""
	for i := range 16 {
		text += fmt.Sprintf(`{"instruction":"say %d","output":"%s"}`+"\n", i, strings.Repeat("no ", 1+100*(i%4/3)))
	}
	r := tinyRecipe(t)
	r.Data, r.EvalFraction = Files(put(t, "long.jsonl", text)), 0.5
	for _, long := range []string{"drop", "split"} {
		r.Long = long
		var told dataNote
		r, err := r.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		s, err := open(context.Background(), r, &told)
		if err != nil {
			t.Fatal(err)
		}
		s.close()
		for _, line := range []int{4, 8, 12, 16} {
			if ref := fmt.Sprintf("long.jsonl:%d (", line); strings.Count(told.Report, ref) != 1 {
				t.Errorf("%s: not told once of %s: %s", long, ref, told.Report)
			}
		}
	}
}

// A bad row stops a run before anything is written, and says where it is.
func TestLaw11ABadRowStopsTheRunAndNamesItself(t *testing.T) {
	r := tinyRecipe(t)
	r.Data = append(r.Data, Files(put(t, "bad.jsonl", `{"instruction":"a","output":"b"}`+"\n\n"+`{"instruction":"who?","output":""}`+"\n"))...)
	_, err := Run(context.Background(), r, Options{}, Silent{})
	var bad *dataset.RowError
	if !errors.As(err, &bad) || bad.Ref.Line != 3 || !strings.Contains(err.Error(), `bad.jsonl:3: field "output": empty`) || !strings.Contains(err.Error(), "who?") {
		t.Errorf("error %v, want bad.jsonl:3, its field and its text", err)
	}
	if _, err := os.Stat(r.Out); err == nil {
		t.Error("the run's folder was made")
	}
}

// spoil makes the token of a byte not finite where it is read, in a base whose head stands apart.
func spoil(t *testing.T, dir string, token byte) {
	t.Helper()
	path := filepath.Join(dir, "model.safetensors")
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []safetensors.Tensor
	for _, name := range f.Names() {
		x, _ := f.Tensor(name)
		x.Data = slices.Clone(x.Data)
		list = append(list, x)
		if name == "model.embed_tokens.weight" {
			head := x
			head.Name, head.Data = "lm_head.weight", slices.Clone(x.Data)
			list = append(list, head)
			copy(x.Data[4*modeltest.Hidden*int(token):], []byte{0, 0, 0xc0, 0x7f})
		}
	}
	if err := errors.Join(f.Close(), safetensors.Write(path, list, map[string]string{"format": "pt"})); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(dir, "config.json"), `"tie_word_embeddings": true`, `"tie_word_embeddings": false`)
}

// One row of a later step, or of those held out, that is not finite stops the run, which names the row and the layer
// and leaves no adapter.
func TestLaw13TheRowAndTheLayerAreNamed(t *testing.T) {
	r := tinyRecipe(t)
	text := ""
	for i := range 10 {
		text += fmt.Sprintf(`{"instruction":"say %d","output":"ab"}`+"\n", i)
	}
	r.Data, r.EvalFraction = Files(put(t, "rows.jsonl", text)), 0.2
	s := openSession(t, r)
	step := s.schedule.Step(1)
	for what, c := range map[string]struct {
		row  dataset.Ref
		step int
	}{
		"trained":  {s.train[step[len(step)/2]].Ref, 2},
		"held out": {s.held[0].Ref, 0},
	} {
		bad := r
		bad.Base, bad.Out = modeltest.Tiny(t, 1), filepath.Join(t.TempDir(), "run")
		spoil(t, bad.Base, byte('0'+c.row.Row-1))
		_, err := Run(context.Background(), bad, Options{}, Silent{})
		var nf *NotFinite
		if !errors.As(err, &nf) || len(step) < 3 {
			t.Errorf("%s: error %v, want a NotFinite", what, err)
			continue
		}
		if nf.Step != c.step || !slices.Equal(nf.Rows, []dataset.Ref{c.row}) || nf.Where != "model.embed_tokens (output)" {
			t.Errorf("%s: step %d, rows %v, %q; want step %d, %v and the embedding", what, nf.Step, nf.Rows, nf.Where, c.step, c.row)
		}
		for _, part := range []string{c.row.String(), nf.Where} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v; %s is not in it", what, err, part)
			}
		}
		if _, err := os.Stat(filepath.Join(bad.Out, "adapter_model.safetensors")); err == nil {
			t.Errorf("%s: an adapter was written", what)
		}
	}
}

// A step whose loss is finite and whose gradient overflows is not taken.
func TestLaw13AGradientThatOverflowsStopsTheRun(t *testing.T) {
	r := tinyRecipe(t)
	r.Rank, r.Alpha = 1, 1e6
	s := openSession(t, r)
	for _, p := range s.m.Params() {
		if strings.HasSuffix(p.Name, "lora_A.weight") { // B is zero: the loss is the base's
			x := slices.Repeat([]float32{1e36}, p.Value.Len())
			s.be.Write(p.Value, x)
		}
	}
	_, err := s.gradients(context.Background(), 0)
	var nf *NotFinite
	if !errors.As(err, &nf) || len(nf.Rows) == 0 || !strings.HasSuffix(nf.Where, ".lora_B.weight (gradient)") {
		t.Errorf("error %v, want the rows and the gradient", err)
	}
}

// Law 13: parameters that the very last step made infinite are not saved.
func TestLaw13TheLastStepIsCheckedToo(t *testing.T) {
	s := openSession(t, tinyRecipe(t))
	if err := s.checkTrained(); err != nil {
		t.Fatalf("finite parameters: %v", err)
	}
	s.opt.steps = s.schedule.Steps()
	p := s.m.Params()[2]
	s.be.Write(p.Value.Slice(0, 1), []float32{float32(math.Inf(1))})
	var nf *NotFinite
	if err := s.checkTrained(); !errors.As(err, &nf) || nf.Step != s.schedule.Steps() || len(nf.Rows) == 0 || !strings.Contains(nf.Where, p.Name) {
		t.Errorf("error is %v, want the last step, its rows and %s", err, p.Name)
	}
}
