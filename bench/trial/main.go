// Command trial answers whether data got better: it fine-tunes the same base on several files of rows by the same recipe, over several
// seeds, and compares what came out on rows that none was trained on.
//
//	go run ./bench/trial -recipe recipe.yaml -held held.jsonl -held experts=revised.jsonl -out trial raw=raw.jsonl corrected=corrected.jsonl
//
// Each arm takes the same number of optimiser steps of the same number of tokens, so that a smaller file is seen more often and
// not less. The loss is -log p of the answer in nats a token, a mean over held-out rows that count alike; an answer is exact where greedy
// decoding gives it word for word. Intervals are a bootstrap over held-out rows of the mean over seeds, and the differences
// to the first arm are paired by row; the spread over seeds stands beside them. What is finished is kept in -out, so that a
// trial that was stopped goes on.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/eval"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/statistics"
	"github.com/cria-llm/cria/train"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "trial:", err)
		os.Exit(1)
	}
}

type trial struct {
	recipe train.Recipe
	out    string
	seeds  int
	words  int // longest right answer, in words, that is asked for
	tokens int // most tokens of an answer
	held   []heldOut
}

// arm is a file of rows under test.
type arm struct{ name, file string }

// heldOut is a file of rows that is measured on.
type heldOut struct {
	name  string
	items []eval.Item
}

// outcome is what one training came to on a file of held-out rows.
type outcome struct {
	Loss  []float64 `json:"loss"`  // of each held-out row, nats a token
	Asked []int     `json:"asked"` // the held-out rows that were asked
	Exact []bool    `json:"exact"` // of these
}

func run(ctx context.Context, args []string) error {
	var t trial
	set := flag.NewFlagSet("trial", flag.ContinueOnError)
	recipe := set.String("recipe", "", "recipe (YAML) of every training; its data, out and seed are set by the trial")
	set.Func("held", "`ROWS` or NAME=ROWS that are measured on; may be repeated", func(v string) error {
		name, file, ok := strings.Cut(v, "=")
		if !ok {
			name, file = filepath.Base(v), v
		}
		list, err := items(ctx, file)
		t.held = append(t.held, heldOut{name, list})
		return err
	})
	set.StringVar(&t.out, "out", "", "folder for the trainings and what they came to")
	set.IntVar(&t.seeds, "seeds", 3, "trainings of each arm")
	set.IntVar(&t.words, "exact-words", 5, "ask for the held-out answers of at most so many words")
	set.IntVar(&t.tokens, "exact-tokens", 24, "most tokens of an answer")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *recipe == "" || len(t.held) == 0 || t.out == "" || set.NArg() == 0 {
		return errors.New("usage: trial -recipe FILE -held ROWS -out FOLDER NAME=ROWS, and more of the last")
	}
	text, err := os.ReadFile(*recipe)
	if err != nil {
		return err
	}
	if t.recipe, err = train.ParseRecipe(text); err != nil {
		return fmt.Errorf("%s: %w", *recipe, err)
	}
	var arms []arm
	for _, a := range set.Args() {
		name, file, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("%q: must be NAME=ROWS", a)
		}
		arms = append(arms, arm{name, file})
	}
	if err := os.MkdirAll(t.out, 0o777); err != nil {
		return err
	}
	results := make([][][]outcome, len(t.held)) // by held-out file, arm and seed
	for h := range results {
		results[h] = make([][]outcome, len(arms))
	}
	// Seeds are the outer loop: what was measured when a trial is stopped is balanced.
	for seed := range t.seeds {
		for i, a := range arms {
			list, err := t.train(ctx, a, seed)
			if err != nil {
				return fmt.Errorf("%s, seed %d: %w", a.name, seed, err)
			}
			for h, o := range list {
				fmt.Fprintf(os.Stderr, "%s, seed %d, %s: loss %.4f, exact %d of %d\n", a.name, seed, t.held[h].name, mean(o.Loss), count(o.Exact), len(o.Exact))
				results[h][i] = append(results[h][i], o)
			}
		}
	}
	for h, held := range t.held {
		fmt.Printf("%s, %d rows, of which %d are asked\n", held.name, len(held.items), len(results[h][0][0].Exact))
		if err := show(arms, results[h]); err != nil {
			return err
		}
	}
	return nil
}

func items(ctx context.Context, path string) ([]eval.Item, error) {
	rows, err := curate.Read(ctx, path, dataset.Options{})
	if err != nil {
		return nil, err
	}
	var list []eval.Item
	for _, r := range rows {
		x := r.Exchanges()
		if len(x) != 1 || strings.TrimSpace(x[0].Output.Text) == "" {
			return nil, fmt.Errorf("%s: must be one instruction with an answer", r.Record.Ref)
		}
		list = append(list, eval.Item{
			Question: chat.Message{Role: chat.User, Content: x[0].Instruction.Text, Input: x[0].Input.Text}, Right: x[0].Output.Text,
		})
	}
	return list, nil
}

