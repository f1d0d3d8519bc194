package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/train"
)

// showJSON is what a path holds, and the result of the run that made it.
type showJSON struct {
	infer.Card
	Run *train.Result `json:"run,omitempty"`
}

func newShowCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show MODEL | ADAPTER | RUN",
		Short: "Say what a model, an adapter or a run is",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			be, err := cpu.New(cpu.Options{Threads: 1})
			if err != nil {
				return err
			}
			defer be.Close()
			var s showJSON
			if args[0], err = placed(args[0]); err != nil {
				return err
			}
			if s.Card, err = infer.Describe(c.Context(), be, args[0]); err != nil {
				return err
			}
			if isFolder(args[0]) {
				if s.Run, err = train.ReadResult(args[0]); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(a.stdout, s)
			}
			s.print(a.stdout, a.paint(a.stdout))
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return c
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (s showJSON) print(w io.Writer, p paint) {
	if s.Model != nil {
		printModel(w, p, s.Path, s.Model)
	}
	if s.Adapter != nil {
		printAdapter(w, p, s.Path, s.Adapter)
	}
	if r := s.Run; r != nil {
		t := table{heading: "run"}
		t.row("trained", fmt.Sprintf("%s, %s tokens in %s at %s", plural(r.Steps, "step"), count(r.Tokens), seconds(r.Seconds), speed(r.TokensPerSec)))
		showHeldOut(&t, p, *r)
		t.print(w, p)
	}
}

func printModel(w io.Writer, p paint, path string, m *infer.ModelCard) {
	t := table{heading: "model " + plain(m.Name)}
	t.row("family", m.Family)
	t.row("parameters", values(m.Parameters))
	head := "an output head of its own"
	if m.Tied {
		head = "the embedding as output head"
	}
	t.row("shape", fmt.Sprintf("%d layers of width %s (feed-forward %s), %s", m.Layers, count(m.Hidden), count(m.FFN), head))
	t.row("attention", fmt.Sprintf("%d heads of %d, %d key-value heads", m.Heads, m.HeadDim, m.KVHeads))
	t.row("context", count(m.Context)+" positions")
	t.row("vocabulary", count(m.Vocabulary)+" tokens")
	for _, x := range m.Weights {
		t.row("weights", fmt.Sprintf("%s, %d tensors, %s", x.Type, x.Tensors, train.Bytes(int64(x.Bytes))))
	}
	if m.Template != "" {
		t.row("template", m.Template+p.dim(" ("+templateSource(m.TemplateFrom)+")"))
	} else {
		t.row("template", p.dim("none works with this vocabulary"))
	}
	var stop []string
	for _, x := range m.Stop {
		stop = append(stop, fmt.Sprintf("%d %q", x.ID, x.Token))
	}
	t.row("stops at", strings.Join(stop, ", "))
	t.row("hash", m.Hash)
	if o := m.Provenance; o != nil {
		if o.Base != "" { // else it was pretrained
			t.row("tuned from", fmt.Sprintf("%s (hash %.12s)", plain(o.Base), o.BaseHash))
		}
		if o.DataHash != "" {
			t.row("data hash", plain(o.DataHash))
		}
		if !o.Created.IsZero() {
			t.row("created", o.Created.Format(time.RFC3339))
		}
	}
	t.print(w, p)
	if o := m.Provenance; o != nil && len(o.Parents) > 0 {
		printLineage(w, p, path, m.Hash, o.Method, o.Parents)
	}
}

func printAdapter(w io.Writer, p paint, path string, a *infer.AdapterCard) {
	t := table{heading: "adapter " + path}
	scale := "α/r"
	if a.RSLoRA {
		scale = "α/√r"
	}
	rank := fmt.Sprintf("r = %d, α = %g, scaled by %s", a.R, a.Alpha, scale)
	if a.DoRA {
		rank += ", rows of lengths of their own (DoRA)"
	}
	t.row("rank", rank)
	t.row("targets", fmt.Sprintf("%s (%d layers)", plain(strings.Join(a.Targets, ", ")), a.Modules))
	for _, module := range a.Whole {
		t.row("carries", plain(module)+" whole, in place of the base's")
	}
	t.row("parameters", values(a.Parameters))
	base := plain(a.Base)
	if a.BaseHash != "" {
		base += p.dim(fmt.Sprintf(" (hash %.12s)", a.BaseHash))
	}
	t.row("base", base)
	if a.Quantized != "" {
		t.row("trained with", "the base's linear layers in "+plain(a.Quantized))
	}
	if a.Template != "" {
		t.row("template", plain(a.Template)+p.dim(fmt.Sprintf(" (hash %.12s)", a.TemplateHash)))
	}
	if a.DataHash != "" {
		t.row("data hash", plain(a.DataHash))
	}
	if a.Created != nil {
		t.row("created", a.Created.Format(time.RFC3339))
	}
	t.row("hash", a.Hash)
	t.print(w, p)
	if len(a.Parents) > 0 {
		printLineage(w, p, path, a.Hash, a.Method, a.Parents)
	}
	if a.Comparison != nil {
		printComparison(w, p, *a.Comparison)
	}
}

// templateSource says for people who chose a template.
func templateSource(s infer.TemplateSource) string {
	switch s {
	case infer.FromTraining:
		return "what it was trained with"
	case infer.FromCaller:
		return "as asked for"
	case infer.FromModel:
		return "the model's own"
	}
	return "by default: the model carries none"
}
