package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/dataset"
	"github.com/cria-llm/cria/eval/ifeval"
	"github.com/cria-llm/cria/internal/atomicfile"
	"github.com/cria-llm/cria/internal/plainjson"
	"github.com/cria-llm/cria/language"
)

// Where IFEval's prompts are published.
const (
	ifevalDataset = "google/IFEval"
	ifevalFile    = "ifeval_input_data.jsonl"
)

// ifevalFlags are the flags of cria eval ifeval-check.
type ifevalFlags struct {
	responses, prompts, data, out string
	allowMissing, json            bool
}

func newEvalIFEvalCheckCommand(a *app) *cobra.Command {
	var f ifevalFlags
	c := &cobra.Command{
		Use:   "ifeval-check --responses FILE",
		Short: "Whether given answers follow IFEval's instructions",
		Long: `ifeval-check looks which of IFEval's instructions answers follow, by its 25 checks: of prompts, where every instruction of one counts,
and of instructions; strictly, and loosely, where an answer counts that follows without its first or last line or its asterisks.

Answers are rows {"prompt", "response"}, {"key", "response"} or {"instruction", "output"}, one a line or a list. The prompts are
` + ifevalFile + `: the file of that name in the folder --data, or beside the answers, or else of the dataset ` + ifevalDataset + ` where it was
pulled.`,
		Example: `  cria eval ifeval-check --responses answers.jsonl --prompts ` + ifevalFile + `
  cria pull --dataset ` + ifevalDataset + ` && cria eval ifeval-check --responses answers.jsonl --json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.responses == "":
				return usagef(c, "--responses is missing: the file of answers")
			case f.prompts != "" && f.data != "":
				return usagef(c, "--prompts and --data both say where the prompts are: leave one out")
			}
			return f.run(a)
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.responses, "responses", "", "`FILE` of answers")
	fs.StringVar(&f.prompts, "prompts", "", "`FILE` of prompts with their instructions")
	fs.StringVar(&f.data, "data", "", "`DIR` that has "+ifevalFile)
	fs.BoolVar(&f.allowMissing, "allow-missing", false, "leave out, and count, prompts without an answer and answers to no prompt")
	fs.StringVar(&f.out, "out", "", "`FILE` to write what became of each prompt into, one a line")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"prompt_strict":{"value":…,"stderr":…,"n":…},"inst_strict":…,"prompt_loose":…,"inst_loose":…,"by_instruction":{…},"missing":…,"strange":…}`)
	return c
}

func (f *ifevalFlags) run(a *app) error {
	d := newDoing(a, a.stderr)
	defer d.close()
	answers, err := ifeval.ReadAnswers(f.responses)
	if err != nil {
		return err
	}
	path, err := f.promptsPath()
	if err != nil {
		return err
	}
	prompts, err := ifeval.ReadPrompts(path)
	if err != nil {
		return err
	}
	d.say("checking %s", plural(len(answers), "answer"))
	checked, err := ifeval.Check(prompts, answers, language.New().Code)
	if err != nil {
		return err
	}
	missing, strange := len(checked.Missing), len(checked.Strange)
	switch {
	case f.allowMissing:
	case strange > 0:
		first := checked.Strange[0]
		return fmt.Errorf("%s: %s is none of the %d prompts of %s (%d such; --allow-missing leaves them out)", first.Ref, first.Names(), len(prompts), path, strange)
	case missing > 0:
		return fmt.Errorf("%s: %d of the %d prompts of %s have no answer, first that with key %d (--allow-missing leaves them out)",
			f.responses, missing, len(prompts), path, checked.Missing[0].Key)
	}
	if len(checked.Results) == 0 {
		return fmt.Errorf("%s: no answer is to one of the %d prompts of %s", f.responses, len(prompts), path)
	}
	if f.out != "" {
		if err := writeFollowed(f.out, checked.Results); err != nil {
			return err
		}
	}
	d.close()
	score := ifeval.Total(checked.Results)
	if f.json {
		return printJSON(a.stdout, struct {
			ifeval.Score
			Missing int `json:"missing"`
			Strange int `json:"strange"`
		}{score, missing, strange})
	}
	showFollowed(a, score)
	paint := a.paint(a.stdout)
	if missing > 0 {
		fmt.Fprintln(a.stdout, paint.warn(plural(missing, "prompt")+" without an answer left out"))
	}
	if strange > 0 {
		fmt.Fprintln(a.stdout, paint.warn(plural(strange, "answer")+" to none of the prompts left out"))
	}
	return nil
}

// promptsPath finds the prompts.
func (f *ifevalFlags) promptsPath() (string, error) {
	switch {
	case f.prompts != "":
		return f.prompts, nil
	case f.data != "":
		return filepath.Join(f.data, ifevalFile), nil
	}
	beside := filepath.Join(filepath.Dir(f.responses), ifevalFile)
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	files, err := dataset.Files(ifevalDataset)
	if err != nil {
		return "", fmt.Errorf("no prompts: say where they are with --prompts FILE, or pull them (cria pull --dataset %s): %w", ifevalDataset, err)
	}
	for _, path := range files {
		if filepath.Ext(path) == ".jsonl" {
			return path, nil
		}
	}
	return "", fmt.Errorf("the pulled %s has no .jsonl file: say where the prompts are with --prompts FILE", ifevalDataset)
}

// writeFollowed writes which instructions of each prompt were followed.
func writeFollowed(path string, results []ifeval.Result) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		e := plainjson.NewEncoder(w)
		for _, r := range results {
			row := struct {
				Key          int      `json:"key"`
				Prompt       string   `json:"prompt"`
				Instructions []string `json:"instruction_id_list"`
				Strict       []bool   `json:"strict"`
				Loose        []bool   `json:"loose"`
			}{Key: r.Prompt.Key, Prompt: r.Prompt.Text, Strict: r.Strict, Loose: r.Loose}
			for _, in := range r.Prompt.Instructions {
				row.Instructions = append(row.Instructions, in.Kind)
			}
			if err := e.Encode(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// showFollowed prints a score: the four numbers, then each kind.
func showFollowed(a *app, s ifeval.Score) {
	paint := a.paint(a.stdout)
	share := func(m ifeval.Measure) string { return fmt.Sprintf("%.2f %% ± %.2f", 100*m.Value, 100*m.Stderr) }
	t := table{heading: "followed, with the standard error", right: map[int]bool{1: true, 2: true, 3: true}}
	t.row("", paint.dim("strictly"), paint.dim("loosely"), paint.dim("of"))
	t.row("prompts", paint.bold(share(s.PromptStrict)), share(s.PromptLoose), count(s.PromptStrict.N))
	t.row("instructions", share(s.InstStrict), share(s.InstLoose), count(s.InstStrict.N))
	for _, kind := range slices.Sorted(maps.Keys(s.ByInstruction)) {
		k := s.ByInstruction[kind]
		t.row("  "+kind, share(k.Strict), share(k.Loose), count(k.Strict.N))
	}
	t.print(a.stdout, paint)
}
