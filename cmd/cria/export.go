package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/export"
	"github.com/cria-llm/cria/infer"
)

// exportFlags are what export and quantize share.
type exportFlags struct {
	o       export.Options
	to      string
	prompts string
	threads int
	json    bool
}

func (f *exportFlags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringVarP(&f.o.Out, "out", "o", "", "`PATH` of what is made, which must not be there yet")
	fs.StringVar(&f.o.Type, "type", "", "`TYPE` that the weights rest in: "+strings.Join(export.Types(), ", ")+" (default BF16 where the model's are, else F16)")
	fs.StringVar(&f.o.Importance, "importance", "", "`FILE` with a text on which is measured which columns of the weights matter most, for types of few bits, or an importance matrix of llama-imatrix (.gguf, .dat)")
	fs.StringVar(&f.prompts, "prompts", "", "`FILE` of prompts to compare with: a text on each line, or .jsonl with {\"text\":…} or {\"prompt\":…} (default a small built-in set)")
	fs.Float64Var(&f.o.MaxKL, "max-kl", 0, "most that KL(model ‖ export) may be in the mean, in nats a token (default by type)")
	fs.StringVar(&f.o.Template, "template", "", "conversation `TEMPLATE` of a base that was not trained with one")
	fs.IntVar(&f.threads, "threads", 0, "processor threads (default all)")
	fs.BoolVar(&f.json, "json", false, `print one line of JSON, {"path":…,"bytes":…,"type":…,"check":{…}}`)
}

func newExportCommand(a *app) *cobra.Command {
	var f exportFlags
	var names []string
	for _, t := range export.Targets() {
		names = append(names, string(t))
	}
	c := &cobra.Command{
		Use:   "export MODEL[+ADAPTER] --to FORM -o PATH",
		Short: "Write a model in the form that another program reads",
		Long: `export writes a model, with its adapters, in another form:

  gguf         a file for llama.cpp, Ollama and their kin; adapters are merged in
  safetensors  a Hugging Face folder for transformers, vLLM and their kin; adapters are merged in
  peft         the adapter as a folder of Hugging Face's PEFT; several become their exact sum
  gguf-lora    the adapter as a file that llama.cpp loads beside a model
  ollama       a folder of a GGUF file and a Modelfile with the conversation template in Go's template language

Then it loads what it wrote and compares it with the model on a set of prompts: greedy text, the ten likeliest tokens,
and KL. What is too far away is put aside as PATH.failed, and the command fails.`,
		Example: `  cria export smollm2-135m+my-run --to gguf --type Q4_K_M -o mine.gguf
  cria export model.gguf --to safetensors --type F16 -o folder`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.to == "" {
				return usagef(c, "--to is missing: %s", strings.Join(names, ", "))
			}
			f.o.To = export.Target(f.to)
			return f.run(c, a, args[0])
		},
	}
	c.Flags().StringVar(&f.to, "to", "", "`FORM`: "+strings.Join(names, ", "))
	f.register(c.Flags())
	c.Flags().StringVar(&f.o.From, "from", "", "with ollama: `NAME` of the base among Ollama's models; the adapter is written alone")
	c.Flags().BoolVar(&f.o.NoTemplate, "no-template", false, "with ollama: leave the conversation template out")
	return c
}

func (f *exportFlags) run(c *cobra.Command, a *app, spec string) (err error) {
	if f.o.Out == "" {
		return usagef(c, "-o is missing: the path of what is made")
	}
	if f.prompts != "" {
		if f.o.Prompts, err = infer.ReadPrompts(f.prompts); err != nil {
			return err
		}
	}
	if f.o.Model, err = located(spec); err != nil {
		return err
	}
	be, err := cpu.New(cpu.Options{Threads: f.threads})
	if err != nil {
		return err
	}
	defer be.Close()
	d := newDoing(a, a.stderr)
	defer d.close()
	f.o.Progress = progressOf(d)
	r, err := export.Run(c.Context(), be, f.o)
	d.close()
	if f.json && r.Check != nil {
		if e := printJSON(a.stdout, r); err == nil {
			err = e
		}
		return err
	}
	if r.Check != nil {
		showExport(a, r)
	}
	return err
}

// progressOf tells how far an export is, how fast it goes and how long it will take.
func progressOf(d *doing) func(export.Stage, int64, int64) {
	var stage export.Stage
	var began time.Time
	return func(s export.Stage, done, of int64) {
		if s != stage {
			stage, began = s, time.Now()
		}
		took := time.Since(began).Seconds()
		left := duration(time.Duration(took / float64(max(done, 1)) * float64(of-done) * float64(time.Second)))
		switch s {
		case export.Measuring:
			d.say("measuring importance, %d of %d windows, %s left", done, of, left)
		case export.Writing:
			d.say("writing %.1f of %.1f MB, %.0f MB/s, %s left", float64(done)/1e6, float64(of)/1e6, float64(done)/1e6/max(took, 1e-9), left)
		case export.Checking:
			d.say("comparing, %d of %d prompts, %s left", done, of, left)
		}
	}
}

func showExport(a *app, r export.Report) {
	p := a.paint(a.stdout)
	t := table{heading: plain(r.Path)}
	t.row("weights", fmt.Sprintf("%s, %.1f MB", r.Type, float64(r.Bytes)/1e6))
	t.print(a.stdout, p)
	if m := r.Merged; m != nil {
		t := table{heading: "beside the adapter, merged in float32"}
		t.row("KL", fmt.Sprintf("%.3g nats a token, at most %.3g", m.KLMean, m.KLMax))
		t.print(a.stdout, p)
	}
	showCheck(a, "beside the model that it was made from", *r.Check)
}

// showCheck is how far one model is from another.
func showCheck(a *app, heading string, c infer.Check) {
	p := a.paint(a.stdout)
	t := table{heading: fmt.Sprintf("%s, on %s of %s", heading, plural(c.Tokens, "token"), plural(c.Prompts, "prompt"))}
	same := "the same after every prompt"
	if !c.GreedyEqual {
		same = percent(c.GreedySame) + " of the tokens the same"
	}
	t.row("greedy text", same)
	t.row("KL", fmt.Sprintf("%.3g nats a token, at most %.3g", c.KLMean, c.KLMax))
	t.row("ten likeliest", percent(c.Top10)+" in common")
	if c.TooLong > 0 {
		t.row("left out", plural(c.TooLong, "prompt")+" longer than the model's positions")
	}
	t.print(a.stdout, p)
}
