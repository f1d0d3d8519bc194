// Package quickstart is the whole way in minutes: it fine-tunes the embedded base cria-nano with a LoRA on the embedded
// instruction set, asks base and tuned model the same held-out questions, says what the training bought and cost, and ends with
// a blind comparison of the two.
//
// It needs no network and writes only below the folder that it is given. Run again it gives the same numbers on the same
// machine.
//
//	report, err := quickstart.Run(ctx, quickstart.Options{Out: "quick"}, quickstart.Silent{})
//	// quick/base+quick/adapter is now a model to chat with, and so is quick.
package quickstart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/cria-llm/cria/arena/bout"
	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/data"
	"github.com/cria-llm/cria/eval"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/energy"
	"github.com/cria-llm/cria/models/nano"
	"github.com/cria-llm/cria/recipes"
	"github.com/cria-llm/cria/train"
)

// The parts of the folder. [infer.Open] takes a folder with the first two for the model with its adapter.
const (
	baseFolder    = "base"
	adapterFolder = "adapter"
	dataFolder    = "data"
	blindFolder   = "blind" // of [bout.Open]
	reportFile    = "quickstart.json"
)

// Options are where and how to run.
type Options struct {
	Out     string // folder: new, empty, or of an earlier quickstart, which is replaced
	Threads int    // 0 for all
	// Steps of training; 0 for the recipe's. Fewer give a weaker model sooner.
	Steps int
	// Questions to ask of each held-out part; 0 for all.
	Questions int
	// PricePerKWh is what energy costs, in any currency; 0 for [DefaultPrice].
	PricePerKWh float64
	// Version is the program's, for the comparison's report.
	Version string
	// Train runs the training; nil is [train.Run].
	Train func(context.Context, train.Recipe, train.Options, train.Observer) (train.Result, error)
}

// DefaultPrice is a usual price of a kilowatt-hour for a household, in dollars or euros.
const DefaultPrice = 0.30

// Observer is told what happens, by the goroutine that runs it.
type Observer interface {
	train.Observer
	// Asked says how many of the held-out questions a model, the base or the tuned one, has answered.
	Asked(model string, done, of int)
}

// Silent observes nothing.
type Silent struct{ train.Silent }

// Asked implements [Observer].
func (Silent) Asked(string, int, int) {}

// Report is what the quickstart found. Share are of answers that are right word for word.
type Report struct {
	Seconds     float64      `json:"seconds"` // all of it
	Base        Result       `json:"base"`
	Tuned       Result       `json:"tuned"`
	Kinds       []Kind       `json:"kinds"`
	Side        []Side       `json:"side_by_side"`
	Losses      []float64    `json:"losses"` // of training, its running mean at equal distances
	Trained     train.Result `json:"trained"`
	Wh          float64      `json:"wh"`      // energy of all of it
	WhFrom      string       `json:"wh_from"` // measured or estimated
	PricePerKWh float64      `json:"price_per_kwh"`
	Money       float64      `json:"money"`
	Model       string       `json:"model"`   // to chat with
	Adapter     string       `json:"adapter"` // the folder
	Blind       *bout.Report `json:"blind"`   // the tuned model against the base
	BlindFolder string       `json:"blind_folder"`
}

// Result is how well one of the two models does.
type Result struct {
	Exact       eval.Score `json:"exact"`                 // inputs that were never learned from, in phrasings that were
	ExactUnseen eval.Score `json:"exact_unseen_phrasing"` // phrasings that were never learned from
	Loss        float64    `json:"loss"`                  // nats a token of the right answers, over both
}

// Kind is how both do on one kind of task, over both held-out parts.
type Kind struct {
	Name        string
	Base, Tuned eval.Score
}

// Side is one question with both answers.
type Side struct{ Kind, Question, Right, Base, Tuned string }

// Recipe is how the quickstart trains: the recipe nano, with everything below the folder out.
func Recipe(out string) (train.Recipe, error) {
	text, _ := recipes.Text("nano")
	r, err := train.ParseRecipe(text)
	if err != nil {
		return r, fmt.Errorf("recipe nano: %w", err)
	}
	r.Base, r.Data, r.Out = filepath.Join(out, baseFolder), train.Files(filepath.Join(out, dataFolder, data.NanoInstruct)), filepath.Join(out, adapterFolder)
	r.Assume = nil
	return r, nil
}

