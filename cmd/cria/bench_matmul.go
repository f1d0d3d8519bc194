package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/compute/cpu"
	"github.com/cria-llm/cria/infer"
)

func newBenchMatMulCommand(a *app) *cobra.Command {
	var threads int
	var asJSON bool
	c := &cobra.Command{
		Use:   "matmul",
		Short: "Time the matrix products of a linear layer",
		Long: `matmul times the three products of a linear layer with K inputs and N outputs on M tokens: xWT, forward; dyW, the
gradient of its input; dyTx, the gradient of its weight.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			be, err := cpu.New(cpu.Options{Threads: threads})
			if err != nil {
				return err
			}
			defer be.Close()
			rows, err := infer.BenchMatMul(c.Context(), be)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, rows)
			}
			t := table{heading: "matrix products, " + be.Name(), right: map[int]bool{0: true, 1: true, 2: true, 4: true, 5: true}}
			t.row("m", "n", "k", "op", "GFLOP/s", "of peak")
			for _, r := range rows {
				t.row(fmt.Sprint(r.M), fmt.Sprint(r.N), fmt.Sprint(r.K), r.Op, fmt.Sprintf("%.1f", r.GFLOPS), percent(r.PeakFraction))
			}
			t.print(a.stdout, a.paint(a.stdout))
			return nil
		},
	}
	c.Flags().IntVar(&threads, "threads", 0, "processor threads (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the rows as one line of JSON")
	return c
}
