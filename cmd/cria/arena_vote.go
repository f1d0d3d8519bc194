package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena/bout"
)

func newArenaVoteCommand(a *app) *cobra.Command {
	var voter string
	c := &cobra.Command{
		Use:   "vote DIR|ID",
		Short: "Say, blind, which of two answers is better",
		Long: `vote shows the pairs of cria arena run one after another, in an order and in seats drawn for each voter, without names. Keys: 1 or 2
for the better answer, t for a tie, b where both are bad, s to skip, u to take the last vote back, also of an earlier day, q to leave. Each
vote is on the disk at once, and the same command goes on. Names are told when all pairs are voted on.`,
		Example: `  cria arena vote blind
  cria arena vote blind --voter anna`,
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeBouts,
		RunE: func(c *cobra.Command, args []string) (err error) {
			dir, err := boutFolder(c.Context(), args[0])
			if err != nil {
				return err
			}
			b, err := bout.Read(dir)
			if err != nil {
				return err
			}
			if voter == "" {
				voter = whoami()
			}
			p, err := b.Poll(voter)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, p.Close()) }()
			if len(p.Ballots()) == 0 {
				return fmt.Errorf("%s has no pair to vote on: the contestants have not answered, or say the same", args[0])
			}
			v := &voting{review: review{app: a, w: a.stderr, paint: a.paint(a.stderr), in: bufio.NewReader(a.stdin)}, poll: p}
			ctx := context.WithoutCancel(c.Context()) // an interrupt is to be written down
			rec, done := a.recordBout(ctx, b)
			defer done()
			rec.Keep(ctx, nil, nil)
			v.voted = func(x bout.Said) { rec.Vote(ctx, x) }
			left, err := v.walk(c.Context())
			if err != nil {
				return err
			}
			if left > 0 {
				fmt.Fprintf(a.stderr, "  %s left: the same command goes on from here\n", plural(left, "pair"))
			}
			if b, err = bout.Read(dir); err != nil { // others vote too
				return err
			}
			b.Settings.Judge = bout.Person
			r, err := b.Report(readBuildInfo().String())
			if err != nil {
				return err
			}
			rec.Keep(ctx, r, nil)
			if left > 0 {
				return nil
			}
			showReport(a, r, nil)
			return nil
		},
	}
	c.Flags().StringVar(&voter, "voter", "", "`NAME` of who votes (default the user's)")
	return c
}

// whoami is the user's name on this machine.
func whoami() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "voter"
}

// voting walks a person through pairs; keys come as in a review.
type voting struct {
	review
	poll  *bout.Poll
	voted func(bout.Said) // is told of each vote, given or taken back
}

var choices = map[rune]bout.Choice{'1': bout.FirstBetter, '2': bout.SecondBetter, 't': bout.Equal, 'b': bout.BothBad}

// walk asks about each pair without a vote, and says how many are left.
func (v *voting) walk(ctx context.Context) (left int, err error) {
	ballots := v.poll.Ballots()
	skipped := map[*bout.Ballot]bool{}
	open := func() (n int) {
		for _, x := range ballots {
			if v.poll.Voted(x) == "" {
				n++
			}
		}
		return n
	}
	if done := len(ballots) - open(); done > 0 && done < len(ballots) {
		fmt.Fprintf(v.w, "  %s of %s voted on before; u takes the last vote back\n", count(done), plural(len(ballots), "pair"))
	}
	voted := false
	for back := -1; ; {
		i := back
		if back < 0 {
			i = slices.IndexFunc(ballots, func(x *bout.Ballot) bool { return !skipped[x] && v.poll.Voted(x) == "" })
		}
		if back = -1; i < 0 {
			left := open()
			if left > 0 || !voted {
				return left, nil
			}
			fmt.Fprintf(v.w, "\n%s ", v.paint.dim("every pair has your vote (u undo, any other key tells who is who)"))
			key, err := v.fresh(ctx)
			if err != nil && !errors.Is(err, io.EOF) {
				return left, err
			}
			if key != 'u' {
				return left, nil
			}
			back, _ = v.poll.Last()
			if err := v.vote(ballots[back], bout.Undone); err != nil {
				return open(), err
			}
			continue
		}
		x := ballots[i]
		key, err := v.choose(ctx, x, v.text(x, len(ballots)-open()+1, len(ballots)))
		if errors.Is(err, io.EOF) || key == 'q' {
			return open(), nil
		}
		if err != nil {
			return open(), err
		}
		switch key {
		case 's':
			skipped[x] = true
		case 'u':
			back, _ = v.poll.Last()
			err = v.vote(ballots[back], bout.Undone)
		default:
			err, voted = v.vote(x, choices[key]), true
		}
		if err != nil {
			return open(), err
		}
	}
}

