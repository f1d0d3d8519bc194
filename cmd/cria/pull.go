package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/hub"
)

func newPullCommand(a *app) *cobra.Command {
	var revision string
	var include []string
	var dataset, asJSON bool
	c := &cobra.Command{
		Use:   "pull ID",
		Short: "Fetch a model or a dataset from Hugging Face, or another hub like it",
		Long: `pull fetches what is needed of a repository into the cache that all Hugging Face tools share, checks it, and goes on where
an earlier pull was cut short. ID is ORG/NAME; ORG/NAME:Q4_K_M names one of several GGUF files, ORG/NAME:SPLIT of a dataset
a split. Afterwards the id is a MODEL, and a dataset's a FILE of rows.

HF_ENDPOINT names another hub, HF_TOKEN an account for what is not open to all, HF_HOME or HF_HUB_CACHE another place.`,
		Example: `  cria pull HuggingFaceTB/SmolLM2-135M
  cria pull --dataset tatsu-lab/alpaca`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			kind := hub.Model
			if dataset || strings.Contains(args[0], "/datasets/") {
				kind = hub.Dataset
			}
			ref, err := hub.ParseRef(kind, args[0])
			if err != nil {
				return usagef(c, "%v", err)
			}
			if c.Flags().Changed("revision") {
				if ref, err = ref.At(revision); err != nil {
					return usagef(c, "%v", err)
				}
			}
			client, err := hub.FromEnvironment()
			if err != nil {
				return err
			}
			w := a.stdout
			if asJSON {
				w = a.stderr
			}
			p := newPulling(a, w, ref)
			got, err := client.Pull(c.Context(), ref, hub.PullOptions{Include: include}, p)
			p.close()
			if err != nil {
				if c.Context().Err() != nil {
					return pullInterruptedError{}
				}
				return err
			}
			if asJSON {
				return printJSON(a.stdout, got)
			}
			p.done(got)
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&dataset, "dataset", false, "ID is a dataset")
	f.StringVar(&revision, "revision", "", "branch, tag or commit (default main)")
	f.StringArrayVar(&include, "include", nil, "fetch the files that fit this `GLOB`, instead of those that are needed; may be repeated")
	f.BoolVar(&asJSON, "json", false, "print the result as one line of JSON, and progress to standard error")
	return c
}

// pullInterruptedError is Ctrl-C in a pull: what came is kept.
type pullInterruptedError struct{}

func (pullInterruptedError) Error() string { return "interrupted; the same command goes on from here" }
func (pullInterruptedError) Unwrap() error { return context.Canceled }

// next is what to do with what was pulled.
func next(ref hub.Ref, got *hub.Pulled) []string {
	id := quote(ref.String())
	if ref.Kind == hub.Dataset {
		return []string{"cria train --base MODEL --data " + id + " --out my-run"}
	}
	for _, f := range got.Files {
		if f.Path == "adapter_config.json" {
			return []string{"cria show " + id, "cria chat MODEL+" + id}
		}
	}
	return []string{"cria chat " + id, "cria train --base " + id + " --data rows.jsonl --out my-run"}
}
