package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/chat"
	"github.com/cria-llm/cria/grammar"
	"github.com/cria-llm/cria/infer"
	"github.com/cria-llm/cria/internal/wholefile"
)

func newRunCommand(a *app) *cobra.Command {
	var f speakFlags
	var prompt, schema string
	var raw bool
	c := &cobra.Command{
		Use:   "run MODEL -p TEXT",
		Short: "Answer one prompt",
		Long: `run prints the answer to a prompt, as it comes. With --raw the prompt is no question but the beginning of a text, without
any template, and what is printed continues it. Of a prompt that is read from standard input the last line's end is left
out.

With --schema the answer is JSON that fits the schema in a file, whatever the model is: tokens that do not fit are never
drawn. The model writes better JSON where the prompt asks for it too.`,
		Example: `  cria run smollm2-135m+my-run -p "Name three primes."
  cria run stories3M --raw --greedy -n 48 -p "Once upon a time"
  cria run smollm2-135m+my-run -p - <question.txt
  cria run smollm2-135m+my-run -p "A prime, as JSON." --schema prime.json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := f.options(c)
			switch {
			case err != nil:
				return err
			case !c.Flags().Changed("prompt"):
				return usagef(c, "-p is missing: the prompt, or - to read it from standard input")
			case raw && (f.system != "" || f.template != ""):
				return usagef(c, "--raw uses no template: --system and --template say nothing there")
			}
			if prompt == "-" {
				text, err := io.ReadAll(a.stdin)
				if err != nil {
					return fmt.Errorf("read the prompt: %w", err)
				}
				// The end of the last line is how text is piped, not a part of it.
				prompt = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
			}
			if schema != "" {
				if o.Grammar, err = readSchema(schema); err != nil {
					return err
				}
			}
			return withModel(c, args[0], f.open(), f.threads, func(m *infer.Assistant) error {
				ids, err := promptOf(m, prompt, f.system, raw)
				if err != nil {
					return err
				}
				if t, _, err := m.Template(); err == nil && !raw {
					o.Lead = t.Lead()
				}
				res, err := m.Generate(c.Context(), ids, o, a.say)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(a.stdout); err != nil {
					return err
				}
				if err := c.Context().Err(); err != nil {
					return err // an interrupted answer is an interrupted command
				}
				return a.fits(o.Grammar, res)
			})
		},
	}
	c.Flags().StringVarP(&prompt, "prompt", "p", "", "the prompt, or - to read it from standard input")
	c.Flags().StringVar(&schema, "schema", "", "hold the answer to the JSON schema in this `FILE`")
	c.Flags().BoolVar(&raw, "raw", false, "continue the prompt as a text, without a template")
	f.register(c.Flags())
	return c
}

// readSchema reads a JSON schema as a grammar.
func readSchema(path string) (*grammar.Grammar, error) {
	text, err := wholefile.Read(path, grammar.MaxSchema)
	if err != nil {
		return nil, err
	}
	g, err := grammar.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

// fits says where an answer had too few tokens for its grammar, if it has one.
func (a *app) fits(g *grammar.Grammar, res infer.Result) error {
	switch {
	case g == nil || res.StopReason == infer.Stopped:
		return nil
	case !g.Start().Next([]byte(res.Text)).Complete():
		return fmt.Errorf("the answer is cut off after %d tokens and does not fit the schema: allow more with -n", len(res.IDs))
	}
	_, err := fmt.Fprintln(a.stderr, a.paint(a.stderr).warn("note: ")+fmt.Sprintf("the answer fits, and was made to end for lack of tokens: it has %d, -n allows more", len(res.IDs)))
	return err
}

// promptOf is the tokens of a question, or of the beginning of a text.
func promptOf(m *infer.Assistant, prompt, system string, raw bool) ([]int32, error) {
	if raw {
		return m.Encode(prompt)
	}
	var conv []chat.Message
	if system != "" {
		conv = append(conv, chat.Message{Role: chat.System, Content: system})
	}
	return m.Prompt(append(conv, chat.Message{Role: chat.User, Content: prompt}))
}

// say prints a piece of an answer. A terminal is not given the escape codes that a model may write.
func (a *app) say(text string) error {
	if a.outTerminal {
		text = plain(text)
	}
	_, err := io.WriteString(a.stdout, text)
	return err
}
