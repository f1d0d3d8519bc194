package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app is what every command shares: where it reads and writes, and what it may show there.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	inTerminal  bool // a person types at stdin
	outTerminal bool // a person watches stdout
	errTerminal bool // a person watches stderr
	noColour    bool // NO_COLOR is set, or the terminal has no colours
}

func newApp(stdin, stdout, stderr *os.File) *app {
	return &app{
		stdin: stdin, stdout: stdout, stderr: stderr,
		inTerminal:  isTerminal(stdin),
		outTerminal: isTerminal(stdout),
		errTerminal: isTerminal(stderr),
		noColour:    os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb",
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// terminal says whether a person watches w, which is the app's stdout or stderr.
func (a *app) terminal(w io.Writer) bool {
	return w == a.stdout && a.outTerminal || w == a.stderr && a.errTerminal
}

// colour says whether what is written to w may carry escape codes.
func (a *app) colour(w io.Writer) bool { return a.terminal(w) && !a.noColour }

// commands lists the commands in the order in which help shows them. A command is one file.
var commands = []func(*app) *cobra.Command{
	newVersionCommand,
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "cria",
		Short: "Raise a pretrained language model to follow instructions, on this machine",
		Long: `cria takes an open pretrained language model and fine-tunes it to follow instructions, on the processor of this
machine.

  cria train --base MODEL --data rows.jsonl --out my-run
  cria chat MODEL+my-run

Wherever a MODEL is expected: a folder, a .gguf file, or either with +ADAPTER for an adapter on top.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          group,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usagef(c, "%v", err) })
	cobra.EnableCommandSorting = false
	for _, command := range commands {
		root.AddCommand(command(a))
	}
	return root
}

// group is what a command does that only holds other commands: its help, or an error for a name that none has.
func group(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef(c, "there is no command %q; did you mean %q?", c.CommandPath()+" "+args[0], c.CommandPath()+" "+near[0])
	}
	return usagef(c, "there is no command %q", c.CommandPath()+" "+args[0])
}

// usageError is the error of a command line that makes no sense.
type usageError struct {
	text    string
	command string
}

func (e *usageError) Error() string { return fmt.Sprintf("%s (%s --help)", e.text, e.command) }

func usagef(c *cobra.Command, format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...), command: c.CommandPath()}
}

// usageArgs makes a wrong number of arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usagef(c, "%v", err)
		}
		return nil
	}
}
