// Package export writes a model, with its adapters, in the forms that other programs read, and says done only after the
// result was loaded again and found to be the same model (law 7).
//
//	r, err := export.Run(ctx, be, export.Options{Model: "smollm2-135m+my-run", To: export.GGUF, Type: "Q4_K_M", Out: "mine.gguf"})
//	fmt.Println(r.Check.KLMean)
//
// What is written lies under another name beside its place until it has been checked; an interrupt leaves nothing, and a
// result that is too far from its source stays, for looking at, as NAME.failed. Weights stream tensor by tensor: no
// more than a few rows of any are held in float32. The package never changes what it exports.
package export

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/format/gguf"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/machine"
	"github.com/cria-llm/cria/model"
)

// Target is a form in which models are exported.
type Target string

// The forms.
const (
	GGUF        Target = "gguf"        // a file of llama.cpp and its kin, adapters merged
	Safetensors Target = "safetensors" // a Hugging Face folder, adapters merged
	PEFT        Target = "peft"        // the adapter as a folder of Hugging Face's PEFT
	GGUFLoRA    Target = "gguf-lora"   // the adapter as a file that llama.cpp loads beside a model
	Ollama      Target = "ollama"      // a folder of a GGUF file and a Modelfile
)

// Targets lists them.
func Targets() []Target { return []Target{GGUF, Safetensors, PEFT, GGUFLoRA, Ollama} }

// Options say what is exported, and to what. Zero values stand for the defaults.
type Options struct {
	Model string // MODEL or MODEL+ADAPTER…
	To    Target
	Out   string // the file or folder to make; it must not be there yet
	// Type is what the weights rest in: one of [Types]. By default BF16 where the source's are, and F16 elsewhere.
	Type string
	// Importance is a text on which is measured how much the columns of each matrix matter, for types of few bits, or a file
	// of llama-imatrix, in .gguf, .dat or .imatrix.
	Importance string
	Prompts    []infer.Prompt // to compare with; [infer.GoldenPrompts]
	// MaxKL is the most that the mean of KL(source ‖ export) over the prompts' tokens may be, in nats. By default it
	// follows from Type.
	MaxKL float64
	// Template names the conversation template of a source that was not trained with one.
	Template string
	// From names a model of Ollama's that the adapter alone is to stand on, in place of a merged model; NoTemplate leaves
	// the conversation template out of the Modelfile. Both are for Ollama.
	From       string
	NoTemplate bool
	// Progress is told, as often as there is news, what is under way and how much of it is done.
	Progress func(stage Stage, done, of int64)
}

// Stage is a part of an export.
type Stage string

// The stages.
const (
	Measuring Stage = "measuring" // windows of the text that importance is measured on
	Writing   Stage = "writing"   // bytes
	Checking  Stage = "checking"  // prompts
)

// Report is what an export came to.
type Report struct {
	Path  string       `json:"path"`
	Bytes int64        `json:"bytes"`
	Type  string       `json:"type"`
	To    Target       `json:"to"`
	MaxKL float64      `json:"max_kl"` // what the check's mean was held to
	Check *infer.Check `json:"check"`
	// Merged compares the source with its adapters with the same merged into the weights, in float32: what is lost before the
	// weights are written in Type. It is nil without adapters, and where the merged weights do not fit the memory.
	Merged *infer.Check `json:"merged,omitempty"`
}

// job is one export under way.
type job struct {
	be  compute.Backend
	o   Options
	src *infer.Assistant
	r   Report
}

// form is how one target is made.
type form struct {
	folder bool
	merges bool // adapters go into the weights
	// write makes the file or folder at path, and says in the report of what type it is.
	write func(ctx context.Context, j *job, path string) error
	// spec is the MODEL that the result at path is loaded again as.
	spec func(j *job, path string) string
}

func forms(t Target) (form, error) {
	itself := func(_ *job, path string) string { return path }
	switch t {
	case GGUF:
		return form{merges: true, write: writeGGUF, spec: itself}, nil
	case Safetensors:
		return form{folder: true, merges: true, write: writeSafetensors, spec: itself}, nil
	case PEFT:
		return form{folder: true, write: writePEFT, spec: onBase}, nil
	case GGUFLoRA:
		return form{write: writeGGUFLoRA, spec: onBase}, nil
	case Ollama:
		return form{folder: true, merges: true, write: writeOllama, spec: ollamaSpec}, nil
	}
	var names []string
	for _, x := range Targets() {
		names = append(names, string(x))
	}
	return form{}, fmt.Errorf("there is no form %q (%s)", t, strings.Join(names, ", "))
}

// Run exports a model. Its error is a *[CheckError] where the result is too far from the source.
func Run(ctx context.Context, be compute.Backend, o Options) (Report, error) {
	f, err := forms(o.To)
	if err != nil {
		return Report{}, err
	}
	if err := checkPlace(o.Out); err != nil {
		return Report{}, err
	}
	if o.Type != "" {
		mix, err := gguf.ParseMix(o.Type)
		if err != nil {
			return Report{}, err
		}
		o.Type = string(mix)
	}
	if o.Progress == nil {
		o.Progress = func(Stage, int64, int64) {}
	}
	src, err := infer.Open(ctx, be, o.Model, infer.OpenOptions{Exact: true, Template: o.Template})
	if err != nil {
		return Report{}, err
	}
	j := &job{be: be, o: o, src: src, r: Report{Path: o.Out, To: o.To}}
	err = j.run(ctx, f)
	return j.r, errors.Join(err, src.Close())
}

