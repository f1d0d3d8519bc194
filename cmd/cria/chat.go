package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/infer"
)

const chatHelp = `/reset         forget what was said
/system TEXT   set the system message and begin anew; without TEXT, none
/help          this list
/quit          leave, as Ctrl-D does
Ctrl-C stops an answer, and twice leaves.`

func newChatCommand(a *app) *cobra.Command {
	var f speakFlags
	c := &cobra.Command{
		Use:   "chat MODEL",
		Short: "Talk with a model",
		Long: `chat holds a conversation with a model, in the form in which it was taught. Lines that are piped in are questions too, and
their answers are all that is printed then. In the conversation:

` + chatHelp,
		Example: `  cria chat smollm2-135m+my-run
  echo "Name three primes." | cria chat smollm2-135m+my-run --greedy`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			o, err := f.options(c)
			if err != nil {
				return err
			}
			return withModel(c, args[0], f.open(), f.threads, func(m *infer.Assistant) error {
				if _, _, err := m.Template(); err != nil {
					return err
				}
				lines, err := a.openLines(c.Context(), "> ")
				if err != nil {
					return err
				}
				defer lines.close()
				t := talk{app: a, lines: lines, options: o, conversation: m.NewConversation()}
				t.conversation.SetSystem(f.system)
				t.greet(m)
				return t.hold(c.Context())
			})
		},
	}
	f.register(c.Flags())
	return c
}

// talk is one conversation at the terminal, or piped.
type talk struct {
	app          *app
	lines        lines
	options      infer.Options
	conversation *infer.Conversation
}

// note tells the person at the terminal something that is no answer; there is none where lines are piped.
func (t *talk) note(format string, args ...any) {
	if t.lines.interactive() {
		fmt.Fprintln(t.lines, t.app.paint(t.app.stdout).dim(fmt.Sprintf(format, args...)))
	}
}

func (t *talk) greet(m *infer.Assistant) {
	template, from, _ := m.Template()
	t.note("%s, template %s (%s). /help says what can be typed.", plain(m.Name()), template.Name(), templateSource(from))
	if types := m.TrainedOn(); len(types) > 0 {
		t.note("Trained with the base's linear layers in %s.", plain(strings.Join(types, ", ")))
	}
}

// hold reads questions and answers them until there are no more.
func (t *talk) hold(ctx context.Context) error {
	interrupted := false // by the last thing that was typed
	for {
		line, err := t.lines.read()
		switch {
		case errors.Is(err, errInterrupted) && interrupted, errors.Is(err, io.EOF):
			return ctx.Err()
		case errors.Is(err, errInterrupted):
			interrupted = true
			t.note("Ctrl-C again to leave, or Ctrl-D")
			continue
		case err != nil:
			return err
		}
		interrupted = false
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "/"):
			if leave := t.command(line); leave {
				return nil
			}
		default:
			if interrupted, err = t.answer(ctx, line); err != nil {
				return err
			}
		}
	}
}

// command carries out a line that begins with a slash.
func (t *talk) command(line string) (leave bool) {
	name, text, _ := strings.Cut(line, " ")
	text = strings.TrimSpace(text)
	switch name {
	case "/quit", "/exit":
		return true
	case "/reset":
		t.conversation.Reset()
		t.note("forgotten")
	case "/system":
		t.conversation.SetSystem(text)
		t.note("system message set; the conversation begins anew")
	case "/help":
		fmt.Fprintln(t.lines, chatHelp)
	default:
		fmt.Fprintf(t.app.stderr, "there is no %s here; /help lists what there is%s", plain(name), t.lines.end())
	}
	return false
}

// answer asks and prints what comes. What is wrong with one question, such as a conversation that has become too long, is
// said, and at a terminal is no reason to leave.
func (t *talk) answer(ctx context.Context, question string) (interrupted bool, err error) {
	asking, done := t.lines.watch(ctx)
	res, err := t.conversation.Ask(asking, question, t.options, func(text string) error {
		if t.app.outTerminal {
			text = plain(text)
		}
		_, err := io.WriteString(t.lines, text)
		return err
	})
	done()
	var full *infer.ContextError
	switch {
	case errors.As(err, &full) && t.lines.interactive():
		t.note("%v; /reset begins anew", err)
		return false, nil
	case err != nil:
		return false, err
	}
	if _, err := fmt.Fprintln(t.lines); err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	switch res.StopReason {
	case infer.Cancelled:
		t.note("stopped")
	case infer.Length:
		t.note("%d tokens, %s; cut there: -n for longer answers", len(res.IDs), speed(res.TokensPerSecond()))
	default:
		t.note("%d tokens, %s", len(res.IDs), speed(res.TokensPerSecond()))
	}
	return res.StopReason == infer.Cancelled, nil
}
