package e2e

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/export"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/shared"
)

// programs is the folder of llama.cpp's programs. A test skips where there is none.
func programs(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CRIA_LLAMA_CPP")
	if dir == "" {
		t.Skip("CRIA_LLAMA_CPP does not name the folder of llama.cpp's programs")
	}
	return dir
}

// llama runs one of llama.cpp's programs and gives what it prints.
func llama(t testing.TB, program string, args ...string) (stdout, stderr string) {
	t.Helper()
	path := filepath.Join(programs(t), program)
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, tail(errs.String()))
	}
	return out.String(), errs.String()
}

func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// greedy is llama.cpp's most likely continuation.
func greedy(t testing.TB, model, prompt string, n int, more ...string) string {
	t.Helper()
	out, _ := llama(t, "llama-cli", append([]string{"-m", model, "-p", prompt, "-n", strconv.Itoa(n), "--temp", "0", "-c", "256", "-t", "2",
		"-no-cnv", "--no-warmup", "--no-display-prompt", "--simple-io"}, more...)...)
	return strings.TrimSuffix(out, "\n\n")
}

func backend(t testing.TB) compute.Backend {
	t.Helper()
	programs(t) // before anything is computed
	be, err := cpu.New(cpu.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return be
}

func open(t testing.TB, be compute.Backend, spec string, exact bool) *infer.Assistant {
	t.Helper()
	a, err := infer.Open(t.Context(), be, spec, infer.OpenOptions{Exact: exact})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// ours is this program's continuation.
func ours(t testing.TB, a *infer.Assistant, prompt string, n int) string {
	t.Helper()
	ids, err := a.Encode(prompt)
	if err != nil {
		t.Fatal(err)
	}
	res, err := a.Generate(t.Context(), ids, infer.Options{MaxTokens: n}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res.Text
}

// exported writes a model in a form and type, which checks itself.
func exported(t testing.TB, be compute.Backend, spec string, to export.Target, typ, name string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	if _, err := export.Run(t.Context(), be, export.Options{Model: spec, To: to, Type: typ, Out: out}); err != nil {
		t.Fatal(err)
	}
	return out
}

// models are what is exported: as folders and as a file, of the families that every llama.cpp since 2025 knows.
func models(t testing.TB) map[string]string {
	t.Helper()
	list := map[string]string{
		"stories260K": shared.Path(t, "data", "models", "stories260K"),
		"stories3M":   shared.Path(t, "data", "models", "stories3M-f16.gguf"),
	}
	for _, name := range []string{"llama3-rope", "mistral", "qwen2", "phi3", "gpt2"} {
		list[name] = shared.Path(t, "golden", "public", name, "hf")
	}
	return list
}

var stories = []string{"Once upon a time", "Lily and her dog went to the", "One day, a big red ball"}

var broken = regexp.MustCompile("\uFFFD+")

// sameText compares with llama.cpp's text, which has bytes that are no characters as they are, and which ends early at tokens
// that it knows by their spelling to end a turn.
func sameText(theirs, ours string) bool {
	theirs, ended := strings.CutSuffix(strings.TrimRight(theirs, "\n"), " [end of text]")
	clean := func(s string) string { return strings.TrimRight(broken.ReplaceAllString(string([]rune(s)), "?"), "\n") }
	theirs, ours = clean(theirs), clean(ours)
	return theirs == ours || ended && strings.HasPrefix(ours, theirs)
}

func TestLlamaCppAnswersAsTheModelThatWasExported(t *testing.T) {
	be := backend(t)
	for name, path := range models(t) {
		t.Run(name, func(t *testing.T) {
			source := open(t, be, path, true)
			// Of random weights the likeliest tokens are near to each other, and less than float32 would part them.
			types := []string{"F32", "F16"}
			if !strings.HasPrefix(name, "stories") {
				types = types[:1]
			}
			for _, typ := range types {
				file := exported(t, be, path, export.GGUF, typ, "model.gguf")
				for _, prompt := range stories {
					if got, want := greedy(t, file, prompt, 20), ours(t, source, prompt, 20); !sameText(got, want) {
						t.Errorf("%s: after %q\n%q, this program says\n%q", typ, prompt, got, want)
					}
				}
			}
		})
	}
}

// A file that this program quantised is no worse than llama.cpp's own of the same type, in either engine.
func TestQuantisedFilesAreNoWorseThanLlamaCpps(t *testing.T) {
	be := backend(t)
	path := shared.Path(t, "data", "models", "stories3M-f16.gguf")
	text := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(text, []byte(story(t, be, path)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{"Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"} {
		mine, theirs := exported(t, be, path, export.GGUF, typ, "mine.gguf"), filepath.Join(t.TempDir(), "theirs.gguf")
		llama(t, "llama-quantize", path, theirs, typ)
		a, b := theirPerplexity(t, mine, text), theirPerplexity(t, theirs, text)
		c, d := ourPerplexity(t, be, mine, text), ourPerplexity(t, be, theirs, text)
		t.Logf("%-7s llama.cpp: %.4f, its own file %.4f; this program: %.4f, its file %.4f", typ, a, b, c, d)
		if a > b*1.0005 || c > d*1.0005 {
			t.Errorf("%s is worse than llama.cpp's", typ)
		}
	}
}

// story is text that the model itself writes, with draws.
func story(t testing.TB, be compute.Backend, path string) string {
	t.Helper()
	a := open(t, be, path, true)
	var b strings.Builder
	for i := range 8 {
		ids, err := a.Encode(stories[i%len(stories)])
		if err != nil {
			t.Fatal(err)
		}
		s := infer.DefaultSampling()
		s.Temperature, s.Seed = 1, uint64(i)
		res, err := a.Generate(t.Context(), ids, infer.Options{MaxTokens: 200, Sampling: s, Stop: []int32{}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(stories[i%len(stories)] + res.Text + "\n")
	}
	return b.String()
}

// window is the tokens that perplexity is measured over at a time, of which the second half is scored.
const window = 128

var estimate = regexp.MustCompile(`Final estimate: PPL = ([0-9.]+)`)

func theirPerplexity(t testing.TB, model, text string) float64 {
	t.Helper()
	out, said := llama(t, "llama-perplexity", "-m", model, "-f", text, "-c", strconv.Itoa(window), "-b", strconv.Itoa(window), "-t", "2")
	m := estimate.FindStringSubmatch(said + out)
	if m == nil {
		t.Fatalf("no estimate in\n%s", tail(said))
	}
	x, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ourPerplexity does as llama-perplexity: the text's tokens in windows, each with its first token in the place of BOS, and
// the second half of each scored.
func ourPerplexity(t testing.TB, be compute.Backend, model, text string) float64 {
	t.Helper()
	a := open(t, be, model, true)
	raw, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := a.Encode(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := a.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0
	for w := range len(ids) / window {
		chunk := append([]int32{}, ids[w*window:(w+1)*window]...)
		if bos, ok := tok.BOS(); ok && tok.AddsBOS() {
			chunk[0] = bos
		}
		// The mean over all tokens of the window less that over the first half leaves the second.
		whole, err := a.Score(t.Context(), chunk)
		if err != nil {
			t.Fatal(err)
		}
		half, err := a.Score(t.Context(), chunk[:window/2+1])
		if err != nil {
			t.Fatal(err)
		}
		sum += whole.NLL*(window-1) - half.NLL*(window/2)
		n += window/2 - 1
	}
	return math.Exp(sum / float64(n))
}
