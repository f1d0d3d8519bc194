package main

import (
	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/export"
)

func newQuantizeCommand(a *app) *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "quantize MODEL --type TYPE -o PATH",
		Short: "Write a model as a smaller GGUF file",
		Long: `quantize is export --to gguf with weights of fewer bits. MODEL is a GGUF file or a Hugging Face folder. The result is
loaded again and compared with the model.`,
		Example: `  cria quantize model-f16.gguf --type Q4_K_M -o model-q4_k_m.gguf
  cria quantize model-f16.gguf --type Q4_K_M --importance text.txt -o model-q4_k_m.gguf`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.o.Type == "" {
				return usagef(c, "--type is missing")
			}
			f.o.To = export.GGUF
			return f.run(c, a, args[0])
		},
	}
	f.register(c.Flags())
	return c
}