// Run does all of it.
func Run(ctx context.Context, o Options, obs Observer) (Report, error) {
	began := time.Now()
	meter, _ := energy.Open() // nil where nothing can be read: then it is estimated
	if err := prepare(o.Out); err != nil {
		return Report{}, err
	}
	if err := nano.Extract(filepath.Join(o.Out, baseFolder)); err != nil {
		return Report{}, err
	}
	if err := data.Extract(filepath.Join(o.Out, dataFolder)); err != nil {
		return Report{}, err
	}
	q, err := readQuestions(o.Questions)
	if err != nil {
		return Report{}, err
	}
	recipe, err := Recipe(o.Out)
	if err != nil {
		return Report{}, err
	}
	recipe.Threads = o.Threads
	if o.Steps > 0 {
		recipe.Steps = o.Steps
	}
	report := Report{Adapter: recipe.Out, Model: o.Out, BlindFolder: filepath.Join(o.Out, blindFolder)}
	base, err := q.put(ctx, recipe.Base, "base", recipe, obs)
	if err != nil {
		return Report{}, err
	}
	tune := o.Train
	if tune == nil {
		tune = train.Run
	}
	if report.Trained, err = tune(ctx, recipe, train.Options{Probe: infer.Probe}, obs); err != nil {
		return Report{}, err
	}
	tuned, err := q.put(ctx, recipe.Base+"+"+recipe.Out, "tuned", recipe, obs)
	if err != nil {
		return Report{}, err
	}
	report.Base, report.Tuned = base.result(), tuned.result()
	report.Kinds = kinds(base, tuned)
	report.Side = sideBySide(base, tuned)
	if report.Losses, err = losses(recipe.Out); err != nil {
		return Report{}, err
	}
	if report.Blind, err = blind(ctx, o, base, tuned); err != nil {
		return Report{}, err
	}
	report.Seconds = time.Since(began).Seconds()
	report.account(meter, o)
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return Report{}, err
	}
	return report, atomicfile.WriteBytes(filepath.Join(o.Out, reportFile), append(text, '\n'))
}

// account says what energy it took and what that costs.
func (r *Report) account(meter *energy.Meter, o Options) {
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	r.Wh, r.WhFrom = energy.WattsPerThread*float64(threads)*r.Seconds/3600, energy.Estimated
	if meter != nil {
		if joules, err := meter.Joules(); err == nil {
			r.Wh, r.WhFrom = joules/3600, energy.Measured
		}
	}
	if r.PricePerKWh = o.PricePerKWh; r.PricePerKWh == 0 {
		r.PricePerKWh = DefaultPrice
	}
	r.Money = r.Wh / 1000 * r.PricePerKWh
}

// prepare makes the folder ready. One that holds anything and was not made by a quickstart, which its report tells, is left
// alone; the report is there from the beginning, so that an interrupted quickstart counts as one.
func prepare(out string) error {
	if out == "" {
		return errors.New("out is missing: the folder for the quickstart")
	}
	entries, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ours := []string{baseFolder, adapterFolder, dataFolder, blindFolder, reportFile}
	made := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == reportFile })
	for _, e := range entries {
		if !made || !slices.Contains(ours, e.Name()) {
			return fmt.Errorf("out is %s: it holds %s, which is not of a quickstart; choose another --out", out, e.Name())
		}
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(out, reportFile), []byte("{}\n")); err != nil {
		return err
	}
	for _, name := range []string{baseFolder, adapterFolder, dataFolder, blindFolder} {
		if err := os.RemoveAll(filepath.Join(out, name)); err != nil {
			return err
		}
	}
	return nil
}

// longestAnswer is the most tokens of an answer: about twice what the longest right one has.
const longestAnswer = 24

// answered is what one of the models made of the questions.
type answered struct {
	inputs, phrasings []eval.Answer
	loss              float64
}

func (a answered) result() Result {
	return Result{Exact: eval.Tally(a.inputs), ExactUnseen: eval.Tally(a.phrasings), Loss: a.loss}
}

