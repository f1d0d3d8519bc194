package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/model"
	"github.com/cria-llm/cria/train"
)

func newBenchModelCommand(a *app) *cobra.Command {
	var shape, weights, out string
	var seed uint64
	c := &cobra.Command{
		Use:   "model --shape SHAPE --weights TYPE --out FILE.gguf",
		Short: "Write a model of random weights to time programs on",
		Long: `model writes a GGUF file of random weights, without a tokenizer. bench prompt, bench generate and llama.cpp's
llama-bench read it, so that programs can be compared on the same bytes.

` + shapeHelp() + "\n" + typeHelp(),
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			for _, name := range []string{"shape", "out"} {
				if !c.Flags().Changed(name) {
					return usagef(c, "--%s is missing", name)
				}
			}
			cfg, err := model.Shape(shape)
			if err != nil {
				return usagef(c, "%v", err)
			}
			t, err := compute.ParseType(weights)
			if err != nil {
				return usagef(c, "--weights: %v", err)
			}
			if err := model.WriteRandom(c.Context(), out, cfg, t, seed); err != nil {
				return err
			}
			info, err := os.Stat(out)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s in %s, %s\n", out, shape, t, train.Bytes(info.Size()))
			return err
		},
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringVar(&shape, "shape", "", "shape of the model")
	fs.StringVar(&weights, "weights", "q8_0", "`TYPE` of the matrices")
	fs.StringVar(&out, "out", "", "`FILE` to write")
	fs.Uint64Var(&seed, "seed", 0, "of the weights")
	return c
}

// shapeHelp and typeHelp say what may stand for SHAPE and TYPE.
func shapeHelp() string {
	return "A shape is one of " + strings.Join(model.ShapeNames(), ", ") + ", or HIDDENxLAYERSxHEADSxKVHEADSxFFNxVOCAB."
}

func typeHelp() string { return "A type is one of " + strings.Join(compute.TypeNames(), ", ") + "." }
