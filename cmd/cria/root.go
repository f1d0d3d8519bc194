package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// app is what every command shares: where it reads and writes, and what it may show there.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	inTerminal  bool // a person types at stdin
	outTerminal bool // a person watches stdout
	errTerminal bool // a person watches stderr
	noColour    bool // NO_COLOR is set, or the terminal is dumb
	dumb        bool // the terminal cannot rewrite a line
}

func newApp(stdin, stdout, stderr *os.File) *app {
	for _, f := range []*os.File{stdout, stderr} {
		lipgloss.EnableLegacyWindowsANSI(f) // does nothing elsewhere
	}
	dumb := os.Getenv("TERM") == "dumb"
	return &app{
		stdin: stdin, stdout: stdout, stderr: stderr,
		inTerminal:  isTerminal(stdin),
		outTerminal: isTerminal(stdout),
		errTerminal: isTerminal(stderr),
		noColour:    os.Getenv("NO_COLOR") != "" || dumb,
		dumb:        dumb,
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// terminal says whether a person watches w, which is the app's stdout or stderr.
func (a *app) terminal(w io.Writer) bool {
	return w == a.stdout && a.outTerminal || w == a.stderr && a.errTerminal
}

// columns is the width of the terminal at w.
func (a *app) columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// rows is the height of the terminal at w.
func (a *app) rows(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if _, n, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 24
}

// colour says whether what is written to w may carry escape codes.
func (a *app) colour(w io.Writer) bool { return a.terminal(w) && !a.noColour }

// sections lists the commands in the order in which help shows them. A command is one file.
var sections = []struct {
	title    string
	commands []func(*app) *cobra.Command
}{
	{"Raise a model:", []func(*app) *cobra.Command{
		newQuickstartCommand,
		newTrainCommand,
		newPretrainCommand,
		newPlanCommand,
		newTokenizerCommand,
	}},
	{"Make its data:", []func(*app) *cobra.Command{
		newDataCommand,
	}},
	{"Fetch one:", []func(*app) *cobra.Command{
		newPullCommand,
		newListCommand,
		newRemoveCommand,
	}},
	{"Use it:", []func(*app) *cobra.Command{
		newChatCommand,
		newRunCommand,
		newShowCommand,
		newAdapterCommand,
		newExportCommand,
		newQuantizeCommand,
		newRunsCommand,
	}},
	{"Prove it:", []func(*app) *cobra.Command{
		newArenaCommand,
		newEvalCommand,
	}},
	{"Instruments:", []func(*app) *cobra.Command{
		newBenchCommand,
		newLogitsCommand,
		newTokenizeCommand,
		newRenderCommand,
		newVerifyCommand,
		newDoctorCommand,
		newVersionCommand,
	}},
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "cria",
		Short: "Raise a pretrained language model to follow instructions, on this machine",
		Long: `cria takes an open pretrained language model and fine-tunes it to follow instructions, on the processor of this
machine.

  cria train --base MODEL --data rows.jsonl --out my-run
  cria chat MODEL+my-run

Wherever a MODEL is expected: a folder, a .gguf file, or the id of a model that was pulled, ORG/NAME; and +ADAPTER after any of
them for an adapter on top.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          group,
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	for _, s := range sections {
		if len(s.commands) == 0 {
			continue
		}
		root.AddGroup(&cobra.Group{ID: s.title, Title: s.title})
		for _, command := range s.commands {
			c := command(a)
			c.GroupID = s.title
			completeFlags(c)
			root.AddCommand(c)
		}
	}
	last := sections[len(sections)-1].title
	root.SetHelpCommandGroupID(last)
	root.SetCompletionCommandGroupID(last)
	return root
}

// group is what a command does that only holds other commands: its help, or an error for a name that none has.
func group(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef(c, "there is no command %q; did you mean %q?", c.CommandPath()+" "+args[0], c.CommandPath()+" "+near[0])
	}
	return usagef(c, "there is no command %q", c.CommandPath()+" "+args[0])
}

// flagError is the error of a flag that does not exist or has a value of another kind.
func flagError(c *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return usagef(c, "--%s is %q: not %s", bad.GetFlag().Name, bad.GetValue(), kind(bad.GetFlag().Value.Type()))
	}
	return usagef(c, "%v", err)
}

// kind is the word for a flag's type.
func kind(flagType string) string {
	switch flagType {
	case "int", "int64":
		return "a whole number"
	case "uint", "uint64":
		return "a whole number of 0 or more"
	case "float32", "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	return "a " + flagType
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
