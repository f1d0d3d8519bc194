package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/cria-llm/cria/arena/bout"
)

func newArenaVoteCommand(a *app) *cobra.Command {
	var voter string
	c := &cobra.Command{
		Use:   "vote DIR|ID",
		Short: "Say, blind, which of two answers is better",
		Long: `vote shows the pairs of cria arena run one after another, in an order and in seats drawn for each voter, without names. Keys: 1 or 2
for the better answer, t for a tie, b where both are bad, s to skip, u to take the last vote back, q to leave. Each vote is on the
disk at once, and the same command goes on. Names are told when all pairs are voted on.`,
		Example: `  cria arena vote blind
  cria arena vote blind --voter anna`,
		Args: usageArgs(cobra.ExactArgs(1)),
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
			v.voted = func(x *bout.Ballot) { rec.Vote(ctx, p.Said(x)) }
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
	voted func(*bout.Ballot) // is told of each vote, given or taken back
}

var choices = map[rune]bout.Choice{'1': bout.FirstBetter, '2': bout.SecondBetter, 't': bout.Equal, 'b': bout.BothBad}

// walk asks about each pair without a vote, and says how many are left.
func (v *voting) walk(ctx context.Context) (left int, err error) {
	ballots := v.poll.Ballots()
	var done []int
	skipped := map[int]bool{}
	open := func() (n int) {
		for _, x := range ballots {
			if v.poll.Voted(x) == "" {
				n++
			}
		}
		return n
	}
	for i := 0; i < len(ballots); {
		if skipped[i] || v.poll.Voted(ballots[i]) != "" {
			i++
			continue
		}
		v.show(ballots[i], len(ballots)-open()+1, len(ballots))
		key, err := v.key(ctx)
		if errors.Is(err, io.EOF) || key == 'q' {
			return open(), nil
		}
		if err != nil {
			return open(), err
		}
		choice, ok := choices[key]
		switch {
		case ok:
			err = v.vote(ballots[i], choice)
			done = append(done, i)
		case key == 's':
			skipped[i] = true
		case key == 'u' && len(done) == 0:
			fmt.Fprintln(v.w, "  there is nothing to undo")
		case key == 'u':
			i = done[len(done)-1]
			done = done[:len(done)-1]
			err = v.vote(ballots[i], bout.Undone)
		default:
			fmt.Fprintln(v.w, "  keys: 1 or 2 the better answer, t tie, b both bad, s skip, u undo, q quit")
		}
		if err != nil {
			return open(), err
		}
	}
	return open(), nil
}

func (v *voting) vote(x *bout.Ballot, c bout.Choice) error {
	if err := v.poll.Vote(x, c); err != nil {
		return err
	}
	v.voted(x)
	return nil
}

// show shows a pair without names.
func (v *voting) show(x *bout.Ballot, i, n int) {
	p := v.paint
	fmt.Fprintf(v.w, "\n%s\n%s\n", p.bold(fmt.Sprintf("%s of %s", count(i), count(n))), indent(plain(x.Shown.Prompt)))
	if x.Shown.Input != "" {
		fmt.Fprintln(v.w, indent(eachLine(plain(x.Shown.Input), p.dim)))
	}
	for seat, text := range x.Shown.Answers {
		fmt.Fprintf(v.w, "\n%s\n%s\n", p.accent(fmt.Sprintf("answer %d", seat+1)), indent(plain(text)))
	}
	fmt.Fprint(v.w, "\n"+p.dim("which is better? (1/2/t/b, s skip, u undo, q quit) "))
}
