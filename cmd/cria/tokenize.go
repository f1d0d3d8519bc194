package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/model"
)

func newTokenizeCommand(a *app) *cobra.Command {
	var text, file string
	var bos, asJSON bool
	c := &cobra.Command{
		Use:   "tokenize MODEL --text TEXT | --file FILE",
		Short: "Show a text as the model's tokens",
		Long: `tokenize shows the tokens of a text that begins a sequence. Control tokens spelled out in it are text like any other.
MODEL may also be a tokenizer.json or tokenizer.model file, or a GGUF file that holds a vocabulary alone.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("text") == c.Flags().Changed("file") {
				return usagef(c, "give either --text or --file")
			}
			if file != "" {
				data, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				text = string(data)
			}
			path, err := placed(args[0])
			if err != nil {
				return err
			}
			tok, err := model.OpenTokenizer(path)
			if err != nil {
				return err
			}
			ids := []int32{}
			if bos {
				id, ok := tok.BOS()
				if !ok {
					return fmt.Errorf("--bos: the tokenizer of %s has no token that begins a sequence", args[0])
				}
				ids = append(ids, id)
			}
			ids = append(ids, tok.EncodeText(text, true)...)
			if asJSON {
				return printJSON(a.stdout, struct {
					IDs []int32 `json:"ids"`
				}{ids})
			}
			t := table{right: map[int]bool{0: true}}
			for _, id := range ids {
				t.row(fmt.Sprint(id), fmt.Sprintf("%q", tok.Token(id)))
			}
			t.print(a.stdout, a.paint(a.stdout))
			return nil
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&text, "text", "", "the text")
	c.Flags().StringVar(&file, "file", "", "file whose whole contents are the text")
	c.Flags().BoolVar(&bos, "bos", false, "put the token that begins a sequence before it")
	c.Flags().BoolVar(&asJSON, "json", false, `print one line of JSON, {"ids":[…]}`)
	return c
}