// train trains and measures one arm with one seed, or reads what came of it before.
func (t trial) train(ctx context.Context, a arm, seed int) ([]outcome, error) {
	var o []outcome
	dir := filepath.Join(t.out, fmt.Sprintf("%s-%d", a.name, seed))
	kept := dir + ".json"
	text, err := os.ReadFile(kept)
	if err == nil {
		if err := json.Unmarshal(text, &o); err != nil {
			return nil, fmt.Errorf("%s: %w", kept, err)
		}
		if len(o) != len(t.held) {
			return nil, fmt.Errorf("%s: of a trial with %d held-out files, not %d: give another -out", kept, len(o), len(t.held))
		}
		return o, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return o, err
	}
	if err := os.RemoveAll(dir); err != nil { // a training that was stopped
		return o, err
	}
	r := t.recipe
	r.Data, r.Out, r.Seed, r.EvalFraction = train.Files(a.file), dir, uint64(seed), -1
	if _, err := train.Run(ctx, r, train.Options{}, train.Silent{}); err != nil {
		return o, err
	}
	if o, err = t.measure(ctx, r); err != nil {
		return o, err
	}
	if text, err = json.Marshal(o); err != nil {
		return o, err
	}
	if err := atomicfile.WriteBytes(kept, text); err != nil {
		return o, err
	}
	return o, os.RemoveAll(dir)
}

func (t trial) measure(ctx context.Context, r train.Recipe) ([]outcome, error) {
	be, err := cpu.New(cpu.Options{Threads: r.Threads})
	if err != nil {
		return nil, err
	}
	defer be.Close()
	spec := r.Out
	if r.Method != train.Full {
		spec = r.Base + "+" + r.Out
	}
	a, err := infer.Open(ctx, be, spec, infer.OpenOptions{Template: r.Template})
	if err != nil {
		return nil, err
	}
	defer a.Close()
	var out []outcome
	for _, held := range t.held {
		o, err := t.ask(ctx, a, held.items)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", held.name, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// ask measures a model on held-out rows.
func (t trial) ask(ctx context.Context, a *infer.Assistant, held []eval.Item) (o outcome, err error) {
	if o.Loss, err = losses(ctx, a, held); err != nil {
		return o, err
	}
	var short []eval.Item
	for i, item := range held {
		if len(strings.Fields(item.Right)) <= t.words {
			o.Asked, short = append(o.Asked, i), append(short, item)
		}
	}
	answers, err := eval.Ask(ctx, a, short, t.tokens, nil)
	if err != nil {
		return o, err
	}
	for _, answer := range answers {
		o.Exact = append(o.Exact, answer.Exact())
	}
	return o, nil
}

// losses are the mean -log p of each answer's tokens, its end included.
func losses(ctx context.Context, a *infer.Assistant, held []eval.Item) ([]float64, error) {
	pairs := make([]infer.Pair, 0, len(held))
	for i, item := range held {
		r, err := a.Answered([]chat.Message{item.Question, {Role: chat.Assistant, Content: item.Right}})
		if err != nil {
			return nil, fmt.Errorf("held-out row %d: %w", i+1, err)
		}
		answer := slices.Index(r.Train, true)
		pairs = append(pairs, infer.Pair{Prompt: r.IDs[:answer], Response: r.IDs[answer:]})
	}
	found, err := a.Losses(ctx, pairs)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(found))
	for i, l := range found {
		if l.Cut > 0 {
			return nil, fmt.Errorf("held-out row %d is longer than the model's positions", i+1)
		}
		out = append(out, l.Sum/float64(l.Tokens))
	}
	return out, nil
}

// perRow is the mean over seeds of a value of each row.
func perRow(outcomes []outcome, rows int, value func(o outcome, row int) float64) []float64 {
	out := make([]float64, rows)
	for row := range out {
		for _, o := range outcomes {
			out[row] += value(o, row) / float64(len(outcomes))
		}
	}
	return out
}

func exact(o outcome, row int) float64 {
	if o.Exact[row] {
		return 1
	}
	return 0
}

func show(arms []arm, results [][]outcome) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "arm\tloss\t95 %\tover seeds\tto "+arms[0].name+"\t95 %\texact\t95 %\tto "+arms[0].name+"\t95 %")
	var firstLoss, firstExact []float64
	for i, a := range arms {
		loss := perRow(results[i], len(results[i][0].Loss), func(o outcome, row int) float64 { return o.Loss[row] })
		right := perRow(results[i], len(results[i][0].Exact), exact)
		var seeds []float64
		for _, o := range results[i] {
			seeds = append(seeds, mean(o.Loss))
		}
		if i == 0 {
			firstLoss, firstExact = loss, right
		}
		fmt.Fprintf(w, "%s\t%.4f\t%s\t±%.4f\t%+.4f\t%s\t%.1f %%\t%s\t%+.1f\t%s\n", a.name,
			mean(loss), interval(loss, nil, 1, "%.3f–%.3f"), deviation(seeds),
			mean(loss)-mean(firstLoss), interval(loss, firstLoss, 1, "%+.4f to %+.4f"),
			100*mean(right), interval(right, nil, 100, "%.1f–%.1f"),
			100*(mean(right)-mean(firstExact)), interval(right, firstExact, 100, "%+.1f to %+.1f"))
	}
	return w.Flush()
}

// interval is the bootstrap interval of the mean of x, or of its difference to beside, row by row.
func interval(x, beside []float64, scale float64, format string) string {
	low, high := statistics.Bootstrap(len(x), 2000, 1, func(drawn []int) float64 {
		var s float64
		for _, i := range drawn {
			s += x[i]
			if beside != nil {
				s -= beside[i]
			}
		}
		return scale * s / float64(len(drawn))
	})
	return fmt.Sprintf(format, low, high)
}

func mean(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// deviation is the standard deviation.
func deviation(x []float64) float64 {
	m, s := mean(x), 0.0
	for _, v := range x {
		s += (v - m) * (v - m)
	}
	return math.Sqrt(s / math.Max(1, float64(len(x)-1)))
}

func count(list []bool) int {
	n := 0
	for _, b := range list {
		if b {
			n++
		}
	}
	return n
}
