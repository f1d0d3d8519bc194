package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/export"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/model"
)

// verifyJSON is how two models compare, for other programs.
type verifyJSON struct {
	A      string             `json:"a"`
	B      string             `json:"b"`
	Same   bool               `json:"same"`
	Why    string             `json:"why,omitempty"` // they are not
	MaxKL  float64            `json:"max_kl"`        // what the mean may be
	Check  *infer.Check       `json:"check"`         // null where their vocabularies differ in size
	Config []model.Difference `json:"config"`        // fields that differ
	// Respelled counts the tokens that are spelled differently; Spellings are the first of them.
	Respelled int                     `json:"respelled"`
	Spellings []infer.TokenDifference `json:"spellings,omitempty"`
	Split     *splitJSON              `json:"split,omitempty"` // what check.split_differently is in both
	infer.Parting
}

// splitJSON is a text of which two tokenizers make other tokens.
type splitJSON struct {
	Text string  `json:"text"`
	A    []int32 `json:"a"`
	B    []int32 `json:"b"`
}

func newVerifyCommand(a *app) *cobra.Command {
	var prompts string
	var maxKL float64
	var threads int
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify A B",
		Short: "Say whether two models are the same, and where they part",
		Long: `verify runs two models over a set of prompts and compares greedy text, the ten likeliest tokens and KL(A ‖ B), as an
export does. It lists what differs in their configurations and tokenizers, and how far apart they are behind each layer:
‖a−b‖/‖a‖ of the residual stream, and the first module that rounding alone does not explain.

A and B are models in any form, with adapters or without. It ends with 0 where B is the same model as A within what its type
of weights may lose, and with 1 where it is another.`,
		Example: `  cria verify smollm2-135m smollm2-135m-Q8_0.gguf
  cria verify smollm2-135m+my-run merged.gguf --json`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("max-kl") && !(maxKL > 0) {
				return usagef(c, "--max-kl is %g: it must be more than 0", maxKL)
			}
			o := infer.VerifyOptions{}
			var err error
			if prompts != "" {
				if o.Prompts, err = infer.ReadPrompts(prompts); err != nil {
					return err
				}
			}
			be, err := cpu.New(cpu.Options{Threads: threads})
			if err != nil {
				return err
			}
			defer be.Close()
			var both [2]*infer.Assistant
			for i, spec := range args {
				if spec, err = located(spec); err != nil {
					return err
				}
				if both[i], err = infer.Open(c.Context(), be, spec, infer.OpenOptions{Exact: true}); err != nil {
					return err
				}
				defer both[i].Close()
			}
			d := newDoing(a, a.stderr)
			defer d.close()
			o.Progress = func(done, of int) { d.say("comparing, %d of %d prompts", done, of) }
			if maxKL == 0 {
				maxKL = export.Limit(both[0], both[1])
			}
			j := verifyJSON{A: args[0], B: args[1], MaxKL: maxKL}
			if err := j.compare(c, both[0], both[1], o); err != nil {
				return err
			}
			d.close()
			if asJSON {
				if err := printJSON(a.stdout, j); err != nil {
					return err
				}
			} else {
				j.show(a)
			}
			if !j.Same {
				return fmt.Errorf("%s is not %s: %s", j.B, j.A, j.Why)
			}
			return nil
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&prompts, "prompts", "", "`FILE` of prompts: a text on each line, or .jsonl with {\"text\":…} or {\"prompt\":…} (default a small built-in set)")
	c.Flags().Float64Var(&maxKL, "max-kl", 0, "most that KL(A ‖ B) may be in the mean, in nats a token (default by the types of weights)")
	c.Flags().IntVar(&threads, "threads", 0, "processor threads (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, `print one line of JSON, {"a":…,"b":…,"same":…,"check":{…},"layers":[…],…}`)
	return c
}

func (j *verifyJSON) compare(c *cobra.Command, one, two *infer.Assistant, o infer.VerifyOptions) error {
	j.Config = append([]model.Difference{}, one.Model().Config().Differences(two.Model().Config())...)
	j.Layers = []infer.Layer{}
	j.Respelled, j.Spellings = infer.DifferentTokens(one, two)
	if x, y := one.Model().Config().Vocab, two.Model().Config().Vocab; x != y {
		j.Why = fmt.Sprintf("their vocabularies have %d and %d tokens", x, y)
		return nil
	}
	check, err := infer.Verify(c.Context(), one, two, o)
	if err != nil {
		return err
	}
	j.Check = &check
	j.Why = check.Apart(j.MaxKL)
	j.Same = j.Why == ""
	if check.Split != "" {
		j.Split = &splitJSON{Text: check.Split}
		j.Split.A, _ = one.Encode(check.Split) // both did
		j.Split.B, _ = two.Encode(check.Split)
	}
	if j.Parting, err = infer.Layers(c.Context(), one, two, o.Prompts); j.Layers == nil {
		j.Layers = []infer.Layer{}
	}
	if err == nil && j.First != nil && !j.Same {
		j.Why += fmt.Sprintf("; they part at %s", j.First.Module)
	}
	return err
}

func (j *verifyJSON) show(a *app) {
	p := a.paint(a.stdout)
	if len(j.Config) > 0 {
		t := table{heading: "configurations"}
		for _, d := range j.Config {
			t.row(d.Field, plain(d.A), plain(d.B))
		}
		t.print(a.stdout, p)
	}
	if j.Respelled > 0 {
		t := table{heading: plural(j.Respelled, "token") + " spelled differently", right: map[int]bool{0: true}}
		for _, d := range j.Spellings {
			t.row(fmt.Sprint(d.ID), fmt.Sprintf("%q", d.A), fmt.Sprintf("%q", d.B))
		}
		t.print(a.stdout, p)
	}
	if s := j.Split; s != nil {
		at := 0
		for at < len(s.A) && at < len(s.B) && s.A[at] == s.B[at] {
			at++
		}
		cut := func(ids []int32) string { return fmt.Sprint(ids[min(at, len(ids)):min(at+8, len(ids))]) }
		t := table{heading: "a text that is split differently"}
		t.row("text", fmt.Sprintf("%q", s.Text))
		t.row(fmt.Sprintf("from token %d on", at), cut(s.A), cut(s.B))
		t.print(a.stdout, p)
	}
	if len(j.Layers) > 0 {
		t := table{heading: fmt.Sprintf("how far apart behind each layer, on %s", plural(j.Tokens, "token")), right: map[int]bool{1: true}}
		for _, l := range j.Layers {
			t.row(plain(l.Module), fmt.Sprintf("%.2g", l.Relative), distance(l.Relative))
		}
		if j.First != nil {
			t.row("first apart", fmt.Sprintf("%.2g", j.First.Relative), plain(j.First.Module))
		}
		t.print(a.stdout, p)
	}
	if j.Check != nil {
		showCheck(a, plain(j.B)+" beside "+plain(j.A), *j.Check)
	}
	if j.Same {
		fmt.Fprintln(a.stdout, p.good(fmt.Sprintf("the same model: KL may be %.3g", j.MaxKL)))
	}
}

// distance draws a relative distance: from one part in ten million, nothing, to all of it, twenty marks.
func distance(x float64) string {
	if x == 0 {
		return ""
	}
	return strings.Repeat("▇", int(min(20, max(1, math.Round((math.Log10(x)+7)/7*20)))))
}