// choose shows a pair and asks about it until a key says what becomes of it: one of the choices, s, u where there is something to
// undo, or q.
func (v *voting) choose(ctx context.Context, x *bout.Ballot, text string) (rune, error) {
	_, undoable := v.poll.Last()
	pager := v.pager(ctx, text)
	question := "which is better? (1/2/t/b, s skip, u undo, q quit)"
	fmt.Fprintln(v.w, text)
	if pager != nil { // the prompt is out of sight
		question = "which is better? (1/2/t/b, s skip, u undo, m from the top, q quit)"
		fmt.Fprintln(v.w, v.paint.dim(plain(spaced(shorten(x.Shown.Prompt, v.app.columns(v.w)-50, 0)))))
	}
	for {
		fmt.Fprint(v.w, v.paint.dim(question)+" ")
		key, err := v.fresh(ctx)
		if err != nil {
			return 0, err
		}
		switch _, choice := choices[key]; {
		case choice, key == 's', key == 'q', key == 'u' && undoable:
			return key, nil
		case key == 'u':
			fmt.Fprintln(v.w, "  there is nothing to undo")
		case key == 'm' && pager != nil:
			pager.Stdin = strings.NewReader(text)
			if err := pager.Run(); err != nil {
				fmt.Fprintf(v.w, "  %s: %v\n", pager.Path, err)
			}
			pager = v.pager(ctx, text) // a command runs once
		default:
			fmt.Fprintln(v.w, "  keys: 1 or 2 the better answer, t tie, b both bad, s skip, u undo, q quit")
		}
	}
}

// quiet is how long nobody presses a key before one counts: faster than anybody reads, slower than a key that is held down repeats.
const quiet = 150 * time.Millisecond

// fresh is the next key. One of a terminal that was pressed before the question was there is no vote on a pair that nobody has
// read, and is dropped.
func (v *voting) fresh(ctx context.Context) (rune, error) {
	f, ok := v.app.stdin.(*os.File)
	if !ok || !v.app.inTerminal {
		return v.key(ctx)
	}
	for {
		v.typed = ""
		began := time.Now()
		k, err := v.typedKey(f)
		if err = errors.Join(ctx.Err(), err); err != nil {
			return 0, err
		}
		if k == 'q' || time.Since(began) >= quiet {
			fmt.Fprintln(v.w, plain(string(k)))
			return k, nil
		}
	}
}

// pager shows a text from its top, where it is longer than the terminal and there is a program for that; otherwise it is nil.
func (v *voting) pager(ctx context.Context, text string) *exec.Cmd {
	if !v.app.terminal(v.w) || !v.app.inTerminal || strings.Count(text, "\n")+2 < v.app.rows(v.w) {
		return nil
	}
	for _, program := range []string{os.Getenv("PAGER"), "less", "more"} {
		words := strings.Fields(program)
		if len(words) == 0 {
			continue
		}
		if _, err := exec.LookPath(words[0]); err != nil {
			continue
		}
		c := exec.CommandContext(ctx, words[0], words[1:]...)
		c.Stdout, c.Stderr = v.app.stderr, v.app.stderr
		if os.Getenv("LESS") == "" {
			c.Env = append(os.Environ(), "LESS=R") // colours as they are
		}
		return c
	}
	return nil
}

func (v *voting) vote(x *bout.Ballot, c bout.Choice) error {
	said, err := v.poll.Vote(x, c)
	if err != nil {
		return err
	}
	v.voted(said)
	return nil
}

// widest is how wide a text is set for people to read.
const widest = 100

// text is a pair without names, wrapped where a person watches.
func (v *voting) text(x *bout.Ballot, i, n int) string {
	p := v.paint
	set := func(s string) string {
		s = plain(s)
		if v.app.terminal(v.w) {
			s = lipgloss.Wrap(strings.ReplaceAll(s, "\t", "    "), max(20, min(widest, v.app.columns(v.w)-2)), "")
		}
		return s
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n%s\n", p.bold(fmt.Sprintf("%s of %s", count(i), count(n))), indent(set(x.Shown.Prompt)))
	if x.Shown.Input != "" {
		fmt.Fprintln(&b, indent(eachLine(set(x.Shown.Input), p.dim)))
	}
	for seat, text := range x.Shown.Answers {
		if text == "" {
			text = "(nothing)"
		}
		fmt.Fprintf(&b, "\n%s\n%s\n", p.accent(fmt.Sprintf("answer %d", seat+1)), indent(set(text)))
	}
	return b.String()
}