func (a answered) all() []eval.Answer { return append(slices.Clone(a.inputs), a.phrasings...) }

// put asks a model everything.
func (q questions) put(ctx context.Context, spec, name string, r train.Recipe, obs Observer) (got answered, err error) {
	be, err := cpu.New(cpu.Options{Threads: r.Threads})
	if err != nil {
		return got, err
	}
	defer be.Close()
	a, err := infer.Open(ctx, be, spec, infer.OpenOptions{Template: r.Template})
	if err != nil {
		return got, err
	}
	defer a.Close()
	done, of := 0, len(q.inputs)+len(q.phrasings)
	told := func(int, eval.Answer) {
		done++
		obs.Asked(name, done, of)
	}
	if got.inputs, err = eval.Ask(ctx, a, q.inputs, longestAnswer, told); err != nil {
		return got, err
	}
	if got.phrasings, err = eval.Ask(ctx, a, q.phrasings, longestAnswer, told); err != nil {
		return got, err
	}
	got.loss, err = eval.Loss(ctx, a, append(slices.Clone(q.inputs), q.phrasings...))
	return got, err
}

// questions are the held-out parts of the instruction set.
type questions struct{ inputs, phrasings []eval.Item }

func readQuestions(most int) (q questions, err error) {
	if q.inputs, err = items(data.NanoInputs, most); err != nil {
		return q, err
	}
	q.phrasings, err = items(data.NanoPhrasings, most)
	return q, err
}

// items reads a part; where it has more than most, every so-manieth of it, so that all kinds stay.
func items(name string, most int) ([]eval.Item, error) {
	rows, err := data.Rows(name)
	if err != nil {
		return nil, err
	}
	every := 1
	if most > 0 {
		every = max(1, len(rows)/most)
	}
	var list []eval.Item
	for i := 0; i < len(rows); i += every {
		r := rows[i]
		list = append(list, eval.Item{Kind: r.Kind, Question: chat.Message{Role: chat.User, Content: r.Instruction, Input: r.Input}, Right: r.Output})
	}
	return list, nil
}

// kinds counts by kind of task, in the order in which they come.
func kinds(base, tuned answered) []Kind {
	var list []Kind
	b, t := base.all(), tuned.all()
	for i := range b {
		at := slices.IndexFunc(list, func(k Kind) bool { return k.Name == b[i].Kind })
		if at < 0 {
			at = len(list)
			list = append(list, Kind{Name: b[i].Kind})
		}
		k := &list[at]
		k.Base, k.Tuned = k.Base.Plus(b[i]), k.Tuned.Plus(t[i])
	}
	return list
}

// sideBySide is five questions of five kinds, the first of each in the part with unseen phrasings.
func sideBySide(base, tuned answered) []Side {
	var list []Side
	for i, b := range base.phrasings {
		if slices.ContainsFunc(list, func(s Side) bool { return s.Kind == b.Kind }) || len(b.Question.Input) > 60 {
			continue
		}
		question := b.Question.Content
		if b.Question.Input != "" {
			question += " " + b.Question.Input
		}
		list = append(list, Side{Kind: b.Kind, Question: question, Right: b.Right, Base: b.Text, Tuned: tuned.phrasings[i].Text})
	}
	if len(list) > sides {
		picked := make([]Side, 0, sides)
		for i := range sides {
			picked = append(picked, list[i*len(list)/sides])
		}
		list = picked
	}
	return list
}

// sides is how many answers are shown beside each other.
const sides = 5

// lossPoints is how many values stand for a training.
const lossPoints = 40

// losses is the loss of the training in a folder, in as many means as are drawn.
func losses(dir string) ([]float64, error) {
	points, err := train.ReadMetrics(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		return nil, err
	}
	var all []float64
	for _, p := range points {
		if p.Loss != nil {
			all = append(all, *p.Loss)
		}
	}
	var list []float64
	for i := range lossPoints {
		if part := all[i*len(all)/lossPoints : (i+1)*len(all)/lossPoints]; len(part) > 0 {
			sum := 0.0
			for _, x := range part {
				sum += x
			}
			list = append(list, sum/float64(len(part)))
		}
	}
	return list, nil
}