func (j *job) run(ctx context.Context, f form) error {
	staged, err := stage(j.o.Out, f.folder)
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged)
	if err := f.write(ctx, j, staged); err != nil {
		return fmt.Errorf("export %s: %w", j.src.Name(), err)
	}
	if j.r.Bytes, err = size(staged); err != nil {
		return err
	}
	if err := j.check(ctx, f, staged); err != nil {
		var far *CheckError
		if !errors.As(err, &far) {
			return fmt.Errorf("export %s: %w", j.src.Name(), err)
		}
		failed := j.o.Out + ".failed"
		if err := errors.Join(os.RemoveAll(failed), os.Rename(staged, failed)); err != nil {
			return err
		}
		far.Path, j.r.Path = failed, failed
		return errors.Join(far, j.keepReport())
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(staged, j.o.Out); err != nil {
		return err
	}
	return j.keepReport()
}

// checkPlace is an error where something is at the place of the result, or the folder that it goes into is missing.
func checkPlace(out string) error {
	if out == "" {
		return errors.New("no place is named for the export")
	}
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s is there already: name a new place", out)
	}
	if info, err := os.Stat(filepath.Dir(out)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s to put %s into", filepath.Dir(out), filepath.Base(out))
	}
	return nil
}

// stage is a free name beside out, of the same ending; a folder is made.
func stage(out string, folder bool) (string, error) {
	name := filepath.Base(filepath.Clean(out))
	for {
		path := filepath.Join(filepath.Dir(filepath.Clean(out)), fmt.Sprintf(".%08x.%s", rand.Uint32(), name))
		_, err := os.Lstat(path)
		switch {
		case err == nil:
			continue
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		case folder:
			return path, os.Mkdir(path, 0o777)
		}
		return path, nil
	}
}

// size is the bytes of a file or of all files of a folder.
func size(path string) (n int64, err error) {
	err = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// CheckError is the error of an export that is not the model it should be.
type CheckError struct {
	Path  string // where it was put aside
	Check infer.Check
	MaxKL float64
	Why   string
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("the export is not the model that it was made from: %s (it was put aside as %s)", e.Why, e.Path)
}

// maxRounding is how far a matrix may be from its source, relative to its length: above what two bits round, below what
// rows in a wrong order come to. KL cannot tell the two in a small model of few bits.
const maxRounding = 0.6

// check loads the result and compares it with the source.
func (j *job) check(ctx context.Context, f form, staged string) error {
	if len(j.src.Stacked()) > 0 && f.merges {
		if err := j.checkMerged(ctx); err != nil {
			return err
		}
	}
	made, err := infer.Open(ctx, j.be, f.spec(j, staged), infer.OpenOptions{Exact: true, Template: j.o.Template})
	if err != nil {
		return fmt.Errorf("load what was written: %w", err)
	}
	defer made.Close()
	if _, err := j.src.Tokenizer(); err == nil {
		if _, err := made.Tokenizer(); err != nil {
			return fmt.Errorf("load what was written: %w", err)
		}
	}
	c, err := j.compare(ctx, made)
	if err != nil {
		return err
	}
	j.r.Check, j.r.MaxKL = c, cmp.Or(j.o.MaxKL, limitOf(j.r.Type, j.src.Model().Config().Params()))
	why := c.Apart(j.r.MaxKL)
	if d := differences(j.src.Model().Config(), made.Model().Config()); len(d) > 0 {
		why = fmt.Sprintf("%s files of the family cannot say that %s is %s, and say %s", j.o.To, d[0].Field, d[0].A, d[0].B)
	}
	r, err := j.src.Model().Furthest(ctx, made.Model())
	if err != nil {
		return err
	}
	if r.Relative > maxRounding {
		why = fmt.Sprintf("%s is %.2g of its length away from the source's", r.Name, r.Relative)
	}
	if why != "" {
		return &CheckError{Check: *c, MaxKL: j.r.MaxKL, Why: why}
	}
	return nil
}

func (j *job) compare(ctx context.Context, other *infer.Assistant) (*infer.Check, error) {
	c, err := infer.Verify(ctx, j.src, other, infer.VerifyOptions{Prompts: j.o.Prompts,
		Progress: func(done, of int) { j.o.Progress(Checking, int64(done), int64(of)) }})
	return &c, err
}

// checkMerged compares the source with itself, the adapters merged in memory, where there is room for them.
func (j *job) checkMerged(ctx context.Context) error {
	if free := machine.Memory().Available; free > 0 && j.src.Model().MergeBytes() > free-free/4 {
		return nil
	}
	merged, err := infer.Open(ctx, j.be, j.o.Model, infer.OpenOptions{Exact: true, Template: j.o.Template})
	if err != nil {
		return err
	}
	defer merged.Close()
	if err := merged.Model().Merge(); err != nil {
		return err
	}
	j.r.Merged, err = j.compare(ctx, merged)
	return err
}

// differences is what the export says otherwise of the model's shape than its source. What the family is called does not
// count.
func differences(a, b model.Config) []model.Difference {
	return slices.DeleteFunc(a.Differences(b), func(d model.Difference) bool { return d.Field == "family" })
}

// ReportFile is where the report of an export lies: in a folder as export.json, beside a file under its name.
func ReportFile(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "export.json")
	}
	return path + ".export.json"
}

func (j *job) keepReport() error {
	text, err := json.MarshalIndent(j.r, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(ReportFile(j.r.Path), append(text, '\n'))
}
