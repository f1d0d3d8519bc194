package train

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/model/modeltest"
)

// text writes n short documents that a tiny model can learn, one a row.
func text(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"text":"%s"}`+"\n", strings.Repeat("the cat sat. ", i%7+1))
	}
	return put(t, "text.jsonl", b.String())
}

func tinyPretrainRecipe(t *testing.T) PretrainRecipe {
	return PretrainRecipe{Tokenizer: modeltest.Tiny(t, 1), Text: []Text{{Path: text(t, 60)}}, Out: filepath.Join(t.TempDir(), "run"),
		Layers: 2, Hidden: 32, Heads: 4, KVHeads: 2, FFN: 48, Context: 32, BatchTokens: 256, Steps: 40, LR: 1e-2,
		EvalFraction: 0.1, Type: "f32", Threads: 2}
}

func pretrain(t *testing.T, r PretrainRecipe) Result {
	t.Helper()
	res, err := Pretrain(context.Background(), r, Options{}, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestPretrainingLearnsAText(t *testing.T) {
	for _, kind := range Optimizers() {
		r := tinyPretrainRecipe(t)
		r.Optimizer = kind
		res := pretrain(t, r)
		// 258 tokens, each about a byte; the text repeats itself.
		if *res.BitsPerByteBefore < 7 || *res.BitsPerByteAfter > 2.5 {
			t.Errorf("%s: %.3f bits per byte before and %.3f after", kind, *res.BitsPerByteBefore, *res.BitsPerByteAfter)
		}
		points, err := ReadMetrics(filepath.Join(r.Out, "metrics.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if p := points[len(points)-1]; p.EvalBPB == nil || *p.EvalBPB != *res.BitsPerByteAfter {
			t.Errorf("%s: the last line of the metrics says %v bits per byte, the result %v", kind, p.EvalBPB, *res.BitsPerByteAfter)
		}
	}
}

// What was saved opens as any other model does, ends texts with the tokenizer's own token, and has in f32 the weights that
// were trained, in the other types those weights rounded.
func TestPretrainedModelIsAModelFolder(t *testing.T) {
	for _, kind := range []string{"f32", "f16", "bf16"} {
		r := tinyPretrainRecipe(t)
		r.Type, r.Steps = kind, 5
		pretrain(t, r)
		be, err := cpu.New(cpu.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer be.Close()
		m, err := model.Open(be, r.Out)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		tok, err := m.Tokenizer()
		if err != nil {
			t.Fatal(err)
		}
		if id, _ := tok.EOS(); id != modeltest.EOS || !slices.Equal(m.EOS(), []int32{modeltest.EOS}) {
			t.Errorf("%s: ends a text with %d, the model with %v", kind, id, m.EOS())
		}
		if c := m.Config(); c.Hidden != 32 || c.Layers != 2 || c.KVHeads != 2 || c.MaxPos != 32 || !c.Tied {
			t.Errorf("%s: shape %+v", kind, c)
		}
		for _, x := range m.Tensors() {
			want := strings.ToUpper(kind)
			if len(x.Shape) == 1 {
				want = "F32"
			}
			if x.Type.String() != want {
				t.Errorf("%s: %s rests in %s", kind, x.Name, x.Type)
			}
		}
	}
}

// The loss of a text in windows, packed with others, is the loss of each of its tokens once.
func TestLaw04EveryTokenOfATextIsLearnedOnce(t *testing.T) {
	r := tinyPretrainRecipe(t)
	r.Text = []Text{{Path: put(t, "long.txt", strings.Repeat("abcdefghij", 20))}}
	r.EvalFraction, r.Context = -1, 16
	r, err := r.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	s, err := openPretraining(context.Background(), r, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var learned []int32
	for _, w := range s.train {
		if len(w.IDs) > 16 {
			t.Errorf("a window of %d tokens", len(w.IDs))
		}
		for i, id := range w.IDs {
			if w.Train[i] {
				learned = append(learned, id)
			}
		}
	}
	if got, want := s.tok.Decode(learned), strings.Repeat("abcdefghij", 20)+s.tok.Token(modeltest.EOS); got != want {
		t.Errorf("learned %q", got)
	}
	if err := s.allocate(context.Background(), 64); err != nil {
		t.Fatal(err)
	}
	loss := func(list []dataset.Tokens, at []int, micro int) (sum float64) {
		for _, b := range dataset.Pack(list, at, micro) {
			nll, err := s.m.Loss(s.ws, s.batch(&b, 0), b.Weights, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range nll {
				sum += float64(x)
			}
		}
		return sum
	}
	var alone float64
	for i := range s.train[:4] {
		alone += loss(s.train, []int{i}, 0)
	}
	if together := loss(s.train, []int{0, 1, 2, 3}, 64); math.Abs(together-alone) > 1e-5*alone {
		t.Errorf("loss %.9g packed, %.9g alone", together, alone)
	}
}

// childRecipe names the recipe that a child process pretrains from.
const childRecipe = "CRIA_TEST_PRETRAIN"

// told says on standard output that a step was taken.
type told struct{ Silent }

func (told) Stepped(Step) { fmt.Println("stepped") }

func TestPretrainChild(t *testing.T) {
	path := os.Getenv(childRecipe)
	if path == "" {
		t.Skip("runs in a process of its own")
	}
	r, err := ReadPretrainRecipe(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(r.Out, recipeFile))
	if _, err := Pretrain(context.Background(), r, Options{Resume: err == nil}, told{}); err != nil {
		t.Fatal(err)
	}
}

func TestLaw06APretrainingThatIsKilledTwentyTimesEndsInTheSameBits(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds, and has nothing of its own for the race detector")
	}
	if runtime.GOOS == "windows" {
		t.Skip("processes end otherwise there")
	}
	r := tinyPretrainRecipe(t)
	r.Steps, r.BatchTokens, r.SaveEvery, r.Hidden, r.FFN, r.Threads = 1500, 64, 4, 16, 16, 1
	r.EvalEvery = 200
	whole := r
	whole.Out = filepath.Join(t.TempDir(), "whole")
	pretrain(t, whole)

	recipe := put(t, "recipe.yaml", string(r.YAML()))
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	child := func() (*exec.Cmd, *bufio.Reader) {
		c := exec.Command(os.Args[0], "-test.run=^TestPretrainChild$", "-test.v")
		c.Env = append(os.Environ(), childRecipe+"="+recipe)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c, bufio.NewReader(out)
	}
	killed := 0
	for killed < 20 {
		c, out := child()
		// At any moment after at most 59 steps, and now and then while the run is being opened.
		left := rng.IntN(60)
		if rng.IntN(8) == 0 {
			left = 0
			time.Sleep(time.Duration(rng.IntN(100)) * time.Millisecond)
		}
		for left > 0 {
			line, err := out.ReadString('\n')
			if err != nil {
				break
			}
			if line == "stepped\n" {
				left--
			}
		}
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
		c.Process.Kill()
		if err := c.Wait(); err != nil {
			killed++
			continue
		}
		break
	}
	if res, err := ReadResult(r.Out); err != nil || res != nil {
		t.Fatalf("the run came to its end after %d kills: make it longer (%v)", killed, err)
	}
	c, out := child()
	for err := error(nil); err == nil; {
		_, err = out.ReadString('\n')
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, r.Out, "model.safetensors"), read(t, whole.Out, "model.safetensors")) {
		t.Error("the weights differ from those of a run that nothing happened to")
	}
	losses := func(dir string) (list []float64) {
		points, err := ReadMetrics(filepath.Join(dir, metricsFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			switch {
			case p.Loss != nil:
				list = append(list, float64(p.Step), *p.Loss)
			default:
				list = append(list, float64(p.Step), *p.EvalBPB)
			}
		}
		return list
	}
	if got, want := losses(r.Out), losses(whole.Out); !slices.Equal(got, want) {
		t.Errorf("%d numbers in the metrics, %d in those of the other run, or some differ", len(got), len(want))
	}
}

func TestPretrainRecipeIsStrict(t *testing.T) {
	for yaml, want := range map[string]string{
		"layers: 2\nwidth: 3":                      `line 2: unknown key "width"`,
		"text: [{path: a.txt, times: 2}]":          `line 1: unknown key "times"`,
		"text: [a.txt, {path: b.txt, repeat: .5}]": "",
	} {
		path := put(t, "recipe.yaml", yaml)
		r, err := ReadPretrainRecipe(path)
		if want == "" && (err != nil || len(r.Text) != 2 || r.Text[0].Path != "a.txt" || r.Text[1].Repeat != 0.5) {
			t.Errorf("%q: %+v, %v", yaml, r.Text, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", yaml, err, want)
		}
	}
	whole := tinyPretrainRecipe(t)
	for want, spoil := range map[string]func(*PretrainRecipe){
		"tokenizer is missing":    func(r *PretrainRecipe) { r.Tokenizer = "" },
		"of steps, tokens":        func(r *PretrainRecipe) { r.Tokens = 5 },
		`optimizer is "sgd"`:      func(r *PretrainRecipe) { r.Optimizer = "sgd" },
		`type is "q8_0"`:          func(r *PretrainRecipe) { r.Type = "q8_0" },
		"do not divide":           func(r *PretrainRecipe) { r.KVHeads = 3 },
		"head dimension 5 is odd": func(r *PretrainRecipe) { r.HeadDim = 5 },
	} {
		r := whole
		spoil(&r)
		if _, err := r.Resolve(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
